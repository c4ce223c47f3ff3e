"""What services raise when they refuse: one exception a kind of refusal, each with an HTTP status and a stable code.

The three HTTP surfaces translate these into their own shapes; a service never knows which of them called it.
"""

from collections.abc import Mapping, Sequence
from typing import Any


class Refusal(Exception):  # noqa: N818 — an expected answer, not a fault
    """An expected refusal. `fields` maps a field's name to what is wrong with it; `extra` joins the answer's detail."""

    status = 400
    code = "refused"

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        fields: Mapping[str, Sequence[str]] | None = None,
        extra: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or self.code
        self.fields = dict(fields or {})
        self.extra = dict(extra or {})


class Invalid(Refusal):
    """A value that can be read and is not allowed. Give the field with `field`, the limit in the message."""

    code = "invalid"

    def __init__(self, message: str, *, field: str | None = None, code: str | None = None) -> None:
        super().__init__(message, code=code, fields={field: [message]} if field else None)


class Unauthenticated(Refusal):
    """No credential, or one that is unknown, expired or revoked; the code tells which."""

    status = 401
    code = "not_authenticated"


class Forbidden(Refusal):
    """A good credential without the right."""

    status = 403
    code = "permission_denied"


class NotFound(Refusal):
    """A named thing is missing; the message names it."""

    status = 404
    code = "not_found"


class Conflict(Refusal):
    """A duplicate, or a state that does not admit the call."""

    status = 409
    code = "conflict"


class InUse(Conflict):
    """What should be deleted is still used. `uses` lists each use as `{"type", "id", "name"}`."""

    code = "in_use"

    def __init__(self, message: str, *, uses: Sequence[Mapping[str, Any]]) -> None:
        super().__init__(message, extra={"uses": list(uses)})
        self.uses = list(uses)


class Gone(Refusal):
    """It was there, and it will not come back: a refused or expired pairing."""

    status = 410
    code = "gone"


class TooLarge(Refusal):
    """More than the named limit."""

    status = 413
    code = "too_large"


class Unsupported(Refusal):
    """A media type that is not taken."""

    status = 415
    code = "unsupported_media_type"


class TooManyRequests(Refusal):
    """A rate limit; `retry_after_s` becomes the Retry-After header, beside those that tell the limit."""

    status = 429
    code = "throttled"

    def __init__(self, message: str, *, retry_after_s: int, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s
        self.headers = dict(headers or {})


class Unavailable(Refusal):
    """A store that we need does not answer; worth a retry."""

    status = 503
    code = "unavailable"


class DiskFull(Refusal):
    """There is no room for what was sent."""

    status = 507
    code = "insufficient_storage"
