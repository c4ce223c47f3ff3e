"""What all steps of the examination share: the files, the two sets, what the player said, and the ordinary answer."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from dgx.core.errors import Refusal
from dgx.protocol.conformance.files import CutFile, ExpiringFile, ServedFile, SpoiltFile
from dgx.protocol.conformance.verdicts import Verdicts
from dgx.protocol.http import checked
from dgx.protocol.reading import read_plays, read_report
from dgx.protocol.schemas import Poll, PollPlay

FIRST, RETAGGED, SECOND, LAYERED = (f"examination-{number}" for number in (1, 2, 3, 4))
CUT_SIDE = 1150
"""It is cut after 1.6 and 2.8 MB, so that also players which write in pieces of a megabyte have some of it."""
REUSED_MAX = 2
"""How many reports may come again though they were answered: an answer can get lost without our doing."""


@dataclass(frozen=True)
class Reply:
    """A JSON answer. `cut`: half of it is sent, and the line breaks."""

    status: int
    body: Any
    headers: dict[str, str] = field(default_factory=dict)
    cut: bool = False


class Stage:
    """The files and tags, and the server's side of a poll without tricks."""

    def __init__(self, verdicts: Verdicts, *, base_url: str, interval_s: float) -> None:
        self.verdicts = verdicts
        self.base_url = base_url
        self.interval_s = interval_s
        self.plain = ServedFile("plain.png", verdicts, seed=1)
        self.cut = CutFile("cut.png", verdicts, seed=2, side=CUT_SIDE)
        self.expiring = ExpiringFile("expiring.png", verdicts, seed=3)
        self.spoilt = SpoiltFile("spoilt.png", verdicts, seed=4)
        self.files = {file.name: file for file in (self.plain, self.cut, self.expiring, self.spoilt)}
        first, second = [self.plain, self.cut], [self.plain, self.expiring, self.spoilt]
        self.sets: dict[str, list[ServedFile]] = {FIRST: first, RETAGGED: first, SECOND: second, LAYERED: second}
        self.layers: dict[str, dict[str, Any]] = {}
        """What an item of the last set has beside the ordinary, by its file's name."""
        self.tag = FIRST
        self.surprises = False
        """Answers and manifests have fields that no player knows."""
        self.clock_error = timedelta()
        self._stored: dict[tuple[str, int], list[Any]] = {}
        self._unanswered: tuple[str, int] | None = None
        self._reused = 0
        self._plays: dict[tuple[str, datetime], PollPlay] = {}

    def read(self, values: Any) -> Poll:
        """The poll's body. Raises Refusal as the real server does."""
        try:
            body = checked(Poll, values)
            reading = read_report(body, now=self._now())
        except Refusal as refusal:
            self.verdicts.failed("well_formed", f"poll: {refusal.message}")
            raise
        if reading.refused:
            self.verdicts.failed("well_formed", f"logs: {reading.refused[0]['message']}")
        self.verdicts.passed("well_formed", "every call could be read, and every log in it")
        return body

    def store(self, body: Poll, *, answered: bool = True) -> bool:
        """Take the report down; False where it is a repeat. `answered`: the player will get to know."""
        if body.boot_id is not None and body.seq is not None:
            number = body.boot_id, body.seq
            if number in self._stored:
                self._judge_repeat(number, body)
                return False
            self._stored[number] = body.logs
            self._unanswered = None if answered else number
        self._note_plays(body)
        return True

    def _judge_repeat(self, number: tuple[str, int], body: Poll) -> None:
        if number == self._unanswered:
            return
        self._reused += 1
        told = f"sent another report as seq {number[1]} of boot {number[0]!r}"
        if body.logs != self._stored[number]:
            self.verdicts.failed("lost_answer", f"{told}: what comes under a number of before is not stored")
        elif self._reused > REUSED_MAX:
            self.verdicts.failed("lost_answer", f"{told}, the {self._reused}th of a number that was answered before")

    def set_clock(self, error: timedelta) -> None:
        """The server's time jumps. Totals of before are not held against the player: their hours may be long over."""
        self.clock_error = error
        self._plays.clear()

    def answer(self, body: Poll, *, fresh: bool) -> dict[str, Any]:
        """The poll's answer by the protocol."""
        reading = read_report(body, now=self._now())
        news = body.have != self.tag or bool(body.missing)
        return {
            "server_time": self._now(),
            "poll_after_s": self.interval_s,
            "tag": self.tag,
            "manifest": self.manifest() if news else None,
            "accepted": reading.accepted,
            "refused": reading.refused,
            "duplicate": not fresh,
            "plays_accepted": len(reading.plays),
            "plays_refused": reading.plays_refused,
            "features": ["plays"],
        } | self._surprise(forecast={"unknown": ["field", 1, None]})

    def manifest(self) -> dict[str, Any]:
        """The present set."""
        files = self.sets[self.tag]
        for file in files:
            file.manifest_asked()
        return {
            "tag": self.tag,
            "timezone": "UTC",
            "url_expires_at": (datetime.now(UTC) + timedelta(hours=1)).isoformat(),
            "items": [self._item(file, order) for order, file in enumerate(files)],
        } | self._surprise(campaign="an unknown field")

    def _item(self, file: ServedFile, order: int) -> dict[str, Any]:
        layered = self.layers.get(file.name, {}) if self.tag == LAYERED else {}
        return file.item(self.base_url, order) | layered | self._surprise(licence="an unknown field")

    def _surprise(self, **fields: Any) -> dict[str, Any]:
        return fields if self.surprises else {}

    def _now(self) -> datetime:
        return datetime.now(UTC) + self.clock_error

    def begin_layers(self, *, ends: datetime) -> None:
        """From now on one file is a default and another an emergency until `ends`; the plain one stays regular."""
        self.tag = LAYERED
        self.layers = {
            self.expiring.name: {"layer": "default"},
            self.spoilt.name: {"layer": "emergency", "window": {"until": ends.isoformat()}},
        }

    def hold(self, tag: str) -> None:
        """The player holds the set, as it said."""
        for file in self.sets[tag]:
            file.held = file.whole

    def all_sent(self, tag: str) -> bool:
        """Every right byte of the set was sent."""
        return all(file.whole for file in self.sets[tag])

    def claims(self, body: Poll, tag: str) -> bool:
        """The player says that it holds the set, complete."""
        return body.have == tag and not body.missing

    def _note_plays(self, body: Poll) -> None:
        _kept, refused = read_plays(body.plays, self._now())
        wrong = [refusal["message"] for refusal in refused if refusal["code"] == "invalid"]
        if wrong:
            self.verdicts.failed("plays", wrong[0])
            return
        for play in (PollPlay.model_validate(entry) for entry in body.plays):
            self._note_play(play)

    def _note_play(self, play: PollPlay) -> None:
        key = (play.sha256, play.hour)
        before = self._plays.get(key)
        if before and (play.count < before.count or play.seconds < before.seconds - 1):
            self.verdicts.failed("plays", f"a total fell from {before.count} to {play.count} times")
        self._plays[key] = play
        self.verdicts.passed("plays", "totals by file and hour, none of which fell")
