"""Who calls: one statement from the token's hash to everything that a poll has to know of its device."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import HttpRequest

from devices.models import Device
from devices.querysets import content_tag
from dgx.core.credentials import hash_secret
from dgx.core.errors import Unauthenticated
from dgx.core.prepared import fetch_one

_IDENTITY = """
SELECT t.revoked_at, t.expires_at, d.state, d.id, d.mobile_id, d.screen, d.app_version,
       coalesce(d.report_interval_s, g.report_interval_s), coalesce(d.missed_reports, g.missed_reports),
       d.content_version, g.id, g.content_version, s.id, s.content_version, s.timezone, c.content_version
  FROM devices_devicetoken t
  JOIN devices_device d ON d.id = t.device_id
  LEFT JOIN devices_group g ON g.id = d.group_id
  LEFT JOIN locations_shop s ON s.id = d.shop_id
  LEFT JOIN locations_chain c ON c.id = 1
 WHERE t.token_hash = %(token)s
"""


@dataclass(frozen=True, slots=True)
class Caller:
    """An authenticated device: its id, its manifest's tag, its clock and how often it should report."""

    device_id: int
    mobile_id: str
    screen: str
    app_version: str
    interval_s: int
    missed_reports: int
    tag: str
    timezone: str

    @property
    def silent_after_s(self) -> int:
        """Seconds of silence after which it counts as offline."""
        return self.interval_s * self.missed_reports

    @property
    def zone(self) -> ZoneInfo:
        """The clock of its shop, UTC without one."""
        return ZoneInfo(self.timezone)


def authenticate(request: HttpRequest, *, now: datetime) -> Caller:
    """The device that holds the request's token. Raises Unauthenticated, whose code tells a missing, an unknown, a
    revoked and an expired token and a retired device apart."""
    row = fetch_one(_IDENTITY, {"token": hash_secret(_token_of(request))})
    if row is None:
        raise token_unknown()
    revoked_at, expires_at, state, *known = row
    _still_good(state, revoked_at, expires_at, now)
    return _caller(known)


def token_unknown() -> Unauthenticated:
    """The refusal of a token that opens nothing."""
    return Unauthenticated("This token is unknown. Enrol the device again.", code="token_unknown")


def _token_of(request: HttpRequest) -> str:
    scheme, _, token = str(request.META.get("HTTP_AUTHORIZATION", "")).partition(" ")
    token = token.strip()
    if scheme.lower() != "device" or not token:
        raise Unauthenticated("Send the device's token as “Authorization: Device <token>”.")
    return token


def _still_good(state: str, revoked_at: datetime | None, expires_at: datetime | None, now: datetime) -> None:
    if state == Device.State.RETIRED:
        raise Unauthenticated("This device is retired.", code="device_retired")
    if revoked_at is not None:
        raise Unauthenticated("This token was revoked.", code="token_revoked")
    if expires_at is not None and expires_at <= now:
        raise Unauthenticated("This token has expired: the device was given a newer one.", code="token_expired")


def _caller(known: Sequence[Any]) -> Caller:
    device_id, mobile_id, screen, app_version, interval_s, missed_reports, version, *place = known
    group_id, group_version, shop_id, shop_version, timezone, chain_version = place
    return Caller(
        device_id=device_id,
        mobile_id=mobile_id,
        screen=screen,
        app_version=app_version,
        interval_s=interval_s or settings.DGX_REPORT_INTERVAL_S,
        missed_reports=missed_reports or settings.DGX_MISSED_REPORTS,
        tag=content_tag(
            device=(device_id, version),
            group=(group_id, group_version),
            shop=(shop_id, shop_version),
            chain=chain_version,
        ),
        timezone=timezone or "UTC",
    )
