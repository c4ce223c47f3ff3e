"""Who reports: all that a report and its answer have to know of a device, found by its token or by the name on it.

SQL and not a queryset, since a report's own statement begins with it: one way to the database for each poll.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings

from devices.models import Device
from devices.querysets import content_tag
from dgx.core.errors import Unauthenticated
from dgx.core.prepared import Statement

_KNOWN = """
d.id AS device_id, d.mobile_id, d.screen, d.app_version, d.state,
coalesce(d.report_interval_s, g.report_interval_s, %(interval_s)s::int) AS interval_s,
coalesce(d.missed_reports, g.missed_reports, %(missed_reports)s::int) AS missed_reports,
s.timezone, d.content_version AS device_version, g.id AS group_id, g.content_version AS group_version,
s.id AS shop_id, s.content_version AS shop_version, c.content_version AS chain_version
"""
_PLACE = """
LEFT JOIN devices_group g ON g.id = d.group_id
LEFT JOIN locations_shop s ON s.id = d.shop_id
LEFT JOIN locations_chain c ON c.id = 1
"""
BY_TOKEN = f"""
SELECT {_KNOWN}, t.revoked_at, t.expires_at,
       t.revoked_at IS NULL AND coalesce(t.expires_at > %(now)s::timestamptz, true)
       AND d.state <> '{Device.State.RETIRED}' AS may_report
  FROM devices_devicetoken t JOIN devices_device d ON d.id = t.device_id {_PLACE}
 WHERE t.token_hash = %(key)s
"""  # noqa: S608 — only constants are formatted in, here and below
BY_MOBILE_ID = f"""
SELECT {_KNOWN}, NULL::timestamptz AS revoked_at, NULL::timestamptz AS expires_at, true AS may_report
  FROM devices_device d {_PLACE}
 WHERE d.mobile_id = %(key)s
"""  # noqa: S608
"""The old routes know no tokens; who may call them was asked before."""

_FIND_BY_TOKEN, _FIND_BY_MOBILE_ID = Statement(BY_TOKEN, reads=True), Statement(BY_MOBILE_ID, reads=True)


@dataclass(frozen=True, slots=True)
class Caller:
    """A device that calls. The fields are the columns of BY_TOKEN, in their order."""

    device_id: int
    mobile_id: str
    screen: str
    app_version: str
    state: str
    interval_s: int
    missed_reports: int
    shop_timezone: str | None
    device_version: int
    group_id: int | None
    group_version: int | None
    shop_id: int | None
    shop_version: int | None
    chain_version: int | None
    revoked_at: datetime | None
    expires_at: datetime | None
    may_report: bool

    @property
    def tag(self) -> str:
        """Its manifest's tag."""
        return content_tag(
            device=(self.device_id, self.device_version),
            group=(self.group_id, self.group_version),
            shop=(self.shop_id, self.shop_version),
            chain=self.chain_version,
        )

    @property
    def timezone(self) -> str:
        """The name of its shop's clock, UTC without one."""
        return self.shop_timezone or "UTC"

    @property
    def zone(self) -> ZoneInfo:
        """The clock itself."""
        return ZoneInfo(self.timezone)

    def checked(self) -> "Caller":
        """Itself. Raises Unauthenticated; its code tells a retired device, a revoked and an expired token apart."""
        if self.may_report:
            return self
        if self.state == Device.State.RETIRED:
            raise Unauthenticated("This device is retired.", code="device_retired")
        if self.revoked_at is not None:
            raise Unauthenticated("This token was revoked.", code="token_revoked")
        raise Unauthenticated("This token has expired: the device was given a newer one.", code="token_expired")


def given(key: str, now: datetime) -> dict[str, Any]:
    """The parameters of BY_TOKEN and BY_MOBILE_ID."""
    return {
        "key": key,
        "now": now,
        "interval_s": settings.DGX_REPORT_INTERVAL_S,
        "missed_reports": settings.DGX_MISSED_REPORTS,
    }


def caller_of(row: Sequence[Any]) -> Caller:
    """The device of a row of BY_TOKEN or BY_MOBILE_ID."""
    return Caller(*row)


def by_token(token_hash: str, *, now: datetime) -> Caller | None:
    """The device that holds the token, whether or not it is still good (`Caller.checked`)."""
    row = _FIND_BY_TOKEN.one(given(token_hash, now))
    return caller_of(row) if row else None


def by_mobile_id(mobile_id: str, *, now: datetime) -> Caller | None:
    """The device of exactly that name."""
    row = _FIND_BY_MOBILE_ID.one(given(mobile_id, now))
    return caller_of(row) if row else None
