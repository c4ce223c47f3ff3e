"""What somebody has just proven still stands. Comparing a password takes long; whoever changes it meanwhile, or turns a
second factor on, ends all that the old one opened, and a login that is under way must not slip through behind that.
Nor may one that the database breaks off use anything up."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import transaction
from django.http import HttpRequest
from rest_framework.exceptions import APIException
from rest_framework.request import Request

from dgx.core.errors import Refusal, Unauthenticated
from dgx.people.second_factor import CodeRequired, has_second_factor, lock_person


@contextmanager
def whole_login(request: HttpRequest | Request) -> Iterator[None]:
    """All of a login or, where the database fails on the way, nothing: the code is not used up, the session is the one
    of before, and the same form can be sent again. A refusal is an end as well: what it has counted stays."""
    refused: Exception | None = None
    try:
        with transaction.atomic():
            try:
                yield
            except (Refusal, APIException) as refusal:
                refused = refusal
    except Exception:
        request.META["CSRF_COOKIE_NEEDS_UPDATE"] = False  # of the new session; the form in the browser has the old one
        raise
    if refused:
        raise refused


def hold(user: Any, *, gave_code: bool) -> None:
    """From here to the end of the transaction nothing changes of what `user`, as read to compare the password, came in
    by. Raises Unauthenticated where it has changed already, and CodeRequired where a code is needed by now and was not
    given."""
    now = lock_person(user)
    if now is None or not now.is_active or now.password != user.password:
        raise Unauthenticated("Your password has just changed. Log in again.", code="no_active_account")
    if not gave_code and has_second_factor(user):
        raise CodeRequired
