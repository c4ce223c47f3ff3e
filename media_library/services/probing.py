"""What is inside a file: asked of a decoder in a process of its own, which has limits and none of our secrets."""

import json
import logging
import os
import signal
import subprocess
import sys
import tempfile
from dataclasses import asdict
from typing import IO, Any

from django.conf import settings

from media_library.services.decoders.outcome import AGAIN, Probe, Request, Unreadable

__all__ = ["DecoderFault", "Probe", "Unreadable", "probe"]

logger = logging.getLogger(__name__)
GRACE_S = 5
"""The decoder ends itself by an alarm; this much later it is ended."""
HANDED_ON = ("PATH", "PYTHONPATH", "PYTHONHOME", "LD_LIBRARY_PATH", "TMPDIR")
"""All that the decoder sees of our environment: no address, password or key."""
OUT_OF_TIME = {signal.SIGALRM, signal.SIGXCPU}


class DecoderFault(Exception):  # noqa: N818 — named for what it is about
    """The decoder did not answer, and not for the file's sake: it cannot be started, or was killed from outside."""


def probe(file: IO[bytes], mime: str, *, name: str) -> Probe:
    """Look inside a temporary file of that media type.

    Raises Unreadable with a sentence for the person who uploaded the file, and DecoderFault where another try may help.
    """
    request = Request(
        path=file.name,
        mime=mime,
        name=name,
        max_pixels=settings.DGX_IMAGE_MAX_PIXELS,
        memory_bytes=settings.DGX_DECODER_MEMORY_BYTES,
        seconds=settings.DGX_DECODER_SECONDS,
    )
    with tempfile.TemporaryFile() as answer, tempfile.TemporaryFile() as words:
        status = _run(request, answer, words)
        if status:
            raise _failure(status, words)
        return _read(answer)


def _run(request: Request, answer: IO[bytes], words: IO[bytes]) -> int:
    with subprocess.Popen(
        [sys.executable, "-m", "media_library.services.decoders"],
        cwd=settings.BASE_DIR,
        env={name: os.environ[name] for name in HANDED_ON if name in os.environ} | {"MALLOC_ARENA_MAX": "2"},
        stdin=subprocess.PIPE,
        stdout=answer,
        stderr=words,
    ) as decoder:
        try:
            decoder.communicate(json.dumps(asdict(request)).encode(), timeout=settings.DGX_DECODER_SECONDS + GRACE_S)
        except subprocess.TimeoutExpired:
            decoder.kill()
            return -signal.SIGALRM
        except BaseException:  # the task's own time is up
            decoder.kill()
            raise
        return decoder.returncode


def _failure(status: int, words: IO[bytes]) -> Exception:
    if -status in OUT_OF_TIME:
        return Unreadable(f"Looking into the file takes longer than {settings.DGX_DECODER_SECONDS} s. {AGAIN}")
    said = _tail(words)
    if status < 0 and status != -signal.SIGKILL:
        logger.warning("a decoder broke off by %s: %s", signal.Signals(-status).name, said)
        return Unreadable(f"Something in the file breaks the decoder. {AGAIN}")
    return DecoderFault(f"The decoder ended with status {status}: {said}")


def _tail(words: IO[bytes]) -> str:
    words.seek(max(0, words.seek(0, os.SEEK_END) - 2000))
    return words.read().decode(errors="replace").strip()


def _read(answer: IO[bytes]) -> Probe:
    answer.seek(0)
    found: dict[str, Any] = json.loads(answer.readline())
    if "too_much_memory" in found:
        limit = settings.DGX_DECODER_MEMORY_BYTES // 1024**2
        raise Unreadable(f"Looking into the file takes more than {limit} MB of memory. {AGAIN}")
    if "unreadable" in found:
        raise Unreadable(found["unreadable"])
    return Probe(picture=answer.read(), **found)
