"""The OpenAPI document: how to authenticate, and for every operation the refusals that it can answer with."""

from collections.abc import Iterator
from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension, OpenApiSerializerFieldExtension

API_PREFIX = "/api/v1/"
REFERENCES = {"device", "group", "shop", "video"}
"""Query parameters that name a thing, which may be missing."""
METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")

REFUSALS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "400": (
        "BadRequest",
        "A value is missing, unknown or not allowed.",
        {
            "code": "invalid",
            "message": "Some values are not allowed.",
            "type": "ValidationError",
            "fields": {"name": ["This field is required."]},
        },
    ),
    "401": (
        "Unauthorized",
        "No credential, or one that is unknown, expired or revoked.",
        {
            "code": "not_authenticated",
            "message": "Authentication credentials were not provided.",
            "type": "NotAuthenticated",
        },
    ),
    "403": (
        "Forbidden",
        "A good credential without the right.",
        {"code": "api_key_read_only", "message": "This API key may only read.", "type": "PermissionDenied"},
    ),
    "404": (
        "NotFound",
        "What the address or the body names does not exist.",
        {
            "code": "shop_not_found",
            "message": "There is no shop “2f1c5a0e-6a57-4a0e-9b65-0f7f7b0d8c11”.",
            "type": "NotFound",
        },
    ),
    "409": (
        "Conflict",
        "A duplicate; or it is still in use, with the list of uses.",
        {
            "code": "in_use",
            "message": "Shop Lyon is used by 1 device.",
            "type": "InUse",
            "uses": [{"type": "device", "id": "5b0d5a6e-51f5-4b8a-8f0c-3a1a2f4b9e55", "name": "Door (screen-1)"}],
            "total": 1,
        },
    ),
    "413": (
        "TooLarge",
        "The body is larger than this server takes.",
        {"code": "too_large", "message": "The body is larger than 2097152 bytes.", "type": "TooLarge"},
    ),
    "415": (
        "UnsupportedMediaType",
        "The body's Content-Type is not taken.",
        {
            "code": "unsupported_media_type",
            "message": "Unsupported media type “text/plain” in request.",
            "type": "UnsupportedMediaType",
        },
    ),
    "429": (
        "TooManyRequests",
        "A rate limit; Retry-After says when to come back.",
        {
            "code": "throttled",
            "message": "Request was throttled. Expected available in 42 seconds.",
            "type": "Throttled",
        },
    ),
    "503": (
        "Unavailable",
        "A store does not answer; worth a retry after Retry-After.",
        {"code": "unavailable", "message": "The database does not answer. Try again.", "type": "Unavailable"},
    ),
}
"""By status: the component's name, what it means, and an example's detail."""

HEADERS: dict[str, dict[str, Any]] = {
    "Retry-After": {
        "description": "Seconds to wait before the next call.",
        "schema": {"type": "integer", "minimum": 1},
        "example": 1,
    },
    "RateLimit-Policy": {
        "description": "The limit that the call counts for: `q` calls at once, which come back over `w` seconds.",
        "schema": {"type": "string"},
        "example": '"key";q=1200;w=60',
    },
    "RateLimit": {
        "description": "What is left of it: `r` calls now, and one more in `t` seconds.",
        "schema": {"type": "string"},
        "example": '"key";r=1199;t=1',
    },
}
"""What answers say of rate limits; see docs/api.md."""
OF_A_LIMIT = ("RateLimit-Policy", "RateLimit")

ERROR_SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["detail"],
    "properties": {
        "detail": {
            "type": "object",
            "required": ["code", "message", "type"],
            "properties": {
                "code": {"type": "string", "description": "Stable; for programs."},
                "message": {"type": "string", "description": "For people."},
                "type": {"type": "string", "description": "The kind of refusal."},
                "fields": {
                    "type": "object",
                    "additionalProperties": True,
                    "description": "By field of the body or parameter of the query: what is wrong with it.",
                },
            },
            "additionalProperties": True,
        }
    },
}


class ApiKeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # registers itself on definition
    """Tells drf-spectacular of our API keys."""

    target_class = "dgx.core.api.authentication.ApiKeyAuthentication"
    name = "apiKey"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        return {
            "type": "apiKey",
            "in": "header",
            "name": "X-Api-Key",
            "description": "A program's key, `dgxk_…`; also taken as `Authorization: Bearer dgxk_…`.",
        }


class TimeOfDay(OpenApiSerializerFieldExtension):  # type: ignore[no-untyped-call]  # registers itself on definition
    """The format `time` of JSON schema asks for an offset, which a shop's own clock has not."""

    target_class = "rest_framework.fields.TimeField"

    def map_serializer_field(self, auto_schema: Any, direction: str) -> dict[str, Any]:
        return {"type": "string", "pattern": r"^[0-2][0-9]:[0-5][0-9](:[0-5][0-9](\.[0-9]{1,6})?)?$"}


def document_refusals(result: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
    """drf-spectacular's hook: adds the error shape, and to each operation the refusals that fit it."""
    components = result.setdefault("components", {})
    components.setdefault("schemas", {})["Error"] = ERROR_SCHEMA
    components["responses"] = {name: _response(meaning, detail) for name, meaning, detail in REFUSALS.values()}
    components["responses"]["TooManyRequests"]["headers"] = _headers(*HEADERS)
    components["headers"] = HEADERS
    for method, path, operation in _operations(result):
        responses = operation.setdefault("responses", {})
        if not path.startswith(f"{API_PREFIX}device/"):  # a device hears of its limit when it is beyond it
            _tell_the_limit(responses)
        for status in _refusals_of(method, path, operation):
            responses.setdefault(status, {"$ref": f"#/components/responses/{REFUSALS[status][0]}"})
    return result


def _response(description: str, detail: dict[str, Any]) -> dict[str, Any]:
    content = {"schema": {"$ref": "#/components/schemas/Error"}, "example": {"detail": detail}}
    return {"description": description, "content": {"application/json": content}}


def _headers(*names: str) -> dict[str, Any]:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


def _tell_the_limit(responses: dict[str, Any]) -> None:
    for status, response in responses.items():
        if status.startswith("2"):
            response["headers"] = response.get("headers", {}) | _headers(*OF_A_LIMIT)


def _operations(result: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, operations in result.get("paths", {}).items():
        if path.startswith(API_PREFIX):
            yield from ((method, path, operations[method]) for method in METHODS if method in operations)


def _refusals_of(method: str, path: str, operation: dict[str, Any]) -> list[str]:
    found = ["429", "503"]
    has_body = "requestBody" in operation
    in_query = {parameter["name"] for parameter in operation.get("parameters", []) if parameter["in"] == "query"}
    if has_body or in_query:
        found.append("400")
    if in_query & REFERENCES:
        found.append("404")
    if has_body:
        found += ["404", "409", "413", "415"]
    if {} not in operation.get("security", [{}]):
        found += ["401", "403"]
    if "{" in path:
        found += ["404", "409"] if method in {"post", "delete"} else ["404"]
    if path.startswith((f"{API_PREFIX}auth/", f"{API_PREFIX}device/")):
        found.append("401")
    return found
