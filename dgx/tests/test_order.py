"""Tests that wait begin early on half of the processes, and none is lost or run twice."""

from collections.abc import Iterator

from hypothesis import given
from hypothesis import strategies as st

from dgx.tests.order import begun_early

WAITS_S = {"film": 5.0, "chaos": 170.0}


def ordered(tests: list[str], processes: int) -> list[str]:
    """Tests are named `file::number`; those of films and chaos wait."""
    return begun_early(tests, lambda test: WAITS_S.get(_file(test), 0), _file, processes=processes)


def _file(test: str) -> str:
    return test.partition("::")[0]


def shares(tests: list[str], processes: int) -> Iterator[list[str]]:
    """As xdist's worksteal deals them at first."""
    for left in range(processes, 0, -1):
        share = len(tests) // left
        yield tests[:share]
        tests = tests[share:]


def test_half_of_the_processes_begin_with_what_waits_for_about_as_long_each():
    tests = [f"quick::{number}" for number in range(20)] + [f"film::{number}" for number in range(3)] + ["chaos::0"]
    first, second, third, fourth = shares(ordered(tests, 4), 4)
    assert first == ["chaos::0", *(f"quick::{number}" for number in range(5))]
    assert second == ["film::0", "film::1", "film::2", "quick::5", "quick::6", "quick::7"]
    assert third + fourth == [f"quick::{number}" for number in range(8, 20)]


def test_a_single_process_begins_with_what_waits():
    assert ordered(["quick::0", "chaos::0", "quick::1"], 1) == ["chaos::0", "quick::0", "quick::1"]


@given(
    st.lists(st.tuples(st.sampled_from(["quick", "slow", *WAITS_S]), st.integers(0, 99)), unique=True),
    st.integers(1, 9),
)
def test_every_test_is_there_once_and_those_that_do_not_wait_keep_their_order(drawn, processes):
    tests = [f"{name}::{number}" for name, number in drawn]
    found = ordered(tests, processes)
    assert sorted(found) == sorted(tests)
    quick = [test for test in tests if _file(test) not in WAITS_S]
    assert [test for test in found if _file(test) not in WAITS_S] == quick
