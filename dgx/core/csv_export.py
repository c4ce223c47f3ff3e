"""CSV that streams in constant memory and that a spreadsheet cannot be made to run."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from typing import Any
from urllib.parse import quote

from django.http import StreamingHttpResponse

DANGEROUS_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")
"""What makes a cell a formula: https://owasp.org/www-community/attacks/CSV_Injection."""


def defuse(value: Any) -> Any:
    """A text that a spreadsheet would run gets a leading apostrophe; numbers, times and None stay as they are."""
    if isinstance(value, str) and value.startswith(DANGEROUS_STARTS):
        return "'" + value
    return value


class _Echo:
    """A file that hands back what is written to it, so that csv.writer makes lines for a stream."""

    def write(self, line: str) -> str:
        return line


def csv_lines(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    """The header and the rows as CSV text, CRLF at line ends (RFC 4180), one line at a time, cells defused."""
    writer = csv.writer(_Echo())
    yield writer.writerow(header)
    for row in rows:
        yield writer.writerow([defuse(value) for value in row])


def in_chunks(lines: Iterable[str], size: int = 64 * 1024) -> Iterator[bytes]:
    """The lines joined into pieces of about `size` bytes: a socket write per line would be most of the cost."""
    buffer: list[str] = []
    length = 0
    for line in lines:
        buffer.append(line)
        length += len(line)
        if length >= size:
            yield "".join(buffer).encode()
            buffer, length = [], 0
    if buffer:
        yield "".join(buffer).encode()


def csv_response(filename: str, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> StreamingHttpResponse:
    """A download named `filename`, quoted or encoded as RFC 6266 has it, that streams."""
    response = StreamingHttpResponse(in_chunks(csv_lines(header, rows)), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = attachment(filename)
    return response


def attachment(filename: str) -> str:
    """A Content-Disposition that carries any name: plain where it is ASCII, RFC 5987 beside it where not."""
    plain = "".join(c if " " <= c <= "~" and c not in '"\\/' else "_" for c in filename)
    if plain == filename:
        return f'attachment; filename="{plain}"'
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(filename, safe='')}"
