"""The program: reads one request (JSON), binds itself to its limits, and answers with a line of JSON and a JPEG.

Exit status 0 is an answer, `{"unreadable": reason}` among them; anything else is a fault or a limit.
"""

import json
import os
import resource
import signal
import sys
from collections.abc import Callable
from dataclasses import asdict

from media_library.services.decoders.outcome import Probe, Request, Unreadable

ANSWER_MAX_BYTES = 4 * 1024**2
OPEN_FILES = 64


def main() -> None:
    """Answer the request on standard input."""
    answer = _private_output()
    request = Request(**json.load(sys.stdin))
    look = _decoder_of(request.mime)
    _bind(request)
    body, picture = _look(look, request)
    os.write(answer, json.dumps(body).encode() + b"\n")
    os.write(answer, picture)


def _private_output() -> int:
    """Where the answer goes; whatever a decoder prints goes to standard error from now on."""
    answer = os.dup(1)
    os.dup2(2, 1)
    return answer


def _decoder_of(mime: str) -> Callable[[Request], Probe]:
    """Loaded before the limits hold: what a library takes for itself is not the file's doing."""
    if mime.startswith("video/"):
        from media_library.services.decoders.films import probe_film  # noqa: PLC0415 — 30 MB, for videos alone

        return probe_film
    if mime in {"application/pdf", "text/html"}:
        from media_library.services.decoders import documents  # noqa: PLC0415 — likewise

        return documents.probe_pdf if mime == "application/pdf" else documents.probe_page
    from media_library.services.decoders.images import probe_image  # noqa: PLC0415 — likewise

    return probe_image


def _bind(request: Request) -> None:
    """From here on it has so much memory, so many seconds, and writes nothing but its answer.

    The alarm ends it also when whoever started it is gone.
    """
    signal.alarm(request.seconds)
    for what, limit in (
        (resource.RLIMIT_AS, request.memory_bytes),
        (resource.RLIMIT_CPU, 2 * request.seconds),  # of all its threads together
        (resource.RLIMIT_FSIZE, ANSWER_MAX_BYTES),
        (resource.RLIMIT_NOFILE, OPEN_FILES),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (limit, limit))


def _look(look: Callable[[Request], Probe], request: Request) -> tuple[dict[str, object], bytes]:
    try:
        found = asdict(look(request))
    except Unreadable as reason:
        return {"unreadable": str(reason)}, b""
    except MemoryError:
        return {"too_much_memory": True}, b""
    return {name: value for name, value in found.items() if name != "picture"}, found["picture"]


if __name__ == "__main__":
    main()
