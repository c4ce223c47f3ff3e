"""Adds its proof of play to the page of a video: where it was shown in the last 30 days."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from dgx.core.admin.base import Panel, extend
from media_library.admin import video as video_page  # registers the page that is extended here
from media_library.models import Video
from telemetry.admin.totals import totals_since
from telemetry.models import PlayHour


def plays_panel(video: Video, now: datetime, user: Any) -> Mapping[str, Any]:
    """Its plays by shop."""
    plays = PlayHour.objects.visible_to(user).filter(video=video)
    query = f"video__id__exact={video.pk}"
    return totals_since(plays, now, name="device__shop__name", without="No shop", query=query)


extend(
    Video,
    panels=[Panel("telemetry/panel_plays.html", plays_panel, "telemetry.view_playhour", below=True)],
)
__all__ = ["plays_panel", "video_page"]
