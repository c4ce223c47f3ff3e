"""The simulated fleet beside the server's database: devices made at once, and its promises judged by SQL at the end."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection, transaction

from devices.models import Device, DeviceToken, Group
from dgx.core.credentials import hash_secret, make_secret, prefix_of

BATCH = 5_000
HOLDING_AT_LEAST = 0.99
"""The share of online devices that must hold their manifest at the end; the others are fetching it, or lost power."""

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


def judged(names: Sequence[str], acknowledged: Iterable[str]) -> dict[str, Any]:
    """What the database has of these devices: acknowledged logs that are not stored, logs that are stored twice, flips
    that do not alternate, how many are online, and how many of them hold their current manifest."""
    devices = list(Device.objects.filter(mobile_id__in=names).values_list("pk", flat=True))
    _note(acknowledged)
    lost, twice = _row(_LOGS, devices)
    online = Device.objects.with_tag().filter(pk__in=devices, presence__is_online=True)
    holding: list[bool] = [device.holds_tag for device in online]  # type: ignore[attr-defined]  # with_tag annotates it
    return {
        "acknowledged_and_lost": lost,
        "stored_twice": twice,
        "flips_in_a_row": _row(_FLIPS, devices)[0],
        "online": len(holding),
        "holding": sum(holding),
    }


def faults(found: dict[str, Any]) -> list[str]:
    """What of it breaks a promise, in words."""
    broken = [
        f"{found[name]} {name}" for name in ("acknowledged_and_lost", "stored_twice", "flips_in_a_row") if found[name]
    ]
    if found["holding"] < HOLDING_AT_LEAST * found["online"]:
        broken.append(f"{found['holding']} of {found['online']} devices online hold their manifest")
    return broken


def _note(acknowledged: Iterable[str]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS simulated_acknowledged")
        cursor.execute("CREATE TEMPORARY TABLE simulated_acknowledged (name text)")
        with cursor.copy("COPY simulated_acknowledged FROM STDIN") as rows:
            for name in acknowledged:
                rows.write_row([name])


def _row(query: str, devices: list[int]) -> tuple[Any, ...]:
    with connection.cursor() as cursor:
        cursor.execute(query, {"devices": devices})
        row: tuple[Any, ...] = cursor.fetchone()
    return row
