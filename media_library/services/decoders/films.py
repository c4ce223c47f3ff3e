"""Looks inside a video with FFmpeg (PyAV): what it is, whether it is whole, and a frame near its first second."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
from av.error import FFmpegError
from PIL import Image

from media_library.services.decoders.containers import is_cut_off
from media_library.services.decoders.images import as_jpeg
from media_library.services.decoders.outcome import AGAIN, THUMBNAIL_SIDE, Probe, Request, Unreadable, too_many_pixels

CONTAINERS = {
    "video/mp4": "mov",
    "video/quicktime": "mov",
    "video/webm": "matroska",
    "video/x-matroska": "matroska",
    "video/x-msvideo": "avi",
}
"""FFmpeg's name of the one container that a media type may be: its own guess could be a playlist of other addresses."""
NOTHING_ELSE = {"protocol_whitelist": "file", "format_whitelist": "mov,matroska,avi", "enable_drefs": "0"}
DURATION_MAX_S = 7 * 86_400
"""A week: what says more is damaged, and would overflow what is computed from it."""
THUMBNAIL_AT_S = 1.0
FRAMES_TRIED = 240
"""Frames decoded in search of the one near the first second, before the last one so far is taken."""
WHOLE_SHARE = 0.97
"""Frames that must be there for a video to count as whole: containers count hidden ones as well."""


@dataclass(frozen=True)
class _Extent:
    """How much of a video there is: frames read and promised, the second at which it ends, whether the file ends too
    early, and whether FFmpeg could not read it to its end."""

    frames: int
    promised: int
    end_s: float
    duration_s: float
    cut_off: bool
    broken_off: bool

    @property
    def is_whole(self) -> bool:
        if self.promised and self.cut_off:
            return self.frames >= self.promised
        if self.promised:
            return self.frames >= WHOLE_SHARE * self.promised
        return not (self.cut_off or self.broken_off)


def probe_film(request: Request) -> Probe:
    """Size, length and a frame of a video. Raises Unreadable for one that is damaged, cut off or has no picture."""
    extent = _measure(request)
    if not extent.is_whole:
        raise Unreadable(f"The video ends in the middle: {_how_much(extent)} could be read. {AGAIN}")
    duration_s = extent.duration_s if extent.duration_s > 0 else extent.end_s
    if duration_s > DURATION_MAX_S:
        raise Unreadable(f"The video says that it lasts {duration_s / 86_400:.0f} days. {AGAIN}")
    frame = _frame(request)
    picture = as_jpeg(_picture(frame))
    sideways = frame.rotation % 180 != 0
    width, height = (frame.height, frame.width) if sideways else (frame.width, frame.height)
    return Probe(picture=picture, width=width, height=height, duration_s=duration_s or None)


def _how_much(extent: _Extent) -> str:
    if extent.promised:
        return f"{extent.frames} of {extent.promised} frames"
    return f"{extent.end_s:.1f} of {extent.duration_s:.1f} seconds"


@contextmanager
def _opened(request: Request) -> Iterator[Any]:
    try:
        with av.open(
            request.path,
            format=CONTAINERS[request.mime],
            options=NOTHING_ELSE,
            metadata_errors="replace",  # titles come in any encoding, and nobody reads them here
        ) as container:
            if not container.streams.video:
                raise Unreadable("The file has sound but no picture. Upload a video with a picture.")
            stream = container.streams.video[0]
            _check_pixels(request, stream.width or 0, stream.height or 0)
            yield container
    except MemoryError:  # FFmpeg's own is an FFmpegError as well
        raise MemoryError from None
    except (FFmpegError, EOFError) as error:
        raise Unreadable(f"The video cannot be read: it is damaged or ends too early. {AGAIN}") from error


def _measure(request: Request) -> _Extent:
    """Read every packet of the picture; nothing is decoded, so it takes no longer than reading the file."""
    with _opened(request) as container, Path(request.path).open("rb") as file:
        stream = container.streams.video[0]
        frames, end_s, broken_off = 0, 0.0, False
        try:
            for packet in container.demux(stream):
                if packet.size and not packet.is_corrupt:
                    frames += 1
                    end_s = max(end_s, _end_of(packet))
        except MemoryError:
            raise
        except FFmpegError:  # what was counted says how much there is
            broken_off = True
        duration_s = _duration_of(container, stream)
        return _Extent(frames, stream.frames, end_s, duration_s, is_cut_off(file), broken_off)


def _check_pixels(request: Request, width: int, height: int) -> None:
    if width * height > request.max_pixels:
        raise Unreadable(too_many_pixels(request.max_pixels, width, height))


def _end_of(packet: Any) -> float:
    if packet.pts is None:
        return 0.0
    return float((packet.pts + (packet.duration or 0)) * packet.time_base)


def _duration_of(container: Any, stream: Any) -> float:
    if stream.duration:
        return float(stream.duration * stream.time_base)
    return container.duration / av.time_base if container.duration else 0.0


def _frame(request: Request) -> Any:
    """The frame nearest to one second, or the last one of a shorter video."""
    with _opened(request) as container:
        best = None
        for number, frame in enumerate(container.decode(video=0)):
            best = frame
            if number >= FRAMES_TRIED or (frame.time or 0) >= THUMBNAIL_AT_S:
                break
    if best is None:
        raise Unreadable(f"No frame of the video can be decoded. {AGAIN}")
    _check_pixels(request, best.width, best.height)
    return best


def _picture(frame: Any) -> Image.Image:
    scale = min(1.0, THUMBNAIL_SIDE / max(frame.width, frame.height))
    size = (max(1, round(frame.width * scale)), max(1, round(frame.height * scale)))
    picture: Image.Image = frame.reformat(width=size[0], height=size[1], format="rgb24").to_image()
    return picture.rotate(frame.rotation, expand=True) if frame.rotation else picture
