"""The one error shape of /api/v1 and the device protocol: `{"detail": {"code", "message", "type", "fields"?}}`."""

from collections.abc import Callable, Mapping
from typing import Any

from django.conf import settings
from django.core.exceptions import ObjectDoesNotExist, PermissionDenied, RequestDataTooBig
from django.core.exceptions import ValidationError as ModelValidationError
from django.db import DatabaseError, DataError, IntegrityError, InterfaceError, InternalError, OperationalError
from django.db.models import ProtectedError
from django.http import Http404
from psycopg import errors as postgres
from psycopg_pool import PoolTimeout
from redis.exceptions import RedisError
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import set_rollback

from dgx.core.deletion import USES_LISTED, describe
from dgx.core.errors import Conflict, DiskFull, InUse, Invalid, Refusal, TooLarge, TooManyRequests, Unavailable
from dgx.core.transactions import was_broken_off


def error_body(refusal: Refusal) -> dict[str, Any]:
    """The body that tells a client what was refused and why."""
    detail: dict[str, Any] = {"code": refusal.code, "message": refusal.message, "type": type(refusal).__name__}
    if refusal.fields:
        detail["fields"] = refusal.fields
    return {"detail": detail | refusal.extra}


def error_headers(refusal: Refusal) -> dict[str, str]:
    """Headers that belong to the refusal: when to try again, how to authenticate."""
    if isinstance(refusal, TooManyRequests):
        return {"Retry-After": str(refusal.retry_after_s), **refusal.headers}
    if isinstance(refusal, Unavailable):
        return {"Retry-After": "5"}
    if isinstance(refusal, DiskFull):
        return {"Retry-After": "60"}  # room is made by somebody, not by waiting for a moment
    return {}


def exception_handler(exc: Exception, context: Mapping[str, Any]) -> Response | None:
    """DRF's hook: every exception that is an answer becomes the one shape; the rest stays a fault."""
    refusal = as_refusal(exc)
    if refusal is not None:
        set_rollback()
        return Response(error_body(refusal), status=refusal.status, headers=error_headers(refusal))
    if isinstance(exc, Http404):
        exc = exceptions.NotFound()
    elif isinstance(exc, PermissionDenied):
        exc = exceptions.PermissionDenied()
    if not isinstance(exc, exceptions.APIException):
        return None
    set_rollback()
    return Response(_api_exception_body(exc), status=exc.status_code, headers=_api_exception_headers(exc))


def as_refusal(exc: Exception) -> Refusal | None:
    """Our own refusals, and what Django, its database and Redis raise for the same reasons."""
    if isinstance(exc, Refusal):
        return exc
    for kinds, translate in _TRANSLATIONS:
        if isinstance(exc, kinds):
            return translate(exc)
    return None


def _still_used(exc: Any) -> Refusal:
    return InUse("It is still in use.", uses=[describe(thing) for thing in list(exc.protected_objects)[:USES_LISTED]])


def _invalid(exc: Any) -> Refusal:
    fields = exc.message_dict if hasattr(exc, "error_dict") else {"non_field_errors": exc.messages}
    return Refusal("Some values are not allowed.", code="invalid", fields=fields)


def _too_large(exc: Exception) -> Refusal:
    return TooLarge(f"The body is larger than {settings.DATA_UPLOAD_MAX_MEMORY_SIZE} bytes.")


def _refused_by_the_database(exc: Exception) -> Refusal | None:
    """What two calls at once can run into after both passed the checks, and numbers that no column holds."""
    cause = exc.__cause__
    constraint = getattr(getattr(cause, "diag", None), "constraint_name", None)
    if isinstance(cause, postgres.UniqueViolation):
        return Conflict(f"Another one was saved at the same time ({constraint}).", code="duplicate")
    if isinstance(cause, postgres.ForeignKeyViolation):
        return Conflict("What it points at, or what points at it, has just changed. Try again.", code="changed")
    if isinstance(cause, postgres.CheckViolation):
        return Invalid(f"A value is not allowed ({constraint}).")
    return Invalid("A value is out of range.", code="out_of_range") if isinstance(exc, DataError) else None


def _deleted_meanwhile(exc: Exception) -> Refusal | None:
    """A row that was found and is not there any more; Django says so of an UPDATE by a bare DatabaseError."""
    if isinstance(exc, DatabaseError) and (type(exc) is not DatabaseError or exc.__cause__):
        return None
    return Conflict("It has just been deleted.", code="changed")


def database_gone(exc: Exception) -> Refusal:
    """The refusal of every surface while the database is away or its pool is exhausted."""
    if was_broken_off(exc) or isinstance(exc.__cause__, postgres.LockNotAvailable):
        return Unavailable("Another change of the same things was under way. Try again.")
    if isinstance(exc.__cause__, postgres.QueryCanceled):
        return Unavailable("It took the database too long. Try again, or with less at once.")
    return Unavailable("The database does not answer. Try again.")


def _takes_no_changes(exc: Exception) -> Refusal | None:
    """After a failover, from what was the first server."""
    is_read_only = isinstance(exc.__cause__, postgres.ReadOnlySqlTransaction)
    return Unavailable("The database takes no changes at the moment. Try again.") if is_read_only else None


def _redis_gone(exc: Exception) -> Refusal:
    return Unavailable("Redis does not answer. Try again.")


_TRANSLATIONS: tuple[tuple[Any, Callable[[Exception], Refusal | None]], ...] = (
    (ProtectedError, _still_used),
    (ModelValidationError, _invalid),
    (RequestDataTooBig, _too_large),
    ((IntegrityError, DataError), _refused_by_the_database),
    ((OperationalError, InterfaceError, PoolTimeout), database_gone),
    (InternalError, _takes_no_changes),
    (RedisError, _redis_gone),
    ((ObjectDoesNotExist, DatabaseError), _deleted_meanwhile),
)
"""Tried in this order: ProtectedError is an IntegrityError."""


def _api_exception_body(exc: exceptions.APIException) -> dict[str, Any]:
    detail: dict[str, Any] = {"code": exc.default_code, "message": str(exc.default_detail), "type": type(exc).__name__}
    if isinstance(exc, exceptions.ValidationError):
        detail["message"] = "Some values are not allowed."
        fields = exc.detail if isinstance(exc.detail, Mapping) else {"non_field_errors": exc.detail}
        detail["fields"] = fields
    elif isinstance(exc.detail, Mapping):  # simplejwt puts its messages into a mapping
        detail["message"] = str(exc.detail.get("detail", exc.default_detail))
        detail["code"] = str(exc.detail.get("code", exc.default_code))
    else:
        detail["message"] = str(exc.detail)
        detail["code"] = getattr(exc.detail, "code", exc.default_code)
    return {"detail": detail}


def _api_exception_headers(exc: exceptions.APIException) -> dict[str, str]:
    headers = {}
    if auth_header := getattr(exc, "auth_header", None):
        headers["WWW-Authenticate"] = auth_header
    if wait := getattr(exc, "wait", None):
        headers["Retry-After"] = str(int(wait) + 1)
    return headers
