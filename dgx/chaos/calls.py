"""What people's programs see of the server: each call's status and time, and what of it breaks a promise."""

import http.client
import json
import threading
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from urllib3.filepost import encode_multipart_formdata

ENDS_WITHIN_S = 30.0
"""A call that has neither an answer nor a dead connection by then hangs."""
RETRYABLE = frozenset({429, 503, 507})


class NoAnswer(Exception):  # noqa: N818 — what the faults are for
    """The connection died, or nothing came in time: nobody knows whether the call had an effect."""


@dataclass(frozen=True)
class Call:
    """An answered call."""

    kind: str
    status: int
    seconds: float
    retry_after: str | None
    body: Any

    @property
    def done(self) -> bool:
        """It had its effect."""
        return 200 <= self.status < 300

    def complaint(self) -> str | None:
        """What of the answer breaks a promise: a fault of ours, or a refusal that does not say when to try again."""
        if self.status in RETRYABLE:
            return None if self.retry_after else f"{self.kind} was answered {self.status} without Retry-After"
        if self.status >= 400:
            return f"{self.kind} was answered {self.status}: {str(self.body)[:200]}"
        return None


class Caller:
    """Calls the API with a key, over a connection of each call's own, and keeps count. Thread-safe."""

    def __init__(self, url: str, key: str, *, within_s: float = ENDS_WITHIN_S) -> None:
        self._host = urlsplit(url).netloc
        self._headers = {"Authorization": f"Bearer {key}"}
        self._within_s = within_s
        self._lock = threading.Lock()
        self.answered: dict[int, int] = {}
        self.unanswered = 0
        self.complaints: list[str] = []
        self.slowest = 0.0

    def call(self, kind: str, method: str, path: str, *, json_body: Any = None, form: Any = None) -> Call:
        """One call. Raises NoAnswer."""
        body, more = _encoded(json_body, form)
        started = time.monotonic()
        try:
            status, retry_after, raw = self._exchange(method, path, body, more)
        except (OSError, http.client.HTTPException) as error:
            self._note_no_answer(kind, error)
            raise NoAnswer(f"{kind}: {type(error).__name__}") from error
        call = Call(kind, status, time.monotonic() - started, retry_after, _json(raw))
        self._note(call)
        return call

    def _exchange(
        self, method: str, path: str, body: bytes | None, more: dict[str, str]
    ) -> tuple[int, str | None, bytes]:
        line = http.client.HTTPConnection(self._host, timeout=self._within_s)
        try:
            line.request(method, path, body, self._headers | more)
            response = line.getresponse()
            return response.status, response.headers.get("Retry-After"), response.read()
        finally:
            line.close()

    def _note(self, call: Call) -> None:
        with self._lock:
            self.answered[call.status] = self.answered.get(call.status, 0) + 1
            self.slowest = max(self.slowest, call.seconds)
            if complaint := call.complaint():
                self.complaints.append(complaint)

    def _note_no_answer(self, kind: str, error: Exception) -> None:
        with self._lock:
            self.unanswered += 1
            if isinstance(error, TimeoutError):
                self.complaints.append(f"{kind} hung for {self._within_s:.0f} s")


def _encoded(json_body: Any, form: Any) -> tuple[bytes | None, dict[str, str]]:
    if form is not None:
        body, content_type = encode_multipart_formdata(form)
        return body, {"Content-Type": content_type}
    if json_body is not None:
        return json.dumps(json_body).encode(), {"Content-Type": "application/json"}
    return None, {}


def _json(raw: bytes) -> Any:
    try:
        return json.loads(raw)
    except ValueError:
        return raw[:300].decode(errors="replace")
