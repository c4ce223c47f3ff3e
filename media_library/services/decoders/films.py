"""Looks inside a video with FFmpeg (PyAV): what it is, whether it is whole, and a frame near its first second."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, Any

import av
from av.error import FFmpegError
from django.conf import settings
from PIL import Image

from media_library.services.containers import is_cut_off

THUMBNAIL_SIDE = 480
THUMBNAIL_AT_S = 1.0
FRAMES_TRIED = 240
"""Frames decoded in search of the one near the first second, before the last one so far is taken."""
WHOLE_SHARE = 0.97
"""Frames that must be there for a video to count as whole: containers count hidden ones as well."""
AGAIN = "Export it again and upload the new file."


class Unreadable(Exception):  # noqa: N818 — an expected answer, not a fault
    """The file cannot be shown; the message is for the person who uploaded it."""


@dataclass(frozen=True)
class Probe:
    """What was found: a picture of at most 480 x 480, pixels, seconds, pages; None where the kind has no such thing."""

    picture: Image.Image
    width: int | None = None
    height: int | None = None
    duration_s: float | None = None
    pages: int | None = None


@dataclass(frozen=True)
class _Extent:
    """How much of a video there is: frames read and promised, and the second at which it ends."""

    frames: int
    promised: int
    end_s: float
    duration_s: float
    cut_off: bool

    @property
    def is_whole(self) -> bool:
        if self.promised and self.cut_off:
            return self.frames >= self.promised
        if self.promised:
            return self.frames >= WHOLE_SHARE * self.promised
        return not self.cut_off


def probe_film(file: IO[bytes]) -> Probe:
    """Size, length and a frame of a video. Raises Unreadable for one that is damaged, cut off or has no picture."""
    extent = _measure(file)
    if not extent.is_whole:
        raise Unreadable(f"The video ends in the middle: {_how_much(extent)} could be read. {AGAIN}")
    frame = _frame(file)
    picture = _picture(frame)
    sideways = frame.rotation % 180 != 0
    width, height = (frame.height, frame.width) if sideways else (frame.width, frame.height)
    return Probe(picture=picture, width=width, height=height, duration_s=extent.duration_s or extent.end_s or None)


def _how_much(extent: _Extent) -> str:
    if extent.promised:
        return f"{extent.frames} of {extent.promised} frames"
    return f"{extent.end_s:.1f} of {extent.duration_s:.1f} seconds"


@contextmanager
def _opened(file: IO[bytes]) -> Iterator[Any]:
    file.seek(0)
    try:
        with av.open(file.name) as container:
            if not container.streams.video:
                raise Unreadable("The file has sound but no picture. Upload a video with a picture.")
            yield container
    except (FFmpegError, EOFError) as error:
        raise Unreadable(f"The video cannot be read: it is damaged or ends too early. {AGAIN}") from error


def _measure(file: IO[bytes]) -> _Extent:
    """Read every packet of the picture; nothing is decoded, so it takes no longer than reading the file."""
    with _opened(file) as container:
        stream = container.streams.video[0]
        _check_pixels(stream)
        frames, end_s = 0, 0.0
        try:
            for packet in container.demux(stream):
                if packet.size and not packet.is_corrupt:
                    frames += 1
                    end_s = max(end_s, _end_of(packet))
        except FFmpegError:  # cut off here: what was counted says how much there is
            pass
        return _Extent(frames, stream.frames, end_s, _duration_of(container, stream), is_cut_off(file))


def _check_pixels(stream: Any) -> None:
    pixels = (stream.width or 0) * (stream.height or 0)
    if pixels > settings.DGX_IMAGE_MAX_PIXELS:
        raise Unreadable(f"A picture may have at most {settings.DGX_IMAGE_MAX_PIXELS} pixels; this one has {pixels}.")


def _end_of(packet: Any) -> float:
    if packet.pts is None:
        return 0.0
    return float((packet.pts + (packet.duration or 0)) * packet.time_base)


def _duration_of(container: Any, stream: Any) -> float:
    if stream.duration:
        return float(stream.duration * stream.time_base)
    return container.duration / av.time_base if container.duration else 0.0


def _frame(file: IO[bytes]) -> Any:
    """The frame nearest to one second, or the last one of a shorter video."""
    with _opened(file) as container:
        best = None
        for number, frame in enumerate(container.decode(video=0)):
            best = frame
            if number >= FRAMES_TRIED or (frame.time or 0) >= THUMBNAIL_AT_S:
                break
    if best is None:
        raise Unreadable(f"No frame of the video can be decoded. {AGAIN}")
    return best


def _picture(frame: Any) -> Image.Image:
    scale = min(1.0, THUMBNAIL_SIDE / max(frame.width, frame.height))
    size = (max(1, round(frame.width * scale)), max(1, round(frame.height * scale)))
    picture: Image.Image = frame.reformat(width=size[0], height=size[1], format="rgb24").to_image()
    return picture.rotate(frame.rotation, expand=True) if frame.rotation else picture
