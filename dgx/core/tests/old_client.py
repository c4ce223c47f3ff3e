"""A client of the old routes for tests: JSON in, (status, JSON) out."""

import json
from typing import Any
from urllib.parse import quote

from django.test import Client


class OldClient(Client):
    """Names in paths are encoded; `call("POST", "/link", {...})`."""

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        """Send it; the answer's status and JSON (its text where it is none)."""
        reply = self.send(method, path, body, **headers)
        content = b"".join(reply) if reply.streaming else reply.content
        is_json = reply.headers.get("content-type", "").startswith("application/json")
        return reply.status_code, json.loads(content) if is_json else content.decode()

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """Send it; `body` is JSON unless it is bytes."""
        raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        kind = headers.pop("kind", "application/json")
        where, _, query = path.partition("?")
        return self.generic(method, quote(where), raw, content_type=kind, QUERY_STRING=query, headers=headers)

    def where(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """The `loc` of each problem of a call that does not fit its route."""
        status, answer = self.call(method, path, body, **headers)
        assert status == 422, answer
        return [problem["loc"] for problem in answer["detail"]]
