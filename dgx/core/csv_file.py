"""A CSV file that somebody made in a spreadsheet, read with patience and refused in words."""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from dgx.core.errors import Invalid

BYTES_MAX = 32 * 1024 * 1024
ROWS_MAX = 200_000
CELL_MAX = 10_000
DELIMITERS = (",", ";", "\t")

_ESCAPED = re.compile(r"^'+[=+\-@\t\r\n]")


@dataclass(frozen=True)
class CsvFile:
    """The header, the rows as they came (blank lines left out) and the line on which each began; what an import reads.

    It is a dataset as django-import-export wants one: `headers`, a length, and rows to go through.
    """

    headers: Sequence[str]
    rows: Sequence[Sequence[str]]
    lines: Sequence[int]

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[Sequence[str]]:
        return iter(self.rows)

    def column(self, name: str, first: int, count: int) -> list[str]:
        """One column's cells of `count` rows from the row `first` on."""
        place = self.headers.index(name)
        return [row[place] for row in self.rows[first : first + count] if len(row) > place]

    def with_columns(self, names: Sequence[str]) -> "CsvFile":
        """The same with these columns behind the others where they lack, empty."""
        lacking = [name for name in names if name not in self.headers]
        if not lacking:
            return self
        width, empty = len(self.headers), [""] * len(lacking)
        rows = [[*row, *empty] if len(row) == width else row for row in self.rows]
        return CsvFile([*self.headers, *lacking], rows, self.lines)


def read_csv(data: bytes, *, known: Sequence[str], required: Sequence[str]) -> CsvFile:
    """The file's rows. Columns may be in any order and any case; separators are commas, semicolons or tabs.

    Raises Invalid for a file that is too large, not UTF-8, without rows, or whose columns are not among `known`.
    """
    if len(data) > BYTES_MAX:
        raise Invalid(f"The file is larger than {BYTES_MAX // 1024 // 1024} MB. Split it.")
    text = _decoded(data)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text, known), strict=True)
    try:
        headers = [cell.strip().casefold() for cell in next(reader, [])]
        _check_headers(headers, known, required)
        rows, lines = _rows(reader)
    except csv.Error as error:
        raise Invalid(f"Line {reader.line_num} is not CSV: {error}.") from error
    if not rows:
        raise Invalid("The file has no rows below its header.")
    return CsvFile(headers, rows, lines)


def _rows(reader: Iterator[list[str]]) -> tuple[list[list[str]], list[int]]:
    rows: list[list[str]] = []
    lines: list[int] = []
    before = reader.line_num  # type: ignore[attr-defined]  # a csv reader's
    for row in reader:
        if any(row):
            rows.append([unescaped(cell.strip()) for cell in row])
            lines.append(before + 1)
        before = reader.line_num  # type: ignore[attr-defined]  # likewise
        if len(rows) > ROWS_MAX:
            raise Invalid(f"The file has more than {ROWS_MAX:,} rows. Split it.")
    return rows, lines


def unescaped(cell: str) -> str:
    """Without the apostrophe that our exports put before what a spreadsheet would run."""
    return cell[1:] if cell.startswith("'") and _ESCAPED.match(cell) else cell


def _decoded(data: bytes) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise Invalid("The file is UTF-16. Save it as “CSV UTF-8” and try again.")
    if data.startswith(b"PK\x03\x04"):
        raise Invalid("This is a spreadsheet (xlsx or ods), not CSV. Save it as “CSV UTF-8” and try again.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        seen = data[error.start : error.start + 1].decode("cp1252", "replace")
        raise Invalid(
            f"The file is not UTF-8: line {line} has what Windows-1252 reads as “{seen}”. "
            "Save it as “CSV UTF-8” and try again."
        ) from error
    if "\x00" in text:
        raise Invalid("The file holds NUL characters; it is no text.")
    return text


def _delimiter(text: str, known: Sequence[str]) -> str:
    """That which makes the most known columns of the header."""
    header = text.split("\n", 1)[0].casefold()

    def matches(delimiter: str) -> int:
        return sum(cell.strip(' "\r') in known for cell in header.split(delimiter))

    return max(DELIMITERS, key=matches)


def _check_headers(headers: Sequence[str], known: Sequence[str], required: Sequence[str]) -> None:
    unknown = [name or "(empty)" for name in headers if name not in known]
    if unknown:
        raise Invalid(f"Unknown column: {', '.join(unknown[:10])}. Known are: {', '.join(known)}.")
    if twice := sorted({name for name in headers if headers.count(name) > 1}):
        raise Invalid(f"A column is there twice: {', '.join(twice)}.")
    if missing := [name for name in required if name not in headers]:
        raise Invalid(f"A column is missing: {', '.join(missing)}.")
