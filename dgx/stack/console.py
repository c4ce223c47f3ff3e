"""What a run prints: lines with the name of their process in front, and the box that says where to go."""

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field

COLOURS = ("36", "33", "35", "32", "34", "31")


@dataclass
class Console:
    """Prints to stdout, in colour where a person is watching."""

    colourful: bool = field(default_factory=lambda: sys.stdout.isatty() and "NO_COLOR" not in os.environ)
    _colours: dict[str, str] = field(default_factory=dict)

    def line(self, name: str, text: str) -> None:
        prefix = f"{name:>9} | "
        if self.colourful:
            colour = self._colours.setdefault(name, COLOURS[len(self._colours) % len(COLOURS)])
            prefix = f"\033[{colour}m{prefix}\033[0m"
        print(prefix + text, flush=True)

    def box(self, rows: Sequence[tuple[str, str]]) -> None:
        """Rows of a label and a text inside a frame."""
        label = max(len(row[0]) for row in rows)
        lines = [f"{name:<{label}}   {text}".rstrip() for name, text in rows]
        width = max(map(len, lines)) + 4
        body = "\n".join(f"│  {line:<{width - 4}}  │" for line in lines)
        print(f"\n┌{'─' * width}┐\n{body}\n└{'─' * width}┘\n", flush=True)
