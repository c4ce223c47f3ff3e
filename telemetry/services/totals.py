"""Plays added up: how often and how long in all, by the day, by shop, by screen and by file."""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import NamedTuple

from django.core.exceptions import EmptyResultSet
from django.db import connection

from telemetry.querysets import PlayHourQuerySet

MOST = 100_000
"""So many rows are added up while somebody waits; for more there is the export by the day."""
LISTED = 10

_ROWS = ("shop_day", "shop_id", "shop_name", "video_id", "video_name", "sha256", "device_id", "count", "seconds")
_SUMS = "sum(count)::bigint AS plays, sum(seconds) AS shown_s"
_TOTALS = f"""
WITH hours ({", ".join(_ROWS)}) AS MATERIALIZED ({{rows}}),
shops AS (SELECT shop_id, max(shop_name) AS kept, {_SUMS} FROM hours GROUP BY shop_id),
screens AS (SELECT device_id, {_SUMS} FROM hours GROUP BY device_id),
files AS (SELECT video_id, CASE WHEN video_id IS NULL THEN sha256 END AS bytes, max(video_name) AS kept, {_SUMS}
            FROM hours GROUP BY 1, 2)
SELECT 'rows', NULL::bigint, NULL::text, count(*), 0::float8 FROM hours
UNION ALL SELECT 'shops', NULL, NULL, count(shop_id), 0 FROM shops
UNION ALL SELECT 'screens', NULL, NULL, count(*), 0 FROM screens
UNION ALL SELECT 'files', NULL, NULL, count(*), 0 FROM files
UNION ALL (SELECT 'day', NULL, shop_day::text, {_SUMS} FROM hours GROUP BY shop_day ORDER BY shop_day)
UNION ALL (SELECT 'shop', shop_id, coalesce(s.name, nullif(kept, '') || ' (deleted)', 'No shop'), plays, shown_s
             FROM shops LEFT JOIN locations_shop s ON s.id = shop_id
            ORDER BY plays DESC, shown_s DESC, shop_id LIMIT {LISTED})
UNION ALL (SELECT 'screen', device_id, coalesce(nullif(d.name, ''), d.mobile_id), plays, shown_s
             FROM screens JOIN devices_device d ON d.id = device_id
            ORDER BY plays DESC, shown_s DESC, device_id LIMIT {LISTED})
UNION ALL (SELECT 'file', video_id,
                  coalesce(v.name || CASE WHEN v.binned_at IS NULL THEN '' ELSE ' (in the bin)' END,
                           nullif(kept, '') || ' (deleted)', 'Unknown file ' || left(bytes, 12) || '…'),
                  plays, shown_s
             FROM files LEFT JOIN media_library_video v ON v.id = video_id
            ORDER BY plays DESC, shown_s DESC, video_id, bytes LIMIT {LISTED})
"""  # noqa: S608 — only constants are formatted in; what a person asked for goes as parameters


class Line(NamedTuple):
    """What one shop, screen, file or day comes to. `key` is its row's, None where there is none."""

    key: int | None
    name: str
    plays: int
    shown_s: float


@dataclass
class Totals:
    """The sums, the most played first, `LISTED` of each kind; `shops`, `screens` and `files` say how many there are.
    Days are on the clocks of the shops, oldest first, those without plays left out."""

    rows: int = 0
    shops: int = 0
    screens: int = 0
    files: int = 0
    lines: dict[str, list[Line]] = field(default_factory=lambda: defaultdict(list))
    """By "day", "shop", "screen" and "file"."""

    @property
    def plays(self) -> int:
        """How often anything came on a screen."""
        return sum(day.plays for day in self.lines["day"])

    @property
    def shown_s(self) -> float:
        """For how many seconds in all."""
        return sum(day.shown_s for day in self.lines["day"])


def add_up(plays: PlayHourQuerySet) -> Totals | None:
    """The totals of these plays; None where they are more than `MOST` rows, which one index tells."""
    found = Totals()
    if plays.order_by()[MOST : MOST + 1].exists():
        return None
    rows = plays.on_shop_clock().order_by().values_list(*_ROWS)
    try:
        sql, params = rows.query.sql_with_params()
    except EmptyResultSet:  # Django sees that the filter can match nothing
        return found
    with connection.cursor() as cursor:
        cursor.execute(_TOTALS.format(rows=sql), params)
        for kind, key, name, plays_or_number, shown_s in cursor.fetchall():
            if hasattr(found, kind):
                setattr(found, kind, plays_or_number)
            else:
                found.lines[kind].append(Line(key, name, plays_or_number, shown_s))
    return found
