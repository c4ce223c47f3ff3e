"""The four doors of the device protocol. The poll is the hot path: unchanged, it runs one statement."""

from datetime import datetime
from typing import Any
from zlib import crc32

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.cache import get_conditional_response

from devices.models import Device
from devices.services import enrolment
from devices.services.identity import Caller
from dgx.core.audit import Door, change
from dgx.core.errors import Conflict, Invalid, Refusal
from dgx.core.ratelimit import address_of, take, take_as_device
from dgx.protocol.auth import authenticate, token_hash, token_unknown
from dgx.protocol.http import answer, device_view, read
from dgx.protocol.reading import Reading, read_report
from dgx.protocol.schemas import BODY_MAX_BYTES, Claim, Enrolment, Poll
from media_library.services.manifest import encoded_manifest
from telemetry.services.plays import store_plays
from telemetry.services.reports import By, store_report

FEATURES = ["plays"]
"""What a poll may say beyond the first version of the protocol: an older server refuses a field that it knows not."""
ENROLMENT_MAX_BYTES = 16 * 1024
CLAIM_AFTER_S = 5
"""Seconds between two claims of a device that waits for its operator."""
PAIRINGS_A_MINUTE = 30
WRONG_KEYS_A_MINUTE = 30
KEY_ENROLMENTS_A_MINUTE = 3000
"""A shop's devices share one address and may all come in on the morning it opens; their key is no one's guess."""
CLAIMS_A_MINUTE = 1200
"""A hundred screens behind one address, each asking every CLAIM_AFTER_S seconds."""


@device_view("POST")
def enrol(request: HttpRequest) -> HttpResponse:
    """201 with the token by an enrolment key, 202 with a pairing code without one."""
    body = read(request, Enrolment, max_bytes=ENROLMENT_MAX_BYTES)
    address = address_of(request)
    if body.enrolment_key is None:
        take("pairing", address, limit=PAIRINGS_A_MINUTE, window_s=60)
        return _paired(body)
    take("enrol", address, limit=KEY_ENROLMENTS_A_MINUTE, window_s=60)
    try:
        with change(door=Door.DEVICE, what="Enrolled by a key"):
            enrolled = enrolment.enrol_with_key(
                mobile_id=body.mobile_id, key=body.enrolment_key, details=body.details(), now=timezone.now()
            )
    except Invalid:
        take("wrong-key", address, limit=WRONG_KEYS_A_MINUTE, window_s=60)
        raise
    return _enrolled(enrolled)


@device_view("POST")
def claim(request: HttpRequest) -> HttpResponse:
    """201 with the token once an operator typed the code, 202 until then, 410 when it was refused or ran out."""
    body = read(request, Claim, max_bytes=ENROLMENT_MAX_BYTES)
    take("claim", address_of(request), limit=CLAIMS_A_MINUTE, window_s=60)
    with change(door=Door.DEVICE, what="Came in by a pairing code"):
        enrolled = enrolment.claim(claim_token=body.claim_token, now=timezone.now())
    if enrolled is None:
        return answer({"poll_after_s": CLAIM_AFTER_S}, status=202)
    return _enrolled(enrolled)


@device_view("POST")
def poll(request: HttpRequest) -> HttpResponse:
    """Takes a report and answers with what the device should do next; the manifest only where it is news."""
    now, token = timezone.now(), token_hash(request)
    take_as_device("device", token, now=now.timestamp())
    body, reading = _read_poll(request, now)
    stored = store_report(By.TOKEN, token, reading.report, now=now)
    if stored is None:
        raise token_unknown(request)
    caller = stored.caller
    store_plays(caller.device_id, reading.plays)  # totals are good however late the report
    if stored.too_old:
        raise Conflict(
            "This report is too far behind the newest of its boot to tell whether it is a repeat. Drop it.",
            code="report_too_old",
        )
    if stored.newest:
        _note_changes(caller, body, now)
    return answer(
        {
            "server_time": now,
            "poll_after_s": poll_after_s(caller, now),
            "tag": caller.tag,
            "manifest": _manifest(caller, now) if body.have != caller.tag or body.missing else None,
            "accepted": reading.accepted,
            "refused": reading.refused,
            "duplicate": not stored.fresh,
            "plays_accepted": len(reading.plays),
            "plays_refused": reading.plays_refused,
            "features": FEATURES,
        }
    )


@device_view("GET", "HEAD")
def manifest(request: HttpRequest) -> HttpResponse:
    """The manifest, or 304 while the tag in If-None-Match is current. No report: it leaves presence alone."""
    now = timezone.now()
    take_as_device("device", token_hash(request), now=now.timestamp())
    caller = authenticate(request, now=now)
    etag = f'"{caller.tag}"'
    response = get_conditional_response(request, etag=etag) or answer(_manifest(caller, now))
    response["ETag"], response["Cache-Control"] = etag, "private, no-cache"
    return response


def _read_poll(request: HttpRequest, now: datetime) -> tuple[Poll, Reading]:
    """What the poll says. Of what is wrong with it hears nobody but a device: anyone else is refused first."""
    try:
        body = read(request, Poll, max_bytes=BODY_MAX_BYTES)
        return body, read_report(body, now=now)
    except Refusal:
        authenticate(request, now=now)
        raise


def poll_after_s(caller: Caller, now: datetime) -> float:
    """Seconds until the next poll: the expected interval, 10 % more or less by the device and the moment, so that a
    fleet that boots together spreads out. A device that may not miss a single report is asked for it early."""
    low, high = (0.9, 1.1) if caller.missed_reports > 1 else (0.6, 0.8)
    share = crc32(b"%d:%d" % (caller.device_id, int(now.timestamp()))) / 2**32
    return round(caller.interval_s * (low + (high - low) * share), 1)


def _manifest(caller: Caller, now: datetime) -> dict[str, Any]:
    return encoded_manifest(
        caller.device_id, tag=caller.tag, timezone=caller.timezone, poll_interval_s=caller.interval_s, now=now
    )


def _note_changes(caller: Caller, body: Poll, now: datetime) -> None:
    """Write screen and app version where they differ from what we know: a statement of its own, which is rare."""
    said = {"screen": body.screen, "app_version": body.app_version}
    changed = {name: value for name, value in said.items() if value is not None and value != getattr(caller, name)}
    if changed:
        Device.objects.filter(pk=caller.device_id).update(**changed, updated_at=now)


def _paired(body: Enrolment) -> HttpResponse:
    started = enrolment.start_pairing(mobile_id=body.mobile_id, details=body.details())
    return answer(
        {
            "pairing_code": started.pairing.code,
            "claim_token": started.claim_token,
            "expires_at": started.pairing.expires_at,
            "poll_after_s": CLAIM_AFTER_S,
        },
        status=202,
    )


def _enrolled(enrolled: enrolment.Enrolled) -> HttpResponse:
    device = enrolled.device
    described = {
        "id": device.public_id,
        "mobile_id": device.mobile_id,
        "name": device.name,
        "kind": device.kind,
        "group": device.group.name if device.group else None,
        "shop": device.shop.name if device.shop else None,
        "timezone": device.shop.timezone if device.shop else "UTC",
    }
    return answer({"device": described, "token": enrolled.token}, status=201)
