"""Figures become medians and verdicts, and the table is markdown whose columns line up."""

from collections.abc import Mapping

import pytest

from benchmarks.core import Benchmark, Figure, Measured, at_least, at_most, readable
from benchmarks.table import Result, collect, markdown, page, rows


class Race(Benchmark):
    title = "a race"
    figures = {
        "rate": Figure("laps", "/s", at_least(100)),
        "time": Figure("a lap | pipe", "s", at_most(2), sized=True),
        "note": Figure("cars", ""),
        "absent": Figure("only in full runs", ""),
    }

    def setup(self, rig): ...

    def run(self, rig):
        return {}


RUNS: list[Mapping[str, float]] = [
    {"rate": 90, "time": 1, "note": 4},
    {"rate": 1234.5, "time": 3, "note": 4},
    {"rate": 110, "time": 3, "note": 4},
]


def test_the_median_decides_whether_a_bar_is_met():
    measured = collect(Race, RUNS).measured
    assert {key: each.median for key, each in measured.items()} == {"rate": 110, "time": 3, "note": 4}
    assert [each.verdict(quick=False) for each in measured.values()] == ["met", "NOT MET", ""]


def test_a_quick_run_does_not_judge_what_depends_on_the_size():
    assert Measured(Race.figures["time"], [3]).verdict(quick=True) == ""
    assert Measured(Race.figures["rate"], [3]).verdict(quick=True) == "NOT MET"


BARS = [(at_least(2), 2, True), (at_least(2), 1, False), (at_most(2), 2, True), (at_most(2), 3, False)]


@pytest.mark.parametrize(("bar", "value", "met"), BARS)
def test_a_bar_that_is_just_reached_is_met(bar, value, met):
    assert bar.is_met(value) is met


def test_a_row_per_figure_and_the_title_once():
    assert rows([collect(Race, RUNS)], quick=False) == [
        ("a race", "laps", "110 /s", "90.0 – 1,234", "≥ 100", "met"),
        ("", "a lap | pipe", "3.00 s", "1.00 – 3.00", "≤ 2.00", "NOT MET"),
        ("", "cars", "4.00", "4.00 – 4.00", "", ""),
    ]


def test_a_single_run_has_no_spread():
    assert rows([collect(Race, RUNS[:1])], quick=False)[0] == ("a race", "laps", "90.0 /s", "", "≥ 100", "NOT MET")


def test_what_could_not_be_measured_is_said_in_the_table():
    result = Result(Race, {}, "the web did not start\nTraceback …")
    assert rows([result], quick=False) == [("a race", "the web did not start", "", "", "", "NOT MEASURED")]


def test_the_lines_are_equally_long_and_pipes_are_escaped():
    lines = markdown(rows([collect(Race, RUNS)], quick=False)).splitlines()
    assert len({len(line) for line in lines}) == 1
    assert "a lap \\| pipe" in lines[3]


def test_the_page_says_that_a_run_was_quick():
    assert "A quick run" in page(["- here"], [], quick=True)
    assert "A quick run" not in page(["- here"], [], quick=False)


@pytest.mark.parametrize(
    ("value", "text"), [(0.1234, "0.12"), (12.34, "12.3"), (123.4, "123"), (1234567.8, "1,234,568"), (0, "0.00")]
)
def test_numbers_have_as_many_digits_as_mean_something(value, text):
    assert readable(value) == text
