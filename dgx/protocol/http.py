"""The frame of every device view: which methods, how a body is read, and one shape for every refusal."""

import contextlib
import functools
import json
import logging
from collections.abc import Callable
from typing import Any, TypeVar

import orjson
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from pydantic import BaseModel, ValidationError

from dgx.core.api.errors import as_refusal, error_body, error_headers
from dgx.core.errors import Invalid, NotFound, Refusal, TooLarge, Unauthenticated, Unsupported

logger = logging.getLogger(__name__)
Body = TypeVar("Body", bound=BaseModel)
View = Callable[[HttpRequest], HttpResponse]


class MethodNotAllowed(Refusal):
    """The address is right and the method is not."""

    status = 405
    code = "method_not_allowed"


def device_view(*methods: str) -> Callable[[View], View]:
    """Makes a function a view of the protocol: for these methods alone, without CSRF (a device has no cookies), with
    every refusal as JSON."""

    def decorate(view: View) -> View:
        @csrf_exempt
        @functools.wraps(view)
        def framed(request: HttpRequest) -> HttpResponse:
            if request.method not in methods:
                return _refused(MethodNotAllowed(f"Use {' or '.join(methods)}."), {"Allow": ", ".join(methods)})
            try:
                return view(request)
            except Exception as error:
                refusal = as_refusal(error)
                if refusal is None:
                    raise
                return _refused(refusal)

        return framed

    return decorate


@csrf_exempt
def unknown_address(request: HttpRequest, path: str) -> HttpResponse:
    """404 in the protocol's shape for what no view answers."""
    return _refused(NotFound(f"There is no address {request.path[:200]}."))


def answer(body: Any, *, status: int = 200, headers: dict[str, str] | None = None) -> HttpResponse:
    """A JSON answer."""
    return HttpResponse(orjson.dumps(body), content_type="application/json", status=status, headers=headers)


def read(request: HttpRequest, model: type[Body], *, max_bytes: int) -> Body:
    """The request's body as `model`. Raises TooLarge naming the limit, Unsupported, or Refusal for what is not JSON or
    not allowed, with the fields."""
    if request.content_type != "application/json":
        raise Unsupported("Send JSON, with the header “Content-Type: application/json”.")
    raw = _bounded(request, max_bytes)
    try:
        values = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise _not_json(raw, error, model) from error
    return checked(model, values)


def checked(model: type[Body], values: Any) -> Body:
    """The values as `model`, or a Refusal that says what is wrong with which field."""
    if not isinstance(values, dict):
        raise Refusal("The body must be a JSON object.", code="invalid")
    try:
        return model.model_validate(values)
    except ValidationError as error:
        fields = wrong_fields(error)
        named = "; ".join(f"{field}: {messages[0]}" for field, messages in list(fields.items())[:3])
        raise Refusal(f"Some values are not allowed: {named}.", code="invalid", fields=fields) from error


def wrong_fields(error: ValidationError) -> dict[str, list[str]]:
    """What pydantic found, by the field's path; without the values, which may be long or secret."""
    fields: dict[str, list[str]] = {}
    for found in error.errors(include_url=False, include_context=False, include_input=False):
        path = ".".join(str(part) for part in found["loc"])[:200] or "non_field_errors"
        fields.setdefault(path, []).append(found["msg"].removeprefix("Value error, "))
    return fields


def _bounded(request: HttpRequest, max_bytes: int) -> bytes:
    """The body's bytes. The announced length is checked first, so that a body too large is not read at all."""
    announced = str(request.META.get("CONTENT_LENGTH") or "0")
    if not announced.isdigit():
        raise Invalid("Content-Length must be a number of bytes.", field="Content-Length")
    raw = b"" if int(announced) > max_bytes else request.read(max_bytes + 1)
    if int(announced) > max_bytes or len(raw) > max_bytes:
        raise TooLarge(f"The body is larger than {max_bytes} bytes ({max_bytes // 1024} KB), the limit.")
    return raw


def _not_json(raw: bytes, error: orjson.JSONDecodeError, model: type[BaseModel]) -> Refusal:
    """The refusal of a body that is not JSON. Python's own reader takes NaN and Infinity, so where they are all that is
    wrong, the model names the field."""
    if not raw.strip():
        return Refusal("The body is empty: send a JSON object.", code="parse_error")
    with contextlib.suppress(ValueError, RecursionError):
        try:
            checked(model, json.loads(raw))
        except Refusal as refusal:
            return refusal
    return Refusal(f"The body is not JSON (which knows no NaN and no Infinity): {error}.", code="parse_error")


def _refused(refusal: Refusal, headers: dict[str, str] | None = None) -> HttpResponse:
    more = {"WWW-Authenticate": 'Device realm="device"'} if isinstance(refusal, Unauthenticated) else {}
    return answer(
        error_body(refusal), status=refusal.status, headers={**error_headers(refusal), **more, **(headers or {})}
    )
