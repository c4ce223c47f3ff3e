"""The device protocol's part of the OpenAPI document. Its views are plain Django for speed, so their operations are
written here; the bodies come from the very models that read them."""

from typing import Any

from pydantic import BaseModel

from dgx.protocol.schemas import Claim, Enrolment, Poll, PollLog, PollPlay
from media_library.api.devices import MANIFEST

BASE = "/api/v1/device"
TOKEN = "dgxd_8mN2…"  # noqa: S105 — an example
TAG = "d1.4-g1.9-s1.2-c1"
SHA256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
ENROLLED: dict[str, Any] = {
    "device": {
        "id": "5b0d5a6e-51f5-4b8a-8f0c-3a1a2f4b9e55",
        "mobile_id": "screen-1",
        "name": "Door",
        "kind": "player",
        "group": "Windows",
        "shop": "Lyon Part-Dieu",
        "timezone": "Europe/Paris",
    },
    "token": TOKEN,
}
WAITING: dict[str, Any] = {
    "pairing_code": "K7PX4M",
    "claim_token": "dgxc_5tYw…",
    "expires_at": "2026-01-31T10:15:00Z",
    "poll_after_s": 5,
}
POLL: dict[str, Any] = {
    "boot_id": "a1b2c3",
    "seq": 812,
    "sent_at": "2026-01-31T09:59:58Z",
    "have": TAG,
    "missing": [],
    "temperature": 41.5,
    "logs": [{"log_type": "door_open", "value": 1, "logged_at": "2026-01-31T09:59:40Z"}],
    "plays": [{"sha256": SHA256, "hour": "2026-01-31T09:00:00Z", "count": 118, "seconds": 3540}],
}
POLLED: dict[str, Any] = {
    "server_time": "2026-01-31T10:00:01Z",
    "poll_after_s": 20.7,
    "tag": TAG,
    "manifest": None,
    "accepted": 1,
    "refused": [],
    "duplicate": False,
    "plays_accepted": 1,
    "plays_refused": [],
    "features": ["plays"],
}


def document_protocol(result: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
    """drf-spectacular's hook: adds the four operations, their bodies and the device's token."""
    components = result.setdefault("components", {})
    components.setdefault("securitySchemes", {})["deviceToken"] = {
        "type": "apiKey",
        "in": "header",
        "name": "Authorization",
        "description": "`Device <token>`: what the device got when it enrolled.",
    }
    schemas = components.setdefault("schemas", {})
    for model in (Enrolment, Claim, Poll, PollLog, PollPlay):
        _add_model(schemas, model)
    result.setdefault("paths", {}).update(_paths())
    return result


def _add_model(schemas: dict[str, Any], model: type[BaseModel]) -> None:
    schema = model.model_json_schema(ref_template="#/components/schemas/Device{model}")
    for name, inner in schema.pop("$defs", {}).items():
        schemas[f"Device{name}"] = inner
    schemas[f"Device{model.__name__}"] = schema


def _paths() -> dict[str, Any]:
    wait = {"202": _answer("It waits for an operator.", WAITING)}
    gone = {"410": _answer("The pairing was refused, claimed or ran out; enrol again.", _refusal("pairing_expired"))}
    enrolled = {"201": _answer("It is in; the token is shown this once.", ENROLLED)}
    unchanged = {"304": {"description": "The tag in If-None-Match is current."}}
    request = {"mobile_id": "screen-1", "name": "Door", "screen": "1920x1080"}
    return {
        f"{BASE}/enrol": {
            "post": _operation("enrol", "Come in, by a key or by pairing", enrolled | wait, body=(Enrolment, request))
        },
        f"{BASE}/claim": {
            "post": _operation(
                "claim",
                "Ask for the token once an operator typed the code",
                enrolled | {"202": _answer("It still waits.", {"poll_after_s": 5})} | gone,
                body=(Claim, {"claim_token": WAITING["claim_token"]}),
            )
        },
        f"{BASE}/poll": {
            "post": _operation(
                "poll",
                "Report, and hear what to do next",
                {"200": _answer("The manifest is null while what it has is current and whole.", POLLED)},
                body=(Poll, POLL),
                token=True,
            )
        },
        f"{BASE}/manifest": {
            "get": _operation(
                "manifest", "What to play", {"200": _answer("The manifest.", MANIFEST)} | unchanged, token=True
            )
        },
    }


def _operation(
    name: str,
    summary: str,
    responses: dict[str, Any],
    *,
    body: tuple[type[BaseModel], dict[str, Any]] | None = None,
    token: bool = False,
) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": f"device_{name}",
        "summary": summary,
        "tags": ["device"],
        "security": [{"deviceToken": []}] if token else [{}],
        "responses": responses,
    }
    if body:
        model, example = body
        schema = {"$ref": f"#/components/schemas/Device{model.__name__}"}
        operation["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": schema, "example": example}},
        }
    return operation


def _answer(description: str, example: dict[str, Any]) -> dict[str, Any]:
    content = {"application/json": {"schema": {"type": "object"}, "example": example}}
    return {"description": description, "content": content}


def _refusal(code: str) -> dict[str, Any]:
    return {"detail": {"code": code, "message": "The pairing expired. Enrol again.", "type": "Gone"}}
