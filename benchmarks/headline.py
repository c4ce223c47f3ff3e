"""The four numbers of the README, taken from a full run so that they cannot differ from results.md."""

from collections.abc import Sequence
from pathlib import Path

from benchmarks.core import readable
from benchmarks.table import Result

BEGIN, END = "<!-- numbers: written by make bench -->", "<!-- end of numbers -->"
LINES = (
    (
        "NativePoll",
        "polls a second, each with a report on disk before it is answered",
        "{rate}/s, {peer} × the old way",
    ),
    ("ReportRows", "log entries a second, in reports of 500", "{rate}/s"),
    ("SimulatedFleet", "10,000 devices that poll every 30 s over a bad line: CPU of web and database", "{cpu} %"),
    ("PlaylistEdit", "an edit of a playlist of 10,000 devices, until the last one is told", "{told} ms"),
)
"""Which benchmark, what a buyer calls it, and how its figures are written."""


def numbers(results: Sequence[Result]) -> str:
    """The README's table; a benchmark that was not measured has no line."""
    measured = {result.benchmark.__name__: result.measured for result in results if result.measured}
    lines = ["| on two cores, with everything on them | |", "|---|---|"]
    for name, what, written in LINES:
        if name in measured:
            medians = {key: readable(figure.median) for key, figure in measured[name].items()}
            lines.append(f"| {what} | **{written.format(**medians)}** |")
    return "\n".join(lines)


def put_into(readme: Path, results: Sequence[Result]) -> None:
    """Replace what stands between the two marks."""
    before, _, rest = readme.read_text().partition(BEGIN)
    _, _, after = rest.partition(END)
    readme.write_text(f"{before}{BEGIN}\n{numbers(results)}\n{END}{after}")
