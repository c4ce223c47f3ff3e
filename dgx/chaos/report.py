"""Rows as lines for the terminal, and as the table of `docs/reliability.md`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dgx.chaos.runner import Row

BEGIN, END = "<!-- chaos: begin -->", "<!-- chaos: end -->"
HEAD = "| what was done | how often | for | reports confirmed / sent again | lost or wrong | all at work again after |"


def printed(row: Row) -> str:
    """A row for a person who waits."""
    if row.impossible:
        return f"{row.name:<26} skipped: {row.impossible}"
    verdict = "; ".join(row.broken) or "nothing lost"
    return f"{row.name:<26} {row.times:>4} x in {row.seconds:>5.1f} s   back after {row.recovery_s} s   {verdict}"


def write(page: Path, rows: Sequence[Row]) -> None:
    """Put the rows between the page's two markers. Those of other faults that are there already stay."""
    before, rest = page.read_text().split(BEGIN)
    table, after = rest.split(END)
    kept = {line.split("|")[1].strip(): line for line in table.splitlines() if line.startswith("| ")}
    lines = kept | {row.what: _line(row) for row in rows}
    lines.pop(HEAD.split("|")[1].strip(), None)
    body = "\n".join([HEAD, "|---" * (HEAD.count("|") - 1) + "|", *lines.values()])
    page.write_text(f"{before}{BEGIN}\n{body}\n{END}{after}")


def _line(row: Row) -> str:
    if row.impossible:
        return f"| {row.what} | - | - | - | skipped: {row.impossible} | - |"
    lost = "; ".join(row.broken) or "nothing"
    reports = f"{row.confirmed:,} / {row.repeated:,}"
    return f"| {row.what} | {row.times} x | {row.seconds:.0f} s | {reports} | {lost} | {row.recovery_s} s |"
