"""Many changes of the same links at once: they take turns, and each answers."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from devices.models import Device
from devices.tests.factories import DeviceFactory, GroupFactory
from dgx.core.errors import NotFound
from locations.tests.factories import ShopFactory
from media_library.models import Placement
from media_library.services.links import join, put_on_device
from media_library.services.ordering import remove_link
from media_library.services.programme import set_group_videos
from media_library.tests.factories import LinkFactory, VideoFactory


@pytest.mark.django_db(transaction=True)
def test_links_moves_and_programmes_at_once_all_come_through():
    shop, groups = ShopFactory.create(), [GroupFactory.create(), GroupFactory.create()]
    devices = [DeviceFactory.create(group=groups[n % 2], shop=shop) for n in range(4)]
    videos = [VideoFactory.create() for _ in range(3)]

    def change(n: int) -> None:
        device, group, now = devices[n % 4], groups[n // 2 % 2], timezone.now()
        try:
            if n % 3 == 0:
                set_group_videos(group, videos[: n % 2 + 1], now=now)
            elif n % 3 == 1:
                put_on_device(device=device, video=videos[n % 2], shop=shop, group=group, display_order=n)
            else:
                join(device, group=group, shop=shop)
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as threads:
        for done in [threads.submit(change, n) for n in range(60)]:
            done.result(timeout=60)
    for device in Device.objects.all():
        assert {place.group_id for place in Placement.objects.filter(device=device)} <= {device.group_id}


@pytest.mark.django_db
def test_what_was_deleted_meanwhile_is_not_found():
    shop, group, device, video = ShopFactory(), GroupFactory(), DeviceFactory(), VideoFactory()
    linked: dict[str, Any] = {"device": device, "video": video, "shop": shop, "display_order": 0}
    group_gone, device_gone = GroupFactory(name="g"), DeviceFactory(mobile_id="d")
    type(group_gone).objects.filter(pk=group_gone.pk).delete()
    Device.objects.filter(pk=device_gone.pk).delete()
    with pytest.raises(NotFound, match="Device not found: d"):
        put_on_device(**{**linked, "device": device_gone}, group=group)
    with pytest.raises(NotFound, match="Group not found: g"):
        join(device, group=group_gone, shop=shop)
    with pytest.raises(NotFound, match="Group not found: g"):
        set_group_videos(group_gone, [video], now=timezone.now())


@pytest.mark.django_db
def test_a_link_that_goes_reaches_its_device(django_assert_max_num_queries):
    link = LinkFactory.create(device=DeviceFactory())
    before = Device.objects.get().content_version
    with django_assert_max_num_queries(6):
        remove_link(link)
    assert Device.objects.get().content_version == before + 1
    assert not Placement.objects.exists()
