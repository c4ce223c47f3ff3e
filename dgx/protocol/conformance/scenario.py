"""The examination: one step after the other, each given up when the player takes too long."""

import statistics
import threading
import time
from collections.abc import Callable
from typing import Any, NoReturn

from dgx.core.api.errors import error_body, error_headers
from dgx.core.errors import Refusal, Unauthenticated
from dgx.protocol.conformance.door import Door
from dgx.protocol.conformance.files import FileReply
from dgx.protocol.conformance.stage import Reply, Stage
from dgx.protocol.conformance.steps import STEPS, Step
from dgx.protocol.conformance.verdicts import Outcome, Verdicts
from dgx.protocol.http import Body, checked
from dgx.protocol.schemas import Claim, Enrolment

GAPS_MIN = 3
MANIFESTS_MIN = 12
"""So many waits between two calls of `GET manifest` are judged; a few in a row are a player in need of addresses."""


class Pace:
    """The waits between two calls of which the first was told poll_after_s."""

    def __init__(self) -> None:
        self._told_at: float | None = None
        self._gaps: list[float] = []

    def polled(self, now: float, *, told: bool) -> None:
        """A poll came; `told`: its answer says when to come again."""
        if told and self._told_at is not None:
            self._gaps.append(now - self._told_at)
        self._told_at = now if told else None

    def judge(self, verdicts: Verdicts, interval_s: float) -> None:
        """By the median, since a player may well come early to say that it has everything."""
        late_s = 3 * interval_s + 5
        is_slow = len(self._gaps) > 1 and min(self._gaps) > late_s
        if len(self._gaps) < GAPS_MIN and not is_slow:
            verdicts.noted("pace", f"only {len(self._gaps)} polls followed another")
            return
        usual = statistics.median(self._gaps)
        judge = verdicts.passed if interval_s / 2 <= usual <= late_s else verdicts.failed
        judge("pace", f"told {interval_s:g} s; the median of {len(self._gaps)} waits was {usual:.1f} s")

    def judge_manifests(self, verdicts: Verdicts, interval_s: float) -> None:
        """Nobody is told when to ask for a manifest, but not all the time."""
        if len(self._gaps) >= MANIFESTS_MIN and statistics.median(self._gaps) < interval_s / 2:
            usual = statistics.median(self._gaps)
            verdicts.failed("pace", f"asked GET manifest {len(self._gaps) + 1} times, usually every {usual:.1f} s")


def _silently(words: str) -> None:
    """Tell nobody which step begins."""


class Scenario:
    """Answers the player's calls and moves on. Thread-safe: every call of the player is a thread of the server's."""

    def __init__(
        self,
        *,
        base_url: str,
        interval_s: float,
        patience_s: float,
        mobile_id: str | None = None,
        key: str | None = None,
        say: Callable[[str], None] = _silently,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.verdicts = Verdicts()
        self.stage = Stage(self.verdicts, base_url=base_url, interval_s=interval_s)
        self.door = Door(self.verdicts, mobile_id=mobile_id, key=key, claim_after_s=interval_s)
        self.over = threading.Event()
        self._patience_s = patience_s
        self._say = say
        self._clock = clock
        self._lock = threading.RLock()
        self._steps = iter([step(self.stage, self.door) for step in STEPS])
        self._step: Step | None = None
        self._since: float | None = None
        """When the present step began; None until the player first calls with its token."""
        self._first_call: float | None = None
        self._last_call: float | None = None
        self._pace, self._manifest_pace = Pace(), Pace()
        self.why_ended = ""
        """In words, where it ended before its last step was over."""
        self._go_on(None)

    def enrol(self, values: Any) -> Reply:
        """POST enrol."""
        return self._guarded(lambda: self.door.enrol(self._read("enrol", Enrolment, values)))

    def claim(self, values: Any) -> Reply:
        """POST claim."""
        return self._guarded(lambda: self.door.claim(self._read("claim", Claim, values)))

    def poll(self, values: Any, authorization: str) -> Reply:
        """POST poll."""
        return self._guarded(lambda: self._poll(values, authorization))

    def manifest(self, authorization: str, if_none_match: str | None = None) -> Reply:
        """GET manifest."""
        return self._guarded(lambda: self._manifest(authorization, if_none_match))

    def unreadable(self, call: str, refusal: Refusal, authorization: str) -> Reply:
        """A call of the player's whose body is none; a stranger's is of no interest."""
        return self._guarded(lambda: self._refuse(call, refusal, authorization))

    def file(self, name: str, wanted: str | None, query: str, if_range: str | None = None) -> FileReply | None:
        """GET a file; None for one that there is not."""
        with self._lock:
            file = self.stage.files.get(name)
            self._last_call = self._clock() if file else self._last_call
            return file.answer(wanted, query, if_range) if file else None

    def run(self, seconds: float) -> None:
        """Let time pass until the examination is over, or the seconds are."""
        deadline = time.monotonic() + seconds
        while not self.over.wait(0.1):
            if time.monotonic() >= deadline:
                self._end("its time was up")
                break
            self.tick()
        self.finish()

    @property
    def was_called(self) -> bool:
        """Somebody came, if only to be refused."""
        return self._last_call is not None

    def stop(self) -> None:
        """Somebody wants to see what there is."""
        self._end("it was stopped")

    def finish(self) -> None:
        """Judge what only the whole shows."""
        with self._lock:
            self._manifest_pace.judge_manifests(self.verdicts, self.stage.interval_s)
            self._pace.judge(self.verdicts, self.stage.interval_s)

    def tick(self) -> None:
        """Let the present step see the time, and give it up when it takes too long."""
        with self._lock:
            now, step = self._clock(), self._step
            if step is None:
                return
            if self._since is None and self._first_call is not None and now > self._first_call + self._patience_s:
                self._end(f"the player did not come in within {self._patience_s:g} s")
                return
            step.tick(now)
            if not step.over and self._since is not None and now > self._since + self._patience(step):
                if step.played:
                    step.give_up()
                step.over = True
                if self._last_call is None or now > self._last_call + self._patience_s:
                    self._end(f"the player made no call in {self._patience_s:g} s")
                    return
            self._go_on(now)

    def _patience(self, step: Step) -> float:
        return max(self._patience_s, step.needs_s)

    def _end(self, why: str) -> None:
        with self._lock:
            if self._step is None or self.over.is_set():
                return
            self.why_ended = f"{why}, in the step “{self._step.words}”" if self._since is not None else why
            self.over.set()

    def _guarded(self, call: Callable[[], Reply]) -> Reply:
        with self._lock:
            self._last_call = self._clock()
            self._first_call = self._last_call if self._first_call is None else self._first_call
            try:
                return call()
            except Refusal as refusal:
                return Reply(refusal.status, error_body(refusal), error_headers(refusal))

    def _read(self, call: str, model: type[Body], values: Any) -> Body:
        try:
            return checked(model, values)
        except Refusal as refusal:
            self._refuse(call, refusal, "")
            raise

    def _refuse(self, call: str, refusal: Refusal, authorization: str) -> NoReturn:
        """Raises the refusal again, after taking it down where it is the player's."""
        if call == "poll":
            self.door.check(authorization)
        if call == "poll" or self.verdicts.outcome("enrolment") is not Outcome.PASSED:
            self.verdicts.failed("well_formed", f"{call}: {refusal.message}")
        raise refusal

    def _poll(self, values: Any, authorization: str) -> Reply:
        now = self._called(authorization)
        body = self.stage.read(values)
        reply = self._step.poll(body, now) if self._step else None
        self._go_on(now)
        self._pace.polled(now, told=reply is None)
        if reply is not None:
            return reply
        if self._step:
            self._step.answers()
        return Reply(200, self.stage.answer(body, fresh=self.stage.store(body)))

    def _manifest(self, authorization: str, if_none_match: str | None) -> Reply:
        self._manifest_pace.polled(self._called(authorization), told=True)
        etag = f'"{self.stage.tag}"'
        if etag in (if_none_match or "").replace("W/", "").split(", "):
            return Reply(304, None, {"ETag": etag})
        return Reply(200, self.stage.manifest(), {"ETag": etag})

    def _called(self, authorization: str) -> float:
        """Check the token and tell the step; returns the time."""
        now = self._clock()
        try:
            self.door.check(authorization)
        except Unauthenticated as refusal:
            if self._step and refusal.code == "token_revoked":
                self._step.calls(now)
            raise
        if self._since is None:
            self._since = now
            self._say_step()
        if self._step:
            self._step.calls(now)
        return now

    def _go_on(self, now: float | None) -> None:
        """Begin the next step where the present one is over."""
        while not self.over.is_set() and (self._step is None or self._step.over):
            self._step, self._since = next(self._steps, None), now
            if self._step is None:
                self.over.set()
                return
            self._step.begin()
            if now is not None:
                self._say_step()

    def _say_step(self) -> None:
        if self._step:
            self._say(self._step.words)
