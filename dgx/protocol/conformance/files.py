"""The files that the examination hands out: pictures of noise, which any player can show, each with its trick."""

import hashlib
import random
import re
import struct
import zlib
from dataclasses import dataclass, field, replace
from typing import Any

from dgx.protocol.conformance.verdicts import Verdicts

REFUSED_MAX = 5
"""How often a player may ask a refused address before that counts as not having understood."""
HELD_BACK_MAX = 8
BEYOND_MAX = 2
"""How often a player may ask for bytes beyond the end: a part that is too long is to be thrown away."""
_RANGE = re.compile(r"bytes=(\d+)-(\d*)")


def noise_png(seed: int, side: int) -> bytes:
    """A square PNG of random colours, about 3 * side * side bytes: noise does not compress.

    https://www.w3.org/TR/png/#5DataRep: signature, then chunks of length, type, data and CRC.
    """
    chances = random.Random(seed)  # noqa: S311 — a picture
    rows = b"".join(b"\0" + chances.randbytes(3 * side) for _ in range(side))
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(rows, 0)), (b"IEND", b"")]
    packed = (struct.pack(">I", len(data)) + kind + data + _crc(kind + data) for kind, data in chunks)
    return b"\x89PNG\r\n\x1a\n" + b"".join(packed)


def _crc(data: bytes) -> bytes:
    return struct.pack(">I", zlib.crc32(data))


@dataclass(frozen=True)
class FileReply:
    """An answer to a GET: `length` is announced, `body` is sent; a shorter body is a cut line."""

    status: int
    body: bytes
    length: int
    headers: dict[str, str] = field(default_factory=dict)


class Sent:
    """The bytes of a file that were sent, in whatever order: runs that neither touch nor overlap."""

    def __init__(self) -> None:
        self._runs: list[tuple[int, int]] = []

    def add(self, start: int, end: int) -> None:
        """These were sent, `end` not among them."""
        if start >= end:
            return
        apart = [run for run in self._runs if run[1] < start or run[0] > end]
        joined = [run for run in self._runs if run not in apart] + [(start, end)]
        self._runs = [*apart, (min(run[0] for run in joined), max(run[1] for run in joined))]

    def all_of(self, size: int) -> bool:
        """There is no gap from the start to `size`."""
        return self._runs == [(0, size)]


class ServedFile:
    """A file that is served as it should be."""

    def __init__(self, name: str, verdicts: Verdicts, *, seed: int, side: int = 120) -> None:
        self.name = name
        self.data = noise_png(seed, side)
        self.size = len(self.data)
        self.sha256 = hashlib.sha256(self.data).hexdigest()
        self.verdicts = verdicts
        self.held = False
        """The player said so, and it was true: it has no reason to fetch it again."""
        self._sent = Sent()
        self._beyond = 0

    @property
    def whole(self) -> bool:
        """All of its right bytes were sent."""
        return self._sent.all_of(self.size)

    @property
    def query(self) -> str:
        """What follows its address, such as a signature."""
        return ""

    def item(self, base_url: str, order: int) -> dict[str, Any]:
        """Its entry in a manifest."""
        return {
            "id": f"{self.sha256[:8]}-0000-4000-8000-{self.sha256[:12]}",
            "name": self.name,
            "type": "image",
            "mime": "image/png",
            "size": self.size,
            "sha256": self.sha256,
            "url": f"{base_url}/files/{self.name}{self.query}",
            "rotation": 0,
            "fit_mode": "contain",
            "display_duration": 1,
            "order": order,
        }

    def manifest_asked(self) -> None:
        """The player was told the file's present address."""

    def answer(self, wanted: str | None, query: str, if_range: str | None = None) -> FileReply:
        """The reply to a GET with these Range and If-Range headers and query."""
        if self.held:
            self.verdicts.failed("no_second_download", f"fetched {self.name} again, which it said it holds")
        asked = self._range(wanted) if if_range in {None, self._etag} else None
        start, end = asked or (0, self.size)
        if start >= self.size:
            return self._beyond_the_end(start)
        reply = self._reply(start, end, ranged=asked is not None)
        reply.headers["ETag"] = self._etag
        return reply

    @property
    def _etag(self) -> str:
        return f'"{self.sha256[:32]}"'

    def _beyond_the_end(self, start: int) -> FileReply:
        self._beyond += 1
        if self._beyond > BEYOND_MAX:
            evidence = f"asked {self._beyond} times from byte {start} of {self.name}, which has {self.size}"
            self.verdicts.failed("resume", f"{evidence}: a part that is too long is to be thrown away")
        return FileReply(416, b"", 0, {"Content-Range": f"bytes */{self.size}"})

    def _reply(self, start: int, end: int, *, ranged: bool) -> FileReply:
        self._sent.add(start, end)
        return self._part(self.data, start, end, ranged)

    def _part(self, data: bytes, start: int, end: int, ranged: bool, *, cut_at: int | None = None) -> FileReply:
        headers = {"Content-Range": f"bytes {start}-{end - 1}/{self.size}"} if ranged else {}
        body = data[start : end if cut_at is None else cut_at]
        return FileReply(206 if ranged else 200, body, end - start, headers)

    def _range(self, wanted: str | None) -> tuple[int, int] | None:
        """The first byte and the one after the last; None, the whole file, for another form, or an end before the
        start. https://www.rfc-editor.org/rfc/rfc9110#section-14.2"""
        match = _RANGE.fullmatch(wanted.strip()) if wanted else None
        if match is None:
            return None
        start, last = int(match[1]), match[2]
        if last and int(last) < start:
            return None
        return start, min(self.size, int(last) + 1) if last else self.size


class CutFile(ServedFile):
    """The line breaks twice. The first time it goes on as some stores do, with 200 and a Content-Range; the second time
    as a cache that knows no Range, with the whole file."""

    def __init__(self, name: str, verdicts: Verdicts, *, seed: int, side: int = 120) -> None:
        super().__init__(name, verdicts, seed=seed, side=side)
        self._cuts = [self.size * 4 // 10, self.size * 7 // 10]
        self._cut: list[tuple[int, int]] = []
        """From which byte each cut download was asked for, and at which it was cut."""
        self._resumed = 0
        self._is_a_piece = False

    @property
    def was_cut(self) -> bool:
        """A download of it was cut."""
        return bool(self._cut)

    def answer(self, wanted: str | None, query: str, if_range: str | None = None) -> FileReply:
        self._is_a_piece = wanted is not None and not wanted.strip().endswith("-")
        return super().answer(wanted, query, if_range)

    def _reply(self, start: int, end: int, *, ranged: bool) -> FileReply:
        if len(self._cut) > self._resumed:
            self._judge(start, *self._cut[-1])
        cut_at = self._cuts[len(self._cut)] if len(self._cut) == self._resumed < len(self._cuts) else self.size
        if start < cut_at < end:
            self._cut.append((start, cut_at))
            self._sent.add(start, cut_at)
            return self._odd(self._part(self.data, start, end, ranged, cut_at=cut_at))
        if self._resumed == len(self._cuts) and not self._is_a_piece:
            return super()._reply(0, self.size, ranged=False)
        return self._odd(super()._reply(start, end, ranged=ranged))

    def _odd(self, reply: FileReply) -> FileReply:
        return replace(reply, status=200) if self._resumed else reply

    def _judge(self, start: int, asked_from: int, cut_at: int) -> None:
        """By the first request after a cut that is not for another piece of the file."""
        if start > cut_at or (self._is_a_piece and start < asked_from):
            return
        self._resumed += 1
        evidence = f"cut at byte {cut_at}, then asked from byte {start}"
        if start > asked_from or (self._is_a_piece and asked_from > 0):
            self.verdicts.passed("resume", evidence)
        elif asked_from and start:
            told = f"the answer before was 200 with Content-Range: bytes {asked_from}-"
            self.verdicts.failed("resume", f"{evidence}: {told}")
        else:
            self.verdicts.failed("resume", evidence)


class ExpiringFile(ServedFile):
    """Its first address is refused as expired. Its next one is out of order until the player has polled once more, so
    that it is seen with a new set that is not complete."""

    def __init__(self, name: str, verdicts: Verdicts, *, seed: int, side: int = 120) -> None:
        super().__init__(name, verdicts, seed=seed, side=side)
        self.refused = 0
        self.signature = 1
        self.held_back: int | None = 0
        """Refusals as out of order; None: it is served."""

    @property
    def query(self) -> str:
        return f"?signature={self.signature}"

    @property
    def is_held_back(self) -> bool:
        """It has a good address, and is out of order."""
        return self.signature > 1 and self.held_back is not None

    def manifest_asked(self) -> None:
        if self.refused and self.signature == 1:
            self.signature = 2

    def release(self) -> None:
        """Serve it from now on."""
        self.held_back = None

    def answer(self, wanted: str | None, query: str, if_range: str | None = None) -> FileReply:
        if query != "signature=2":
            return self._refuse()
        self.verdicts.passed("expired_address", f"asked for the manifest after {self.refused} refused, then anew")
        if self.held_back is None:
            return super().answer(wanted, query, if_range)
        self.held_back += 1
        if self.held_back >= HELD_BACK_MAX:
            self.release()
        return FileReply(503, b"out of order", 12)

    def _refuse(self) -> FileReply:
        self.refused += 1
        if self.refused > REFUSED_MAX:
            self.verdicts.failed("expired_address", f"asked a refused address {self.refused} times")
        body = b"<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>"
        return FileReply(403, body, len(body), {"Content-Type": "application/xml"})


class SpoiltFile(ServedFile):
    """The byte in its middle is wrong until all of it was sent once."""

    def __init__(self, name: str, verdicts: Verdicts, *, seed: int, side: int = 120) -> None:
        super().__init__(name, verdicts, seed=seed, side=side)
        self._middle = self.size // 2
        self._wrong = (
            self.data[: self._middle] + bytes([self.data[self._middle] ^ 0xFF]) + self.data[self._middle + 1 :]
        )
        self._sent_somehow = Sent()

    @property
    def was_spoilt(self) -> bool:
        """All of it was sent, with its wrong byte."""
        return self._sent_somehow.all_of(self.size)

    def _reply(self, start: int, end: int, *, ranged: bool) -> FileReply:
        if self.was_spoilt:
            return super()._reply(start, end, ranged=ranged)
        self._sent_somehow.add(start, end)
        self._sent.add(start, min(end, self._middle))
        self._sent.add(max(start, self._middle + 1), end)
        return self._part(self._wrong, start, end, ranged)
