"""What `make fuzz` says at its end, and when it fails."""

from collections import Counter

import pytest

from dgx.fuzz.__main__ import LEAST, least_of, parsed, tell
from dgx.fuzz.run import CHECKS, Outcome
from dgx.tests.environment import ROOT


def outcome(cases: int, complaints: dict[tuple[str, str], str] | None = None) -> Outcome:
    return Outcome(Counter({200: cases}), complaints or {}, {"GET /device"})


def parts(*outcomes: Outcome) -> list[tuple[str, str, Outcome]]:
    return [("nobody", "openapi.json", each) for each in outcomes]


def test_a_whole_run_of_enough_cases_passes(capsys):
    assert tell(parts(outcome(LEAST - 1), outcome(1)), least=LEAST) == 0
    assert capsys.readouterr().out.splitlines() == [
        "nobody, openapi.json: 19999 cases over 1 operations, 0 chained, 0 complaints (200: 19999)",
        "nobody, openapi.json: 1 cases over 1 operations, 0 chained, 0 complaints (200: 1)",
        "20000 cases, 0 complaints",
    ]


def test_a_whole_run_of_fewer_cases_fails_and_says_so(capsys):
    assert tell(parts(outcome(LEAST - 1)), least=LEAST) == 1
    assert capsys.readouterr().out.splitlines()[-1] == (
        "Fewer than the 20,000 cases of a whole run: this machine needs more time, --seconds 2400."
    )


def test_a_complaint_fails_however_many_cases_there_were(capsys):
    complaint = {("GET /device", "Server error"): "500"}
    assert tell(parts(outcome(LEAST, complaint), outcome(LEAST)), least=0) == 1
    assert "\n  GET /device: Server error\n    500\n" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "cases"),
    [
        ([], LEAST),
        (["--seed", "7", "--seconds", "2400"], LEAST),
        (["--seconds", "200"], 0),
        (["--callers", "device"], 0),
    ],
)
def test_only_a_whole_run_has_to_come_to_a_number_of_cases(arguments, cases):
    assert least_of(parsed(arguments)) == cases


def test_the_checks_that_are_off_are_named_with_their_reasons():
    page = (ROOT / "docs" / "supply.md").read_text()
    off = {name for name, check in CHECKS.items() if not check["enabled"]}
    assert off == {"positive_data_acceptance", "negative_data_rejection", "ensure_resource_availability"}
    assert {name for name in off if f"| `{name}` |" not in page} == set()
