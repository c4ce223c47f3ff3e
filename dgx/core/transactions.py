"""Transactions that meet others: what PostgreSQL breaks off, to end a deadlock, is done once more."""

import functools
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import ParamSpec, TypeVar

from django.conf import settings
from django.db import OperationalError, connection, connections, transaction
from psycopg import errors as postgres

P = ParamSpec("P")
R = TypeVar("R")
ATTEMPTS = 4
PAUSE_S = 0.05
BROKEN_OFF = (postgres.DeadlockDetected, postgres.SerializationFailure)


def atomic_retried(function: Callable[P, R]) -> Callable[P, R]:
    """The function in a transaction; broken off in favour of another one, it starts anew, ATTEMPTS times at most.

    Inside of an outer transaction it is a part of that one, which alone can start anew.
    """

    @functools.wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        attempts = 1 if connection.in_atomic_block else ATTEMPTS
        for attempt in range(1, attempts + 1):
            try:
                with transaction.atomic():
                    return function(*args, **kwargs)
            except OperationalError as error:
                if attempt == attempts or not was_broken_off(error):
                    raise
            time.sleep(random.uniform(0, PAUSE_S * attempt))  # noqa: S311 — so that the two do not meet again
        raise AssertionError("not reached")

    return run


@contextmanager
def unhurried(using: str) -> Iterator[None]:
    """Statements in here take as long as they take, also where DGX_STATEMENT_WAIT_S bounds the others: that of an
    export lasts until its reader has the last line."""
    if not settings.DGX_STATEMENT_WAIT_S:
        yield
        return
    with transaction.atomic(using=using):
        with connections[using].cursor() as cursor:
            cursor.execute("SET LOCAL statement_timeout = 0")
        yield


def was_broken_off(error: BaseException) -> bool:
    """Whether the database ended this transaction only because of another one."""
    return isinstance(error.__cause__, BROKEN_OFF)
