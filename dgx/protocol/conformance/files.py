"""The files that the examination hands out: pictures of noise, which any player can show, each with its trick."""

import hashlib
import random
import re
import struct
import zlib
from dataclasses import dataclass, field
from typing import Any

from dgx.protocol.conformance.verdicts import Verdicts

REFUSED_MAX = 5
"""How often a player may ask a refused address before that counts as not having understood."""
HELD_BACK_MAX = 8
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


class ServedFile:
    """A file that is served as it should be."""

    def __init__(self, name: str, verdicts: Verdicts, *, seed: int, side: int = 120) -> None:
        self.name = name
        self.data = noise_png(seed, side)
        self.size = len(self.data)
        self.sha256 = hashlib.sha256(self.data).hexdigest()
        self.verdicts = verdicts
        self.requests = 0
        self.sent = 0
        """Right bytes that were sent from the start on, without a gap."""

    @property
    def whole(self) -> bool:
        """All of its right bytes were sent."""
        return self.sent >= self.size

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
            "licence": "an unknown field",
        }

    def manifest_asked(self) -> None:
        """The player was told the file's present address."""

    def answer(self, wanted: str | None, query: str) -> FileReply:
        """The reply to a GET with this Range header and query."""
        self.requests += 1
        start, end = self._range(wanted)
        if start >= self.size:
            return FileReply(416, b"", 0, {"Content-Range": f"bytes */{self.size}"})
        return self._reply(start, end, ranged=wanted is not None)

    def _reply(self, start: int, end: int, *, ranged: bool) -> FileReply:
        self._note(start, end)
        return self._part(self.data, start, end, ranged)

    def _note(self, start: int, end: int) -> None:
        if start <= self.sent:
            self.sent = max(self.sent, end)

    def _part(self, data: bytes, start: int, end: int, ranged: bool, *, cut_at: int | None = None) -> FileReply:
        headers = {"Content-Range": f"bytes {start}-{end - 1}/{self.size}"} if ranged else {}
        body = data[start : end if cut_at is None else cut_at]
        return FileReply(206 if ranged else 200, body, end - start, headers)

    def _range(self, wanted: str | None) -> tuple[int, int]:
        """The first byte and the one after the last; all of the file where the header is of another form."""
        match = _RANGE.fullmatch(wanted.strip()) if wanted else None
        if match is None:
            return 0, self.size
        end = int(match[2]) + 1 if match[2] else self.size
        return int(match[1]), min(self.size, end)


class CutFile(ServedFile):
    """The line breaks once, after two thirds of the file."""

    def __init__(self, name: str, verdicts: Verdicts, *, seed: int, side: int = 120) -> None:
        super().__init__(name, verdicts, seed=seed, side=side)
        self.cut_at = self.size * 2 // 3
        self.was_cut = False
        self._judged = False

    def _reply(self, start: int, end: int, *, ranged: bool) -> FileReply:
        if not self.was_cut and start < self.cut_at < end:
            self.was_cut = True
            self._note(start, self.cut_at)
            return self._part(self.data, start, end, ranged, cut_at=self.cut_at)
        if self.was_cut and not self._judged:
            self._judge(start)
        return super()._reply(start, end, ranged=ranged)

    def _judge(self, start: int) -> None:
        """By the first request after the cut."""
        self._judged = True
        if 0 < start <= self.cut_at:
            self.verdicts.passed("resume", f"cut at byte {self.cut_at}, asked on from byte {start}")
        else:
            self.verdicts.failed("resume", f"cut at byte {self.cut_at}, then asked from byte {start}")


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

    def answer(self, wanted: str | None, query: str) -> FileReply:
        if query != "signature=2":
            return self._refuse()
        self.verdicts.passed("expired_address", f"asked for the manifest after {self.refused} refused, then anew")
        if self.held_back is None:
            return super().answer(wanted, query)
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
    """Its bytes are wrong the first time that they are sent to the end."""

    def __init__(self, name: str, verdicts: Verdicts, *, seed: int, side: int = 120) -> None:
        super().__init__(name, verdicts, seed=seed, side=side)
        middle = self.size // 2
        self._wrong = self.data[:middle] + bytes([self.data[middle] ^ 0xFF]) + self.data[middle + 1 :]
        self.was_spoilt = False

    def _reply(self, start: int, end: int, *, ranged: bool) -> FileReply:
        if self.was_spoilt:
            return super()._reply(start, end, ranged=ranged)
        self.was_spoilt = end == self.size
        return self._part(self._wrong, start, end, ranged)
