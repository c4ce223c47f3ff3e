"""What the examination finds of calls and of time: too early, not repeated, stopped by a clock, silent, revoked."""

from itertools import pairwise

import pytest

from dgx.protocol.conformance.stage import RETAGGED
from dgx.protocol.tests.hand_player import DEFAULT, EMERGENCY, FIVE_SECONDS, PATIENCE_S, PLAIN, HandPlayer

LOGS = [{"log_type": "started", "logged_at": "2026-01-31T09:59:57Z"}]
ALIKE = [{"log_type": "alive"}]


@pytest.fixture
def player():
    return HandPlayer()


@pytest.fixture
def losing():
    """A player of which an answer is lost next."""
    made = HandPlayer()
    made.retag()
    made.poll()
    made.poll(after=2, again=True)
    return made


@pytest.fixture
def layered():
    """A player that holds the second set."""
    made = HandPlayer()
    made.retag()
    made.wait_out()
    made.change()
    made.hold_second()
    return made


def test_coming_too_early_after_a_429_is_found(player):
    player.retag()
    assert player.poll().headers == {"Retry-After": "2"}
    player.poll(after=1)
    assert player.check("retry_after")["evidence"] == "was told to wait 2 s and came after 1.0 s"
    player.poll(after=3)
    assert player.outcome("retry_after") == "failed"


def test_asking_for_the_manifest_during_a_429_is_too_early_as_well(player):
    player.retag()
    player.poll()
    player.manifest()
    assert player.outcome("retry_after") == "failed"


@pytest.mark.parametrize(
    ("bodies", "evidence"),
    [
        ([{}, {}, {}], "did not send seq 5 again; 3 other reports came"),
        ([{"again": True, "logs": [{"log_type": "new"}]}], "sent seq 5 again with other logs, which are not stored"),
        ([{"logs": [*LOGS, *ALIKE]}], "sent the logs of seq 5 again as seq 6: they are stored twice"),
    ],
)
def test_a_report_whose_answer_was_lost_has_to_come_again_unchanged(losing, bodies, evidence):
    assert losing.poll(logs=LOGS).cut
    for body in bodies:
        losing.poll(**body)
    assert (losing.outcome("lost_answer"), losing.check("lost_answer")["evidence"]) == ("failed", evidence)


def test_a_report_may_be_repeated_after_others(losing):
    assert losing.poll(logs=ALIKE).cut
    losing.poll(logs=ALIKE)
    losing.poll(seq=5, logs=ALIKE)
    assert losing.outcome("lost_answer") == "passed"


def test_reports_without_boot_id_cannot_be_told_apart(losing):
    losing.poll(boot_id=None, seq=None)
    assert losing.outcome("lost_answer") == "failed"


def test_one_number_for_two_reports_is_found(player):
    player.enrol()
    player.poll(logs=LOGS)
    player.poll(again=True)
    evidence = "sent another report as seq 1 of boot 'b': what comes under a number of before is not stored"
    assert player.check("lost_answer")["evidence"] == evidence


def test_a_number_that_never_grows_is_found_though_it_has_no_logs(player):
    player.enrol()
    for _ in range(3):
        player.poll(seq=1)
    assert player.outcome("lost_answer") == "not seen"
    player.poll(seq=1)
    assert player.outcome("lost_answer") == "failed"


def test_forgetting_what_it_holds_when_the_clock_jumps_is_found(player):
    player.retag()
    player.wait_out()
    assert player.poll().body["server_time"].year != player.poll(have="").body["server_time"].year
    assert player.check("clock_skew")["evidence"] == "gave up what it held: said have=''"


def test_a_player_that_never_held_anything_has_nothing_to_forget(player):
    player.enrol()
    while player.outcome("first_set") != "failed":
        player.poll()
        player.scenario.tick()
    player.wait_out()
    player.change()
    player.poll()
    failed = {check["check"] for check in player.scenario.verdicts.as_json() if check["outcome"] == "failed"}
    assert (failed, player.outcome("clock_skew")) == ({"first_set"}, "passed")


@pytest.mark.parametrize(
    ("shown", "outcome", "evidence"),
    [
        ((*FIVE_SECONDS, PLAIN), "passed", "showed the emergency, and the regular again 5 s after it began"),
        ((PLAIN, *FIVE_SECONDS, PLAIN), "passed", "showed the emergency, and the regular again 6 s after it began"),
        ((DEFAULT, *FIVE_SECONDS, PLAIN), "passed", "showed the emergency, and the regular again 6 s after it began"),
        ((PLAIN,) * 6, "failed", "never showed the emergency in its 5 s"),
        ((EMERGENCY,) * 12, "failed", "showed the emergency on after its end"),
        ((*FIVE_SECONDS, DEFAULT), "failed", "showed the default while something regular was to be shown"),
    ],
)
def test_layers_are_judged_by_what_it_says_is_playing(layered, shown, outcome, evidence):
    layered.show_layers(*shown)
    check = layered.check("layers")
    assert (check["outcome"], check["evidence"]) == (outcome, evidence)


def test_a_player_that_did_not_report_during_the_emergency_is_not_judged_by_it(layered):
    layered.show_layers()
    layered.poll(after=6, playing=layered.scenario.stage.plain.sha256)
    evidence = "did not report while the emergency lasted (5 s)"
    assert (layered.outcome("layers"), layered.check("layers")["evidence"]) == ("not seen", evidence)


def test_hammering_with_a_revoked_token_is_found(layered):
    layered.show_layers(*FIVE_SECONDS, PLAIN)
    for _ in range(4):
        assert layered.poll().body["detail"]["code"] == "token_revoked"
    assert layered.enrol().status == 409
    pairing = layered.scenario.enrol({"mobile_id": "screen-1"})
    assert layered.scenario.claim({"claim_token": pairing.body["claim_token"]}).status == 202
    layered.now += 5
    layered.scenario.tick()
    assert layered.check("revoked_token")["evidence"] == "in 5 s: 4 calls with the token, 2 enrolments"
    assert layered.outcome("revoked_token") == "failed"


@pytest.mark.parametrize(("after", "outcome"), [(0.1, "failed"), (0.6, "passed"), (6.0, "passed"), (9.0, "failed")])
def test_polling_is_judged_by_the_usual_wait(player, after, outcome):
    player.enrol()
    for _ in range(5):
        player.poll(after=after)
    player.scenario.finish()
    assert player.check("pace")["evidence"] == f"told 1 s; the median of 4 waits was {after} s"
    assert player.outcome("pace") == outcome


def test_a_player_that_is_given_up_since_it_waits_so_long_reads_why(player):
    player.enrol()
    for _ in range(3):
        player.poll(after=20)
    player.scenario.finish()
    assert player.check("pace")["evidence"] == "told 1 s; the median of 2 waits was 20.0 s"
    assert player.outcome("pace") == "failed"


def test_asking_for_the_manifest_all_the_time_is_found(player):
    player.enrol()
    for _ in range(13):
        player.now += 0.1
        player.manifest()
    player.scenario.finish()
    assert player.check("pace")["evidence"] == "asked GET manifest 13 times, usually every 0.1 s"


def test_a_manifest_with_every_poll_is_not_too_often(player):
    player.enrol()
    for _ in range(20):
        player.manifest()
        player.poll()
    player.scenario.finish()
    assert player.outcome("pace") == "passed"


@pytest.mark.parametrize(
    ("last", "failed"),
    [
        ("enrol", {"first_set"}),
        ("hold_first", {"unknown_fields"}),
        ("retag", set()),
        ("wait_out", set()),
        ("change", {"old_set"}),
        ("hold_second", set()),
    ],
)
def test_a_player_that_falls_silent_fails_in_what_it_met_and_in_no_more(player, last, failed):
    moves = {"enrol": ["enrol", "poll"], "hold_first": ["hold_first"]}
    whole = ["retag", "wait_out", "change", "hold_second"]
    for move in moves.get(last) or whole[: whole.index(last) + 1]:
        getattr(player, move)()
    player.now += PATIENCE_S + 1
    player.scenario.tick()
    player.scenario.finish()
    found = {check["check"] for check in player.scenario.verdicts.as_json() if check["outcome"] == "failed"}
    assert player.scenario.over.is_set()
    assert found == failed
    assert player.scenario.why_ended.startswith("the player made no call in 30 s, in the step “")


def meet_the_lost_answer(player):
    player.poll()
    player.poll(after=2, again=True)
    player.poll()


@pytest.mark.parametrize(
    ("meet", "check", "evidence"),
    [
        (lambda player: player.poll(), "retry_after", "did not come back after Retry-After: 2"),
        (meet_the_lost_answer, "lost_answer", "did not send seq 5 again; 0 other reports came"),
        (
            lambda player: (player.wait_out(), player.poll()),
            "clock_skew",
            "did not poll again after the server's time had jumped 400 days ahead",
        ),
        (
            lambda player: (player.wait_out(), player.poll(), player.poll()),
            "clock_skew",
            "did not poll again after the server's time had jumped 400 days back",
        ),
    ],
)
def test_a_player_that_a_trick_silences_fails_by_it_alone(player, meet, check, evidence):
    player.retag()
    meet(player)
    player.now += PATIENCE_S + 1
    player.scenario.tick()
    told = player.scenario.verdicts.as_json()
    assert {each["check"]: each["evidence"] for each in told if each["outcome"] == "failed"} == {check: evidence}
    assert player.scenario.over.is_set()


def test_a_player_that_goes_on_after_a_trick_that_it_failed_is_examined_further(player):
    player.retag()
    player.poll()
    player.poll(after=2, again=True)
    assert player.poll().cut
    for _ in range(3):
        player.poll()
    player.change()
    player.hold_second()
    failed = {check["check"] for check in player.scenario.verdicts.as_json() if check["outcome"] == "failed"}
    assert failed == {"lost_answer"}


def test_steps_are_told_as_they_begin():
    said: list[str] = []
    player = HandPlayer(say=said.append)
    assert said == []
    player.retag()
    player.wait_out()
    assert [words.partition(" ")[0] for words in said] == ["first", "answers", "429", "an", "the"]
    assert all(one != other for one, other in pairwise(said))


def test_a_player_that_never_comes_in_is_not_waited_for_to_the_end(player):
    player.scenario.enrol({"mobile_id": "screen-1"})
    for _ in range(7):
        player.now += 5
        player.scenario.enrol({"mobile_id": "screen-1"})
        player.scenario.tick()
    assert player.scenario.over.is_set()
    assert player.scenario.why_ended == "the player did not come in within 30 s"


def test_it_can_be_stopped(player):
    player.enrol()
    player.poll()
    player.scenario.stop()
    assert player.scenario.over.is_set()
    assert player.scenario.why_ended == "it was stopped, in the step “first manifest: a download is cut”"


def test_a_step_that_has_to_watch_is_not_given_up_before():
    player = HandPlayer(patience_s=0.2)
    player.retag()
    assert player.have == RETAGGED
    player.wait_out()
    player.change()
    player.hold_second()
    player.show_layers(*FIVE_SECONDS, PLAIN)
    assert player.poll().status == 401
    player.now += 4
    player.scenario.tick()
    assert player.outcome("revoked_token") == "not seen"
    player.now += 1
    player.scenario.tick()
    assert player.outcome("revoked_token") == "passed"
