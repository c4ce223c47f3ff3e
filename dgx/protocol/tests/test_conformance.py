"""The examination of players: a good one passes; what it says at the door, in its calls and of its plays is judged."""

import io
import re

import pytest
from django.conf import settings
from PIL import Image

from dgx.core.errors import Unsupported
from dgx.protocol.conformance.files import noise_png
from dgx.protocol.conformance.stage import FIRST, RETAGGED
from dgx.protocol.conformance.verdicts import all_checks
from dgx.protocol.tests.hand_player import CUT, FIVE_SECONDS, PATIENCE_S, PLAIN, HandPlayer

PLAY = {"sha256": "a" * 64, "hour": "2026-01-31T09:00:00Z", "count": 3, "seconds": 30}


@pytest.fixture
def player():
    return HandPlayer()


def test_a_player_that_does_all_of_it_conforms(player):
    player.retag()
    player.wait_out()
    player.change()
    player.hold_second()
    player.show_layers(*FIVE_SECONDS, PLAIN)
    player.be_watched()
    assert player.scenario.over.is_set()
    outcomes = {check["check"]: check["outcome"] for check in player.scenario.verdicts.as_json()}
    assert outcomes == dict.fromkeys(outcomes, "passed") | {"plays": "not seen"}
    assert player.scenario.verdicts.conforming
    summary = "The player conforms: of 16 checks 15 passed, 0 failed, 1 not seen (1 of them optional)."
    assert (player.scenario.verdicts.summary(), player.scenario.why_ended) == (summary, "")


def test_a_player_that_does_not_say_what_is_playing_may_still_conform(player):
    player.retag()
    player.wait_out()
    player.change()
    player.hold_second()
    player.show_layers()
    for _ in range(11):
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
    assert not player.scenario.was_called
    assert "expected: it comes in with a key" in player.scenario.verdicts.table()
    assert "optional: it counts proof of play" in player.scenario.verdicts.table()


def test_the_table_says_what_was_expected_of_what_failed(player):
    player.scenario.enrol({})
    lines = player.scenario.verdicts.table().splitlines()
    assert [line.split(": ")[1] for line in lines if "expected" in line] == ["it sends only what the protocol knows"]


def test_a_player_without_a_key_pairs_by_itself_and_claims_again_where_half_of_the_answer_came(player):
    started = player.scenario.enrol({"mobile_id": "screen-1"})
    assert (started.status, len(started.body["pairing_code"])) == (202, 6)
    claim = {"claim_token": started.body["claim_token"]}
    assert player.scenario.claim({"claim_token": "other"}).body["detail"]["code"] == "claim_not_found"
    assert player.scenario.claim(claim).status == 202
    lost, claimed, again = (player.scenario.claim(claim) for _ in range(3))
    assert [(reply.status, reply.cut) for reply in (lost, claimed, again)] == [(201, True), (201, False), (201, False)]
    player.token = claimed.body["token"]
    assert player.poll().status == 401
    player.token = again.body["token"]
    player.poll()
    assert player.scenario.claim(claim).status == 410
    assert player.check("enrolment")["evidence"] == "screen-1 came in by a pairing code"


def test_enrolling_anew_where_the_answer_to_a_claim_was_lost_is_found(player):
    claim = {"claim_token": player.scenario.enrol({"mobile_id": "screen-1"}).body["claim_token"]}
    player.scenario.claim(claim)
    assert player.scenario.claim(claim).cut
    assert player.scenario.enrol({"mobile_id": "screen-1"}).status == 409
    assert player.check("enrolment")["evidence"] == "enrolled anew where the answer to its claim was lost, and got 409"


def test_only_one_player_is_examined_and_by_the_right_key():
    player = HandPlayer(mobile_id="screen-1", key="right")
    assert player.enrol(mobile_id="another").body["detail"]["code"] == "another_player"
    assert player.enrol().body["detail"]["fields"] == {"enrolment_key": [player.enrol().body["detail"]["message"]]}
    assert player.check("enrolment")["evidence"] == "came with another enrolment key than that of --key"
    assert player.enrol(enrolment_key="right").status == 201
    assert player.outcome("enrolment") == "not seen"


def test_a_player_that_forgets_its_token_is_found(player):
    player.enrol()
    player.poll()
    assert player.enrol().body["detail"]["code"] == "already_enrolled"
    assert player.outcome("enrolment") == "failed"


@pytest.mark.parametrize(
    ("authorization", "code", "evidence"),
    [
        ("", "not_authenticated", "called without “Authorization: Device <token>”"),
        ("Device other", "token_unknown", "called with a token from elsewhere, and did not enrol at the 401"),
    ],
)
def test_a_call_without_the_token_is_refused_as_by_the_real_server(player, authorization, code, evidence):
    reply = player.scenario.poll({}, authorization)
    assert (reply.status, reply.body["detail"]["code"]) == (401, code)
    assert (player.outcome("enrolment"), player.check("enrolment")["evidence"]) == ("not seen", evidence)
    player.enrol()
    player.poll()
    assert player.outcome("enrolment") == "passed"


@pytest.mark.parametrize(
    "body",
    [
        {"surprise": 1},
        {"logs": [{"log_type": ""}]},
        {"temperature": "warm"},
        {"seq": None},
        {"missing": ["short"]},
        {"logs": [{"log_type": "many"}] * 501},
        {"plays": [PLAY] * 201},
    ],
)
def test_what_the_protocol_does_not_know_is_found(player, body):
    player.enrol()
    player.poll(**body)
    assert player.outcome("well_formed") == "failed"


def test_an_enrolment_that_cannot_be_read_is_found(player):
    assert player.enrol(colour="red").status == 400
    assert player.check("well_formed")["evidence"].startswith("enrol: Some values are not allowed: colour")


def test_a_body_that_is_none_counts_where_it_is_the_players(player):
    refusal = Unsupported("Send JSON.")
    player.enrol()
    player.poll()
    assert player.scenario.unreadable("poll", refusal, "Device other").status == 401
    assert player.scenario.unreadable("enrol", refusal, "").status == 415
    assert player.outcome("well_formed") == "passed"
    assert player.scenario.unreadable("poll", refusal, f"Device {player.token}").status == 415
    assert player.check("well_formed")["evidence"] == "poll: Send JSON."


def test_a_log_of_a_clock_that_jumped_is_well_formed(player):
    player.enrol()
    player.poll(logs=[{"log_type": "x", "logged_at": f"{year}-01-01T00:00:00Z"} for year in (1970, 2500)])
    assert player.outcome("well_formed") == "passed"


def test_saying_that_it_holds_what_was_not_sent_is_found(player):
    player.enrol()
    player.poll()
    player.fetch(PLAIN)
    player.have = FIRST
    player.poll()
    assert player.outcome("first_set") == "failed"
    assert player.check("unknown_fields")["evidence"] == "needs a player that holds the first set"


def test_a_player_that_chokes_on_unknown_fields_is_found_and_examined_further_without_them(player):
    player.hold_first()
    for _ in range(5):
        assert player.poll().body["manifest"]["campaign"]
    assert "forecast" not in player.poll().body
    evidence = f"did not take a new tag of files that it has: said have='{FIRST}' at the last of 6 polls"
    assert player.check("unknown_fields")["evidence"] == evidence
    player.wait_out()
    player.change()
    player.hold_second()
    failed = [check["check"] for check in player.scenario.verdicts.as_json() if check["outcome"] == "failed"]
    assert failed == ["unknown_fields"]


def test_a_new_tag_of_the_same_files_is_no_reason_to_fetch_them(player):
    player.hold_first()
    player.fetch(CUT)
    player.have = RETAGGED
    player.poll()
    assert player.check("no_second_download")["evidence"] == "fetched cut.png again, which it said it holds"
    assert player.outcome("unknown_fields") == "passed"


def test_the_manifest_is_304_while_the_tag_holds(player):
    player.enrol()
    etag = player.manifest().headers["ETag"]
    assert (player.manifest(etag).status, player.manifest(etag).body) == (304, None)
    assert player.manifest('"other", W/' + etag).status == 304
    assert player.manifest('"other"').status == 200


def test_totals_of_plays_may_only_grow(player):
    player.enrol()
    player.poll(plays=[PLAY])
    player.poll(plays=[PLAY | {"count": 4}])
    assert player.outcome("plays") == "passed"
    player.poll(plays=[PLAY])
    assert player.check("plays")["evidence"] == "a total fell from 4 to 3 times"
    assert not player.scenario.verdicts.conforming


def test_totals_of_plays_that_cannot_be_read_are_found(player):
    player.enrol()
    player.poll(plays=[{"sha256": "short"}])
    assert player.check("plays")["evidence"].startswith("sha256: String should match pattern")


def test_a_repeat_and_a_jump_of_the_clock_may_tell_smaller_totals(player):
    player.retag()
    player.wait_out()
    player.poll(plays=[PLAY])
    player.poll(again=True, plays=[PLAY | {"count": 1}])
    player.poll(plays=[PLAY | {"count": 2}])
    assert player.outcome("plays") == "passed"


def test_the_docs_tell_of_each_check_in_their_order():
    rows = re.findall(r"^\| `(\w+)` \| ", (settings.BASE_DIR / "docs" / "write-a-player.md").read_text(), re.MULTILINE)
    assert rows == [check.name for check in all_checks()]


def test_its_pictures_can_be_shown_by_any_player():
    picture = Image.open(io.BytesIO(noise_png(7, 20)))
    assert (picture.format, picture.size, len(picture.getcolors(1000) or []) > 300) == ("PNG", (20, 20), True)
