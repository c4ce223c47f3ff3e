"""The simulated fleet beside the server's database: devices made at once, and its promises judged by SQL at the end."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from django.db import connection, transaction

from devices.models import Device, DeviceToken, Group
from dgx.core.credentials import hash_secret, make_secret, prefix_of
from dgx.protocol.simulator.plays import Plays, Total

BATCH = 5_000
HOLDING_AT_LEAST = 0.99
"""The share of online devices that must hold their manifest at the end; the others are fetching it, or lost power."""

PROMISES = ("acknowledged_and_lost", "stored_twice", "flips_in_a_row", "plays_lost", "plays_counted_twice")
"""What there must be none of, in what `judged` finds."""

_LOGS = """
WITH stored AS (
    SELECT tags ->> 'sim' AS name, count(*) AS times FROM telemetry_devicelog
     WHERE device_id = ANY(%(devices)s) AND tags ? 'sim' GROUP BY 1
)
SELECT count(*) FILTER (WHERE a.name IS NOT NULL AND s.name IS NULL), count(*) FILTER (WHERE s.times > 1)
  FROM simulated_acknowledged a FULL JOIN stored s USING (name)
"""
_FLIPS = """
SELECT count(*) FROM (
    SELECT is_online = lag(is_online, 1, false) OVER (PARTITION BY device_id ORDER BY at, id) AS again
      FROM devices_presenceflip WHERE device_id = ANY(%(devices)s)
) flips WHERE again
"""
_PLAY = "device text, sha256 text, hour timestamptz, count bigint, seconds float8"
_STORED_PLAYS = """
DROP TABLE IF EXISTS simulated_stored;
CREATE TEMPORARY TABLE simulated_stored AS
SELECT d.mobile_id AS device, p.sha256, p.hour, p.count, p.seconds
  FROM telemetry_playhour p JOIN devices_device d ON d.id = p.device_id WHERE d.mobile_id = ANY(%(devices)s)
"""
_PLAYS = """
SELECT (SELECT count(*) FROM simulated_told t LEFT JOIN simulated_stored s USING (device, sha256, hour)
         WHERE s.device IS NULL OR s.count < t.count OR s.seconds < t.seconds),
       (SELECT count(*) FROM simulated_stored s LEFT JOIN simulated_counted c USING (device, sha256, hour)
         WHERE c.device IS NULL OR s.count > c.count OR s.seconds > c.seconds)
"""


@transaction.atomic
def enrol(names: Sequence[str], *, group: str | None) -> dict[str, str | None]:
    """Devices of these names in that group, by a few statements; their tokens by name."""
    home = Group.objects.get_or_create(name=group)[0] if group else None
    tokens: dict[str, str | None] = {name: make_secret("d") for name in names}
    made = Device.objects.bulk_create(
        [Device(mobile_id=name, name=f"Simulated {name}", group=home, state=Device.State.ENROLLED) for name in names],
        batch_size=BATCH,
    )
    secrets = [(device, str(tokens[device.mobile_id])) for device in made]
    DeviceToken.objects.bulk_create(
        [DeviceToken(device=device, prefix=prefix_of(one), token_hash=hash_secret(one)) for device, one in secrets],
        batch_size=BATCH,
    )
    return tokens


def judged(names: Sequence[str], acknowledged: Iterable[str], plays: Mapping[str, Plays]) -> dict[str, Any]:
    """What the database has of these devices: acknowledged logs that are not stored, logs that are stored twice, flips
    that do not alternate, how many are online, how many of them hold their current manifest, and of what they played
    (by their names) the totals that were acknowledged and are not stored, and those that are more than was counted."""
    devices = list(Device.objects.filter(mobile_id__in=names).values_list("pk", flat=True))
    _note("simulated_acknowledged", "name text", ((name,) for name in acknowledged))
    lost, twice = _row(_LOGS, devices)
    plays_lost, plays_twice = _judged_plays(plays)
    online = Device.objects.with_tag().filter(pk__in=devices, presence__is_online=True)
    holding: list[bool] = [device.holds_tag for device in online]  # type: ignore[attr-defined]  # with_tag annotates it
    return {
        "acknowledged_and_lost": lost,
        "stored_twice": twice,
        "flips_in_a_row": _row(_FLIPS, devices)[0],
        "online": len(holding),
        "holding": sum(holding),
        "plays_lost": plays_lost,
        "plays_counted_twice": plays_twice,
    }


def faults(found: dict[str, Any]) -> list[str]:
    """What of it breaks a promise, in words."""
    broken = [f"{found[name]} {name}" for name in PROMISES if found[name]]
    if found["holding"] < HOLDING_AT_LEAST * found["online"]:
        broken.append(f"{found['holding']} of {found['online']} devices online hold their manifest")
    return broken


def _judged_plays(plays: Mapping[str, Plays]) -> tuple[int, int]:
    """Totals that are lost, and totals that are too great. Devices play on meanwhile: what was acknowledged is read
    before what is stored, and what they counted after it."""
    _note("simulated_told", _PLAY, _totals(plays, Plays.acknowledged))
    with connection.cursor() as cursor:
        cursor.execute(_STORED_PLAYS, {"devices": list(plays)})
    _note("simulated_counted", _PLAY, _totals(plays, Plays.counted))
    lost, twice = _row(_PLAYS, [])
    return lost, twice


def _totals(plays: Mapping[str, Plays], of: Callable[[Plays], dict[tuple[str, int], Total]]) -> Iterator[Sequence[Any]]:
    for name, device in plays.items():
        for (sha256, hour), total in of(device).items():
            yield name, sha256, datetime.fromtimestamp(hour, UTC), total.count, total.seconds


def _note(table: str, columns: str, rows: Iterable[Sequence[Any]]) -> None:
    """Put rows into a new temporary table."""
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS {table}")
        cursor.execute(f"CREATE TEMPORARY TABLE {table} ({columns})")
        with cursor.copy(f"COPY {table} FROM STDIN") as copied:
            for row in rows:
                copied.write_row(row)


def _row(query: str, devices: list[int]) -> tuple[Any, ...]:
    with connection.cursor() as cursor:
        cursor.execute(query, {"devices": devices})
        row: tuple[Any, ...] = cursor.fetchone()
    return row
