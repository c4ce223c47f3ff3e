"""What the byte fuzzers start from: real files of every kind, made by the tests' own makers, and real bodies."""

import hashlib
from pathlib import Path

import orjson

from dgx.protocol.openapi import POLL
from media_library.tests import files

TOKENS = [*POLL, "log_type", "value", "message", "tags", "logged_at", "sha256", "hour", "count", "seconds", "is_online"]


def media() -> list[bytes]:
    """A file of every kind that is taken, and some that are not."""
    videos = [files.film(kind, frames=3, size=(16, 16)) for kind in ("mp4", "mov", "avi", "mkv")]
    webm = files.film("webm", codec="vp8", frames=3, size=(16, 16))
    images = [files.image(kind, size=(8, 6)) for kind in ("png", "jpg", "gif", "webp")]
    others = [files.photo_on_its_side(), files.huge_png(), files.locked_pdf(), files.sound()]
    return [*videos, webm, *images, files.pdf(), files.PAGE, files.PROGRAM, files.SVG, *others]


def reports() -> list[bytes]:
    """Bodies of polls, whole and in part."""
    parts = [{key: value} for key, value in POLL.items()]
    odd = [b"{}", b"[]", b"null", b'{"is_online": true}', b'{"temperature": 1e999}', b'{"boot_id": "\\u0000"}']
    return [orjson.dumps(POLL), *(orjson.dumps(part) for part in parts), *odd]


def write(folder: Path, contents: list[bytes]) -> None:
    """Each as a file of the corpus in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    for content in contents:
        (folder / hashlib.sha256(content).hexdigest()[:16]).write_bytes(content)


def write_tokens(path: Path) -> None:
    """libFuzzer's dictionary: words that reports are made of."""
    path.write_text("".join(f'"\\"{token}\\""\n' for token in TOKENS))
