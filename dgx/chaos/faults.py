"""What a fault is: a function that breaks something on the stage for a while, and puts right what only it can."""

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dgx.chaos.stage import Stage

Break = Callable[["Stage", float], int]
"""Breaks it for about so many seconds; returns how often."""


class Length(IntEnum):
    """How long faults last: as in the suite, as in `make chaos`, and as in the issue that asked for them."""

    SHORT = 0
    USUAL = 1
    FULL = 2


class Impossible(Exception):  # noqa: N818 — a reason, not a failure
    """This machine does not let us make the fault; says why."""


@dataclass(frozen=True)
class Fault:
    """A fault with its name, its theme (the module), what is done in words, and its seconds by Length."""

    name: str
    theme: str
    what: str
    seconds: tuple[float, float, float]
    break_it: Break


THEMES = ("processes", "stores", "disks", "network", "sweeps")
FAULTS: dict[str, Fault] = {}
"""All faults in the order in which they are run, once `load_themes` was called."""


def load_themes() -> None:
    """Let the modules of all themes register their faults."""
    for theme in THEMES:
        importlib.import_module(f"dgx.chaos.{theme}")


def fault(what: str, *, seconds: tuple[float, float, float]) -> Callable[[Break], Break]:
    """Makes a function a fault."""

    def register(break_it: Break) -> Break:
        name = break_it.__name__
        FAULTS[name] = Fault(name, break_it.__module__.rpartition(".")[2], what, seconds, break_it)
        return break_it

    return register
