"""The fleet's storage: each file once, by its hash, downloaded to *.part, resumed with Range, verified, renamed."""

import hashlib
import threading
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

import urllib3
from urllib3.exceptions import HTTPError

from dgx.protocol.simulator.books import Books
from dgx.protocol.simulator.wire import Interrupted, Wire

CHUNK = 64 * 1024
NO_LONGER_SIGNED = frozenset({400, 401, 403, 404, 410})
"""How stores refuse an expired address: S3 says 403, some others 400."""


class AddressExpired(Exception):  # noqa: N818 — the ordinary life of a device
    """The address no longer works: ask for the manifest again."""


class Files:
    """A folder of verified files that all devices of the fleet share. Thread-safe; a file is fetched by one at once."""

    def __init__(self, folder: Path, wire: Wire, books: Books) -> None:
        self._folder = folder
        self._wire = wire
        self._books = books
        self._locks: dict[str, threading.Lock] = defaultdict(threading.Lock)
        self._have: set[str] = set()

    def has(self, sha256: str) -> bool:
        """The file is here and verified."""
        return sha256 in self._have

    def fetch(self, item: dict[str, Any], *, cut_after: int | None = None) -> bool:
        """Get the item of a manifest. False: another device is at it. `cut_after`: the line breaks after that many
        bytes. Raises Interrupted or AddressExpired."""
        lock = self._locks[item["sha256"]]
        if not lock.acquire(blocking=False):
            return False
        try:
            if not self.has(item["sha256"]):
                self._download(item, cut_after)
                self._verify(item)
        finally:
            lock.release()
        return True

    def _download(self, item: dict[str, Any], cut_after: int | None) -> None:
        part = self._part(item)
        offset = part.stat().st_size if part.exists() else 0
        if offset >= item["size"] > 0:
            return  # whole, or too long: the verification tells
        started = time.monotonic()
        response = self._wire.open(item["url"], offset=offset)
        try:
            if response.status in NO_LONGER_SIGNED:
                raise AddressExpired
            if response.status not in {200, 206}:
                raise Interrupted(f"download: {response.status}")
            self._write(part, response, resumed=offset > 0 and _starts_at(response, offset), cut_after=cut_after)
        finally:
            response.close()
        self._books.took("download", time.monotonic() - started)

    def _write(self, part: Path, response: urllib3.BaseHTTPResponse, *, resumed: bool, cut_after: int | None) -> None:
        if resumed:
            self._books.count("downloads_resumed")
        written = 0
        with part.open("ab" if resumed else "wb") as file:
            try:
                for chunk in response.stream(CHUNK if cut_after is None else max(1, min(CHUNK, cut_after))):
                    written += file.write(chunk)
                    if cut_after is not None and written >= cut_after:
                        raise Interrupted("download: the line broke")
            except HTTPError as error:
                raise Interrupted(f"download: {type(error).__name__}") from error
            finally:
                self._books.count("downloaded_bytes", written)

    def _verify(self, item: dict[str, Any]) -> None:
        part = self._part(item)
        size = part.stat().st_size
        if size < item["size"]:
            raise Interrupted("download: the connection closed early")
        with part.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
        if size != item["size"] or found != item["sha256"]:
            part.unlink()
            self._books.violation(f"{item['name']}: {size} bytes with hash {found}, not {item['size']} with its own")
            raise Interrupted("download: the bytes are not those of the hash")
        part.rename(self._folder / item["sha256"])
        self._have.add(item["sha256"])
        self._books.count("files_verified")

    def _part(self, item: dict[str, Any]) -> Path:
        return self._folder / f"{item['sha256']}.part"


def _starts_at(response: urllib3.BaseHTTPResponse, offset: int) -> bool:
    """The store sends the rest alone; some say so by 200 with a Content-Range."""
    return response.headers.get("Content-Range", "").startswith(f"bytes {offset}-")
