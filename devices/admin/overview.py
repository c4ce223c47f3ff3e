"""What a device's page opens with: its status with the evidence, what it holds and should hold, and how available it
was. The device comes from `with_status`, as the page's own queryset gives it."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Subquery, Value
from django.db.models.functions import Coalesce

from devices.models import PresenceFlip
from devices.services.content import Awaited, awaited
from devices.services.status import status_of
from devices.services.uptime import Session, availability, last_days, last_hours, sessions_of
from dgx.core.admin.words import NOTHING, ago, bytes_in_words, length_in_words, since, wall_clock

STRETCHES = (("24 hours", timedelta(days=1)), ("7 days", timedelta(days=7)), ("30 days", timedelta(days=30)))
FLIPS_READ = 5000
"""So many flips of 30 days are looked at; a device that turned more often is unstable beyond what a strip can show."""
FLIPS_SHOWN = 10
GOOD, FAIR = 0.999, 0.95
"""The share of its time from which on a device counts as available, and as nearly so."""


def clock_of(device: Any) -> ZoneInfo:
    """The clock on the shop's wall, UTC without a shop."""
    return device.shop.zone if device.shop else ZoneInfo("UTC")


def status_panel(device: Any, now: datetime, user: Any) -> Mapping[str, Any]:
    """Status, since when and why, and the numbers behind it."""
    status = status_of(device, now)
    return {"status": status, "lasting": status.in_words(now), "clock": wall_clock(now, clock_of(device))} | {
        "facts": _facts(device, now)
    }


def _facts(device: Any, now: datetime) -> list[tuple[str, str, str]]:
    """(name, value, explanation) of what it last reported."""
    presence = device.presence
    daily, monthly = presence.door_openings(now)
    offline_after = f"It counts as offline after {device.silent_after_s()} s of silence."
    return [
        ("Last report", ago(presence.last_seen_at, now), _at(presence.last_seen_at, device)),
        ("Reports missed", _missed(device, now), offline_after),
        ("Temperature", _temperature(presence), f"Measured {ago(presence.temperature_at, now)}"),
        ("Clock", _clock_off(presence.clock_offset_s), "The device's clock against ours"),
        ("Free storage", bytes_in_words(presence.storage_free), ""),
        ("Doors today / this month", f"{daily} / {monthly}", "Openings, on the shop's clock"),
        ("Screen", device.screen or NOTHING, "Pixels"),
        ("App version", device.app_version or NOTHING, ""),
        ("Boot", presence.boot_id[:12] or NOTHING, presence.boot_id),
    ]


def _at(at: datetime | None, device: Any) -> str:
    """The whole time, on the shop's clock."""
    return f"{at.astimezone(clock_of(device)):%-d %b %Y, %H:%M:%S %Z}" if at else ""


def _missed(device: Any, now: datetime) -> str:
    if device.presence.last_seen_at is None:
        return NOTHING
    if now < device.due_at:
        return "none"
    return str(max(1, int((now - device.presence.last_seen_at).total_seconds() // device.expected_s)))


def _temperature(presence: Any) -> str:
    return f"{presence.temperature:.1f} °C" if presence.temperature_at else NOTHING


def _clock_off(offset_s: float | None) -> str:
    if offset_s is None:
        return NOTHING
    if abs(offset_s) < 1:
        return "right"
    return f"{length_in_words(abs(offset_s))} {'ahead' if offset_s > 0 else 'behind'}"


def content_panel(device: Any, now: datetime, user: Any) -> Mapping[str, Any]:
    """What it holds against what it should, in words."""
    tone, label, sentence = _content_state(device, now)
    steps = [] if device.presence.last_seen_at is None else awaited(device)
    return {
        "tone": tone,
        "label": label,
        "sentence": sentence,
        "steps": [_step(step, device, now) for step in steps],
        "presence": device.presence,
    }


def _content_state(device: Any, now: datetime) -> tuple[str, str, str]:
    """(tone, label, sentence)."""
    presence = device.presence
    if presence.last_seen_at is None:
        return "calm", "Unknown", "It has not reported yet, so nobody knows what it holds."
    if device.holds_tag:
        lasting = f", for {since(presence.held_at, now)}" if presence.held_at else ""
        return "good", "Up to date", f"It holds all that it should play{lasting}."
    if not presence.is_online:
        return (
            "bad",
            "Waits",
            f"A newer version waits; the device has been silent for {since(presence.last_seen_at, now)}.",
        )
    if presence.missing:
        files = "1 file" if presence.missing == 1 else f"{presence.missing} files"
        return "warn", "Downloading", f"It still misses {files} of the newer version."
    return "warn", "Behind", "A newer version waits; it takes it over with one of its next reports."


def _step(step: Awaited, device: Any, now: datetime) -> tuple[str, str]:
    """“group Menu boards: holds v12, v13 waits since 14:02”, and the whole time."""
    held = f"holds v{step.held}" if step.held is not None else "holds none of it"
    if step.since is None:
        return f"{step.of}: {held}, v{step.should} waits", ""
    local = step.since.astimezone(clock_of(device))
    day = "" if local.date() == now.astimezone(local.tzinfo).date() else f"{local:%-d %b} "
    late = ", it was offline" if not device.presence.is_online else ""
    return f"{step.of}: {held}, v{step.should} waits since {day}{local:%H:%M}{late}", _at(step.since, device)


def availability_panel(device: Any, now: datetime, user: Any) -> Mapping[str, Any]:
    """The share of its time that it was online, for a day, a week and a month, from flips; and when it was not."""
    start = now - timedelta(days=31)
    flips, sessions = _month(device, start, now)
    zone = clock_of(device)
    return {
        "stretches": [(name, _percent(sessions, now - length, now)) for name, length in STRETCHES],
        "hours": [_cell(sessions, *hour, f"{hour[0].astimezone(zone):%a %H:%M}") for hour in last_hours(now, 24)],
        "days": [_cell(sessions, *day, f"{day[0].astimezone(zone):%a %-d %b}") for day in last_days(now, 30, zone)],
        "flips": [(flip, ago(flip.at, now)) for flip in reversed(flips[-FLIPS_SHOWN:])],
    }


def _month(device: Any, start: datetime, now: datetime) -> tuple[list[PresenceFlip], list[Session]]:
    """Its flips from the last one before `start` on, oldest first, and the sessions that they make."""
    earlier = PresenceFlip.objects.filter(device=device, at__lt=start).order_by("-at").values("at")[:1]
    found = device.flips.filter(at__gte=Coalesce(Subquery(earlier), Value(start)), at__lt=now)
    flips = list(found.order_by("-at", "-id")[:FLIPS_READ])[::-1]
    return flips, sessions_of(flips, before=None, start=None, stop=now)


def _percent(sessions: Sequence[Session], start: datetime, end: datetime) -> tuple[str, str, str]:
    """(percent, tone, what that is in time)."""
    found = availability(sessions, start, end)
    if found.share is None:
        return NOTHING, "calm", "Nothing is known of it."
    return _rounded(found.share), _tone(found.share), f"{length_in_words(found.offline_s)} offline"


def _cell(sessions: Sequence[Session], start: datetime, end: datetime, name: str) -> dict[str, str]:
    """One stretch as the theme's tracker draws it."""
    found = availability(sessions, start, end)
    if found.share is None:
        return {"color": "dgx-cell--calm", "tooltip": f"{name}: nothing is known"}
    return {"color": f"dgx-cell--{_tone(found.share)}", "tooltip": f"{name}: {_rounded(found.share)} online"}


def _rounded(share: float) -> str:
    """Never 100 % of what was not all of it."""
    return "100 %" if share >= 1 else f"{min(99.9, share * 100):.1f} %"


def _tone(share: float) -> str:
    return "good" if share >= GOOD else "warn" if share >= FAIR else "bad"
