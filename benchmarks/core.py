"""What a benchmark is: a title, the figures that it reports with the bar of each, and how one run is made."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import ClassVar

from benchmarks.rig import Rig


@dataclass(frozen=True)
class Bar:
    """What a figure has to reach."""

    limit: float
    at_least: bool

    def is_met(self, value: float) -> bool:
        return value >= self.limit if self.at_least else value <= self.limit

    def __str__(self) -> str:
        return f"{'≥' if self.at_least else '≤'} {readable(self.limit)}"


def at_least(limit: float) -> Bar:
    return Bar(limit, at_least=True)


def at_most(limit: float) -> Bar:
    return Bar(limit, at_least=False)


@dataclass(frozen=True)
class Figure:
    """One number of a benchmark. `sized`: its bar is meant for the full data, so a quick run does not judge it."""

    what: str
    unit: str
    bar: Bar | None = None
    sized: bool = False


class Benchmark(ABC):
    """Measures one promise. `setup` prepares data and servers, `run` measures once and is called several times.

    What it starts is left to `rig.scope`, which ends it, whatever happens.
    """

    title: ClassVar[str]
    figures: ClassVar[Mapping[str, Figure]]
    runs: ClassVar[int] = 3
    """Runs of the full size; a quick one makes one run."""

    @abstractmethod
    def setup(self, rig: Rig) -> None: ...

    @abstractmethod
    def run(self, rig: Rig) -> Mapping[str, float]:
        """The figures of one run, by their keys."""


@dataclass(frozen=True)
class Measured:
    """A figure with its value in each run."""

    figure: Figure
    values: Sequence[float]

    @property
    def median(self) -> float:
        return median(self.values)

    def verdict(self, *, quick: bool) -> str:
        """met, not met, or nothing where there is no bar or the data were too small for it."""
        bar = self.figure.bar
        if bar is None or (quick and self.figure.sized):
            return ""
        return "met" if bar.is_met(self.median) else "NOT MET"


def readable(value: float) -> str:
    """A number with as many digits as mean something."""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:,.1f}" if abs(value) >= 10 else f"{value:,.2f}"
