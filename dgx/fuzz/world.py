"""Who calls while the addresses are fuzzed, and a few rows of everything for what they name."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import Group as Role
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from devices.models import Device, EnrolmentKey, Group, Pairing
from devices.services.enrolment import issue_token, make_enrolment_key, start_pairing
from dgx.core.models import Change
from dgx.people.tokens import begin
from dgx.roles.table import EDITOR
from locations.models import Shop
from media_library.models import Link, Video
from media_library.services.uploads import upload_video
from media_library.tests.files import image

NOBODY = "nobody"


@dataclass(frozen=True)
class World:
    """`callers` are headers by name; `names` is what exists, by where it is named (`path.gname`)."""

    callers: dict[str, dict[str, str]]
    names: dict[str, list[str]]


def make_world() -> World:
    """An administrator, an editor and a device, nobody, and a few rows. Needs an empty database."""
    administrator = User.objects.create_superuser("fuzz-administrator")
    editor = User.objects.create_user("fuzz-editor", is_staff=True)
    editor.groups.add(Role.objects.get(name=EDITOR))
    screen = _make_rows()
    token = issue_token(screen)
    callers = {  # the mightiest last: an administrator may delete what the others are
        NOBODY: {},
        "device": {"Authorization": f"Device {token}"},
        "editor": _bearer(editor),
        "administrator": _bearer(administrator),
    }
    return World(callers, _names(screen))


def _names(screen: Device) -> dict[str, list[str]]:
    models = (Device, Group, Shop, Video, Link, EnrolmentKey, Pairing, Change)
    ids = {model: [str(ref) for ref in model.objects.values_list(_ref_of(model), flat=True)[:3]] for model in models}
    return {
        "body.timezone": ["UTC", "Europe/Paris", "Asia/Kathmandu"],
        "path.ref": [*(ref for refs in ids.values() for ref in refs), f"mobile_id:{screen.mobile_id}"],
        **{f"body.{model.__name__.lower()}": ids[model] for model in (Device, Group, Shop, Video)},
        "path.mobile_id": [screen.mobile_id],
        "path.gname": ["Fuzz"],
        "path.shop_name": ["Fuzz"],
        "path.video_name": ["fuzz"],
        "path.link_id": [str(link.pk) for link in Link.objects.all()],
        "body.mobile_id": [screen.mobile_id, "fuzz-3"],
        "body.gname": ["Fuzz"],
        "body.shop_name": ["Fuzz"],
        "body.video_name": ["fuzz"],
    }


def _ref_of(model: Any) -> str:
    return "act" if model is Change else "public_id"


def _bearer(person: User) -> dict[str, str]:
    """Not an API key: the fuzzer would revoke it."""
    return {"Authorization": f"Bearer {begin(person).access_token}"}


def _make_rows() -> Device:
    """A shop with a group, a screen, a picture that it shows, and what waits at the door. Returns the screen."""
    shop = Shop.objects.create(name="Fuzz", timezone="Europe/Zurich")
    group = Group.objects.create(name="Fuzz")
    screen = Device.objects.create(mobile_id="fuzz-1", shop=shop, group=group)
    picture = SimpleUploadedFile("fuzz.png", image(), "image/png")
    video = upload_video(file=picture, name="fuzz", original_name="fuzz.png")
    Link.objects.create(video=video, group=group)
    Link.objects.create(video=video, shop=shop, valid_until=timezone.now() + timedelta(days=1))
    make_enrolment_key(label="fuzz", shop=shop, group=group)
    start_pairing(mobile_id="fuzz-2", details={})
    return screen
