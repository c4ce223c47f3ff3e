"""Who calls while the addresses are fuzzed, and a few rows of everything for what they name."""

from datetime import timedelta

from django.contrib.auth.models import Group as Role
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from devices.models import Device, Group
from devices.services.enrolment import issue_token, make_enrolment_key, start_pairing
from dgx.people.tokens import begin
from dgx.roles.table import EDITOR
from locations.models import Shop
from media_library.models import Link
from media_library.services.uploads import upload_video
from media_library.tests.files import image

NOBODY = "nobody"


def make_callers() -> dict[str, dict[str, str]]:
    """By name, the headers of an administrator, an editor and a device, and of nobody. Needs an empty database."""
    administrator = User.objects.create_superuser("fuzz-administrator")
    editor = User.objects.create_user("fuzz-editor", is_staff=True)
    editor.groups.add(Role.objects.get(name=EDITOR))
    token = issue_token(_make_rows())
    return {
        "administrator": _bearer(administrator),
        "editor": _bearer(editor),
        "device": {"Authorization": f"Device {token}"},
        NOBODY: {},
    }


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
