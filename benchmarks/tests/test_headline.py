"""The README's numbers are those of the run."""

from benchmarks.core import Measured
from benchmarks.headline import BEGIN, END, LINES, numbers, put_into
from benchmarks.native_poll import NativePoll
from benchmarks.suite import NAMES
from benchmarks.table import Result, collect


def test_a_line_gives_the_medians_of_its_benchmark():
    result = collect(
        NativePoll, [{"rate": 2000.4, "peer": 17.26}, {"rate": 1900, "peer": 16}, {"rate": 2100, "peer": 20}]
    )
    assert numbers([result]).splitlines()[2:] == [
        "| polls a second, each with a report on disk before it is answered | **2,000/s, 17.3 × the old way** |"
    ]


def test_every_line_names_figures_that_its_benchmark_has():
    from importlib import import_module

    found = {
        module.BENCHMARK.__name__: module.BENCHMARK for module in map(import_module, [f"benchmarks.{n}" for n in NAMES])
    }
    results = [
        Result(found[name], {key: Measured(figure, [1.0]) for key, figure in found[name].figures.items()})
        for name, *_ in LINES
    ]
    assert len(numbers(results).splitlines()) == 2 + len(LINES)


def test_what_stands_between_the_marks_is_replaced(tmp_path):
    readme = tmp_path / "README.md"
    readme.write_text(f"above\n{BEGIN}\nold\n{END}\nbelow\n")
    put_into(readme, [])
    assert readme.read_text() == f"above\n{BEGIN}\n{numbers([])}\n{END}\nbelow\n"
