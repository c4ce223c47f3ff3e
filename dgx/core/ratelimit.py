"""Rate limits: by key, user, address and device. While Redis is gone they stand open: a limit is no reason to be down.

Every limit is a bucket (`dgx.core.buckets`): “120/min” is 120 calls at once, which come back one every half second.
People, programs and addresses are counted in Redis, exactly. Devices are too many and call too often for that: each web
process lets a device have a quarter of its rate (`OWN_SHARE`) by a table of its own, and takes what goes beyond it from
a bucket in Redis that holds the other three quarters. Therefore

- a device that keeps to its rate is not refused, to within a call, whichever processes its calls come to, and one that
  keeps to a quarter of it (by the defaults, a report every two seconds) never costs a round trip to Redis;
- with W processes a device gets at most (3 + W) / 4 of its rate: 5/4 with two, 7/4 with four, at once as well as
  over time;
- a process keeps TRACKED buckets. One that is full again says nothing and is the first to go, so none is forgotten
  while fewer than TRACKED devices have called within the time that a call takes to come back (two seconds).
"""

import time
from collections import OrderedDict
from functools import cache
from ipaddress import IPv6Address, IPv6Network, ip_address
from threading import Lock
from typing import Any, NamedTuple

from django.conf import settings
from django.http import HttpRequest
from rest_framework.settings import api_settings
from rest_framework.throttling import BaseThrottle

from dgx.core.buckets import Buckets, Rate, Taken
from dgx.core.errors import TooManyRequests

OFF = "off"
SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
"""By the first letter of a period, as DRF reads it."""
OWN_SHARE = 4
"""A process lets a device have 1/OWN_SHARE of its rate without asking Redis."""
TRACKED = 20_000
"""Buckets that a process keeps: 4 MB."""
LOOKED_AT = 3
"""Buckets that may turn out not to be full before one of them is forgotten all the same."""
UNKNOWN = "unknown"
V6_NETWORK = 64
"""One customer's share of IPv6 (RFC 6177): whoever has one address of it has them all."""


@cache
def parse(text: str) -> Rate | None:
    """A rate such as `20/min`; None for `off`. The system check dgx.E003 refuses all else."""
    if text == OFF:
        return None
    count, period = text.split("/")
    return Rate(int(count), SECONDS[period[0]])


def rate_of(scope: str) -> Rate | None:
    """The rate that is set for a scope of DEFAULT_THROTTLE_RATES; None: there is no limit."""
    return parse(api_settings.DEFAULT_THROTTLE_RATES[scope])


def ask(name: str, subject: object, rate: Rate, *, now: float | None = None) -> Taken | None:
    """Count one call of `subject` (an address, a user's id) under `name`; None while Redis does not answer."""
    store: Any = settings.CACHES["default"]
    buckets = _buckets(store["LOCATION"], tuple(store.get("OPTIONS", {}).items()))
    return buckets.take(f"dgx:limit:{name}:{subject}", rate, now=time.time() if now is None else now)


def take(name: str, subject: str, *, limit: int, window_s: int) -> None:
    """Count one call of `subject` under `name`. Raises TooManyRequests beyond `limit` at once, or over `window_s`."""
    rate = Rate(limit, window_s)
    taken = ask(name, subject, rate)
    if taken and not taken.is_allowed:
        raise beyond(name, rate, taken, subject)


def beyond(name: str, rate: Rate, taken: Taken, who: str) -> TooManyRequests:
    """The refusal of a call too many."""
    return TooManyRequests(
        f"More than {rate.limit} calls in {rate.window_s} s from {who}. Try again later.",
        retry_after_s=taken.next_in_s,
        headers=fields(name, rate, taken),
    )


def fields(name: str, rate: Rate, taken: Taken) -> dict[str, str]:
    """The header fields that tell a client its limit, as draft-ietf-httpapi-ratelimit-headers has them since its
    version 08. The older three (RateLimit-Limit, -Remaining, -Reset) are read differently from service to service."""
    return {
        "RateLimit-Policy": f'"{name}";q={rate.limit};w={rate.window_s}',
        "RateLimit": f'"{name}";r={taken.remaining};t={taken.next_in_s}',
    }


@cache
def _buckets(location: str, options: tuple[tuple[str, object], ...]) -> Buckets:
    return Buckets(location, dict(options))


# --- devices ----
class Shares(NamedTuple):
    """A device's rate, and how it is divided: what each process lets it have, and what they have in common."""

    whole: Rate
    own: Rate | None
    common: Rate


@cache
def shares_of(text: str) -> Shares | None:
    """Divide a rate, as it is written; None for `off`. One of fewer than OWN_SHARE calls is all in common."""
    rate = parse(text)
    if rate is None:
        return None
    own = rate.limit // OWN_SHARE
    return Shares(rate, Rate(own, rate.window_s) if own else None, Rate(rate.limit - own, rate.window_s))


class Table:
    """The buckets of a process' own, at most `size`; those go first that were not used for the longest time."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._full_at: OrderedDict[int, float] = OrderedDict()
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._full_at)

    def spend(self, key: int, rate: Rate, now: float) -> bool:
        """Take one call of a bucket; False where it has none."""
        with self._lock:
            is_allowed, self._full_at[key] = rate.spend(self._full_at.pop(key, now), now)
            if len(self._full_at) > self._size:
                self._make_room(now)
        return is_allowed

    def _make_room(self, now: float) -> None:
        for _ in range(LOOKED_AT):
            key, full_at = self._full_at.popitem(last=False)
            if full_at <= now:
                return
            self._full_at[key] = full_at
        self._full_at.popitem(last=False)


_own_table = Table(TRACKED)


def take_as_device(scope: str, name: str, *, now: float) -> None:
    """Count one call of a device, which `name` tells apart (its token's hash, or its name). Raises TooManyRequests
    beyond the rate of the scope."""
    shares = shares_of(api_settings.DEFAULT_THROTTLE_RATES[scope])
    if shares is None or (shares.own and _own_table.spend(hash((scope, name)), shares.own, now)):
        return
    taken = ask(scope, name, shares.common, now=now)
    if taken and not taken.is_allowed:
        raise beyond(scope, shares.whole, taken, "this device")


# --- addresses ----
def count_failure(request: HttpRequest) -> None:
    """Count a credential that opens nothing. Raises TooManyRequests where its address has brought too many of them. A
    good one is never counted and never refused, whoever else is behind its address."""
    rate = rate_of("failure")
    address = address_of(request)
    taken = ask("failure", address, rate) if rate else None
    if rate and taken and not taken.is_allowed:
        raise beyond("failure", rate, taken, f"{address}, with credentials that are not known")


def address_of(request: HttpRequest) -> str:
    """The client's address, as DRF's throttles see it: the connection's, or behind DGX_PROXIES proxies of ours the one
    that the outermost of them saw. What a client itself writes into X-Forwarded-For is not believed. Of an address of
    IPv6 it is the /64's first, since each customer has all of one."""
    seen = BaseThrottle().get_ident(request)  # type: ignore[arg-type]  # reads META alone
    return _network(seen or "") or _network(request.META.get("REMOTE_ADDR") or "") or UNKNOWN


def _network(text: str) -> str | None:
    """None for what is no address. Some proxies write a port behind it."""
    host = text.partition("]")[0].removeprefix("[") if text.startswith("[") else text
    host = host.partition(":")[0] if host.count(":") == 1 else host
    try:
        found = ip_address(host.partition("%")[0])
    except ValueError:
        return None
    if not isinstance(found, IPv6Address):
        return str(found)
    return str(found.ipv4_mapped or IPv6Network((int(found), V6_NETWORK), strict=False).network_address)
