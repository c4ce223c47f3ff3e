"""The page that takes many files and sends them from the browser straight to the store."""

from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import path

from media_library.services.multipart import TYPES
from media_library.services.sniffing import BY_MIME, HTML, TAKEN

PARALLEL = 3
"""Parts on their way at once."""
ENDINGS = sorted({media.extension for media in BY_MIME.values()} | {HTML.extension, ".htm", ".jpeg", ".m4v"})
TARGETS = {
    "group": {"address": "/api/v1/groups/", "label": "name", "needs": "devices.view_group"},
    "shop": {"address": "/api/v1/shops/", "label": "name", "needs": "locations.view_shop"},
    "device": {"address": "/api/v1/devices/", "label": "mobile_id", "needs": "devices.view_device"},
}
"""What files can be put on; each is looked up in the API by its label."""


class UploadPages:
    """A mixin of the page of media."""

    admin_site: Any
    opts: Any

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(self.upload_view)
        return [path("upload/", view, name="media_library_video_upload"), *super().get_urls()]  # type: ignore[misc]  # a mixin

    def upload_view(self, request: HttpRequest) -> HttpResponse:
        """Drop files, see them go, put them on screens."""
        if not request.user.has_perm("media_library.add_video"):
            raise PermissionDenied
        may_link = request.user.has_perm("media_library.add_link")
        targets = {
            kind: {name: value for name, value in target.items() if name != "needs"}
            for kind, target in TARGETS.items()
            if may_link and request.user.has_perm(target["needs"])
        }
        context = {
            **self.admin_site.each_context(request),
            "model_admin": self,
            "title": "Upload files",
            "content_title": "Upload files",
            "taken": TAKEN,
            "accept": ",".join([*sorted(TYPES), *ENDINGS]),
            "targets": targets,
            "config": {
                "uploads": "/api/v1/uploads/",
                "videos": "/api/v1/videos/",
                "links": "/api/v1/links/bulk/",
                "types": sorted(TYPES),
                "endings": ENDINGS,
                "taken": TAKEN,
                "max_bytes": settings.DGX_UPLOAD_MAX_BYTES,
                "parallel": PARALLEL,
                "targets": targets,
            },
        }
        return TemplateResponse(request, "media_library/upload.html", context)
