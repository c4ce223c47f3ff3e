"""One simulated device: enrols, polls as it is told, downloads what is missing, resends what was not acknowledged."""

import random
import time
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from dgx.protocol.simulator.books import Books
from dgx.protocol.simulator.files import AddressExpired, Files
from dgx.protocol.simulator.outbox import Batch, Outbox
from dgx.protocol.simulator.plays import Plays
from dgx.protocol.simulator.programme import showing
from dgx.protocol.simulator.scenery import Scenery
from dgx.protocol.simulator.wire import Answer, Interrupted, Wire

LOST_TOKEN_WAIT_S = 60.0


@dataclass(frozen=True)
class Conduct:
    """How the fleet behaves: the share of calls that go wrong, an interval in place of the server's, the key to enrol
    with, whether each device writes a log at every poll, so that there is something to lose, how many seconds lie
    between two reports of what was played, and the longest wait between two tries."""

    flaky: float = 0.0
    interval_s: float | None = None
    key: str | None = None
    chatty: bool = True
    plays_every_s: float = 60.0
    back_off_max_s: float = 60.0


@dataclass(eq=False)
class Player:
    """A device. `step()` does the next thing and says in how many seconds to call it again."""

    mobile_id: str
    wire: Wire
    files: Files
    books: Books
    conduct: Conduct
    scenery: Scenery
    rng: random.Random
    token: str | None = None
    tag: str | None = None
    wanted: dict[str, Any] | None = None
    active: dict[str, Any] | None = None
    playing: str | None = None
    plays: Plays = field(default_factory=Plays)
    features: list[str] = field(default_factory=list)
    plays_told: float = 0.0
    failures: int = 0
    next_poll: float = 0.0
    last_reading: float = field(default_factory=time.time)
    clock_error: timedelta = timedelta()

    def __post_init__(self) -> None:
        self.outbox = Outbox(self._new_boot())
        if self._unlucky():
            self.clock_error = timedelta(days=self.rng.choice([-20_000, -400, -1, 1, 300, 20_000]))

    def step(self) -> float:
        """Enrol, poll or download, whichever is next; returns the seconds to wait before the next step."""
        try:
            if self.token is None:
                return self._enrol()
            if time.monotonic() >= self.next_poll:
                self._report()
            self._fetch_missing()
        except Interrupted as interruption:
            return self._back_off(interruption)
        self.failures = 0
        wait = max(0.0, self.next_poll - time.monotonic())
        return min(1.0, wait) if self.missing() else wait

    def missing(self) -> list[str]:
        """Hashes of the wanted files that are not yet here."""
        items = self.wanted["items"] if self.wanted else []
        return sorted({item["sha256"] for item in items if not self.files.has(item["sha256"])})

    def holds_all(self) -> bool:
        """It holds the latest set that it was told of."""
        return self.wanted is not None and self.tag == self.wanted["tag"]

    def _enrol(self) -> float:
        body = {"mobile_id": self.mobile_id, "enrolment_key": self.conduct.key, "name": f"Simulated {self.mobile_id}"}
        answer = self.wire.call("enrol", body=body)
        if answer.status != 201:
            self.books.violation(f"{self.mobile_id}: enrol was answered {answer.status} {answer.code}")
            return LOST_TOKEN_WAIT_S
        self.token = answer.body["token"]
        self.books.count("enrolled")
        return 0.0

    def _report(self) -> None:
        if self._unlucky(0.25) and self.outbox.reboot(self._new_boot()):
            self.books.count("reboots")
        self._measure()
        self.outbox.batch(self._state() | self._plays_due())
        batches = list(self.outbox.batches)
        if self._unlucky():
            batches.reverse()
        for batch in batches:
            self._send(batch)

    def _send(self, batch: Batch) -> None:
        if self._unlucky():
            raise Interrupted("poll: lost on its way out")
        again, batch.sent = batch.sent, True
        answer = self.wire.call("poll", body=batch.body, token=self.token)
        self.books.count("polls")
        if answer.status == 200 and self._unlucky():
            self._check(batch, answer, again)
            batch.stored = True
            raise Interrupted("poll: the answer was lost")
        self._take(batch, answer, again)
        if answer.status == 200 and self._unlucky():
            repeated = self.wire.call("poll", body=batch.body, token=self.token)
            self._must(repeated.status != 200 or repeated.body["duplicate"], "a repeat was stored again")

    def _take(self, batch: Batch, answer: Answer, again: bool) -> None:
        if answer.status == 200:
            self._check(batch, answer, again)
            self.outbox.settle(batch, acknowledged=True)
            self.failures = 0
            self.plays.acknowledge(batch.body.get("plays", []), now=time.time())
            self._obey(answer.body)
        elif answer.code == "report_too_old":
            self.books.count("reports_too_old")
            self.outbox.settle(batch, acknowledged=False)
        elif answer.status == 401:
            self.books.count("unauthenticated")
            raise Interrupted(f"poll: {answer.code}", LOST_TOKEN_WAIT_S)
        else:
            self.books.violation(f"{self.mobile_id}: a good poll was answered {answer.status} {answer.body}")
            self.outbox.settle(batch, acknowledged=False)

    def _check(self, batch: Batch, answer: Answer, again: bool) -> None:
        """Hold the answer against what the protocol promises."""
        body = answer.body
        if body["duplicate"]:
            self.books.count("duplicates")
        self._must(again or not body["duplicate"], "a first report was taken for a repeat")
        self._must(body["duplicate"] or not batch.stored, "a stored report was stored again")
        self._must(body["accepted"] == len(batch.logs) and not body["refused"], "good log entries were refused")
        self._must(not body.get("plays_refused"), "good plays were refused")
        news = batch.body.get("have") != body["tag"] or bool(batch.body.get("missing"))
        self._must(news == (body["manifest"] is not None), "the manifest came when it should not, or did not come")
        self._must(body["manifest"] is None or body["manifest"]["tag"] == body["tag"], "two tags in one answer")

    def _obey(self, body: dict[str, Any]) -> None:
        self.features = body.get("features", [])
        if body["manifest"] is not None:
            self.wanted = body["manifest"]
            self.books.count("manifests")
        wait = body["poll_after_s"] if self.conduct.interval_s is None else self.conduct.interval_s
        self.next_poll = time.monotonic() + wait

    def _fetch_missing(self) -> None:
        """Get what is missing; the old set plays on until the new one is complete."""
        missing = set(self.missing())
        for item in self.wanted["items"] if self.wanted else []:
            if item["sha256"] in missing:
                try:
                    self.files.fetch(
                        item, cut_after=self.rng.randrange(1, item["size"] + 1) if self._unlucky() else None
                    )
                except AddressExpired:
                    self.books.count("addresses_expired")
                    return self._ask_again()
        if self.wanted and not self.missing():
            self.tag, self.active = self.wanted["tag"], self.wanted
        return None

    def _ask_again(self) -> None:
        answer = self.wire.call("manifest", method="GET", token=self.token)
        if answer.status != 200:
            raise Interrupted(f"manifest: {answer.status} {answer.code}")
        self.wanted = answer.body

    def _state(self) -> dict[str, Any]:
        missing = self.missing()[:1000]
        return {
            "sent_at": self._clock(),
            "have": self.tag,
            "missing": missing,
            "temperature": self.scenery.temperature(time.time(), self.rng),
            "storage_free": 12_000_000_000,
            "screen": "1920x1080",
            "app_version": "simulated",
            "playing": self.playing,
        }

    def _plays_due(self) -> dict[str, Any]:
        """Proof of play for a report, where the server takes it and the last one was long enough ago."""
        if "plays" not in self.features or time.monotonic() < self.plays_told + self.conduct.plays_every_s:
            return {}
        due = self.plays.due()
        if not due:
            return {}
        self.plays_told = time.monotonic()
        return {"plays": due}

    def _measure(self) -> None:
        now = time.time()
        shown = showing(self.active, datetime.fromtimestamp(now, UTC))
        self.playing = self.plays.run(shown, start=self.last_reading, end=now)
        for _ in range(self.scenery.door_openings(now - self.last_reading, self.rng)):
            self.outbox.add({"log_type": "door_open", "value": 1, "logged_at": self._clock()})
        if self.conduct.chatty:
            self.outbox.add({"log_type": "heartbeat", "message": "alive", "logged_at": self._clock()})
        self.last_reading = now

    def _back_off(self, interruption: Interrupted) -> float:
        """Twice as long each time, and never two devices in step."""
        self.books.count(f"interrupted: {interruption}")
        self.failures += 1
        first = min(1.0, self.conduct.interval_s or 1.0)
        wait = min(self.conduct.back_off_max_s, first * (1 << min(10, self.failures - 1))) * self.rng.uniform(0.5, 1)
        return (interruption.wait_s or 0) + wait

    def _must(self, holds: bool, otherwise: str) -> None:
        if not holds:
            self.books.violation(f"{self.mobile_id}: {otherwise}")

    def _unlucky(self, share: float = 1.0) -> bool:
        return self.rng.random() < self.conduct.flaky * share

    def _clock(self) -> str:
        return (datetime.now(UTC) + self.clock_error).isoformat()

    def _new_boot(self) -> str:
        return uuid.UUID(int=self.rng.getrandbits(128)).hex[:16]
