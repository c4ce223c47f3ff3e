"""How the protocol's tests call it."""

import json
from typing import Any

from django.test import Client

ROOT = "/api/v1/device"


def post(path: str, body: Any, token: str | None = None, **extra: Any) -> Any:
    """POST `body` as JSON (text and bytes go as they are), as the device with that token."""
    headers = {"Authorization": f"Device {token}"} if token else {}
    data = body if isinstance(body, str | bytes) else json.dumps(body)
    return Client().post(f"{ROOT}/{path}", data, content_type="application/json", headers=headers, **extra)


def poll(token: str, **body: Any) -> Any:
    """One poll of the device."""
    return post("poll", body, token)


def get_manifest(token: str, **headers: str) -> Any:
    """GET manifest, as the device with that token."""
    return Client().get(f"{ROOT}/manifest", headers={"Authorization": f"Device {token}", **headers})


def error_code(response: Any) -> tuple[int, str]:
    """The status and the code of a refusal."""
    return response.status_code, response.json()["detail"]["code"]
