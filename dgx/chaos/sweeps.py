"""Silence and time: half the fleet silent, two of what should be one, clocks that jump."""

import time
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

from dgx.chaos.faults import fault
from dgx.chaos.threads import together

if TYPE_CHECKING:
    from dgx.chaos.stage import Stage

FOUND_WITHIN_S = 120.0
"""Beyond the deadline: an outage of ours moves it by as much and by up to a minute, and sweeps may be late."""
JUMPS = [timedelta(hours=hours) for hours in (1, -1, 24 * 400, -24 * 400, 5, 0)]


@fault("half the fleet falls silent at once", seconds=(36, 45, 120))
def half_silent(stage: "Stage", seconds: float) -> int:
    """Just that half is told to be offline."""
    from dgx.chaos.stage import wait_until  # noqa: PLC0415 — it needs the settings

    stage.silenced |= {player.mobile_id for player in stage.crowd.halves[1]}
    stage.line.cut()
    try:
        time.sleep(seconds)
        wait_until(lambda: stage.silenced <= _offline(), within_s=FOUND_WITHIN_S)
        if (found := _offline()) != stage.silenced:
            stage.complain(f"{len(found)} devices were offline, not the {len(stage.silenced)} that were silent")
    finally:
        stage.line.mend()
    return len(stage.silenced)


def _offline() -> set[str]:
    from devices.models import Presence  # noqa: PLC0415 — it needs the settings

    return set(Presence.objects.filter(is_online=False).values_list("device__mobile_id", flat=True))


@fault("two beats, and six sweeps and four roll-ups at once", seconds=(5, 40, 120))
def two_beats(stage: "Stage", seconds: float) -> int:
    from devices.services.presence import mark_offline  # noqa: PLC0415 — these need the settings
    from telemetry.services.rollup import roll_up  # noqa: PLC0415

    second = stage.stack.start_another("beat")
    try:
        return _at_once(seconds, [mark_offline] * 6 + [roll_up] * 4)
    finally:
        stage.stack.retire(second)


@fault("the clocks of all devices jump by hours and years, there and back", seconds=(6, 30, 120))
def device_clocks(stage: "Stage", seconds: float) -> int:
    for jump in JUMPS:
        for player in stage.crowd.players:
            player.clock_error = jump
        time.sleep(seconds / len(JUMPS))
    return len(JUMPS)


@fault("the server's clock, as the sweep reads it, jumps ahead and back", seconds=(6, 20, 60))
def server_clock(stage: "Stage", seconds: float) -> int:
    """An hour ahead is a gap of an hour in the sweep; back is a sweep in the past."""
    from django.utils import timezone  # noqa: PLC0415 — these need the settings

    from devices.services.presence import mark_offline  # noqa: PLC0415

    jumps = (timedelta(hours=1), timedelta(0), timedelta(hours=-1), timedelta(0))
    for jump in jumps:
        if gone := mark_offline(now=timezone.now() + jump).device_ids:
            stage.complain(f"{len(gone)} devices were blamed for a clock of ours")
        time.sleep(seconds / len(jumps))
    return len(jumps)


@fault(
    "every third call of a device lost, repeated, out of order, after a reboot, or future-dated", seconds=(8, 60, 120)
)
def unruly_reports(stage: "Stage", seconds: float) -> int:
    """As bad as a network can make it; a device whose calls are lost in a row may well count as silent."""
    stage.silenced |= {player.mobile_id for player in stage.crowd.players}
    repeated = stage.crowd.books["duplicates"]
    stage.crowd.behave(stage.crowd.players, flaky=0.3)
    for number, player in enumerate(stage.crowd.players):
        player.clock_error = timedelta(days=number % 3 * 300)
    try:
        time.sleep(seconds)
    finally:
        stage.crowd.behave(stage.crowd.players)
        for player in stage.crowd.players:
            player.clock_error = timedelta()
    return stage.crowd.books["duplicates"] - repeated


def _at_once(seconds: float, verbs: list[Callable[..., object]]) -> int:
    """Run each verb again and again in a thread of its own; returns how often."""
    from django.db import connection  # noqa: PLC0415 — these need the settings
    from django.utils import timezone  # noqa: PLC0415

    until = time.monotonic() + seconds

    def repeat(number: int) -> int:
        runs = 0
        while time.monotonic() < until:
            verbs[number](now=timezone.now())
            runs += 1
            time.sleep(0.1)
        connection.close()
        return runs

    return sum(together(len(verbs), repeat))
