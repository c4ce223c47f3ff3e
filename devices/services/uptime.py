"""Uptime, computed from flips alone."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from devices.models import Device, PresenceFlip


@dataclass(frozen=True)
class Session:
    """A stretch of time in one state. `ongoing`: it reaches the end of what was asked without a flip."""

    is_online: bool
    start: datetime
    end: datetime
    ongoing: bool

    @property
    def duration(self) -> timedelta:
        return self.end - self.start


@dataclass(frozen=True)
class Uptime:
    """The sessions of a stretch of time, oldest first, with their flips. Before the first flip is no session."""

    sessions: list[Session]
    flips: list[PresenceFlip]

    def seconds(self, *, online: bool) -> float:
        """Seconds spent online, or offline."""
        return sum(s.duration.total_seconds() for s in self.sessions if s.is_online is online)

    @property
    def online_share(self) -> float:
        """Online time over known time, 0 to 1; 0 where nothing is known."""
        known = self.seconds(online=True) + self.seconds(online=False)
        return self.seconds(online=True) / known if known else 0.0


def uptime(device: Device, *, start: datetime | None, end: datetime | None, now: datetime) -> Uptime:
    """The device's sessions from `start` (None: its first flip) to the earlier of `end` and `now`."""
    stop = min(end, now) if end else now
    flips = list(device.flips.between(start, stop).order_by("at", "id"))
    before = device.flips.filter(at__lt=start).order_by("-at", "-id").first() if start else None
    return Uptime(sessions_of(flips, before=before, start=start, stop=stop), flips)


def sessions_of(
    flips: Iterable[PresenceFlip], *, before: PresenceFlip | None, start: datetime | None, stop: datetime
) -> list[Session]:
    """Cut the time from `start` to `stop` at the flips; `before` is the last flip before `start`, if any.

    Two flips of one kind in a row (imported histories have them) are one session.
    """
    sessions: list[Session] = []
    state = before.is_online if before else None
    since = start
    for flip in flips:
        if flip.is_online == state:
            continue
        if state is not None and since is not None and flip.at > since:
            sessions.append(Session(state, since, flip.at, ongoing=False))
        state, since = flip.is_online, flip.at
    if state is not None and since is not None and stop > since:
        sessions.append(Session(state, since, stop, ongoing=True))
    return sessions


@dataclass(frozen=True)
class Availability:
    """How much of a stretch of time a device was online, of what is known of it; seconds."""

    start: datetime
    end: datetime
    online_s: float
    offline_s: float

    @property
    def share(self) -> float | None:
        """Online time over known time, 0 to 1; None where nothing is known."""
        known = self.online_s + self.offline_s
        return self.online_s / known if known else None


def availability(sessions: Sequence[Session], start: datetime, end: datetime) -> Availability:
    """The sessions' share of the time from `start` to `end`."""
    spent = {True: 0.0, False: 0.0}
    for session in sessions:
        overlap = min(end, session.end) - max(start, session.start)
        spent[session.is_online] += max(0.0, overlap.total_seconds())
    return Availability(start, end, spent[True], spent[False])


def last_hours(now: datetime, count: int) -> list[tuple[datetime, datetime]]:
    """The last `count` hours up to now, the running one included, oldest first."""
    this_hour = now.replace(minute=0, second=0, microsecond=0)
    starts = [this_hour - timedelta(hours=back) for back in range(count - 1, -1, -1)]
    return [(start, min(now, start + timedelta(hours=1))) for start in starts]


def last_days(now: datetime, count: int, zone: ZoneInfo) -> list[tuple[datetime, datetime]]:
    """The last `count` days on that clock, today included, oldest first; a change of clocks makes one longer or
    shorter."""
    today = now.astimezone(zone).date()
    days = [today - timedelta(days=back) for back in range(count - 1, -2, -1)]
    midnights = [datetime.combine(day, time(), zone).astimezone(UTC) for day in days]
    return [(start, min(now, end)) for start, end in pairwise(midnights)]
