"""The examination of players: a good one passes, and each way of being bad is found, with evidence."""

import io

import pytest
from PIL import Image

from dgx.protocol.conformance.files import noise_png
from dgx.protocol.conformance.scenario import Scenario
from dgx.protocol.conformance.stage import FIRST, SECOND, THIRD

INTERVAL_S = 1.0
PATIENCE_S = 30.0
PLAIN, DEFAULT, EMERGENCY = "plain.png", "expiring.png", "spoilt.png"
FOUR_SECONDS = (EMERGENCY,) * 3
ENROLMENT = {"mobile_id": "screen-1", "enrolment_key": "any"}


class HandPlayer:
    """A player whose every move the test makes, on a clock that the test turns."""

    def __init__(self, **options):
        self.now = 1000.0
        self.scenario = Scenario(
            base_url="http://server",
            interval_s=INTERVAL_S,
            patience_s=PATIENCE_S,
            clock=lambda: self.now,
            **options,
        )
        self.token = ""
        self.seq = 0
        self.have: str | None = None

    def enrol(self, **body):
        reply = self.scenario.enrol(ENROLMENT | body)
        self.token = reply.body.get("token", self.token)
        return reply

    def poll(self, after=INTERVAL_S, *, again=False, **body):
        self.now += after
        self.seq += not again
        said = {"boot_id": "b", "seq": self.seq, "have": self.have, "missing": []} | body
        return self.scenario.poll(said, f"Device {self.token}")

    def fetch(self, *names):
        """Download files as one should, to the end."""
        for name in names:
            query = self.scenario.stage.files[name].query.removeprefix("?")
            reply = self.scenario.file(name, None, query)
            assert reply is not None
            if len(reply.body) < reply.length:
                self.scenario.file(name, f"bytes={len(reply.body)}-", query)

    def outcome(self, name):
        return self.check(name)["outcome"]

    def check(self, name):
        return next(check for check in self.scenario.verdicts.as_json() if check["check"] == name)

    def hold_first(self):
        """Up to the 429."""
        self.enrol()
        self.poll()
        self.fetch("plain.png", "cut.png")
        self.have = FIRST
        assert self.poll().status == 200

    def wait_out(self):
        """Through the 429 and the lost answer."""
        assert self.poll().status == 429
        self.poll(after=2, again=True)
        assert self.poll().cut
        assert self.poll(again=True).body["duplicate"] is True

    def change(self):
        """Through the jumps of the clock, to the new manifest."""
        for _ in range(3):
            reply = self.poll()
        assert reply.body["manifest"]["tag"] == SECOND

    def hold_second(self):
        """Up to the layers."""
        self.fetch("expiring.png", "spoilt.png")
        self.scenario.manifest(f"Device {self.token}")
        self.fetch("expiring.png")
        self.poll()
        self.fetch("expiring.png", "spoilt.png")
        self.have = SECOND
        self.poll()

    def show_layers(self, *shown):
        """Up to the revoked token: an emergency of four seconds comes; these files are on the screen, a second each."""
        assert self.poll().body["manifest"]["tag"] == THIRD
        self.have = THIRD
        for name in shown:
            self.poll(playing=self.scenario.stage.files[name].sha256)

    def be_watched(self):
        """To the end."""
        assert self.poll().status == 401
        self.now += 10
        self.scenario.tick()
        self.scenario.finish()


@pytest.fixture
def player():
    return HandPlayer()


def test_a_player_that_does_all_of_it_conforms(player):
    player.hold_first()
    player.wait_out()
    player.change()
    player.hold_second()
    player.show_layers(*FOUR_SECONDS, PLAIN)
    player.be_watched()
    assert player.scenario.over.is_set()
    outcomes = {check["check"]: check["outcome"] for check in player.scenario.verdicts.as_json()}
    assert outcomes == dict.fromkeys(outcomes, "passed") | {"plays": "not seen"}
    assert player.scenario.verdicts.conforming


@pytest.mark.parametrize(
    ("shown", "outcome", "evidence"),
    [
        ((*FOUR_SECONDS, PLAIN), "passed", "showed the emergency, and the regular again 4 s after it began"),
        ((PLAIN, *FOUR_SECONDS, PLAIN), "passed", "showed the emergency, and the regular again 5 s after it began"),
        ((PLAIN,) * 5, "failed", "never showed the emergency in its 4 s"),
        ((EMERGENCY,) * 10, "failed", "showed the emergency on after its end"),
        ((EMERGENCY, DEFAULT), "failed", "showed the default while something regular was to be shown"),
    ],
)
def test_layers_are_judged_by_what_it_says_is_playing(player, shown, outcome, evidence):
    player.hold_first()
    player.wait_out()
    player.change()
    player.hold_second()
    player.show_layers(*shown)
    check = player.check("layers")
    assert (check["outcome"], check["evidence"]) == (outcome, evidence)


def test_a_player_that_does_not_say_what_is_playing_may_still_conform(player):
    player.hold_first()
    player.wait_out()
    player.change()
    player.hold_second()
    player.show_layers()
    for _ in range(9):
        player.poll()
    player.be_watched()
    assert player.check("layers")["evidence"] == "its reports did not say what is playing"
    assert player.scenario.verdicts.conforming


def test_nothing_seen_is_not_conforming(player):
    player.now += 10 * PATIENCE_S
    player.scenario.tick()
    player.scenario.finish()
    assert {check["outcome"] for check in player.scenario.verdicts.as_json()} == {"not seen"}
    assert not player.scenario.verdicts.conforming
    assert "expected: it comes in with a key" in player.scenario.verdicts.table()


def test_a_player_without_a_key_pairs_by_itself(player):
    started = player.scenario.enrol({"mobile_id": "screen-1"})
    assert (started.status, len(started.body["pairing_code"])) == (202, 6)
    claim = {"claim_token": started.body["claim_token"]}
    assert player.scenario.claim({"claim_token": "other"}).status == 404
    assert player.scenario.claim(claim).status == 202
    lost, claimed = player.scenario.claim(claim), player.scenario.claim(claim)
    assert (lost.status, claimed.status) == (201, 201)
    player.token = lost.body["token"]
    assert player.poll().status == 401
    player.token = claimed.body["token"]
    player.poll()
    assert player.scenario.claim(claim).status == 410
    assert player.check("enrolment")["evidence"] == "screen-1 came in by a pairing code"


def test_only_one_player_is_examined_and_by_the_right_key():
    player = HandPlayer(mobile_id="screen-1", key="right")
    assert player.enrol(mobile_id="another").body["detail"]["code"] == "another_player"
    assert player.enrol().body["detail"]["fields"] == {"enrolment_key": [player.enrol().body["detail"]["message"]]}
    assert player.enrol(enrolment_key="right").status == 201
    assert player.enrol(enrolment_key="right").body["detail"]["code"] == "already_enrolled"


@pytest.mark.parametrize(("authorization", "code"), [("", "not_authenticated"), ("Device other", "token_unknown")])
def test_a_call_without_the_token_is_refused_as_by_the_real_server(player, authorization, code):
    reply = player.scenario.poll({}, authorization)
    assert (reply.status, reply.body["detail"]["code"]) == (401, code)


@pytest.mark.parametrize(
    "body",
    [{"surprise": 1}, {"logs": [{"log_type": ""}]}, {"temperature": "warm"}, {"seq": None}, {"missing": ["short"]}],
)
def test_what_the_protocol_does_not_know_is_found(player, body):
    player.enrol()
    player.poll(**body)
    assert player.outcome("well_formed") == "failed"


def test_saying_that_it_holds_what_was_not_sent_is_found(player):
    player.enrol()
    player.poll()
    player.fetch("plain.png")
    player.have = FIRST
    player.poll()
    assert player.outcome("first_set") == "failed"


def test_starting_a_cut_download_from_the_beginning_is_found(player):
    player.enrol()
    player.poll()
    first = player.scenario.file("cut.png", None, "")
    again = player.scenario.file("cut.png", None, "")
    assert len(first.body) < first.length == len(again.body)
    assert player.check("resume") | {"title": ""} == {
        "check": "resume",
        "title": "",
        "required": True,
        "outcome": "failed",
        "evidence": f"cut at byte {len(first.body)}, then asked from byte 0",
    }


def test_a_player_that_fetches_in_pieces_resumes_at_its_piece(player):
    size, piece = player.scenario.stage.cut.size, 500_000
    start = 0
    while start < size:
        reply = player.scenario.file("cut.png", f"bytes={start}-{start + piece - 1}", "")
        assert reply.status == 206
        start += piece if len(reply.body) == reply.length else 0
    assert (player.outcome("resume"), player.scenario.stage.cut.whole) == ("passed", True)


def test_a_range_beyond_the_end_is_416(player):
    reply = player.scenario.file("plain.png", "bytes=99999999-", "")
    assert (reply.status, reply.headers) == (416, {"Content-Range": f"bytes */{player.scenario.stage.plain.size}"})


def test_coming_too_early_after_a_429_is_found(player):
    player.hold_first()
    assert player.poll().headers == {"Retry-After": "2"}
    player.poll(after=1)
    assert player.check("retry_after")["evidence"] == "was told to wait 2 s and came after 1.0 s"
    player.poll(after=3)
    assert player.outcome("retry_after") == "failed"


def test_asking_for_the_manifest_during_a_429_is_too_early_as_well(player):
    player.hold_first()
    player.poll()
    player.scenario.manifest(f"Device {player.token}")
    assert player.outcome("retry_after") == "failed"


@pytest.mark.parametrize(
    ("bodies", "evidence"),
    [
        ([{}, {}, {}], "did not send seq 4 again; 3 other reports came"),
        ([{"again": True, "logs": [{"log_type": "new"}]}], "sent seq 4 again with other logs, which are not stored"),
    ],
)
def test_a_report_whose_answer_was_lost_has_to_come_again_unchanged(player, bodies, evidence):
    player.hold_first()
    player.poll()
    player.poll(after=2, again=True)
    assert player.poll().cut
    for body in bodies:
        player.poll(**body)
    assert (player.outcome("lost_answer"), player.check("lost_answer")["evidence"]) == ("failed", evidence)


def test_reports_without_boot_id_cannot_be_told_apart(player):
    player.hold_first()
    player.poll(boot_id=None, seq=None)
    player.poll(after=2, boot_id=None, seq=None)
    player.poll(boot_id=None, seq=None)
    assert player.outcome("lost_answer") == "failed"


def test_forgetting_what_it_holds_when_the_clock_jumps_is_found(player):
    player.hold_first()
    player.wait_out()
    assert player.poll().body["server_time"].year != player.poll(have="").body["server_time"].year
    assert player.outcome("clock_skew") == "failed"


def test_asking_a_refused_address_again_and_again_is_found(player):
    player.hold_first()
    player.wait_out()
    player.change()
    for _ in range(6):
        assert player.scenario.file("expiring.png", None, "signature=1").status == 403
    assert player.check("expired_address")["evidence"] == "asked a refused address 6 times"


def test_naming_the_new_set_too_early_is_found(player):
    player.hold_first()
    player.wait_out()
    player.change()
    player.fetch("spoilt.png")
    player.poll(have=SECOND)
    assert (player.outcome("old_set"), player.outcome("bad_hash")) == ("failed", "failed")


def test_giving_up_the_old_set_before_the_new_one_is_there_is_found(player):
    player.hold_first()
    player.wait_out()
    player.change()
    player.poll(have=None)
    assert player.check("old_set")["evidence"] == "said have=None before the new set was complete"


def test_naming_the_new_tag_with_files_missing_is_no_claim(player):
    player.hold_first()
    player.wait_out()
    player.change()
    player.poll(have=SECOND, missing=["a" * 64])
    assert player.outcome("old_set") == "not seen"


def test_fetching_again_what_it_holds_is_found(player):
    player.hold_first()
    player.wait_out()
    player.change()
    player.fetch("plain.png")
    player.hold_second()
    assert player.outcome("no_second_download") == "failed"


def test_hammering_with_a_revoked_token_is_found(player):
    player.hold_first()
    player.wait_out()
    player.change()
    player.hold_second()
    player.show_layers(*FOUR_SECONDS, PLAIN)
    for _ in range(4):
        assert player.poll().body["detail"]["code"] == "token_revoked"
    assert player.enrol().status == 409
    pairing = player.scenario.enrol({"mobile_id": "screen-1"})
    assert player.scenario.claim({"claim_token": pairing.body["claim_token"]}).status == 202
    player.now += 5
    player.scenario.tick()
    assert player.check("revoked_token")["evidence"] == "in 5 s: 4 calls with the token, 2 enrolments"
    assert player.outcome("revoked_token") == "failed"


def test_polling_faster_than_told_is_found(player):
    player.enrol()
    for _ in range(5):
        player.poll(after=0.1)
    player.scenario.finish()
    assert player.check("pace")["evidence"] == "told 1 s; the median of 4 waits was 0.1 s"
    assert player.outcome("pace") == "failed"


def test_totals_of_plays_may_only_grow(player):
    play = {"sha256": "a" * 64, "hour": "2026-01-31T09:00:00Z", "count": 3, "seconds": 30}
    player.enrol()
    player.poll(plays=[play])
    player.poll(plays=[play | {"count": 4}])
    assert player.outcome("plays") == "passed"
    player.poll(plays=[play])
    assert player.check("plays")["evidence"] == "a total fell from 4 to 3 times"
    assert not player.scenario.verdicts.conforming


def test_totals_of_plays_that_cannot_be_read_are_found(player):
    player.enrol()
    player.poll(plays=[{"sha256": "short"}])
    assert player.check("plays")["evidence"].startswith("sha256: String should match pattern")


def test_a_repeat_and_a_jump_of_the_clock_may_tell_smaller_totals(player):
    play = {"sha256": "a" * 64, "hour": "2026-01-31T09:00:00Z", "count": 3, "seconds": 30}
    player.hold_first()
    player.wait_out()
    player.poll(plays=[play])
    player.poll(again=True, plays=[play | {"count": 1}])
    player.poll(plays=[play | {"count": 2}])
    assert player.outcome("plays") == "passed"


@pytest.mark.parametrize("seen", range(6))
def test_a_player_that_falls_silent_is_given_up_step_by_step(player, seen):
    moves = [player.enrol, player.hold_first, player.wait_out, player.change, player.hold_second]
    for move in moves[1 : seen + 1] if seen else moves[:1]:
        move()
    if not seen:
        player.poll()
    for _ in range(7):
        player.now += PATIENCE_S + 1
        player.scenario.tick()
    player.scenario.finish()
    failed = {check["check"] for check in player.scenario.verdicts.as_json() if check["outcome"] == "failed"}
    steps = ["first_set", "retry_after", "lost_answer", "clock_skew", "old_set"]
    gone = {0: steps, 1: steps[1:], 2: steps[3:], 3: steps[4:], 4: [], 5: []}[seen]
    assert player.scenario.over.is_set()
    assert failed - {"expired_address", "bad_hash"} == set(gone)
    assert player.outcome("revoked_token") == "not seen"


def test_its_pictures_can_be_shown_by_any_player():
    picture = Image.open(io.BytesIO(noise_png(7, 20)))
    assert (picture.format, picture.size, len(picture.getcolors(1000) or []) > 300) == ("PNG", (20, 20), True)
