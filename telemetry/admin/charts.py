"""A device's charts: temperatures and events of a day, a week and a month, as the theme draws them."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from devices.admin.overview import clock_of
from devices.services.uptime import last_days, last_hours
from telemetry.services.charts import TEMPERATURE, Bucket, reported

TYPES_SHOWN = 4
"""Kinds of events with a colour of their own, the most frequent first; the others are counted together."""
COLOURS = ("#0d9488", "#2563eb", "#d97706", "#9333ea", "#9ca3af")


def charts_panel(device: Any, now: datetime, user: Any) -> Mapping[str, Any]:
    """Three stretches of time, each with a chart of temperatures and one of events."""
    zone = clock_of(device)
    found = reported(device.pk, zone=zone, now=now)
    day = [start for start, _end in last_hours(now, 24)]
    week = [start for start, _end in last_hours(now, 24 * 7)]
    month = [start for start, _end in last_days(now, 30, zone)]
    stretches = [
        {"name": "24 hours", "step": "hour"} | _charts(day, found.hours, zone, "%H:%M"),
        {"name": "7 days", "step": "hour"} | _charts(week, found.hours, zone, "%a %H:%M"),
        {"name": "30 days", "step": "day"} | _charts(month, found.days, zone, "%-d %b"),
    ]
    return {"stretches": stretches, "has_any": bool(found.days or found.hours)}


def _charts(starts: Sequence[datetime], buckets: Sequence[Bucket], zone: ZoneInfo, labels: str) -> dict[str, str]:
    within = [bucket for bucket in buckets if bucket.start >= starts[0]]
    axis = [f"{start.astimezone(zone):{labels}}" for start in starts]
    return {
        "temperature": _temperatures(axis, starts, [b for b in within if b.log_type == TEMPERATURE]),
        "events": _events(axis, starts, [b for b in within if b.log_type != TEMPERATURE]),
    }


def _temperatures(axis: Sequence[str], starts: Sequence[datetime], buckets: Iterable[Bucket]) -> str:
    """Mean, lowest and highest; empty where nothing was measured."""
    at = {bucket.start: bucket for bucket in buckets if bucket.mean is not None}
    if not at:
        return ""
    values = [at.get(start) for start in starts]
    lines = [
        _line("Mean", [b and _round(b.mean) for b in values], COLOURS[0]),
        _line("Highest", [b and _round(b.high) for b in values], "#f97316", borderDash=[4, 4], borderWidth=1),
        _line("Lowest", [b and _round(b.low) for b in values], "#60a5fa", borderDash=[4, 4], borderWidth=1),
    ]
    return json.dumps({"labels": list(axis), "datasets": lines})


def _line(label: str, data: Sequence[Any], colour: str, **more: Any) -> dict[str, Any]:
    shown = {"displayYAxis": True, "suffixYAxis": "°C", "maxTicksXLimit": 8, "tension": 0.3}
    return {"label": label, "data": list(data), "borderColor": colour, **shown, **more}


def _round(value: float | None) -> float | None:
    return None if value is None else round(value, 1)


def _events(axis: Sequence[str], starts: Sequence[datetime], buckets: Sequence[Bucket]) -> str:
    """How many of each kind; empty where nothing happened."""
    if not buckets:
        return ""
    totals: Counter[str] = Counter()
    for bucket in buckets:
        totals[bucket.log_type] += bucket.number
    named = [log_type for log_type, _count in totals.most_common(TYPES_SHOWN)]
    counts: Counter[tuple[str, datetime]] = Counter()
    for bucket in buckets:
        counts[bucket.log_type if bucket.log_type in named else "others", bucket.start] += bucket.number
    kinds = [*named, "others"] if len(totals) > TYPES_SHOWN else named
    bars = [
        _bars(kind, [counts[kind, start] for start in starts], colour)
        for kind, colour in zip(kinds, COLOURS, strict=False)
    ]
    return json.dumps({"labels": list(axis), "datasets": bars})


def _bars(kind: str, data: Sequence[int], colour: str) -> dict[str, Any]:
    return {
        "label": kind,
        "data": list(data),
        "backgroundColor": colour,
        "stack": "events",
        "displayYAxis": True,
        "maxTicksXLimit": 8,
    }
