"""Adds its proof of play to the page of a video: where it was shown."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from dgx.core.admin.base import Panel, extend
from media_library.admin import video as video_page  # registers the page that is extended here
from media_library.models import Video
from media_library.services import uploads
from telemetry.admin.totals import totals_panel
from telemetry.models import PlayHour


def plays_panel(video: Video, now: datetime, user: Any) -> Mapping[str, Any]:
    """Its plays, and which video they are counted for where an elder one has the same bytes."""
    shown = PlayHour.objects.visible_to(user).filter(video=video)
    elder = uploads.find_same_bytes(video.sha256).filter(pk__lt=video.pk).order_by("pk").first()
    return {**totals_panel(shown, now, of="video", key=video.pk), "elder": elder}


extend(
    Video,
    panels=[Panel("telemetry/panel_plays.html", plays_panel, "telemetry.view_playhour", below=True)],
)
__all__ = ["plays_panel", "video_page"]
