"""The table of a run, as markdown; the terminal gets the same text."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from benchmarks.core import Benchmark, Measured, readable

HEADER = ("what", "figure", "median", "min – max", "bar", "")


@dataclass(frozen=True)
class Result:
    """What came out of a benchmark: its figures, or why there are none."""

    benchmark: type[Benchmark]
    measured: Mapping[str, Measured]
    failure: str = ""


def collect(benchmark: type[Benchmark], runs: Sequence[Mapping[str, float]]) -> Result:
    """The figures over the runs, in the order in which the benchmark declares them."""
    measured = {
        key: Measured(figure, [run[key] for run in runs])
        for key, figure in benchmark.figures.items()
        if runs and key in runs[0]
    }
    return Result(benchmark, measured)


def rows(results: Sequence[Result], *, quick: bool) -> list[tuple[str, ...]]:
    """A row per figure; the title stands in the first of its benchmark."""
    table: list[tuple[str, ...]] = []
    for result in results:
        title = result.benchmark.title
        if result.failure:
            table.append((title, result.failure.splitlines()[0][:80], "", "", "", "NOT MEASURED"))
        for measured in result.measured.values():
            table.append((title, *_cells(measured, quick=quick)))
            title = ""
    return table


def _cells(measured: Measured, *, quick: bool) -> tuple[str, ...]:
    figure = measured.figure
    spread = f"{readable(min(measured.values))} – {readable(max(measured.values))}" if len(measured.values) > 1 else ""
    return (
        figure.what,
        f"{readable(measured.median)} {figure.unit}".strip(),
        spread,
        str(figure.bar) if figure.bar else "",
        measured.verdict(quick=quick),
    )


def markdown(table: Sequence[Sequence[str]]) -> str:
    """The rows as a markdown table whose columns line up as plain text too."""
    lines = [[cell.replace("|", "\\|") for cell in line] for line in (HEADER, *table)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEADER))]
    text = [_line(line, widths) for line in lines]
    text.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(text)


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = (cell.ljust(width) for cell, width in zip(cells, widths, strict=True))
    return "| " + " | ".join(padded) + " |"


def page(heading: Sequence[str], results: Sequence[Result], *, quick: bool) -> str:
    """The whole of results.md."""
    size = "A quick run, on smaller data: bars that are meant for the full size are not judged.\n\n" if quick else ""
    return (
        "# Measured\n\n"
        "Written by `make bench`. Each module of `benchmarks/` says what it measures, `docs/scaling.md` what follows.\n"
        "Ratios are formed within each run, in which DGX, the peer and the bare limits take turns.\n\n"
        + size
        + "\n".join(heading)
        + "\n\n"
        + markdown(rows(results, quick=quick))
        + "\n"
    )
