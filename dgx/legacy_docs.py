"""The old routes' own description, /openapi-old.json: made of the very models that read their requests."""

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import orjson
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls.resolvers import RoutePattern
from django.utils.cache import patch_response_headers
from django.views.decorators.http import require_safe
from pydantic import BaseModel, TypeAdapter
from pydantic.json_schema import GenerateJsonSchema
from pydantic_core.core_schema import CoreSchema

from dgx.core.api.legacy import Route, served
from dgx.core.api.legacy_reading import Inputs
from dgx.legacy_answers import ANSWERS, CSV, REDIRECT
from dgx.legacy_urls import ROUTES

Json = dict[str, Any]
PARAMETER = re.compile(r"<(?:\w+:)?(\w+)>")
REF = "#/components/schemas/{model}"
REFUSALS = {
    "400": "The body cannot be parsed, or a value is not allowed.",
    "401": "No credential, or one that is unknown, expired or revoked.",
    "403": "A good credential without the right.",
    "404": "What the address or the body names does not exist.",
    "409": "A duplicate; or it is still in use.",
    "413": "The body is larger than this server takes.",
    "415": "The content of the file is not taken.",
    "422": "A value is missing or not allowed.",
    "429": "A rate limit; Retry-After says when to come back.",
    "503": "A store does not answer; worth a retry after Retry-After.",
}
PROBLEM: Json = {
    "type": "object",
    "required": ["type", "loc", "msg"],
    "properties": {
        "type": {"type": "string"},
        "loc": {"type": "array", "items": {"type": ["string", "integer"]}},
        "msg": {"type": "string"},
    },
}
ERROR: Json = {
    "type": "object",
    "required": ["detail"],
    "properties": {
        "detail": {
            "anyOf": [
                {"type": "string"},
                {"type": "object"},
                {"type": "array", "items": {"$ref": "#/components/schemas/Problem"}},
            ]
        }
    },
}
SECURITY: list[dict[str, list[str]]] = [{"apiKey": []}, {"jwtAuth": []}]
SCHEMES: Json = {
    "apiKey": {"type": "apiKey", "in": "header", "name": "X-Api-Key"},
    "jwtAuth": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
}


class Schema(GenerateJsonSchema):
    """pydantic's, which knows what a file in a form is."""

    def is_instance_schema(self, schema: CoreSchema) -> Json:
        return {"type": "string", "format": "binary"}


@require_safe
def openapi(request: HttpRequest) -> HttpResponse:
    """The document."""
    response = HttpResponse(document_bytes(), content_type="application/json")
    patch_response_headers(response, cache_timeout=60)
    return response


@cache
def document_bytes() -> bytes:
    """The document as JSON, made once a process."""
    return orjson.dumps(document(served(ROUTES, settings.DGX_SERVICE)))


def document(routes: list[Route]) -> Json:
    """An OpenAPI 3.1 document of these routes."""
    schemas: Json = {"Problem": PROBLEM, "Error": ERROR}
    paths: dict[str, Json] = {}
    for route in routes:
        paths.setdefault(_address(route), {})[route.method.lower()] = _operation(route, schemas)
    for literal in (each for each in routes if "<" not in each.path):
        for route in (each for each in routes if "<" in each.path and _covers(each, literal)):
            paths[_address(literal)].setdefault(route.method.lower(), _operation(route, schemas, at=literal.path))
    responses = {f"Refused{status}": _response(meaning, "Error") for status, meaning in REFUSALS.items()}
    return {
        "openapi": "3.1.0",
        "info": {"title": "DGX, the old routes", "version": "1"},
        "paths": paths,
        "components": {"schemas": schemas, "responses": responses, "securitySchemes": SCHEMES},
    }


def _address(route: Route) -> str:
    return "/" + PARAMETER.sub(r"{\1}", route.path)


def _covers(route: Route, literal: Route) -> bool:
    """`device/<mobile_id>` answers at `/device/create` what that does not: it may be a device's name."""
    return RoutePattern(route.path, is_endpoint=True).match(literal.path) is not None


def _operation(route: Route, schemas: Json, *, at: str = "") -> Json:
    inputs = Inputs.of(route.view, PARAMETER.findall(route.path))
    statuses = sorted(set(_refusals(route, inputs)))
    refusals = {status: {"$ref": f"#/components/responses/Refused{status}"} for status in statuses}
    operation: Json = {
        "operationId": re.sub(r"\W+", "_", f"{route.method} {at or route.path}").strip("_").lower(),
        "summary": ANSWERS[route.view].summary,
        "security": [{}] if route.open or settings.DGX_LEGACY_ANONYMOUS else SECURITY,
        "parameters": [
            *_parameters(None if at else inputs.path, "path", schemas),
            *_parameters(inputs.query, "query", schemas),
        ],
        "responses": {**_success(route, schemas), **refusals},
    }
    for model, media_type in ((inputs.body, "application/json"), (inputs.form, "multipart/form-data")):
        if model is not None:
            name = _component(model.__name__, model, schemas)
            operation["requestBody"] = {"required": True, "content": {media_type: {"schema": {"$ref": name}}}}
    return operation


def _refusals(route: Route, inputs: Inputs) -> Iterator[str]:
    yield from ("503", *ANSWERS[route.view].refuses)
    if not (route.open or settings.DGX_LEGACY_ANONYMOUS):
        yield from ("401", "403", "429")
    if inputs.path:
        yield from ("404", "422")
    if inputs.query:
        yield "422"
    if inputs.body or inputs.form:
        yield from ("400", "404", "409", "413", "422")
    if inputs.form:
        yield "415"
    if route.method == "DELETE" or "delete" in route.path:
        yield "409"


def _success(route: Route, schemas: Json) -> Json:
    shape = ANSWERS[route.view].shape
    if shape == REDIRECT:
        location = {"required": True, "schema": {"type": "string"}}
        return {"302": {"description": "Where the file is.", "headers": {"Location": location}}}
    if shape == CSV:
        return {"200": {"description": "Lines of CSV.", "content": {CSV: {"schema": {"type": "string"}}}}}
    name = _component(shape.__name__, shape, schemas).rpartition("/")[2]
    return {"200": _response(ANSWERS[route.view].summary + ".", name)}


def _response(description: str, name: str) -> Json:
    return {"description": description, "content": {"application/json": {"schema": {"$ref": REF.format(model=name)}}}}


def _parameters(model: type[BaseModel] | None, where: str, schemas: Json) -> Iterator[Json]:
    if model is None:
        return
    schema = _schema(model, schemas)
    for name, described in schema["properties"].items():
        required = where == "path" or name in schema.get("required", ())
        yield {"name": name, "in": where, "required": required, "schema": _of_text(described)}


def _of_text(described: Json) -> Json:
    """A parameter's schema: what is left out of an address is not null."""
    choices = [choice for choice in described.get("anyOf", ()) if choice.get("type") != "null"]
    kept = {key: value for key, value in described.items() if key not in {"anyOf", "title", "default"}}
    return {**kept, **choices[0]} if choices else kept


def _component(name: str, shape: Any, schemas: Json) -> str:
    schemas[name] = _schema(shape, schemas)
    return REF.format(model=name)


def _schema(shape: Any, schemas: Json) -> Json:
    schema = TypeAdapter(shape).json_schema(ref_template=REF, schema_generator=Schema)
    schemas.update(schema.pop("$defs", {}))
    return schema
