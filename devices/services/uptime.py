"""Uptime, computed from flips alone."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

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
