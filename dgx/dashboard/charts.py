"""The home page's charts: devices online and their temperatures over a day and a month, from the fleet's samples."""

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from devices.models import FleetSample
from devices.services.samples import EVERY, start_of_bucket

DAY, MONTH = timedelta(hours=24), timedelta(days=30)
HOURS_OF_A_MONTH = 3
"""A month is drawn with a point for each three hours."""
COUNTS: dict[str, Any] = {
    "animation": False,
    "responsive": True,
    "maintainAspectRatio": False,
    "datasets": {"line": {"borderWidth": 2, "pointStyle": False}},
    "plugins": {"legend": {"display": False}},
    "scales": {
        "x": {"border": {"width": 0}, "ticks": {"color": "#9ca3af", "maxTicksLimit": 7, "maxRotation": 0}},
        "y": {"border": {"width": 0}, "ticks": {"color": "#9ca3af", "precision": 0}, "grace": "5%"},
    },
}
"""How a chart of whole numbers is drawn: as the theme does, with no tick between two of them."""
LINES = {
    "online": ("Online", "var(--color-primary-600)"),
    "devices": ("Devices in service", "var(--color-base-400)"),
    "highest": ("Hottest", "var(--color-orange-500)"),
    "mean": ("Mean", "var(--color-primary-600)"),
}


def series(user: Any, now: datetime) -> dict[str, list[dict[str, Any]]]:
    """The samples of a day and of a month, oldest first; an instant that was not sampled has none."""
    rows = FleetSample.objects.series_for(user)
    month = rows.filter(at__gt=now - MONTH, at__minute=0, at__hour__in=range(0, 24, HOURS_OF_A_MONTH))
    return {"day": list(rows.filter(at__gt=now - DAY)), "month": list(month)}


def drawn(samples: dict[str, list[dict[str, Any]]], now: datetime) -> dict[str, dict[str, Any]]:
    """The charts by name, each as the theme's component takes it; one without any value is left out."""
    day = _grid(samples["day"], now, DAY, EVERY, "%H:%M")
    month = _grid(samples["month"], now, MONTH, timedelta(hours=HOURS_OF_A_MONTH), "%-d %b")
    wanted = {
        "presence_day": (day, ("online", "devices"), ""),
        "presence_month": (month, ("online", "devices"), ""),
        "temperature_day": (day, ("highest", "mean"), "°C"),
        "temperature_month": (month, ("highest", "mean"), "°C"),
    }
    return {
        name: _chart(grid, lines, suffix)
        for name, (grid, lines, suffix) in wanted.items()
        if sum(sample.get(lines[0]) is not None for _, sample in grid) > 1
    }


def _grid(
    samples: list[dict[str, Any]], now: datetime, length: timedelta, step: timedelta, form: str
) -> list[tuple[str, dict[str, Any]]]:
    """An entry for every step from `length` ago until now, in the project's timezone, empty where nothing was kept: a
    gap of ours is drawn as a gap."""
    kept = {sample["at"]: sample for sample in samples}
    last = start_of_bucket(now)
    if step >= timedelta(hours=1):
        hours = step // timedelta(hours=1)
        last = last.replace(hour=last.hour // hours * hours, minute=0)
    instants = [last - step * n for n in range(length // step, -1, -1)]
    return [(timezone.localtime(at).strftime(form), kept.get(at, {})) for at in instants]


def _chart(grid: list[tuple[str, dict[str, Any]]], lines: tuple[str, ...], suffix: str) -> dict[str, Any]:
    return {"labels": [label for label, _ in grid], "datasets": [_line(name, grid, suffix) for name in lines]}


def _line(name: str, grid: list[tuple[str, dict[str, Any]]], suffix: str) -> dict[str, Any]:
    label, color = LINES[name]
    values = [sample.get(name) for _, sample in grid]
    return {
        "label": label,
        "data": [round(value, 1) if isinstance(value, float) else value for value in values],
        "borderColor": color,
        "displayYAxis": True,
        "suffixYAxis": suffix,
        "maxTicksXLimit": 7,
    }
