"""What the judges of a fault count as broken, and how its rows get into the page."""

import json
import subprocess
import sys

import pytest

from dgx.chaos.calls import Call
from dgx.chaos.faults import FAULTS, load_themes
from dgx.chaos.operator import Possible, film, picture
from dgx.chaos.report import BEGIN, END, HEAD, Row, lines_of, printed, write
from dgx.tests.stack_helpers import ROOT, bare_environment
from media_library.services.sniffing import inspect


def call(status: int, retry_after: str | None = None) -> Call:
    return Call("upload", status, 0.1, retry_after, "why")


@pytest.mark.parametrize(
    ("answered", "complaint"),
    [
        (call(201), None),
        (call(503, "5"), None),
        (call(507, "60"), None),
        (call(503), "upload was answered 503 without Retry-After"),
        (call(429), "upload was answered 429 without Retry-After"),
        (call(507), "upload was answered 507 without Retry-After"),
        (call(500), "upload was answered 500: why"),
        (call(400), "upload was answered 400: why"),
    ],
)
def test_a_refusal_says_when_to_come_again_and_a_fault_is_none(answered, complaint):
    assert answered.complaint() == complaint


def test_what_was_never_confirmed_may_have_happened_or_not():
    kept = Possible("a")
    kept.sent("b", confirmed=False)
    assert kept.values == ["a", "b"]
    kept.sent("c", confirmed=True)
    assert kept.values == ["c"]


def test_every_upload_is_a_file_of_its_own_that_the_server_takes(tmp_path):
    assert picture(1) != picture(1)
    path = tmp_path / "film.mp4"
    path.write_bytes(film(padding=100))
    with path.open("rb") as file:
        assert inspect(file, path.stat().st_size).kind == "video"


def test_rows_go_between_the_markers_and_those_of_other_faults_stay(tmp_path):
    page = tmp_path / "page.md"
    page.write_text(f"# Before\n{BEGIN}\n{END}\nafter\n")
    first = Row("a", "first", seconds=3, times=2, confirmed=1200, repeated=3, recovery_s=1.5)
    write(page, [first, Row("b", "second", impossible="no room")])
    write(page, [Row("b", "second", seconds=1, times=1, broken=["two lost"])])
    assert page.read_text().splitlines() == [
        "# Before",
        BEGIN,
        HEAD,
        "|---|---|---|---|---|---|",
        "| first | 2 x | 3 s | 1,200 / 3 | nothing | 1.5 s |",
        "| second | 1 x | 1 s | 0 / 0 | two lost | never |",
        END,
        "after",
    ]
    assert printed(first) == "a                             2 x in   3.0 s   back after 1.5 s   nothing lost"


def test_every_fault_has_a_row_in_the_page():
    """One that is new gets its row by `make chaos ARGS='--only its_name'`; one that is no more takes its row along."""
    load_themes()
    table = (ROOT / "docs" / "reliability.md").read_text().partition(BEGIN)[2].partition(END)[0]
    assert sorted(lines_of(table)) == sorted(fault.what for fault in FAULTS.values())


def test_an_unknown_fault_is_refused_with_the_names_of_all():
    command = [sys.executable, "-m", "dgx.chaos", "--only", "earthquake"]
    run = subprocess.run(
        command, cwd=ROOT, env=bare_environment(), check=False, capture_output=True, text=True, timeout=60
    )
    assert run.returncode == 2
    assert "kill_postgres" in run.stderr


def test_a_row_can_be_read_by_a_program():
    assert json.loads(json.dumps(Row("a", "first").as_json()))["broken"] == []
