"""The steps of the examination, one trick each, in their order."""

import math
from datetime import UTC, datetime, timedelta

from dgx.core.errors import TooManyRequests
from dgx.protocol.conformance.door import Door
from dgx.protocol.conformance.stage import FIRST, LAYERED, RETAGGED, SECOND, Reply, Stage
from dgx.protocol.conformance.verdicts import Outcome
from dgx.protocol.schemas import Poll

EARLY_S = 0.2
"""How much sooner than told a call may come: timers and networks are not exact."""
GRACE_S = 3.0
"""How much later than its end an emergency may still be on a screen."""
REVOKED_CALLS_MAX = 3
KNOCKS_MAX = 5
TRIES_MAX = 5
"""How many polls a player has to take a manifest of files that it has."""


class Step:
    """One trick. `poll` may give an answer of its own in place of the ordinary one; `over` ends the step."""

    words = ""
    needs_s = 0.0
    """It is not given up before."""
    played = False
    """The player has met the trick: what it does not do from now on is its own fault."""

    def __init__(self, stage: Stage, door: Door) -> None:
        self.stage = stage
        self.door = door
        self.verdicts = stage.verdicts
        self.over = False

    def begin(self) -> None:
        """The step before is over."""

    def calls(self, now: float) -> None:
        """The player polls, or asks for the manifest, whatever the answer will be."""

    def poll(self, body: Poll, now: float) -> Reply | None:
        """The player polls. None: the ordinary answer."""
        return None

    def answers(self) -> None:
        """The player gets the ordinary answer to its poll."""

    def tick(self, now: float) -> None:
        """Time passes."""

    def give_up(self) -> None:
        """The trick was played, and the player did not do in time what the step waits for."""


class FirstSet(Step):
    """It downloads, one file's line breaks, and it says that it holds everything."""

    words = "first manifest: a download is cut"
    last: Poll | None = None

    def calls(self, now: float) -> None:
        self.played = True

    def poll(self, body: Poll, now: float) -> Reply | None:
        self.last = body
        if self.stage.claims(body, FIRST):
            if self.stage.all_sent(FIRST):
                self.verdicts.passed("first_set", f"said have={FIRST} with nothing missing")
                self.stage.hold(FIRST)
            else:
                self.verdicts.failed("first_set", "said that it holds files whose bytes were not all sent")
            self.over = True
        return None

    def give_up(self) -> None:
        said = f"last said have={self.last.have!r}" if self.last else "never polled"
        self.verdicts.failed("first_set", f"never said that it holds the first set; {said}")
        if not self.stage.cut.was_cut:
            self.verdicts.noted("resume", "never asked for the file whose download is cut")


class UnknownFields(Step):
    """The same files under a new tag, in answers with fields that no player knows: there is nothing to download."""

    words = "answers with unknown fields, and a new tag for the same files"
    said: list[str | None]

    def begin(self) -> None:
        self.said = []
        if self.stage.plain.held:
            self.stage.tag, self.stage.surprises = RETAGGED, True
        else:
            self.verdicts.noted("unknown_fields", "needs a player that holds the first set")
            self.over = True

    def answers(self) -> None:
        self.played = True

    def poll(self, body: Poll, now: float) -> Reply | None:
        self.said.append(body.have)
        if self.stage.claims(body, RETAGGED):
            self.verdicts.passed("unknown_fields", "took a manifest and answers with fields that it does not know")
            self.over = True
        elif len(self.said) > TRIES_MAX:
            self.give_up()
            self.over = True
        return None

    def give_up(self) -> None:
        """What comes after is examined without them."""
        last = (
            f"said have={self.said[-1]!r} at the last of {len(self.said)} polls" if self.said else "did not poll again"
        )
        self.verdicts.failed("unknown_fields", f"did not take a new tag of files that it has: {last}")
        self.stage.tag, self.stage.surprises = FIRST, False


class TooMany(Step):
    """One poll is answered 429 with Retry-After."""

    words = "429 with Retry-After"
    refused_at: float | None = None

    def begin(self) -> None:
        self.wait_s = max(2, math.ceil(2 * self.stage.interval_s))

    def calls(self, now: float) -> None:
        if self.refused_at is None:
            return
        gap = now - self.refused_at
        if gap < self.wait_s - EARLY_S:
            self.verdicts.failed("retry_after", f"was told to wait {self.wait_s} s and came after {gap:.1f} s")
        else:
            self.verdicts.passed("retry_after", f"was told to wait {self.wait_s} s and waited {gap:.1f} s")
            self.over = True

    def poll(self, body: Poll, now: float) -> Reply | None:
        if self.over:
            return None
        self.refused_at, self.played = now, True
        refusal = TooManyRequests("Too many calls.", retry_after_s=self.wait_s)
        detail = {"code": refusal.code, "message": refusal.message, "type": "TooManyRequests"}
        return Reply(429, {"detail": detail}, {"Retry-After": str(self.wait_s)})

    def give_up(self) -> None:
        self.verdicts.failed("retry_after", f"did not come back after Retry-After: {self.wait_s}")


class LostAnswer(Step):
    """A report is stored, and half of its answer arrives."""

    words = "an answer is lost after the report was stored"
    lost: Poll | None = None
    others = 0

    def poll(self, body: Poll, now: float) -> Reply | None:
        if self.lost is None:
            return self._lose(body)
        if (body.boot_id, body.seq) == (self.lost.boot_id, self.lost.seq):
            self._judge(body, self.lost)
            self.over = True
            return None
        self.others += 1
        if self._has_the_logs_of(self.lost, body):
            evidence = f"sent the logs of seq {self.lost.seq} again as seq {body.seq}: they are stored twice"
            self.verdicts.failed("lost_answer", evidence)
            self.over = True
        elif self.others >= 3:
            self.give_up()
            self.over = True
        return None

    def _has_the_logs_of(self, lost: Poll, body: Poll) -> bool:
        """Logs without a time of their own may well be alike."""
        timed = [log for log in lost.logs if isinstance(log, dict) and log.get("logged_at")]
        return bool(timed) and all(log in body.logs for log in timed)

    def _lose(self, body: Poll) -> Reply | None:
        if body.boot_id is None:
            self.verdicts.failed("lost_answer", "its reports have no boot_id and seq, so that no repeat can be told")
            self.over = True
            return None
        self.lost, self.played = body, True
        fresh = self.stage.store(body, answered=False)
        return Reply(200, self.stage.answer(body, fresh=fresh), cut=True)

    def _judge(self, body: Poll, lost: Poll) -> None:
        if body.logs == lost.logs:
            self.verdicts.passed("lost_answer", f"sent seq {body.seq} again, with the same {len(body.logs)} logs")
        else:
            self.verdicts.failed("lost_answer", f"sent seq {body.seq} again with other logs, which are not stored")

    def give_up(self) -> None:
        seq = self.lost.seq if self.lost else None
        self.verdicts.failed("lost_answer", f"did not send seq {seq} again; {self.others} other reports came")


class ClockSkew(Step):
    """The server's time jumps 400 days ahead, then 400 days back."""

    words = "the server's clock jumps"
    jumps = (timedelta(days=400), timedelta(days=-400), timedelta())
    polls = 0
    held = False

    def poll(self, body: Poll, now: float) -> Reply | None:
        if not self.played:
            self.held, self.played = self.stage.claims(body, self.stage.tag), True
        elif self.held and not self.stage.claims(body, self.stage.tag):
            self.verdicts.failed("clock_skew", f"gave up what it held: said have={body.have!r}")
        self.stage.set_clock(self.jumps[self.polls])
        self.polls += 1
        if self.polls == len(self.jumps):
            self.verdicts.passed("clock_skew", "polled on after 400 days ahead and 400 days back, and held the same")
            self.over = True
        return None

    def give_up(self) -> None:
        self.stage.set_clock(timedelta())
        ahead = "ahead" if self.polls == 1 else "back"
        self.verdicts.failed("clock_skew", f"did not poll again after the server's time had jumped 400 days {ahead}")


class SecondSet(Step):
    """The manifest changes; one address is refused, one file comes spoilt."""

    words = "a new manifest: an address expires, a file arrives spoilt"
    on_the_way = 0

    def begin(self) -> None:
        self._tags = {FIRST, RETAGGED, SECOND} if self.stage.plain.held else None
        self.stage.tag = SECOND

    def answers(self) -> None:
        self.played = True

    def poll(self, body: Poll, now: float) -> Reply | None:
        if self.stage.claims(body, SECOND):
            self._claimed()
            return None
        if self._tags and body.have not in self._tags:
            self.verdicts.failed("old_set", f"said have={body.have!r} before the new set was complete")
        self.on_the_way += 1
        if self.stage.expiring.is_held_back:
            self.stage.expiring.release()
        return None

    def _claimed(self) -> None:
        self.over = True
        stage, spoilt = self.stage, self.stage.spoilt
        if spoilt.was_spoilt and not spoilt.whole:
            self.verdicts.failed("bad_hash", "said that it holds a file of which only spoilt bytes were sent")
        unsent = next((file for file in (stage.plain, stage.expiring) if not file.whole), None)
        if unsent or not (spoilt.whole or spoilt.was_spoilt):
            name = (unsent or spoilt).name
            self.verdicts.failed("old_set", f"said that it holds the new set before {name} was sent to its end")
            return
        self.verdicts.passed(
            "old_set", f"polled {self.on_the_way} times on the way, and named the new set once it had it"
        )
        if spoilt.whole:
            self.verdicts.passed("bad_hash", "fetched the spoilt file again before it said that it holds it")
        self.verdicts.passed("no_second_download", f"left {stage.plain.name}, which is in each set, alone")
        stage.hold(SECOND)

    def give_up(self) -> None:
        stage = self.stage
        expired = self.verdicts.outcome("expired_address") is not Outcome.PASSED
        if expired and stage.expiring.refused:
            evidence = f"after {stage.expiring.refused} refused downloads never came with the manifest's new address"
            self.verdicts.failed("expired_address", evidence)
        if stage.spoilt.was_spoilt and not stage.spoilt.whole:
            self.verdicts.failed("bad_hash", "did not fetch the spoilt file again to its end")
        evidence = f"never said that it holds the new set, in {self.on_the_way} polls"
        blamed = [name for name in ("expired_address", "bad_hash") if self.verdicts.outcome(name) is Outcome.FAILED]
        if blamed:
            self.verdicts.noted("old_set", f"{evidence}: see {' and '.join(blamed)}")
        else:
            self.verdicts.failed("old_set", evidence)


class Layers(Step):
    """One file becomes a default, another an emergency for a while: what the player says is on its screen tells."""

    words = "an emergency takes over, and ends"
    started: float | None = None
    claimed = False
    seen = 0
    """Reports that said what is playing while the emergency lasted, but for its first moments."""
    took_over = False

    def begin(self) -> None:
        self.lasts_s = max(5.0, 4 * self.stage.interval_s)
        self.late_s = GRACE_S + 2 * self.stage.interval_s
        self.needs_s = self.lasts_s + 2 * self.late_s

    def poll(self, body: Poll, now: float) -> Reply | None:
        if self.started is None:
            self.started, self.played = now, True
            self.stage.begin_layers(ends=datetime.now(UTC) + timedelta(seconds=self.lasts_s))
            return None
        self.claimed |= self.stage.claims(body, LAYERED)
        if self.claimed and body.playing:
            self._see(body.playing, now - self.started)
        elif now > self.started + self.lasts_s + self.late_s:
            self.give_up()
            self.over = True
        return None

    def _see(self, playing: str, after_s: float) -> None:
        at_first = after_s < min(GRACE_S, self.lasts_s / 2)
        if playing == self.stage.expiring.sha256 and not at_first:
            self._fail("showed the default while something regular was to be shown")
        elif after_s < self.lasts_s:
            self.took_over |= playing == self.stage.spoilt.sha256
            self.seen += not at_first
        elif not self.took_over:
            self._never_seen()
        elif playing == self.stage.plain.sha256:
            self.verdicts.passed(
                "layers", f"showed the emergency, and the regular again {after_s:.0f} s after it began"
            )
            self.over = True
        elif after_s > self.lasts_s + self.late_s:
            self._fail("showed the emergency on after its end")

    def _never_seen(self) -> None:
        if self.seen:
            self._fail(f"never showed the emergency in its {self.lasts_s:g} s")
            return
        self.verdicts.noted("layers", f"did not report while the emergency lasted ({self.lasts_s:g} s)")
        self.over = True

    def _fail(self, evidence: str) -> None:
        self.verdicts.failed("layers", evidence)
        self.over = True

    def give_up(self) -> None:
        why = "its reports did not say what is playing" if self.claimed else "it did not say that it holds this set"
        self.verdicts.noted("layers", why)


class RevokedToken(Step):
    """The token is revoked: the player is watched for a while."""

    words = "the token is revoked"
    first: float | None = None
    count = 0

    def begin(self) -> None:
        self.watch_s = max(5.0, 4 * self.stage.interval_s)
        self.needs_s = self.watch_s + 1
        self.door.revoke()

    def calls(self, now: float) -> None:
        self.count += 1
        self.played = True
        self.first = now if self.first is None else self.first

    def tick(self, now: float) -> None:
        if self.first is None or now < self.first + self.watch_s:
            return
        evidence = f"in {self.watch_s:g} s: {self.count} calls with the token, {self.door.knocks} enrolments"
        if self.count > REVOKED_CALLS_MAX or self.door.knocks > KNOCKS_MAX:
            self.verdicts.failed("revoked_token", evidence)
        else:
            self.verdicts.passed("revoked_token", evidence)
        self.over = True


STEPS: list[type[Step]] = [
    FirstSet,
    UnknownFields,
    TooMany,
    LostAnswer,
    ClockSkew,
    SecondSet,
    Layers,
    RevokedToken,
]
"""In their order."""
