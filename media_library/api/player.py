"""The browser player's own addresses, below /player/: its page, its service worker, its web manifest, and the QR code
that opens the admin's pairing page. Its code is plain files in `static/player/`; see `docs/player.md`."""

import base64
import hashlib
import io
import json
import re
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

import segno
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import path, reverse
from django.views.decorators.http import require_safe

from dgx.core.middleware import PermissionsPolicyMiddleware

FOLDER = Path(__file__).resolve().parent.parent / "static" / "player"
SERVICE_WORKER = FOLDER / "sw.js"
RELEASE = "1.0"
CODE = re.compile(r"[A-Z0-9]{6}")

app_name = "player"


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """The page that a kiosk browser opens; the same for every device, so that it can be kept for days without a
    network."""
    response = render(request, "player/index.html", {"static": static_root(), "version": version()})
    response["Content-Security-Policy"] = content_policy()
    response["Permissions-Policy"] = f"screen-wake-lock=(self), autoplay=(self), {PermissionsPolicyMiddleware.POLICY}"
    response["Cache-Control"] = "no-cache"
    return response


@require_safe
def service_worker(request: HttpRequest) -> HttpResponse:
    """`sw.js` with the version and the files that it keeps, each with its hash: while servers of two versions answer,
    no mixture of them is kept. It differs whenever one of them does."""
    listed = {static_root() + name: mark for name, mark in integrity().items()}
    head = f"const VERSION = {json.dumps(version())};\nconst FILES = {json.dumps(listed)};\n"
    response = HttpResponse(head + SERVICE_WORKER.read_text(), content_type="text/javascript; charset=utf-8")
    response["Cache-Control"] = "no-cache"
    return response


@require_safe
def web_manifest(request: HttpRequest) -> JsonResponse:
    """What a browser needs to install the player as an app that fills the screen."""
    icon = {"src": f"{static_root()}icon.svg", "sizes": "any", "type": "image/svg+xml"}
    manifest = {
        "name": "DGX player",
        "short_name": "DGX",
        "start_url": reverse("player:page"),
        "scope": reverse("player:page"),
        "display": "fullscreen",
        "background_color": "#0b2f33",
        "theme_color": "#0b2f33",
        "icons": [icon],
    }
    return JsonResponse(manifest, content_type="application/manifest+json")


@require_safe
def qr_code(request: HttpRequest) -> HttpResponse:
    """The QR code of the admin's page that lets in the screen which shows `code`. Whether it exists is not looked up:
    the picture says nothing that the asker did not say."""
    code = request.GET.get("code", "")
    if not CODE.fullmatch(code):
        raise Http404("A pairing code has six letters and digits.")
    address = request.build_absolute_uri(f"{reverse('admin:devices_pairing_approve')}?code={code}")
    picture = io.BytesIO()
    segno.make_qr(address, error="m").save(picture, kind="svg", scale=8, border=4, dark="#0b2f33")
    return HttpResponse(picture.getvalue(), content_type="image/svg+xml")


def static_root() -> str:
    """Where the player's files are served under their own names: modules import each other by them."""
    return f"{settings.STATIC_URL}player/"


@cache
def files() -> list[str]:
    """The files that the player is made of, as names below `static/player/`, without its service worker and texts."""
    found = (file for file in FOLDER.rglob("*") if file.is_file() and file != SERVICE_WORKER)
    names = (file.relative_to(FOLDER).as_posix() for file in found if file.suffix not in {".md", ""})
    return sorted(name for name in names if not Path(name).name.startswith("LICENSE"))


@cache
def integrity() -> dict[str, str]:
    """What each of the files hashes to, in the shape that a browser checks."""
    digests = {name: hashlib.sha256((FOLDER / name).read_bytes()).digest() for name in files()}
    return {name: f"sha256-{base64.b64encode(digest).decode()}" for name, digest in digests.items()}


@cache
def version() -> str:
    """The release and a mark of the files' content, such as `web 1.0+1a2b3c4d`."""
    digest = hashlib.sha256()
    for name in [*files(), SERVICE_WORKER.name]:
        digest.update(name.encode() + b"\0" + (FOLDER / name).read_bytes())
    return f"web {RELEASE}+{digest.hexdigest()[:8]}"


def content_policy() -> str:
    """The page loads nothing but its own files, and bytes of media from the store; pages (HTML media) inherit this, so
    that they can style themselves and run nothing."""
    return "; ".join(
        [
            "default-src 'self'",
            "script-src 'self'",
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "media-src data: blob:",
            "font-src 'self' data:",
            f"connect-src 'self' {_store_origin()}",
            "frame-src 'none'",
            "object-src 'none'",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
        ]
    )


def _store_origin() -> str:
    if settings.S3_PUBLIC_ENDPOINT_URL:
        address = urlsplit(settings.S3_PUBLIC_ENDPOINT_URL)
        return f"{address.scheme}://{address.netloc}"
    return f"https://{settings.S3_BUCKET}.s3.{settings.AWS_REGION}.amazonaws.com"


urlpatterns = [
    path("", page, name="page"),
    path("sw.js", service_worker, name="service-worker"),
    path("manifest.webmanifest", web_manifest, name="webmanifest"),
    path("qr.svg", qr_code, name="qr"),
]
