"""The API's own description: /openapi.json, made once a process, and the pages that show it without internet access."""

import hashlib
from functools import cache
from typing import Any

import orjson
from csp.constants import SELF
from csp.decorators import csp_replace
from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_response_headers
from django.views.decorators.http import condition, require_safe
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.views import SpectacularRedocView, SpectacularSwaggerSplitView


@cache
def schema_bytes() -> bytes:
    """The OpenAPI document as JSON."""
    generator: Any = SchemaGenerator()  # type: ignore[no-untyped-call]  # the library is partly annotated
    return orjson.dumps(generator.get_schema(request=None, public=True))


@cache
def schema_etag() -> str:
    """Changes with the document."""
    return f'"{hashlib.sha256(schema_bytes()).hexdigest()[:32]}"'


def _etag_of_schema(request: HttpRequest) -> str:
    return schema_etag()


@require_safe
@condition(etag_func=_etag_of_schema)
def openapi(request: HttpRequest) -> HttpResponse:
    """The document, with an ETag."""
    response = HttpResponse(schema_bytes(), content_type="application/json")
    patch_response_headers(response, cache_timeout=60)
    return response


without_eval = csp_replace({"script-src": [SELF]})
"""For a page whose scripts do not evaluate text."""


class SwaggerPage(SpectacularSwaggerSplitView):
    """/docs: the API to try out."""

    url_name = "openapi"


class RedocPage(SpectacularRedocView):
    """/redoc: the API to read."""

    url_name = "openapi"
    template_name = "dgx/redoc.html"
