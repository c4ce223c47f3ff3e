"""The examination: one step after the other, each given up when the player takes too long."""

import statistics
import threading
import time
from collections.abc import Callable
from typing import Any

from dgx.core.api.errors import error_body, error_headers
from dgx.core.errors import Refusal, Unauthenticated
from dgx.protocol.conformance.door import Door
from dgx.protocol.conformance.files import FileReply
from dgx.protocol.conformance.stage import Reply, Stage
from dgx.protocol.conformance.steps import STEPS, Step
from dgx.protocol.conformance.verdicts import Verdicts
from dgx.protocol.http import checked
from dgx.protocol.schemas import Claim, Enrolment

GAPS_MIN = 3


class Pace:
    """The waits between two polls of which the first was told poll_after_s."""

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
        if len(self._gaps) < GAPS_MIN:
            verdicts.noted("pace", f"only {len(self._gaps)} polls followed another")
            return
        usual = statistics.median(self._gaps)
        judge = verdicts.passed if usual >= interval_s / 2 else verdicts.failed
        judge("pace", f"told {interval_s:g} s; the median of {len(self._gaps)} waits was {usual:.1f} s")


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
        self._pace = Pace()
        self._go_on(None)

    def enrol(self, values: Any) -> Reply:
        """POST enrol."""
        return self._guarded(lambda: Reply(*self.door.enrol(checked(Enrolment, values))))

    def claim(self, values: Any) -> Reply:
        """POST claim."""
        return self._guarded(lambda: Reply(*self.door.claim(checked(Claim, values))))

    def poll(self, values: Any, authorization: str) -> Reply:
        """POST poll."""
        return self._guarded(lambda: self._poll(values, authorization))

    def manifest(self, authorization: str) -> Reply:
        """GET manifest."""
        return self._guarded(lambda: self._manifest(authorization))

    def file(self, name: str, wanted: str | None, query: str) -> FileReply | None:
        """GET a file; None for one that there is not."""
        with self._lock:
            file = self.stage.files.get(name)
            return file.answer(wanted, query) if file else None

    def run(self, seconds: float) -> None:
        """Let time pass until the examination is over, or the seconds are."""
        deadline = time.monotonic() + seconds
        while not self.over.wait(0.1) and time.monotonic() < deadline:
            self.tick()
        self.finish()

    def finish(self) -> None:
        """Judge what only the whole shows."""
        with self._lock:
            self._pace.judge(self.verdicts, self.stage.interval_s)

    def tick(self) -> None:
        """Let the present step see the time, and give it up when it takes too long."""
        with self._lock:
            now = self._clock()
            if self._step is None:
                return
            self._step.tick(now)
            if not self._step.over and self._since is not None and now > self._since + self._patience_s:
                self._step.give_up()
                self._step.over = True
            self._go_on(now)

    def _guarded(self, call: Callable[[], Reply]) -> Reply:
        with self._lock:
            try:
                return call()
            except Refusal as refusal:
                return Reply(refusal.status, error_body(refusal), error_headers(refusal))

    def _poll(self, values: Any, authorization: str) -> Reply:
        now = self._called(authorization)
        body = self.stage.read(values)
        reply = self._step.poll(body, now) if self._step else None
        self._go_on(now)
        self._pace.polled(now, told=reply is None)
        if reply is not None:
            return reply
        return Reply(200, self.stage.answer(body, fresh=self.stage.store(body)))

    def _manifest(self, authorization: str) -> Reply:
        self._called(authorization)
        return Reply(200, self.stage.manifest(), {"ETag": f'"{self.stage.tag}"'})

    def _called(self, authorization: str) -> float:
        """Check the token and tell the step; returns the time."""
        now = self._clock()
        try:
            self.door.check(authorization)
        except Unauthenticated as refusal:
            if self._step and refusal.code == "token_revoked":
                self._step.calls(now)
            raise
        self._since = now if self._since is None else self._since
        if self._step:
            self._step.calls(now)
        return now

    def _go_on(self, now: float | None) -> None:
        """Begin the next step where the present one is over."""
        if self.over.is_set() or (self._step is not None and not self._step.over):
            return
        self._step, self._since = next(self._steps, None), now
        if self._step is None:
            self.over.set()
            return
        self._step.begin()
        self._say(self._step.words)
