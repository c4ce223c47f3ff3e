"""Addresses for old clients: where a video's bytes are fetched, be it our store or another web server."""

import mimetypes
import re
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import PurePosixPath
from typing import NamedTuple
from urllib.parse import urlsplit

from django.conf import settings

from dgx.core.errors import Invalid, NotFound
from media_library.models import Video
from media_library.services.signing import download_url, signed_at
from media_library.services.storage import is_incoming

_NOT_IN_A_KEY = re.compile(r"[^a-z0-9_.-]+")


class Media(NamedTuple):
    """What an address is made of. `source_url` stands in the place of the stored object; None: the object counts."""

    name: str
    file: str
    source_url: str | None
    mime: str

    @classmethod
    def of(cls, video: Video) -> "Media":
        """The same of a row."""
        return cls(video.name, video.key, video.source_url, video.mime)


@dataclass(frozen=True)
class HandedOut:
    """An address that needs no credential. `expires_in` 0: another server's, which we know nothing about."""

    url: str
    expires_in: int
    filename: str
    bucket: str | None = None
    key: str | None = None


class NoAddress(NotFound):
    """Nothing is stored for this video, and it names no address."""

    code = "no_address"


class BrokenAddress(Invalid):
    """The address that was put in the place of the stored object is neither the web's nor our bucket's."""

    code = "broken_address"


def hand_out(video: Media, *, now: datetime, expires: int, filename: str | None = None) -> HandedOut:
    """An address for `expires` seconds at least; it downloads under `filename`, else under the old services' name.

    Raises NoAddress, also for bytes that nobody has looked at yet, or BrokenAddress.
    """
    return _handed_out(video, signed_at(now, expires), expires, filename)


@lru_cache(maxsize=5_000)
def _handed_out(video: Media, at: datetime, expires: int, filename: str | None) -> HandedOut:
    """Made of nothing but these values, so that a kept one is never an old one."""
    filename = filename or file_name(video.name, video.file)
    link = s3_link(video.file, video.source_url)
    if not link:
        raise NoAddress("Video s3_link is not set")
    scheme, host, path = _split(link)
    if scheme in {"http", "https"} and host:
        return HandedOut(link, 0, filename)
    if scheme != "s3" or host != settings.S3_BUCKET or not (path == video.file or _is_ours(path)):
        raise BrokenAddress("Video s3_link is not an address in the bucket")
    if is_incoming(path):
        raise NoAddress("Video s3_link is not set")
    mime = video.mime if path == video.file else mimetypes.guess_type(path)[0] or ""
    url = download_url(path, mime=mime, now=at, expires=expires, filename=filename)
    return HandedOut(url, expires, filename, host, path)


def s3_link(file: str, source_url: str | None) -> str | None:
    """What the old services kept as a video's address; None: there is none."""
    if source_url is not None:
        return source_url.strip() or None
    return f"s3://{settings.S3_BUCKET}/{file}" if file else None


def file_name(name: str, file: str) -> str:
    """A video's name as the old services made file names: lower case, dashes, and the ending of the stored file."""
    suffix = PurePosixPath(file).suffix.lower() or ".mp4"
    return _NOT_IN_A_KEY.sub("-", name.lower()).removesuffix(suffix) + suffix


def _is_ours(key: str) -> bool:
    """An object among the media; whatever else the bucket holds is nobody's to hand out."""
    return key.startswith(f"{settings.S3_PREFIX}/") and not {".", ".."} & set(key.split("/"))


def _split(link: str) -> tuple[str, str, str]:
    """Scheme, host and path; empty ones for what is no address."""
    if any(character.isspace() or not character.isprintable() for character in link):
        return "", "", ""
    try:
        parts = urlsplit(link)
        return parts.scheme.lower(), parts.netloc, parts.path.removeprefix("/")
    except ValueError:
        return "", "", ""
