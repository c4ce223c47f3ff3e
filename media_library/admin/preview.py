"""The screens on a file's page, which play it as a player would: a frame each, of a real screen's size."""

from typing import Any

from csp.constants import SELF
from csp.decorators import csp_replace
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import path
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views.decorators.clickjacking import xframe_options_sameorigin

from media_library.admin.pictures import stored_address
from media_library.models import Video

SCREENS = [("Landscape", 1920, 1080), ("Portrait", 1080, 1920)]
"""What the page shows side by side: a name, width and height in pixels."""


class PreviewPages:
    """A mixin of the page of media: what the frames of its preview hold."""

    admin_site: Any

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(self.screen_view)
        return [path("<int:key>/screen/", view, name="media_library_video_screen"), *super().get_urls()]  # type: ignore[misc]  # a mixin

    @method_decorator(xframe_options_sameorigin)
    @method_decorator(csp_replace({"frame-ancestors": [SELF]}))
    def screen_view(self, request: HttpRequest, key: int) -> HttpResponse:
        """One screen that plays the file. Its bytes come from the store, never from this address."""
        if not request.user.has_perm("media_library.view_video"):
            raise PermissionDenied
        video = Video.objects.filter(pk=key).first()
        address = stored_address(video, timezone.now()) if video else ""
        if video is None or not address:
            raise Http404
        item = {
            "type": video.kind,
            "rotation": video.rotation,
            "fit_mode": video.fit_mode,
            "display_duration": video.display_duration,
        }
        context = {"object": video, "config": {"address": address, "item": item}}
        return TemplateResponse(request, "media_library/screen.html", context)
