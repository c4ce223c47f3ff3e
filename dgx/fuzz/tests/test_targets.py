"""The byte fuzzers' targets on their seeds, and on seeds that were broken in a few hundred ways; the long form is
`make fuzz-bytes`."""

import re

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from dgx.fuzz import seeds, targets
from dgx.tests.environment import ROOT

MEDIA, REPORTS = seeds.media(), seeds.reports()


def broken(contents: list[bytes]) -> st.SearchStrategy[bytes]:
    """One of them with a piece cut out, put twice, or replaced."""

    @st.composite
    def make(draw: st.DrawFn) -> bytes:
        content = draw(st.sampled_from(contents))
        for _ in range(draw(st.integers(1, 4))):
            start = draw(st.integers(0, len(content)))
            end = draw(st.integers(start, min(len(content), start + 64)))
            content = content[:start] + draw(st.binary(max_size=16)) * draw(st.integers(0, 3)) + content[end:]
        return content

    return make()


often = settings(max_examples=300, deadline=2000, suppress_health_check=[HealthCheck.too_slow])


@often
@given(broken(MEDIA))
@example(b"")
def test_any_bytes_are_a_known_type_or_refused(content):
    targets.sniff(content)


@often
@given(st.one_of(broken(REPORTS), st.binary(max_size=200)))
def test_any_bytes_are_a_report_or_refused(content):
    targets.report(content)
    targets.bodies(content)


def test_the_seeds_are_what_they_should_be():
    kinds = [media.extension for content in MEDIA if (media := targets.sniff(content))]
    assert kinds == [
        *(".mp4", ".mov", ".avi", ".mkv", ".webm", ".png", ".jpg", ".gif", ".webp", ".pdf", ".html"),
        *(".jpg", ".pdf", ".mp4"),
    ]
    assert sum(targets.report(content) is not None for content in REPORTS) >= 8


@settings(max_examples=8, deadline=None, derandomize=True)
@given(broken([content for content in MEDIA if targets.sniff(content)]))
def test_the_decoder_answers_about_any_file_that_is_taken(content):
    media = targets.sniff(content)
    if media:
        targets.look_inside(content, media)


@pytest.mark.parametrize(
    "content", [b'{"seq": 1e400}', b"[" * 100_000, b'"\\ud800"', b'{"logs": [{"tags": {"a": "\\u0000"}}]}']
)
def test_what_json_readers_stumble_over_is_refused_in_words(content):
    targets.report(content)
    targets.bodies(content)


def test_nothing_of_production_imports_the_fuzzers():
    packages = ("dgx", "locations", "devices", "media_library", "telemetry")
    files = [path for package in packages for path in (ROOT / package).rglob("*.py")]
    others = [path for path in files if not {"tests", "fuzz"} & set(path.relative_to(ROOT).parts)]
    assert len(others) > 200
    naming = re.compile(r"\b(dgx\.fuzz|dgx\.supply|schemathesis|atheris)\b")
    found = [path for path in others if naming.search(path.read_text())]
    assert found == [ROOT / "dgx" / "supply.py"]  # which says how it is called
