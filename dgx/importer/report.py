"""What an import did, for the person who ran it."""

from collections.abc import Iterator
from dataclasses import dataclass, field

EXAMPLES = 10


@dataclass(frozen=True)
class Remark:
    """Why rows were not taken, or what was changed in them, with the first few."""

    text: str
    count: int
    examples: list[str]

    def __str__(self) -> str:
        more = ", …" if self.count > len(self.examples) else ""
        shown = f": {', '.join(self.examples)}{more}" if self.examples else ""
        return f"{self.count} times {self.text}{shown}"


@dataclass
class Line:
    """The counts of one noun."""

    noun: str
    read: int = 0
    taken: int = 0
    already_there: int = 0
    not_taken: list[Remark] = field(default_factory=list)
    changed: list[Remark] = field(default_factory=list)

    @property
    def refused(self) -> int:
        return sum(remark.count for remark in self.not_taken)


@dataclass
class Report:
    """All nouns, and sentences about the import as a whole."""

    lines: list[Line] = field(default_factory=list)
    sentences: list[str] = field(default_factory=list)

    def text(self) -> Iterator[str]:
        """The table, then what was not taken and what was changed, then the sentences."""
        head = ("", "read", "taken", "already there", "not taken")
        rows = [
            (line.noun, *map(str, (line.read, line.taken, line.already_there, line.refused))) for line in self.lines
        ]
        widths = [max(len(row[n]) for row in (head, *rows)) for n in range(len(head))]
        for row in (head, *rows):
            yield "  ".join(
                cell.ljust(width) if n == 0 else cell.rjust(width)
                for n, (cell, width) in enumerate(zip(row, widths, strict=True))
            )
        for title, attribute in (("Not taken", "not_taken"), ("Taken with a change", "changed")):
            remarks = [(line.noun, remark) for line in self.lines for remark in getattr(line, attribute)]
            if remarks:
                yield f"\n{title}:"
                yield from (f"  {noun}: {remark}" for noun, remark in remarks)
        if self.sentences:
            yield ""
            yield from self.sentences
