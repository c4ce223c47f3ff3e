"""Totals of proof of play as the list and the pages of devices, shops and videos show them."""

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django.http import QueryDict
from django.urls import reverse

from dgx.core.admin.words import length_in_words
from telemetry.admin.charts import COLOURS
from telemetry.querysets import PlayHourQuerySet
from telemetry.services.totals import LISTED, MOST, Line, Totals, add_up

STRETCHES = {"month": 30, "": 7, "day": 1}
"""Days by the name of the list's period, the longest first; a page shows the longest that is not too much to add up."""
WORDS = {"": "the last 7 days", "day": "the last 24 hours", "month": "the last 30 days", "all": "all that is kept"}
TABLES = (("shop", "Shop", "shop"), ("screen", "Screen", "device"), ("file", "File", "video"))
"""Of each: the kind, the column's title, and the list's filter that narrows to one."""


def totals_panel(plays: PlayHourQuerySet, now: datetime, *, of: str, key: int) -> Mapping[str, Any]:
    """What the plays of one device, shop or video (`of`, its `key`) come to, of the longest stretch that can be added
    up while somebody waits, with links into the list."""
    for period, days in STRETCHES.items():
        query = QueryDict(mutable=True)
        query.update({f"{of}__id__exact": str(key), "period": period})
        totals = add_up(plays.filter(hour__gte=now - timedelta(days=days)))
        if totals is not None:
            break
    return shown(totals, query, without=of) | {"days": days}


def shown(totals: Totals | None, query: QueryDict, *, without: str = "") -> dict[str, Any]:
    """The totals of the list that `query` filters, ready for their template; `without` names a filter whose table would
    have one line alone."""
    base = {"most": f"{MOST:,}", "totals": totals, **_addresses(query)}
    if totals is None:
        return base
    counts = {"shop": totals.shops, "screen": totals.screens, "file": totals.files}
    tables = [
        {
            "title": title,
            "lines": _linked(totals.lines[kind], name, query),
            "more": f"The first {LISTED} of {counts[kind]:,}; all are in the CSV." if counts[kind] > LISTED else "",
        }
        for kind, title, name in TABLES
        if name != without and totals.lines[kind]
    ]
    return base | {
        "times": f"{totals.plays:,}",
        "length": length_in_words(totals.shown_s),
        "spread": _spread(totals),
        "tables": tables,
        "chart": _chart(totals.lines["day"]),
    }


def _spread(totals: Totals) -> str:
    """“, on 12 screens of 3 shops”; empty for one screen."""
    if totals.screens < 2:
        return ""
    shops = f" of {totals.shops:,} shops" if totals.shops > 1 else ""
    return f", on {totals.screens:,} screens{shops}"


def stretch_in_words(query: QueryDict) -> str:
    """The time that the list shows, which has read the days already."""
    first, last = (query.get(f"hour_{side}") for side in ("from", "to"))
    if first or last:
        days = [f"{word} {day}" for word, day in (("from", first), ("to", last)) if day]
        return f"{' '.join(days)}, whole days on each shop's clock"
    return WORDS.get(query.get("period", ""), WORDS[""])


def _addresses(query: QueryDict) -> dict[str, str]:
    """Where the list is, and its two exports."""
    asked = f"?{query.urlencode()}" if query else ""
    names = {"list_address": "changelist", "hours_address": "export", "days_address": "export_days"}
    return {name: reverse(f"admin:telemetry_playhour_{page}") + asked for name, page in names.items()}


def _linked(lines: Sequence[Line], name: str, query: QueryDict) -> list[tuple[str, str, str, str]]:
    """(name, address of the list narrowed to it, times, how long)."""
    found = []
    for line in lines:
        narrowed = query.copy()
        narrowed[f"{name}__id__exact"] = str(line.key)
        narrowed.pop("p", None)
        address = f"{reverse('admin:telemetry_playhour_changelist')}?{narrowed.urlencode()}" if line.key else ""
        found.append((line.name, address, f"{line.plays:,}", length_in_words(line.shown_s)))
    return found


def _chart(days: Sequence[Line]) -> str:
    """Times by the day, as the theme draws it; a day without plays is there with none."""
    if len(days) < 2:
        return ""
    plays = {date.fromisoformat(day.name): day.plays for day in days}
    first, last = min(plays), max(plays)
    axis = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    bars = {
        "label": "Times shown",
        "data": [plays.get(day, 0) for day in axis],
        "backgroundColor": COLOURS[0],
        "displayYAxis": True,
        "maxTicksXLimit": 8,
    }
    return json.dumps({"labels": [f"{day:%-d %b}" for day in axis], "datasets": [bars]})
