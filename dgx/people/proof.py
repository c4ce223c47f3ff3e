"""What somebody has just proven still stands. Comparing a password takes long; whoever changes it meanwhile, or turns a
second factor on, ends all that the old one opened, and a login that is under way must not slip through behind that."""

from typing import Any

from dgx.core.errors import Unauthenticated
from dgx.people.second_factor import CodeRequired, has_second_factor, lock_person


def hold(user: Any, *, gave_code: bool) -> None:
    """From here to the end of the transaction nothing changes of what `user`, as read to compare the password, came in
    by. Raises Unauthenticated where it has changed already, and CodeRequired where a code is needed by now and was not
    given."""
    now = lock_person(user)
    if now is None or not now.is_active or now.password != user.password:
        raise Unauthenticated("Your password has just changed. Log in again.", code="no_active_account")
    if not gave_code and has_second_factor(user):
        raise CodeRequired
