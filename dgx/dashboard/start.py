"""A newcomer's first steps: what is still to be done before the first screen plays its first video."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Value
from django.urls import reverse

from devices.models import Device
from locations.models import Shop
from media_library.models import Link, Video


@dataclass(frozen=True)
class Step:
    """Something to do, where, and whether it is done."""

    title: str
    words: str
    icon: str
    address: str
    verb: str
    is_done: bool


STEPS = (
    ("shop", "Add a shop", "Its timezone decides when its screens play what.", "storefront", "locations_shop_add"),
    (
        "device",
        "Pair a screen",
        "Start the player on it and type the code that it shows.",
        "tv",
        "devices_pairing_changelist",
    ),
    ("video", "Upload a video", "Or an image, a web page or a PDF.", "movie", "media_library_video_add"),
    (
        "link",
        "Put it on the screen",
        "Link the video with the screen, its group or its shop.",
        "link",
        "media_library_link_add",
    ),
)
PERMISSIONS = {
    "shop": "locations.add_shop",
    "device": "devices.change_pairing",
    "video": "media_library.add_video",
    "link": "media_library.add_link",
}


def next_steps(user: Any) -> list[Step]:
    """All steps while one is missing and the person may take it; none after that."""
    done = _done(user)
    steps = [
        Step(title, words, icon, reverse(f"admin:{page}"), title, name in done)
        for name, title, words, icon, page in STEPS
        if user.has_perm(PERMISSIONS[name])
    ]
    return steps if any(not step.is_done for step in steps) else []


def _done(user: Any) -> set[str]:
    """Of what there is one at least, in one statement."""
    rows: dict[str, Any] = {"shop": Shop, "device": Device, "video": Video, "link": Link}
    first, *others = (
        model.objects.visible_to(user).order_by().values_list(Value(name))[:1] for name, model in rows.items()
    )
    return {name for (name,) in first.union(*others, all=True)}
