"""The codes that people type. Whoever types many that no screen shows is guessing, and waits between two of them."""

from datetime import datetime

from django.contrib.auth.models import User

from devices.models import Group, Pairing
from devices.services.enrolment import approve_pairing, code_unknown
from dgx.core.buckets import Rate
from dgx.core.errors import TooManyRequests
from dgx.core.ratelimit import ask, fields
from dgx.core.scope import is_limited
from locations.models import Shop

GUESSES = Rate(limit=30, window_s=60)
"""Of one person, by all doors together. There are 900 million codes."""
POLICY = "pairing-code"


def find_waiting(code: str, *, by: User, now: datetime) -> Pairing:
    """Whose screen shows this code now. Raises NotFound for one that none shows, TooManyRequests beyond GUESSES.

    A wrong code counts, and so does a right one of somebody to whom no list shows who waits: such as whoever is limited
    to some shops, for whom a code is the proof of standing before the screen. Who reads the codes need not guess them.
    """
    pairing = Pairing.objects.pending(now).filter(code=code.strip().upper()).first() if "\x00" not in code else None
    if pairing is None or is_limited(by) or not by.has_perm("devices.view_pairing"):
        _count_guess(by)
    if pairing is None:
        raise code_unknown()
    return pairing


def approve_code(
    *,
    code: str,
    by: User,
    now: datetime,
    name: str | None = None,
    group: Group | None = None,
    shop: Shop | None = None,
) -> Pairing:
    """As `approve_pairing`, for a code as somebody gave it. Raises TooManyRequests besides."""
    pairing = find_waiting(code, by=by, now=now)
    return approve_pairing(code=pairing.code, by=by, now=now, name=name, group=group, shop=shop)


def _count_guess(by: User) -> None:
    taken = ask(POLICY, by.pk, GUESSES)
    if taken and not taken.is_allowed:
        wait = f"{taken.next_in_s} second{'' if taken.next_in_s == 1 else 's'}"
        raise TooManyRequests(
            f"Too many codes: {GUESSES.limit} in {GUESSES.window_s} seconds are allowed. Try again in {wait}.",
            retry_after_s=taken.next_in_s,
            headers=fields(POLICY, GUESSES, taken),
        )
