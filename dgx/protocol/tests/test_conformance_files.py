"""What the examination finds of downloads: cut, spoilt, expired, too early, twice; in whatever order a player asks."""

import hashlib
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dgx.protocol.conformance.files import Sent
from dgx.protocol.conformance.stage import SECOND
from dgx.protocol.tests.hand_player import CUT, DEFAULT, EMERGENCY, PLAIN, HandPlayer


@pytest.fixture
def player():
    made = HandPlayer()
    made.enrol()
    made.poll()
    return made


@pytest.fixture
def changed():
    """A player that has just heard of the second set."""
    made = HandPlayer()
    made.retag()
    made.wait_out()
    made.change()
    return made


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40))))
def test_bytes_are_counted_in_whatever_order_they_were_sent(runs):
    sent, each = Sent(), set()
    for start, end in runs:
        sent.add(start, end)
        each |= set(range(start, end))
    assert sent.all_of(40) == (each == set(range(40)))


def test_a_cut_download_that_goes_on_is_whole(player):
    file = player.scenario.stage.cut
    assert hashlib.sha256(player.fetch(CUT)).hexdigest() == file.sha256
    assert (file.whole, player.outcome("resume")) == (True, "passed")


def test_a_cut_download_goes_on_with_200_and_content_range_and_at_last_with_the_whole_file(player):
    size = player.scenario.stage.cut.size
    once, twice = size * 4 // 10, size * 7 // 10
    replies = [player.get(CUT), player.get(CUT, f"bytes={once}-"), player.get(CUT, f"bytes={twice}-")]
    assert [(reply.status, reply.headers.get("Content-Range")) for reply in replies] == [
        (200, None),
        (200, f"bytes {once}-{size - 1}/{size}"),
        (200, None),
    ]
    assert [(len(reply.body), reply.length) for reply in replies] == [
        (once, size),
        (twice - once, size - once),
        (size, size),
    ]


def test_starting_a_cut_download_from_the_beginning_is_found(player):
    first = player.get(CUT)
    player.get(CUT)
    evidence = f"cut at byte {len(first.body)}, then asked from byte 0"
    assert (player.outcome("resume"), player.check("resume")["evidence"]) == ("failed", evidence)


def test_starting_over_is_found_also_at_the_second_cut(player):
    first = player.get(CUT)
    player.get(CUT, f"bytes={len(first.body)}-")
    assert player.outcome("resume") == "passed"
    player.get(CUT)
    assert player.outcome("resume") == "failed"


def test_taking_a_200_with_content_range_for_the_whole_file_is_found(player):
    first = player.get(CUT)
    rest = player.get(CUT, f"bytes={len(first.body)}-")
    player.get(CUT, f"bytes={len(rest.body)}-")
    told = f": the answer before was 200 with Content-Range: bytes {len(first.body)}-"
    assert player.check("resume")["outcome"] == "failed"
    assert player.check("resume")["evidence"].endswith(told)


def test_appending_whatever_comes_is_found_where_it_never_ends(player):
    part = 0
    for _ in range(5):
        reply = player.get(CUT, f"bytes={part}-" if part else None)
        part += len(reply.body)
    assert reply.status == 416
    assert player.outcome("resume") == "passed"
    player.get(CUT, f"bytes={part}-")
    assert player.check("resume")["evidence"].endswith("a part that is too long is to be thrown away")


def test_a_player_that_throws_a_part_away_which_is_too_long_is_a_good_one(player):
    part = 0
    for _ in range(4):
        part += len(player.get(CUT, f"bytes={part}-" if part else None).body)
    assert len(player.get(CUT).body) == player.scenario.stage.cut.size < part
    assert player.outcome("resume") == "passed"


def test_a_player_that_fetches_in_pieces_resumes_at_its_piece(player):
    size, piece = player.scenario.stage.cut.size, 500_000
    start = 0
    while start < size:
        reply = player.get(CUT, f"bytes={start}-{start + piece - 1}")
        assert reply.headers["Content-Range"].startswith(f"bytes {start}-")
        start += piece if len(reply.body) == reply.length else 0
    assert (player.outcome("resume"), player.scenario.stage.cut.whole) == ("passed", True)


@pytest.mark.parametrize("seed", range(5))
def test_a_player_that_fetches_pieces_in_any_order_is_a_good_one(player, seed):
    size, piece = player.scenario.stage.cut.size, 600_000
    wanted = list(range(0, size, piece))
    random.Random(seed).shuffle(wanted)
    while wanted:
        start = wanted.pop(0)
        reply = player.get(CUT, f"bytes={start}-{min(size, start + piece) - 1}")
        wanted += [start] if len(reply.body) < reply.length else []
    assert (player.outcome("resume"), player.scenario.stage.cut.whole) == ("passed", True)


@pytest.mark.parametrize("wanted", ["bytes=500-100", "bytes=-500", "bytes=0-1,5-6", "lines=1-2"])
def test_a_range_of_another_form_is_ignored(player, wanted):
    reply = player.get(PLAIN, wanted)
    assert (reply.status, reply.length) == (200, player.scenario.stage.plain.size)


def test_a_range_beyond_the_end_is_416(player):
    reply = player.get(PLAIN, "bytes=99999999-")
    assert (reply.status, reply.headers) == (416, {"Content-Range": f"bytes */{player.scenario.stage.plain.size}"})


def test_a_range_holds_only_while_the_file_is_the_one_it_began_with(player):
    etag = player.get(PLAIN).headers["ETag"]
    assert player.get(PLAIN, "bytes=10-", if_range=etag).status == 206
    assert player.get(PLAIN, "bytes=10-", if_range='"other"').status == 200


def test_asking_a_refused_address_again_and_again_is_found(changed):
    for _ in range(6):
        assert changed.get(DEFAULT).status == 403
    assert changed.check("expired_address")["evidence"] == "asked a refused address 6 times"


def test_never_coming_with_the_new_address_is_found_and_is_no_fault_of_the_old_set(changed):
    changed.fetch(EMERGENCY, EMERGENCY)
    changed.get(DEFAULT)
    for _ in range(40):
        changed.poll()
        changed.scenario.tick()
    evidence = "after 1 refused downloads never came with the manifest's new address"
    assert changed.check("expired_address")["evidence"] == evidence
    assert (changed.outcome("old_set"), changed.outcome("bad_hash")) == ("not seen", "not seen")
    assert changed.check("old_set")["evidence"].endswith("see expired_address")


def test_naming_the_new_set_before_all_was_sent_is_found(changed):
    changed.fetch(EMERGENCY)
    changed.poll(have=SECOND)
    assert (changed.outcome("old_set"), changed.outcome("bad_hash")) == ("failed", "failed")


def test_holding_a_file_of_spoilt_bytes_is_the_only_thing_found(changed):
    changed.get(DEFAULT)
    changed.manifest()
    changed.get(DEFAULT)
    changed.poll()
    changed.fetch(DEFAULT, EMERGENCY)
    changed.poll(have=SECOND)
    assert (changed.outcome("old_set"), changed.outcome("bad_hash")) == ("passed", "failed")


@pytest.mark.parametrize("seed", range(5))
def test_a_file_that_comes_in_pieces_is_spoilt_once_as_well(changed, seed):
    spoilt, piece = changed.scenario.stage.spoilt, 10_000
    rounds = []
    for _ in range(2):
        starts = list(range(0, spoilt.size, piece))
        random.Random(seed).shuffle(starts)
        pieces = {start: changed.get(EMERGENCY, f"bytes={start}-{start + piece - 1}").body for start in starts}
        rounds.append(b"".join(pieces[start] for start in sorted(pieces)))
        assert spoilt.was_spoilt
        assert spoilt.whole == (len(rounds) == 2)
    assert rounds[0] != spoilt.data == rounds[1]


def test_a_player_that_never_fetches_the_spoilt_file_again_is_found(changed):
    changed.get(DEFAULT)
    changed.manifest()
    changed.fetch(EMERGENCY)
    changed.poll()
    changed.poll()
    changed.fetch(DEFAULT)
    for _ in range(40):
        changed.poll()
        changed.scenario.tick()
    assert changed.check("bad_hash")["evidence"] == "did not fetch the spoilt file again to its end"
    assert (changed.outcome("old_set"), changed.outcome("expired_address")) == ("not seen", "passed")


def test_giving_up_the_old_set_before_the_new_one_is_there_is_found(changed):
    changed.poll(have=None)
    assert changed.check("old_set")["evidence"] == "said have=None before the new set was complete"


def test_naming_the_new_tag_with_files_missing_is_no_claim(changed):
    changed.poll(have=SECOND, missing=["a" * 64])
    assert changed.outcome("old_set") == "not seen"


def test_fetching_again_what_it_holds_is_found(changed):
    changed.fetch(PLAIN)
    changed.hold_second()
    assert changed.outcome("no_second_download") == "failed"
