"""A device's status: what it is, since when, and the evidence in words. Computed here and shown everywhere alike.

The first line that is true decides. `devices.services.status_sql` is this table in SQL; `status_of` puts an annotated
device into words.

| status   | is                                                                      | since                          |
|----------|-------------------------------------------------------------------------|--------------------------------|
| retired  | out of service                                                          | not kept                       |
| never    | has not reported yet                                                    | it was registered              |
| unknown  | a report is overdue, but we were away after its last one: silence       | we went away, or its last      |
|          | proves nothing                                                          | report, whichever is later     |
| unstable | turned online or offline more than 6 times within the last hour         | the first turn of that hour    |
| offline  | silent for longer than it may be, or it said that it goes               | the sweep or it said so        |
| late     | a report is overdue: the interval, 10 % for the poll's jitter and 2 s   | the report was due             |
|          | for the way are over                                                    |                                |
| degraded | reports, but is there twice, lacks content, is hot, has a wrong clock   | it fell behind, or the sweep   |
|          | or a full disk                                                          | noticed heat, clock or disk    |
| online   | reports as expected                                                     | it turned online               |
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import models

from dgx.core.admin.words import ago, bytes_in_words, length_in_words, since

JITTER = 1.1
"""A poll is asked for after the interval, 10 % more or less (`dgx.protocol.views.poll_after_s`)."""
ON_THE_WAY_S = 2.0
"""A device waits from the answer on, so a report also takes as long as the call before."""
UNSTABLE_WITHIN = timedelta(hours=1)
UNSTABLE_FLIPS = 6
"""More flips than this within the hour is unstable."""
CLOCK_OFF_S = 120.0
"""A clock that is wrong by more shows windows at the wrong time and breaks TLS and signed addresses in the end."""
CLONED_IS_NEWS_FOR = timedelta(hours=1)
CLONED = (
    "It answers from two places at once: two devices share its token. Allow its re-pairing, which ends both, and pair "
    "the right one."
)
TEMPERATURE_IS_NEWS_FOR = timedelta(hours=1)
"""An older reading says nothing about now."""


def content_grace() -> timedelta:
    """How long a device may take to download a change before it counts as degraded."""
    return timedelta(minutes=settings.DGX_CONTENT_GRACE_MINUTES)


class StatusCode(models.TextChoices):
    """Every device has exactly one, in the order in which they are worth an operator's time."""

    OFFLINE = "offline", "Offline"
    UNSTABLE = "unstable", "Unstable"
    DEGRADED = "degraded", "Degraded"
    LATE = "late", "Late"
    UNKNOWN = "unknown", "Unknown"
    ONLINE = "online", "Online"
    NEVER = "never", "Never seen"
    RETIRED = "retired", "Retired"


TONES: dict[str, str] = {
    StatusCode.OFFLINE: "bad",
    StatusCode.UNSTABLE: "warn",
    StatusCode.DEGRADED: "warn",
    StatusCode.LATE: "warn",
    StatusCode.UNKNOWN: "info",
    StatusCode.ONLINE: "good",
    StatusCode.NEVER: "calm",
    StatusCode.RETIRED: "calm",
}
"""The badge's colour, as `dgx.core.admin.words.badge` names them."""

EVERYDAY = frozenset({StatusCode.ONLINE, StatusCode.NEVER, StatusCode.RETIRED})
"""Nothing that anybody has to look into."""


@dataclass(frozen=True)
class Status:
    """A device's status at an instant. `since` None: not kept. `reasons`: the evidence, a sentence each."""

    code: str
    label: str
    tone: str
    since: datetime | None
    reasons: list[str]

    @property
    def needs_a_look(self) -> bool:
        """Somebody should look into it."""
        return self.code not in EVERYDAY

    def in_words(self, now: datetime) -> str:
        """“Offline for 2 hours”; the label alone where it is not kept since when, or it does not matter."""
        says_how_long = self.since is not None and self.code not in {StatusCode.NEVER, StatusCode.RETIRED}
        return f"{self.label} for {since(self.since, now)}" if self.since and says_how_long else self.label


def status_of(device: Any, now: datetime) -> Status:
    """The status of a device that came from `Device.objects.with_status(now)`, with the same `now`."""
    code = StatusCode(device.status)
    return Status(code.value, str(code.label), TONES[code], device.status_since, _reasons(device, code, now))


def _reasons(device: Any, code: StatusCode, now: datetime) -> list[str]:
    write = _WRITERS.get(code)
    return write(device, now) if write else [_last_report(device, now)]


def _last_report(device: Any, now: datetime) -> str:
    return f"Its last report came {ago(device.presence.last_seen_at, now)}."


def _unknown(device: Any, now: datetime) -> list[str]:
    return [_last_report(device, now), "We were away since then, so its silence proves nothing."]


def _flips(device: Any, now: datetime) -> list[str]:
    state = "online" if device.presence.is_online else "offline"
    lasting = f" for {since(device.presence.since, now)}" if device.presence.since else ""
    return [f"It turned online or offline {device.recent_flips} times in the last hour; {state} now{lasting}."]


def _why_offline(device: Any, now: datetime) -> list[str]:
    presence = device.presence
    if presence.since and presence.since <= presence.last_seen_at:
        return [f"It said that it goes offline, {ago(presence.since, now)}."]
    return [_last_report(device, now), f"It may be silent for {presence.silent_after_s} s."]


def _overdue(device: Any, now: datetime) -> list[str]:
    missed = max(1, int((now - device.presence.last_seen_at).total_seconds() // device.expected_s))
    reports = "1 report is" if missed == 1 else f"{missed} reports are"
    return [f"{reports} missing, one is due every {device.expected_s:g} s.", _last_report(device, now)]


def _complaints(device: Any, now: datetime) -> list[str]:
    """What is wrong with a device that reports; the same conditions, in the same order, as in SQL."""
    presence = device.presence
    found = []
    if device.is_cloned:
        found.append(f"{CLONED} Noticed {ago(presence.cloned_at, now)}.")
    if device.is_behind:
        found.append(_behind(device, now))
    if device.is_hot:
        found.append(f"It is hot: {presence.temperature:.1f} °C, more than {settings.DGX_HOT_CELSIUS:g} °C.")
    if device.clock_is_off:
        found.append(_clock(presence.clock_offset_s))
    if device.disk_is_full:
        low = bytes_in_words(settings.DGX_DISK_LOW_BYTES)
        found.append(f"Its disk is nearly full: {bytes_in_words(presence.storage_free)} free, less than {low}.")
    return found


def _behind(device: Any, now: datetime) -> str:
    waiting = since(device.behind_since, now)
    if device.presence.missing:
        files = "1 file is" if device.presence.missing == 1 else f"{device.presence.missing} files are"
        return f"Content is missing: {files} not there yet, for {waiting}."
    return f"It does not hold what it should, for {waiting}."


def _clock(offset_s: float) -> str:
    side, size = ("ahead" if offset_s > 0 else "behind"), abs(offset_s)
    return f"Its clock is {length_in_words(size)} {side}."


_WRITERS: dict[StatusCode, Callable[[Any, datetime], list[str]]] = {
    StatusCode.RETIRED: lambda _device, _now: ["It was taken out of service; its tokens no longer work."],
    StatusCode.NEVER: lambda _device, _now: ["No report has arrived yet."],
    StatusCode.UNKNOWN: _unknown,
    StatusCode.UNSTABLE: _flips,
    StatusCode.OFFLINE: _why_offline,
    StatusCode.LATE: _overdue,
    StatusCode.DEGRADED: _complaints,
}
