"""What the byte fuzzers call: each reads bytes as production does and lets nothing pass but an answer or a refusal."""

import io
import tempfile
from datetime import UTC, datetime
from typing import Any

import orjson
from django.test import RequestFactory
from pydantic import BaseModel

from dgx.core.api.legacy_reading import Inputs
from dgx.core.errors import Refusal
from dgx.legacy_urls import ROUTES
from dgx.protocol.http import read
from dgx.protocol.reading import Reading, read_report
from dgx.protocol.schemas import BODY_MAX_BYTES, Claim, Enrolment, Poll
from media_library.services.decoders.outcome import Probe, Unreadable
from media_library.services.probing import probe
from media_library.services.sniffing import MediaType, inspect

NOW = datetime(2026, 1, 31, 10, tzinfo=UTC)
BODIES: tuple[type[BaseModel], ...] = (Poll, Enrolment, Claim)
_requests = RequestFactory()


def sniff(content: bytes) -> MediaType | None:
    """The type of an upload of that content; None: it is refused."""
    try:
        return inspect(io.BytesIO(content), len(content))
    except Refusal as refusal:
        if "file" not in refusal.fields:
            raise AssertionError("a refusal of a file names the field") from refusal
        return None


def look_inside(content: bytes, media: MediaType) -> Probe | None:
    """What the decoder, a bounded process of its own, finds; None: it says that the file cannot be shown. A decoder
    that is killed by anything but its own limits is a finding: it raises DecoderFault."""
    with tempfile.NamedTemporaryFile(suffix=media.extension) as file:
        file.write(content)
        file.flush()
        try:
            return probe(file, media.mime, name="fuzz")
        except Unreadable:
            return None


def report(content: bytes) -> Reading | None:
    """A poll's body, read as far as what would be stored; None: it is refused."""
    try:
        body = _read(content, Poll)
        reading = read_report(body, now=NOW)
    except Refusal:
        return None
    _is_storable(reading)
    return reading


def bodies(content: bytes) -> None:
    """The bodies of the other doors of devices, and of every old route that reads one."""
    for model in BODIES:
        try:
            _read(content, model)
        except Refusal:
            continue
    request: Any = _requests.generic("POST", "/", content, content_type="application/json")
    for inputs in _OLD_BODIES:
        try:
            inputs.read(request, dict.fromkeys(inputs.path.model_fields, "1") if inputs.path else {})
        except Refusal as refusal:
            orjson.dumps(getattr(refusal, "problems", []))  # an answer can be made of it


def _read(content: bytes, model: type[Any]) -> Any:
    request: Any = _requests.generic("POST", "/", content, content_type="application/json")
    return read(request, model, max_bytes=BODY_MAX_BYTES)


def _is_storable(reading: Reading) -> None:
    """What PostgreSQL could not keep must have been refused."""
    for log in reading.report.logs:
        words = (log.log_type, log.message or "", orjson.dumps(log.tags).decode())
        assert not any("\x00" in word or "\\u0000" in word.replace("\\\\", "") for word in words), words  # noqa: S101
        assert log.logged_at.tzinfo is not None  # noqa: S101
    orjson.dumps([reading.refused, reading.plays_refused])


_OLD_BODIES = list(
    {
        found.body: found
        for route in ROUTES
        if (found := Inputs.of(route.view, [])).body is not None and found.form is None
    }.values()
)
