"""The data that benchmarks run on, made by the database itself.

The fleet is the one that the peer's seed makes: each device has 20 videos of a library of 200, by links of its own that
name its group and shop too, as fleets imported from the old services have them.
"""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from django.contrib.auth.models import User
from django.db import connection

from benchmarks.rig import Rig
from dgx.core.models import ApiKey

GROUPS, SHOPS, VIDEOS, VIDEOS_EACH = 50, 100, 200, 20
BOOT_ID = "bench"
"""The boot that every device reports from; `benchmarks/wrk` sends the same."""

_PLACES = """
INSERT INTO locations_shop (public_id, name, code, address, timezone)
SELECT gen_random_uuid(), 'shop-' || n, '', '', 'Europe/Berlin' FROM generate_series(1, %(shops)s) n;
INSERT INTO devices_group (public_id, name)
SELECT gen_random_uuid(), 'group-' || n FROM generate_series(1, %(groups)s) n;
"""

_VIDEOS = f"""
INSERT INTO media_library_video (public_id, name, kind, file, original_name, mime, size, sha256, thumbnail, state,
                                 state_reason, probed_at, width, height, duration_s)
SELECT gen_random_uuid(), 'video-' || n, 'video', 'myvideos/' || hash || '.mp4', 'video-' || n || '.mp4', 'video/mp4',
       5000000 + n * 1000, hash, '', 'ready', '', now(), 1920, 1080, 15
  FROM generate_series(1, {VIDEOS}) n, encode(sha256(convert_to('video-' || n, 'UTF8')), 'hex') hash;
"""

_DEVICES = """
INSERT INTO devices_device (public_id, mobile_id, name, state, group_id, shop_id, screen, app_version, notes)
SELECT gen_random_uuid(), 'dev-' || n, 'Device ' || n, 'enrolled', 1 + n %% %(groups)s, 1 + n %% %(shops)s, '1920x1080',
       '3.2.0', ''
  FROM generate_series(1, %(devices)s) n
"""

_ONLINE = """
UPDATE devices_presence SET is_online = true, last_seen_at = now(), since = now(), boot_id = %(boot)s
"""

_TOKENS = """
INSERT INTO devices_devicetoken (public_id, device_id, prefix, token_hash)
SELECT gen_random_uuid(), id, 'dgxd_bench-', encode(sha256(convert_to('dgxd_bench-' || id, 'UTF8')), 'hex')
  FROM devices_device
"""

_LINKS = f"""
INSERT INTO media_library_link (public_id, video_id, device_id, group_id, shop_id, display_order)
SELECT gen_random_uuid(), 1 + (d.id * 7 + v * 3) %% {VIDEOS}, d.id, d.group_id, d.shop_id, v
  FROM devices_device d, generate_series(1, {VIDEOS_EACH}) v
"""

_LOGS = """
INSERT INTO telemetry_devicelog (device_id, log_type, value, logged_at, received_at)
SELECT 1 + n %% %(devices)s, 'temperature', 20.5 + n %% 30, at, at
  FROM (SELECT n, now() - interval '10 minutes' - make_interval(secs => n * %(step)s) AS at
          FROM generate_series(%(rows)s, 1, -1) n) made
"""

_CREDENTIALS = """
COPY (SELECT 'dgxd_bench-' || d.id,
             format('d%s.%s-g%s.%s-s%s.%s-c%s',
                    d.id, d.content_version, g.id, g.content_version, s.id, s.content_version,
                    (SELECT content_version FROM locations_chain))
        FROM devices_device d JOIN devices_group g ON g.id = d.group_id JOIN locations_shop s ON s.id = d.shop_id
       ORDER BY d.id) TO STDOUT
"""


@dataclass(frozen=True)
class Fleet:
    """A filled database. `credentials` is a file with a line per device: its token, a tab, its manifest's tag."""

    database: str
    devices: int
    credentials: Path


def fleet(rig: Rig) -> Fleet:
    """A fresh copy of the fleet of 10,000 devices (a quick run: 1,000), all online."""
    devices = rig.size(10_000, 1_000)
    database = rig.database(rig.template("fleet", lambda: make_fleet(devices)))
    return Fleet(database, devices, write_credentials(rig.var / f"{database}.tsv"))


def make_fleet(devices: int) -> None:
    """Fill the present database with the fleet: places, videos, devices with tokens, and their links."""
    make_devices(devices, groups=GROUPS, shops=SHOPS)
    make_tokens_and_videos()
    with connection.cursor() as cursor:
        cursor.execute(_LINKS, {})


def make_devices(devices: int, *, groups: int, shops: int) -> None:
    """Fill the present database with places and with devices that are online."""
    counts = {"devices": devices, "groups": groups, "shops": shops}
    with connection.cursor() as cursor:
        cursor.execute(_PLACES, counts)
        cursor.execute(_DEVICES, counts)
        cursor.execute(_ONLINE, {"boot": BOOT_ID})


def make_tokens_and_videos() -> None:
    """Give the devices of the present database tokens, and the library videos, without any link."""
    with connection.cursor() as cursor:
        cursor.execute(_VIDEOS)
        cursor.execute(_TOKENS)


def write_credentials(path: Path) -> Path:
    """Write what each device sends with its polls, for the load generator to read."""
    with connection.cursor() as cursor, path.open("wb") as file, cursor.copy(_CREDENTIALS) as rows:
        for row in rows:
            file.write(row)
    return path


def make_logs(rows: int, *, devices: int, span: timedelta) -> None:
    """Log entries of the first `devices` devices in turn, evenly over the time before ten minutes ago, oldest first."""
    with connection.cursor() as cursor:
        cursor.execute(_LOGS, {"rows": rows, "devices": devices, "step": span.total_seconds() / rows})


def api_key() -> str:
    """The secret of an API key that may do everything in the present database."""
    user = User.objects.create_superuser("bench")
    _, secret = ApiKey.issue(user=user, name="benchmarks", scope=ApiKey.Scope.WRITE)
    return secret


def number(query: str, **values: int) -> int:
    """The one number that a query of the present database gives."""
    with connection.cursor() as cursor:
        cursor.execute(query, values or None)
        row = cursor.fetchone()
    return int(row[0]) if row else 0


def count(table: str) -> int:
    """Rows of a table of the present database."""
    return number(f"SELECT count(*) FROM {table}")


def bytes_of(table: str) -> int:
    """What a table takes on disk with its partitions, indexes and overhead."""
    parts = f"SELECT sum(pg_total_relation_size(relid)) FROM pg_partition_tree('{table}')"
    return number(f"SELECT coalesce(({parts}), pg_total_relation_size('{table}'))")
