"""When a link is shown: from a day until a day, on some weekdays, between two times of the day on the shop's clock."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Any, Protocol
from zoneinfo import ZoneInfo


class HasWindow(Protocol):
    """What a link, or a placement, says of its window."""

    @property
    def valid_from(self) -> datetime | None: ...
    @property
    def valid_until(self) -> datetime | None: ...
    @property
    def weekdays(self) -> Sequence[int] | None: ...
    @property
    def start_time(self) -> time | None: ...
    @property
    def end_time(self) -> time | None: ...


class Closed(StrEnum):
    """Which limit of a window keeps it closed."""

    NOT_YET = "not_yet"
    OVER = "over"
    HOURS = "hours"
    DAY = "day"


@dataclass(frozen=True)
class Window:
    """Half-open: an instant equal to the end is outside. Past midnight it belongs to the day on which it starts."""

    valid_from: datetime | None = None
    valid_until: datetime | None = None
    weekdays: tuple[int, ...] | None = None
    start: time | None = None
    end: time | None = None

    @classmethod
    def of(cls, row: HasWindow) -> "Window | None":
        """The row's window, None where it is always open."""
        limits = (row.valid_from, row.valid_until, row.start_time, row.end_time)
        if not row.weekdays and limits == (None, None, None, None):
            return None
        weekdays = tuple(sorted(set(row.weekdays))) if row.weekdays else None
        return cls(row.valid_from, row.valid_until, weekdays, row.start_time, row.end_time)

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> "Window":
        """The window that a manifest carries, as `as_json` writes it."""
        instants = {key: datetime.fromisoformat(values[key]) for key in ("from", "until") if key in values}
        clocks = {key: time.fromisoformat(values[key]) for key in ("start", "end") if key in values}
        days = tuple(values["days"]) if "days" in values else None
        return cls(instants.get("from"), instants.get("until"), days, clocks.get("start"), clocks.get("end"))

    def contains(self, at: datetime, zone: ZoneInfo) -> bool:
        """Open at that instant. Wall-clock times are read on `zone`'s clock, so a change of daylight saving time
        shifts the instants and never the shown hours."""
        return self.closed_by(at, zone) is None

    def closed_by(self, at: datetime, zone: ZoneInfo) -> Closed | None:
        """The first limit that keeps it closed at that instant; None: it is open."""
        if self.valid_from and at < self.valid_from:
            return Closed.NOT_YET
        if self.valid_until and at >= self.valid_until:
            return Closed.OVER
        day = self.day_at(at, zone)
        if day is None:
            return Closed.HOURS
        return None if self.weekdays is None or day.isoweekday() in self.weekdays else Closed.DAY

    def day_at(self, at: datetime, zone: ZoneInfo) -> date | None:
        """The day to which the hours shown at that instant belong: past midnight it is the day before. None: the
        instant is outside of the hours."""
        local = at.astimezone(zone)
        day, clock = local.date(), local.time().replace(tzinfo=None)
        if self.start is None or self.end is None:
            return day
        if self.end > self.start:
            return day if self.start <= clock < self.end else None
        if clock < self.end:
            return day - timedelta(days=1)
        return day if clock >= self.start else None

    def as_json(self) -> dict[str, Any]:
        """The window as a manifest carries it: only the keys that are set; times of the day as HH:MM:SS."""
        values: dict[str, Any] = {
            "from": self.valid_from.isoformat() if self.valid_from else None,
            "until": self.valid_until.isoformat() if self.valid_until else None,
            "days": list(self.weekdays) if self.weekdays else None,
            "start": self.start.isoformat() if self.start else None,
            "end": self.end.isoformat() if self.end else None,
        }
        return {key: value for key, value in values.items() if value is not None}
