"""The order of tests that several processes share: what mostly waits, for browsers and for servers that are broken on
purpose, begins at once beside what computes. Left to the end, as pytest-django sorts them, they would run on alone."""

from collections.abc import Callable, Iterable, Sequence
from itertools import groupby
from typing import TypeVar

import pytest

T = TypeVar("T")
BROWSER_S = 5
"""About how long a test in a browser takes."""


def reorder(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Under xdist, let half of the processes begin with the tests that wait."""
    if worker := getattr(config, "workerinput", None):
        items[:] = begun_early(items, _waits_s, _file, processes=worker["workercount"])


def begun_early(
    tests: Sequence[T], waits_s: Callable[[T], float], file: Callable[[T], str], *, processes: int
) -> list[T]:
    """The tests, of which xdist gives each process an equal share in this order.

    Those that wait are dealt, file by file, to the beginning of half of the shares, for about as long each.
    """
    files = [list(group) for _, group in groupby(filter(waits_s, tests), file)]
    first = _dealt(files, lambda group: sum(map(waits_s, group)), piles=(processes + 1) // 2)
    rest = [test for test in tests if not waits_s(test)]
    ordered: list[T] = []
    for left in range(processes, 0, -1):
        early = first.pop(0) if first else []
        share = (len(tests) - len(ordered)) // left
        ordered += early
        ordered += _taken(rest, share - len(early))
    return ordered + rest


def _dealt(files: Iterable[list[T]], weight: Callable[[list[T]], float], *, piles: int) -> list[list[T]]:
    """The heaviest first, each to the pile that is the lightest by then."""
    dealt: list[list[list[T]]] = [[] for _ in range(piles)]
    for group in sorted(files, key=weight, reverse=True):
        min(dealt, key=lambda pile: sum(map(weight, pile))).append(group)
    return [[test for group in pile for test in group] for pile in dealt]


def _taken(rest: list[T], number: int) -> list[T]:
    taken = rest[: max(0, number)]
    del rest[: len(taken)]
    return taken


def _waits_s(item: pytest.Item) -> float:
    if marker := item.get_closest_marker("waits"):
        return float(marker.args[0])
    return BROWSER_S if "playwright" in getattr(item, "fixturenames", ()) else 0


def _file(item: pytest.Item) -> str:
    return item.nodeid.partition("::")[0]
