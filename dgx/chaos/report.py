"""Rows as lines for the terminal, and as the table of `docs/reliability.md`."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

BEGIN, END = "<!-- chaos: begin -->", "<!-- chaos: end -->"
HEAD = "| what was done | how often | for | reports confirmed / sent again | lost or wrong | all at work again after |"


@dataclass
class Row:
    """What a fault did: how often, for how long; what broke; seconds until everybody was at work again."""

    name: str
    what: str
    seconds: float = 0.0
    times: int = 0
    confirmed: int = 0
    repeated: int = 0
    recovery_s: float | None = None
    broken: list[str] = field(default_factory=list)
    impossible: str = ""

    @property
    def back(self) -> str:
        """How long recovery took, in words."""
        return "never" if self.recovery_s is None else f"{self.recovery_s} s"

    def as_json(self) -> dict[str, Any]:
        """For a program to read."""
        return asdict(self)


def printed(row: Row) -> str:
    """A row for a person who waits."""
    if row.impossible:
        return f"{row.name:<26} skipped: {row.impossible}"
    verdict = "; ".join(row.broken) or "nothing lost"
    return f"{row.name:<26} {row.times:>4} x in {row.seconds:>5.1f} s   back after {row.back}   {verdict}"


def write(page: Path, rows: Sequence[Row]) -> None:
    """Put the rows between the page's two markers. Those of other faults that are there already stay."""
    before, rest = page.read_text().split(BEGIN)
    table, after = rest.split(END)
    lines = lines_of(table) | {row.what: _line(row) for row in rows}
    body = "\n".join([HEAD, "|---" * (HEAD.count("|") - 1) + "|", *lines.values()])
    page.write_text(f"{before}{BEGIN}\n{body}\n{END}{after}")


def lines_of(table: str) -> dict[str, str]:
    """The table's lines by what was done."""
    lines = [line for line in table.splitlines() if line.startswith("| ") and line != HEAD]
    return {line.split(" | ")[0].removeprefix("| "): line for line in lines}


def _line(row: Row) -> str:
    if row.impossible:
        return f"| {row.what} | - | - | - | skipped: {row.impossible} | - |"
    lost = "; ".join(row.broken) or "nothing"
    reports = f"{row.confirmed:,} / {row.repeated:,}"
    return f"| {row.what} | {row.times} x | {row.seconds:.0f} s | {reports} | {lost} | {row.back} |"
