"""An upload in parts, as a browser makes it: announced, sent straight to the store, then completed."""

import urllib.request
from typing import Any

from dgx.chaos.calls import Call
from dgx.chaos.operator import Operator, film

UPLOADS = "/api/v1/uploads"
SENT_WITHIN_S = 30.0


class PartedUpload:
    """A film in one part."""

    def __init__(self, operator: Operator) -> None:
        self._operator = operator
        self._data, self._name = film(), operator.new_name(".mp4")
        self._path = ""

    def announce(self) -> Call:
        """Raises NoAnswer, as the others."""
        body = {"name": self._name, "filename": self._name, "size": len(self._data)}
        call = self._call("announcement", UPLOADS, body)
        if call.done:
            self._path = f"{UPLOADS}/{call.body['id']}"
        return call

    def send(self) -> None:
        """The bytes. Raises OSError too."""
        url = self._call("addresses", f"{self._path}/addresses", {"parts": [1]}).body["parts"][0]["url"]
        request = urllib.request.Request(url, self._data, method="PUT")  # noqa: S310 — our own store
        urllib.request.urlopen(request, timeout=SENT_WITHIN_S).close()  # noqa: S310 — our own store

    def complete(self) -> Call:
        """Say that all is there; harmless to repeat."""
        return self._operator.note(self._name, self._data, self._call("completion", f"{self._path}/complete", {}))

    def _call(self, kind: str, path: str, body: Any) -> Call:
        return self._operator.caller.call(kind, "POST", path, json_body=body)
