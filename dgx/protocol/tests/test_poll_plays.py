"""POST poll with `plays`: running totals by file and hour, each entry judged alone, stored once."""

import math
from datetime import UTC, datetime

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st

from devices.tests.factories import GroupFactory, enrolled_device
from dgx.protocol.reading import read_plays
from dgx.protocol.tests.helpers import error_code, poll
from media_library.tests.factories import LinkFactory
from telemetry.models import DeviceLog, PlayHour
from telemetry.services.plays import CLOCK_AHEAD, COUNT_MAX, SECONDS_MAX, oldest_kept

pytestmark = [pytest.mark.django_db, pytest.mark.urls("dgx.protocol.tests.urls")]

NOW = datetime(2026, 3, 10, 9, 30, tzinfo=UTC)
SHA = "a" * 64
PLAY = {"sha256": SHA, "hour": "2026-03-10T09:00:00Z", "count": 3, "seconds": 30.5}


@pytest.fixture(autouse=True)
def _frozen():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def screen():
    made, token = enrolled_device(mobile_id="screen-1", group=GroupFactory.create())
    made.plain_token = token  # type: ignore[attr-defined]
    return made


def stored():
    return list(PlayHour.objects.values_list("sha256", "hour", "count", "seconds"))


def test_plays_are_stored_and_acknowledged(screen):
    body = poll(screen.plain_token, plays=[PLAY]).json()
    assert (body["plays_accepted"], body["plays_refused"], body["features"]) == (1, [], ["plays"])
    assert stored() == [(SHA, NOW.replace(minute=0), 3, 30.5)]


def test_an_hour_may_be_told_in_any_offset(screen):
    poll(screen.plain_token, plays=[PLAY | {"hour": "2026-03-10T11:00:00+02:00"}])
    assert stored() == [(SHA, NOW.replace(minute=0), 3, 30.5)]


def test_an_unchanged_poll_with_plays_runs_one_statement_more(screen, django_assert_num_queries):
    LinkFactory.create(group=screen.group)
    held = poll(screen.plain_token).json()["tag"]
    with django_assert_num_queries(1):
        poll(screen.plain_token, have=held)
    with django_assert_num_queries(1):
        poll(screen.plain_token, have=held, plays=[PLAY | {"count": -1}])
    with django_assert_num_queries(2):
        poll(screen.plain_token, have=held, plays=[PLAY | {"sha256": f"{n:064x}"} for n in range(200)])


def test_a_repeat_and_a_late_report_change_nothing(screen):
    first = {"boot_id": "b", "seq": 1, "plays": [PLAY], "logs": [{"log_type": "x"}]}
    poll(screen.plain_token, **first)
    poll(screen.plain_token, boot_id="b", seq=2, plays=[PLAY | {"count": 5, "seconds": 50}])
    assert poll(screen.plain_token, **first).json()["duplicate"] is True
    assert stored() == [(SHA, NOW.replace(minute=0), 5, 50)]
    assert DeviceLog.objects.count() == 1


def test_a_total_is_good_even_in_a_report_that_comes_too_late(screen):
    poll(screen.plain_token, boot_id="b", seq=100)
    assert error_code(poll(screen.plain_token, boot_id="b", seq=1, plays=[PLAY])) == (409, "report_too_old")
    assert stored() == [(SHA, NOW.replace(minute=0), 3, 30.5)]


def test_the_same_entry_twice_in_one_poll_counts_once(screen):
    assert poll(screen.plain_token, plays=[PLAY, PLAY | {"count": 4}]).json()["plays_accepted"] == 2
    assert stored() == [(SHA, NOW.replace(minute=0), 4, 30.5)]


@pytest.mark.parametrize(
    ("wrong", "code", "message"),
    [
        ({"sha256": "short"}, "invalid", "sha256: String should match pattern '^[0-9a-f]{64}$'"),
        ({"sha256": "A" * 64}, "invalid", "sha256: String should match pattern '^[0-9a-f]{64}$'"),
        ({"hour": "2026-03-10T09:00:01Z"}, "invalid", "hour: must be a full hour of UTC, such as 2026-01-31T09:00:00Z"),
        (
            {"hour": "2026-03-10T09:00:00+05:30"},
            "invalid",
            "hour: must be a full hour of UTC, such as 2026-01-31T09:00:00Z",
        ),
        ({"hour": "noon"}, "invalid", None),
        ({"hour": 1_700_000_000}, "invalid", "hour: must be a time as ISO 8601 text, such as 2026-01-31T09:59:58Z"),
        ({"hour": "2026-03-10T10:00:00Z"}, "out_of_range", "hour: lies in the future"),
        ({"hour": "9999-12-31T23:00:00Z"}, "out_of_range", "hour: lies in the future"),
        ({"hour": "2025-01-31T09:00:00Z"}, "out_of_range", "hour: is older than the 400 days that plays are kept"),
        ({"hour": "0001-01-01T00:00:00Z"}, "out_of_range", "hour: is older than the 400 days that plays are kept"),
        ({"count": -1}, "invalid", "count: Input should be greater than or equal to 0"),
        ({"count": 1.5}, "invalid", None),
        ({"count": True}, "invalid", "count: must be a number"),
        ({"count": 2**53}, "invalid", None),
        ({"seconds": -0.1}, "invalid", "seconds: Input should be greater than or equal to 0"),
        ({"seconds": "30"}, "invalid", "seconds: must be a number"),
        ({"seconds": 90_001}, "invalid", "seconds: Input should be less than or equal to 90000"),
        ({"name": "x"}, "invalid", "name: Extra inputs are not permitted"),
    ],
)
def test_a_wrong_entry_is_refused_alone(screen, wrong, code, message):
    body = poll(screen.plain_token, plays=[PLAY | wrong, PLAY]).json()
    (refusal,) = body["plays_refused"]
    assert (body["plays_accepted"], body["accepted"], body["refused"]) == (1, 0, [])
    assert (refusal["index"], refusal["code"]) == (0, code)
    assert message is None or refusal["message"] == message
    assert stored() == [(SHA, NOW.replace(minute=0), 3, 30.5)]


Anything: st.SearchStrategy[object] = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=70) | st.just([])
)
Entries = st.fixed_dictionaries(
    {},
    optional={
        "sha256": st.just(SHA) | Anything,
        "hour": st.datetimes(timezones=st.just(UTC)).map(lambda at: at.replace(minute=0).isoformat())
        | st.just(PLAY["hour"])
        | Anything,
        "count": st.integers(-1, COUNT_MAX + 1) | Anything,
        "seconds": st.floats(-1, SECONDS_MAX + 1) | Anything,
        "name": Anything,
    },
)


@given(st.lists(Entries | Anything, max_size=8))
def test_whatever_is_told_is_kept_within_the_limits_or_refused_alone(entries):
    kept, refused = read_plays([*entries, PLAY], NOW)
    assert len(kept) + len(refused) == len(entries) + 1
    assert kept[-1].count == PLAY["count"]
    assert [refusal["index"] for refusal in refused] == sorted({refusal["index"] for refusal in refused})
    for total in kept:
        assert total.sha256 == SHA
        assert 0 <= total.count <= COUNT_MAX
        assert math.isfinite(total.seconds)
        assert 0 <= total.seconds <= SECONDS_MAX
        assert oldest_kept(NOW) <= total.hour <= NOW + CLOCK_AHEAD
        assert total.hour.replace(minute=0, second=0, microsecond=0) == total.hour


@pytest.mark.parametrize("entry", ["text", None, [], {"sha256": SHA}])
def test_what_is_no_entry_is_refused_alone(screen, entry):
    assert poll(screen.plain_token, plays=[entry]).json()["plays_accepted"] == 0
    assert stored() == []


def test_too_many_entries_are_refused_with_the_limit(screen):
    response = poll(screen.plain_token, plays=[PLAY] * 201)
    assert error_code(response) == (413, "too_large")
    assert response.json()["detail"]["message"] == "The poll has 201 plays; the limit is 200."
    assert stored() == []


def test_plays_that_are_no_list_are_refused_by_name(screen):
    response = poll(screen.plain_token, plays={})
    assert error_code(response) == (400, "invalid")
    assert list(response.json()["detail"]["fields"]) == ["plays"]
