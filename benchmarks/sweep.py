"""The sweep of a large fleet of which a hundredth fell silent, against the statements that it cannot do without."""

import time
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.utils import timezone

from benchmarks.core import Benchmark, Figure, at_most
from benchmarks.data import make_devices
from benchmarks.errors import BenchmarkError
from benchmarks.rig import Rig
from devices.models import PresenceFlip
from devices.services.presence import mark_offline

EVERY = 100
"""One device in so many fell silent."""
SILENT_SINCE = timedelta(minutes=10)

_ALL_REPORTED = "UPDATE devices_presence SET last_seen_at = %(now)s"
_SOME_FELL_SILENT = """
UPDATE devices_presence SET is_online = true, last_seen_at = %(since)s WHERE device_id %% %(every)s = 0
"""
_BARE = (
    """
    UPDATE devices_presence SET is_online = false, since = %(now)s
     WHERE is_online AND last_seen_at + make_interval(secs => silent_after_s) < %(now)s RETURNING device_id
    """,
    """
    INSERT INTO devices_presenceflip (device_id, is_online, at, reason)
    SELECT device, false, %(now)s, 'silence' FROM unnest(%(devices)s) device
    """,
)


class Sweep(Benchmark):
    title = "sweep of 1,000,000 devices of which 10,000 fell silent"
    figures = {
        "seconds": Figure("the sweep", "s", at_most(2), sized=True),
        "bare": Figure("× the bare statements", "", at_most(1.5)),
        "bare_seconds": Figure("the bare statements", "s"),
    }
    runs = 5

    def setup(self, rig: Rig) -> None:
        self.devices = rig.size(1_000_000, 100_000)
        rig.database()
        make_devices(self.devices, groups=50, shops=1000)
        self.now = timezone.now()  # frozen, so that the others do not fall silent while this is measured
        _execute(_ALL_REPORTED, now=self.now)
        rig.settle()

    def run(self, rig: Rig) -> Mapping[str, float]:
        self._silence(rig)
        bare = _timed(lambda: _bare_sweep(self.now))
        self._expect_flips()
        self._silence(rig)
        ours = _timed(lambda: mark_offline(now=self.now))
        self._expect_flips()
        return {"seconds": ours, "bare": ours / bare, "bare_seconds": bare}

    def _silence(self, rig: Rig) -> None:
        """As it was before a sweep."""
        PresenceFlip.objects.all().delete()
        _execute(_SOME_FELL_SILENT, since=self.now - SILENT_SINCE, every=EVERY)
        rig.settle()

    def _expect_flips(self) -> None:
        if PresenceFlip.objects.count() != self.devices // EVERY:
            raise BenchmarkError(f"{PresenceFlip.objects.count()} devices were turned offline")


def _bare_sweep(now: datetime) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_BARE[0], {"now": now})
        cursor.execute(_BARE[1], {"now": now, "devices": [row[0] for row in cursor.fetchall()]})


def _execute(statement: str, **values: datetime | int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def _timed(verb: Callable[[], object]) -> float:
    started = time.perf_counter()
    verb()
    return time.perf_counter() - started


BENCHMARK = Sweep
