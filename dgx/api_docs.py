"""The API's own description: /openapi.json, made once a process, and the pages that show it without internet access."""

import hashlib
from functools import cache
from typing import Any

import orjson
from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_response_headers
from django.views.decorators.http import condition, require_safe
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.views import SpectacularRedocView, SpectacularSwaggerView
from rest_framework.request import Request
from rest_framework.response import Response

ONLY_OURSELVES = (
    "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; font-src 'self' data:; worker-src 'self' blob:; frame-ancestors 'none'"
)
"""What the documentation's pages may load: nothing from elsewhere, whatever their scripts would like to."""


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


class _OurAssetsOnly:
    """Adds the policy that keeps a page from asking other machines."""

    schema: Any = None  # the pages are no part of what they describe

    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        response: Response = super().get(request, *args, **kwargs)  # type: ignore[misc]  # a mixin of a view
        response["Content-Security-Policy"] = ONLY_OURSELVES
        return response


class SwaggerPage(_OurAssetsOnly, SpectacularSwaggerView):
    """/docs: the API to try out."""

    url_name = "openapi"


class RedocPage(_OurAssetsOnly, SpectacularRedocView):
    """/redoc: the API to read."""

    url_name = "openapi"
    template_name = "dgx/redoc.html"
