"""The connection to the object store: every wait for it is bounded, and a store that has fallen silent is asked by one
caller at a time, so that it never holds more than a few of our threads.
"""

import threading
from time import monotonic
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ConnectTimeoutError, ReadTimeoutError
from storages.backends.s3 import S3Storage

ANSWER_S = 4.0
"""Seconds that a question may take, and a small object; large bodies and their like have the client's read timeout."""
BYTES_PER_S = 200_000
"""What is sent along has so much more time."""
PAUSE_S = 5.0
"""A store that answered nobody is asked again after so many seconds: as many as `Retry-After` says."""
QUESTIONS = frozenset(
    {"HeadObject", "PutObject", "DeleteObject", "CreateMultipartUpload", "AbortMultipartUpload", "ListParts"}
)
_ASKED_AT = "dgx_asked_at"


class StoreSilent(BotoCoreError):  # noqa: N818 — a state, as Unavailable
    """The store was asked a moment ago and said nothing; it is not asked again so soon."""

    fmt = "The store has just answered nobody."


class Patience:
    """What this process knows of the store's silence: it begins when one waits in vain and nobody else is answered."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._answered_at = 0.0
        self._ask_again_at = 0.0

    def watch(self, session: boto3.Session) -> None:
        """Take part in every call of the clients that this session makes."""
        session.events.register("before-send.s3", self.before)
        session.events.register("needs-retry.s3", self.after)

    def before(self, request: Any, event_name: str, **_: Any) -> None:
        """Bound the wait for this call. Raises StoreSilent, which is not tried again."""
        now = monotonic()
        with self._lock:
            if now < self._ask_again_at:
                raise StoreSilent
            if self._ask_again_at:
                self._ask_again_at = now + PAUSE_S  # this call asks for all
        request.context[_ASKED_AT] = now
        if event_name.rpartition(".")[2] in QUESTIONS:
            request.context["read_timeout"] = _bound(request)

    def after(self, request_dict: dict[str, Any], response: Any = None, caught_exception: Any = None, **_: Any) -> None:
        """An answer, whichever, ends the silence; a wait in vain begins it, unless others were answered meanwhile."""
        with self._lock:
            if response is not None:
                self._answered_at, self._ask_again_at = monotonic(), 0.0
            elif _is_timeout(caught_exception) and self._answered_at < request_dict["context"][_ASKED_AT]:
                self._ask_again_at = monotonic() + PAUSE_S


def _bound(request: Any) -> float:
    longest: float = request.context["client_config"].read_timeout
    return min(longest, ANSWER_S + int(request.headers.get("Content-Length") or 0) / BYTES_PER_S)


def _is_timeout(error: Any) -> bool:
    """Of connecting, of the answer, or in the middle of what is sent, which is a broken connection to botocore."""
    cause = getattr(error, "kwargs", {}).get("error")
    return isinstance(error, ConnectTimeoutError | ReadTimeoutError) or (
        isinstance(cause, Exception) and any(isinstance(part, TimeoutError) for part in cause.args)
    )


patience = Patience()


class Store(S3Storage):
    """django-storages' S3, with our patience."""

    def _create_session(self) -> boto3.Session:
        session = super()._create_session()
        patience.watch(session)
        return session
