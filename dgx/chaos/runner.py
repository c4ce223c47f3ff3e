"""Runs faults one after the other: break, wait for the recovery, check what must hold, write a row."""

import time
from collections.abc import Callable, Iterable, Iterator

from django.utils import timezone

from dgx.chaos.faults import Fault, Impossible
from dgx.chaos.invariants import broken
from dgx.chaos.report import Row
from dgx.chaos.stage import Stage, swept_at, wait_until

RECOVERS_WITHIN_S = 90.0


def run(stage: Stage, faults: Iterable[Fault], seconds_of: Callable[[Fault], float]) -> Iterator[Row]:
    """A row for each fault, as soon as it is over."""
    for fault in faults:
        yield _run(stage, fault, seconds_of(fault))


def _run(stage: Stage, fault: Fault, seconds: float) -> Row:
    row, since, before = Row(fault.name, fault.what), timezone.now(), stage.complaints()
    confirmed, repeated, started = sum(stage.crowd.acknowledged().values()), stage.crowd.interrupted(), time.monotonic()
    stage.silenced.clear()
    try:
        row.times = fault.break_it(stage, seconds)
    except Impossible as reason:
        row.impossible = str(reason)
        return row
    except Exception as error:  # noqa: BLE001 — the row says it, and the other faults have their turn
        row.broken.append(f"the fault itself failed: {error!r}")
    row.seconds = round(time.monotonic() - started, 1)
    _recover(stage, row)
    row.confirmed = sum(stage.crowd.acknowledged().values()) - confirmed
    row.repeated = stage.crowd.interrupted() - repeated
    row.broken += broken(stage, since)
    row.broken += [f"{number} x {sentence}" for sentence, number in (stage.complaints() - before).items()]
    return row


def _recover(stage: Stage, row: Row) -> None:
    """Wait until each device, each kind of the operator's work and the periodic tasks have succeeded again."""
    mark, healed_at = stage.mark(), timezone.now()

    def all_back() -> bool:
        return not stage.not_back(mark) and (swept_at() or healed_at) > healed_at

    waited = wait_until(all_back, within_s=RECOVERS_WITHIN_S)
    if waited is None:
        late = stage.not_back(mark)[:5] or ["the sweep"]
        row.broken.append(f"not at work again after {RECOVERS_WITHIN_S:.0f} s: {', '.join(late)}")
    row.recovery_s = None if waited is None else round(waited, 1)
