"""Reads the Procfile, the one list of DGX's processes, in development and in production alike."""

import re
import shlex
from collections.abc import Mapping
from pathlib import Path

from dgx.stack.process import StackError

LINE = re.compile(r"^(?P<name>[A-Za-z0-9_-]+):\s*(?P<command>\S.*)$")
VARIABLE = re.compile(r"\$(?:\{(?P<braced>\w+)(?::-(?P<default>[^}]*))?\}|(?P<bare>\w+))")


def read(path: Path) -> dict[str, str]:
    """The commands by the name of their process, in the file's order.

    Raises StackError for a line that is not `name: command`, and for a name used twice.
    """
    commands: dict[str, str] = {}
    for number, line in enumerate(path.read_text().splitlines(), start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        match = LINE.match(line.strip())
        if match is None:
            raise StackError(f"{path.name}, line {number}: expected `name: command`, found {line.strip()!r}.")
        if match["name"] in commands:
            raise StackError(f"{path.name}, line {number}: {match['name']} is there twice.")
        commands[match["name"]] = match["command"]
    return commands


def arguments(command: str, env: Mapping[str, str]) -> list[str]:
    """The command as a list, with `$NAME`, `${NAME}` and `${NAME:-default}` filled in.

    Raises StackError naming a variable that is not set and has no default.
    """
    return [_fill(word, env) for word in shlex.split(command)]


def _fill(word: str, env: Mapping[str, str]) -> str:
    def value(match: re.Match[str]) -> str:
        name = match["braced"] or match["bare"]
        found = env.get(name) or match["default"]
        if found is None:
            raise StackError(f"The Procfile uses ${name}, which is not set.")
        return found

    return VARIABLE.sub(value, word)
