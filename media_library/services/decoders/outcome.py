"""What the decoders are asked, and what they answer."""

from dataclasses import dataclass

THUMBNAIL_SIDE = 480
AGAIN = "Export it again and upload the new file."


class Unreadable(Exception):  # noqa: N818 — an expected answer, not a fault
    """The file cannot be shown; the message is for the person who uploaded it."""


@dataclass(frozen=True)
class Request:
    """A file of that media type to look into. `name` is the video's; limits are pixels, bytes of memory and seconds."""

    path: str
    mime: str
    name: str
    max_pixels: int
    memory_bytes: int
    seconds: int


@dataclass(frozen=True)
class Probe:
    """What was found: a JPEG of at most 480 x 480, pixels, seconds, pages; None where the kind has no such thing."""

    picture: bytes
    width: int | None = None
    height: int | None = None
    duration_s: float | None = None
    pages: int | None = None


def too_many_pixels(limit: int, width: int, height: int) -> str:
    """The sentence for a picture over the limit."""
    return f"A picture may have at most {limit} pixels; this one has {width} x {height}."
