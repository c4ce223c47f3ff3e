"""What a group, a shop or the whole chain gives to its screens, at a glance on its page."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from devices.models import Group
from dgx.core.admin.base import Panel, extend
from locations.models import Chain, Shop
from media_library.admin import chain  # noqa: F401 — registers the page that is extended here
from media_library.admin.playlist import length_of
from media_library.admin.screen import LANDSCAPE, on_screen
from media_library.admin.words import window_in_words
from media_library.models import Link, Video

SHOWN = 60
"""Links in the strips; the tabs of the lists have all of them."""
TARGETS: Mapping[type[Any], tuple[str, ...]] = {Group: ("device",), Shop: ("device", "group")}
"""The targets that a link of such a place has not; the chain's have none at all."""


def lists_panel(place: Any, now: datetime, user: Any) -> Mapping[str, Any]:
    """Its playlist, and what fills the screens without one."""
    own = {} if isinstance(place, Chain) else {type(place)._meta.model_name: place}
    absent = dict.fromkeys(TARGETS.get(type(place), ("device", "group", "shop")))
    links = Link.objects.visible_to(user).filter(**own, **absent, video__binned_at=None)
    rows = links.exclude(layer=Link.Layer.EMERGENCY).select_related("video").order_by("display_order", "-updated_at")
    cells = [_cell(link, now) for link in rows[:SHOWN]]
    return {
        "regular": [cell for cell in cells if cell["layer"] == Link.Layer.REGULAR],
        "default": [cell for cell in cells if cell["layer"] == Link.Layer.DEFAULT],
        "has_regular": not isinstance(place, Chain),
    }


def _cell(link: Link, now: datetime) -> dict[str, Any]:
    """A link in the strip; the screens of a place differ, so it is drawn on a landscape one."""
    return {
        "video": link.video,
        "picture": on_screen(link.video, LANDSCAPE, now),
        "length": length_of(link.video),
        "layer": link.layer,
        "window": window_in_words(link.window),
        "is_ready": link.video.state == Video.State.READY,
    }


for model in (Group, Shop, Chain):
    extend(model, panels=[Panel("media_library/panel_lists.html", lists_panel, "media_library.view_link")])
