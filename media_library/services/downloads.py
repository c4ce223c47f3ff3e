"""Addresses under which people and programs fetch a video's bytes, without a credential of ours."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import PurePosixPath

from dgx.core.errors import Conflict
from media_library.models import Video
from media_library.services.handout import BrokenAddress, Media, NoAddress, hand_out


@dataclass(frozen=True)
class Address:
    """Where a video's bytes are, and what they are."""

    url: str
    expires_in: int
    expires_at: datetime | None
    filename: str
    mime: str
    size: int | None
    sha256: str


def address_of(video: Video, *, now: datetime, expires_in: int) -> Address:
    """An address that lives for `expires_in` seconds; a video whose address lies outside of the store is handed out as
    it is, with `expires_in` 0. Raises Conflict for a video without bytes."""
    name = filename_of(video)
    try:
        given = hand_out(Media.of(video), now=now, expires=expires_in, filename=name)
    except (NoAddress, BrokenAddress) as error:
        raise Conflict(f"“{video.name}” has no bytes to download yet.", code="no_bytes") from error
    expires_at = now + timedelta(seconds=given.expires_in) if given.expires_in else None
    return Address(given.url, given.expires_in, expires_at, name, video.mime, video.size, video.sha256)


def filename_of(video: Video) -> str:
    """The name under which a video downloads: its own, with the ending of its type."""
    ending = PurePosixPath(video.key).suffix
    return video.name if video.name.lower().endswith(ending) else video.name + ending
