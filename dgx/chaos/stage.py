"""What faults happen to: the running system, the fleet and the operator who use it, and the lines between them."""

import json
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlsplit

from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.db import DatabaseError, InterfaceError, connection

from devices.models import Group, SweepState
from dgx.chaos.calls import Caller
from dgx.chaos.crowd import Crowd
from dgx.chaos.disks import Disk
from dgx.chaos.old_device import OldDevice
from dgx.chaos.operator import Operator
from dgx.chaos.stack import Stack
from dgx.core.credentials import hash_secret, make_secret, prefix_of
from dgx.core.models import ApiKey
from dgx.protocol.simulator.database import enrol
from media_library.tests.line import Line

GROUP = "chaos"
EXPECTED_EVERY_S = 10
"""Devices are expected so often and may miss three reports: half a minute. They report every second."""
FILES = 12
UP_WITHIN_S = 120.0


@dataclass(frozen=True)
class Mark:
    """How far everybody was at an instant."""

    acknowledged: dict[str, int]
    done: dict[str, int]
    swept_at: datetime | None


@dataclass
class Stage:
    """The parts. `silenced`: devices that a fault made silent on purpose."""

    stack: Stack
    crowd: Crowd
    operator: Operator
    old_device: OldDevice
    line: Line
    store_line: Line
    disk: Disk
    uploads: Disk
    silenced: set[str] = field(default_factory=set)
    found: Counter[str] = field(default_factory=Counter)

    def complain(self, sentence: str) -> None:
        """A fault saw something that must not be."""
        self.found[sentence] += 1

    def complaints(self) -> Counter[str]:
        """What devices, the operator and the faults had to complain of so far."""
        return self.crowd.complaints() + Counter(self.operator.caller.complaints) + self.found

    def mark(self) -> Mark:
        """How far everybody is."""
        return Mark(self.crowd.acknowledged(), self._done(), None)

    def not_back(self, mark: Mark) -> list[str]:
        """Who has had no success since then: devices, kinds of the operator's work, the periodic tasks."""
        now, done = self.crowd.acknowledged(), self._done()
        late = [name for name, count in mark.acknowledged.items() if now[name] <= count]
        late += [kind for kind, count in mark.done.items() if done[kind] <= count]
        return late

    def _done(self) -> dict[str, int]:
        return {**self.operator.done, self.old_device.name: len(self.old_device.confirmed)}


@contextmanager
def staged(stack: Stack, disk: Disk, uploads: Disk, *, devices: int, back_off_s: float) -> Iterator[Stage]:
    """Everything running and at work; ended with the block."""
    call_command("migrate", verbosity=0)
    with ExitStack() as ends:
        line = ends.enter_context(Line(stack.port))
        store_line = ends.enter_context(Line(urlsplit(stack.env["S3_ENDPOINT_URL"]).port or 80))
        stack.start(S3_ENDPOINT_URL=store_line.url, DGX_UPLOAD_TEMP_DIR=str(uploads.folder))
        tokens = enrol([f"chaos-{number:03}" for number in range(devices)], group=GROUP)
        Group.objects.filter(name=GROUP).update(report_interval_s=EXPECTED_EVERY_S)
        files = stack.var.with_name("fleet")  # not in `var`, whose disk may be full
        files.mkdir()
        crowd = Crowd(tokens, (stack.url, line.url), files, back_off_s)
        caller = Caller(stack.url, _api_key())
        operator = Operator(caller, str(Group.objects.get(name=GROUP).public_id), sorted(tokens))
        (old_name,) = enrol(["chaos-old"], group=None)
        old_device = OldDevice(caller, old_name)
        if wait_until(lambda: is_ready(stack.url), within_s=UP_WITHIN_S) is None:
            raise RuntimeError(f"The system did not start; {stack.log} says why.")
        operator.set_up(FILES)
        ends.callback(operator.stop)
        crowd.start()
        ends.callback(crowd.stop)
        old_device.start()
        ends.callback(old_device.stop)
        yield Stage(stack, crowd, operator, old_device, line, store_line, disk, uploads)


def _api_key() -> str:
    """A writing key of a new administrator."""
    user = get_user_model().objects.create_superuser("chaos", password=make_secret("p"))
    secret = make_secret("k")
    ApiKey.objects.create(
        user=user,
        name="chaos",
        scope=ApiKey.Scope.WRITE,
        prefix=prefix_of(secret),
        key_hash=hash_secret(secret),
    )
    return secret


def is_ready(url: str) -> bool:
    """The server says that all its stores answer, and that the sweep runs."""
    try:
        with urllib.request.urlopen(f"{url}/ready", timeout=5) as answer:  # noqa: S310 — our own address
            return bool(json.load(answer)["checks"]["sweep"]["ok"])
    except (urllib.error.URLError, OSError, ValueError):
        return False


def swept_at() -> datetime | None:
    """When the sweep last ran."""
    return SweepState.objects.filter(pk=1).values_list("swept_at", flat=True).first()


def wait_until(condition: Callable[[], bool], *, within_s: float, every_s: float = 0.1) -> float | None:
    """Seconds until it held, asked again while the database is away; None when it did not in time."""
    started = time.monotonic()
    while (passed := time.monotonic() - started) < within_s:
        if asked(condition):
            return passed
        time.sleep(every_s)
    return None


def asked(condition: Callable[[], bool]) -> bool:
    """Does it hold? Not while the database is away."""
    try:
        return condition()
    except (DatabaseError, InterfaceError):
        connection.close()
        return False
