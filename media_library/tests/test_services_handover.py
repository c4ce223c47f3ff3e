"""A device's links and exceptions go over to the hardware that takes its place; nothing is shown twice or lost."""

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from devices.models import Device
from devices.services.replacement import Hardware, preview, replace
from devices.tests.factories import DeviceFactory, GroupFactory
from dgx.core.errors import Forbidden
from dgx.core.models import ChangedRow
from media_library.models import Link
from media_library.models.link import LinkException
from media_library.services.resolver import playlist
from media_library.tests.factories import LinkFactory, VideoFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def pair() -> tuple[Device, Device]:
    """The old device and the new hardware."""
    group = GroupFactory.create()
    return DeviceFactory.create(mobile_id="old", group=group), DeviceFactory.create(mobile_id="new", group=None)


def shown(device: Device) -> list[str]:
    device.refresh_from_db()
    return [placement.video.name for placement in playlist(device)]


def test_the_new_hardware_plays_what_the_old_one_played(pair: tuple[Device, Device], admin_user: User):
    old, new = pair
    for order, name in enumerate(("c", "a", "b")):
        LinkFactory.create(device=old, group=None, shop=None, display_order=order, video=VideoFactory.create(name=name))
    everyone = LinkFactory.create(device=None, group=old.group, shop=None, video=VideoFactory.create(name="all"))
    excepted = LinkFactory.create(device=None, group=old.group, shop=None, video=VideoFactory.create(name="not here"))
    LinkException.objects.create(link=excepted, device=old)
    before, versions = shown(old), (old.content_version, new.content_version)
    keys = set(Link.objects.values_list("pk", flat=True))
    replace(old, Hardware(device=new), by=admin_user, now=timezone.now())
    assert shown(new) == before
    assert everyone.video.name in before
    assert set(Link.objects.values_list("pk", flat=True)) == keys
    assert new.content_version > versions[1]
    assert not LinkException.objects.filter(device=old).exists()
    assert not Link.objects.filter(device=old).exists()


def test_what_both_have_is_there_once(pair: tuple[Device, Device], admin_user: User):
    old, new = pair
    video, group = VideoFactory.create(), GroupFactory.create()
    for device in pair:
        LinkFactory.create(device=device, group=None, shop=None, video=video)
        LinkFactory.create(device=device, group=group, shop=None, video=video)
    LinkFactory.create(device=old, group=None, shop=None, video=video, layer="default")
    wide = LinkFactory.create(device=None, group=group, shop=None)
    LinkException.objects.create(link=wide, device=old)
    LinkException.objects.create(link=wide, device=new)
    replace(old, Hardware(device=new), by=admin_user, now=timezone.now())
    found = set(Link.objects.filter(device=new).values_list("group", "layer"))
    assert (found, new.links.count()) == ({(None, "regular"), (group.pk, "regular"), (None, "default")}, 3)
    assert LinkException.objects.filter(link=wide, device=new).count() == 1


def test_it_is_said_first(pair: tuple[Device, Device], admin_user: User):
    old, new = pair
    LinkFactory.create_batch(3, device=old, group=None, shop=None)
    LinkFactory.create(device=new, group=None, shop=None)
    lines = preview(old, Hardware(device=new), by=admin_user)
    assert "It takes over 3 links of its own." in lines
    assert "It has 1 link of its own already; they stay." in lines


def test_the_links_histories_say_so(pair: tuple[Device, Device], admin_user: User):
    old, new = pair
    link = LinkFactory.create(device=old, group=None, shop=None)
    replace(old, Hardware(device=new), by=admin_user, now=timezone.now())
    assert ChangedRow.objects.of(link)[0].fields == {"device": [old.pk, new.pk]}


def test_whoever_may_not_change_links_does_not_replace_a_device_that_has_some(pair, user_with):
    old, new = pair
    LinkFactory.create(device=old, group=None, shop=None)
    user = user_with("devices.view_device", "devices.change_device")
    with pytest.raises(Forbidden, match="right that you do not have: media_library"):
        replace(old, Hardware(device=new), by=user, now=timezone.now())
    assert Link.objects.get().device == old
