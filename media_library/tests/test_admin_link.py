"""Links in the admin: on their own page and in the order of play on devices, groups and shops."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from devices.models import Device, Presence
from devices.tests.factories import DeviceFactory, GroupFactory
from locations.tests.factories import ShopFactory
from media_library.models import Link
from media_library.models.link import LinkException
from media_library.tests.factories import LinkFactory, VideoFactory

pytestmark = pytest.mark.django_db

ADD = "/admin/media_library/link/add/"
WINDOW = dict.fromkeys(("valid_from_0", "valid_from_1", "valid_until_0", "valid_until_1"), "")
WINDOW |= {"start_time": "", "end_time": ""}
NO_EXCEPTIONS = {"exceptions-TOTAL_FORMS": 0, "exceptions-INITIAL_FORMS": 0}


def _form(**changes: Any) -> dict[str, Any]:
    targets = {"video": "", "device": "", "group": "", "shop": "", "display_order": ""}
    return {**targets, **WINDOW, **NO_EXCEPTIONS, **changes}


def _on_group(group: Any, *rows: dict[str, Any]) -> dict[str, Any]:
    """The post of a group's page with these rows of links."""
    kept = sum("id" in row for row in rows)
    values: dict[str, Any] = {"name": group.name, "report_interval_s": "", "missed_reports": ""}
    values |= {"links-TOTAL_FORMS": len(rows), "links-INITIAL_FORMS": kept}
    values |= {"links-default-TOTAL_FORMS": 0, "links-default-INITIAL_FORMS": 0}
    for n, row in enumerate(rows):
        posted = {"group": group.pk, "shop": "", "display_order": "", **WINDOW, **row}
        values |= {f"links-{n}-{name}": value for name, value in posted.items()}
    return values


def _group_page(group: Any) -> str:
    return reverse("admin:devices_group_change", args=[group.pk])


def test_a_link_without_an_order_goes_behind_the_others_of_its_target(admin_client: Client):
    group, video = GroupFactory.create(), VideoFactory.create()
    LinkFactory.create(group=group, display_order=7)
    LinkFactory.create(group=GroupFactory.create(), display_order=90)
    assert admin_client.post(ADD, _form(video=video.pk, group=group.pk)).status_code == 302
    assert Link.objects.get(video=video).display_order == 8


def test_an_order_that_is_given_is_kept_as_are_days_and_hours(admin_client: Client):
    video, shop = VideoFactory.create(), ShopFactory.create()
    hours = {"weekdays": ["6", "1"], "start_time": "22:00", "end_time": "02:00"}
    assert admin_client.post(ADD, _form(video=video.pk, shop=shop.pk, display_order="-3", **hours)).status_code == 302
    link = Link.objects.get()
    assert (link.display_order, link.weekdays, str(link.start_time), str(link.end_time)) == (
        -3,
        [1, 6],
        "22:00:00",
        "02:00:00",
    )


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"device": ""}, "__all__"),
        ({"start_time": "10:00"}, "end_time"),
        ({"weekdays": ["8"]}, "weekdays"),
        ({"display_order": "99999999999"}, "display_order"),
        ({"display_order": "nan"}, "display_order"),
        ({"video": "999999"}, "video"),
        ({"valid_from_0": "2026-02-30", "valid_from_1": "10:00"}, "valid_from"),
    ],
)
def test_what_is_not_allowed_is_an_error(admin_client: Client, changes: dict[str, Any], field: str):
    values = _form(video=VideoFactory.create().pk, device=DeviceFactory.create().pk)
    answer = admin_client.post(ADD, values | changes)
    assert (answer.status_code, list(answer.context["adminform"].form.errors)) == (200, [field])
    assert not Link.objects.exists()


def test_the_same_link_twice_is_refused_in_words(admin_client: Client):
    link = LinkFactory.create(device=DeviceFactory.create())
    answer = admin_client.post(ADD, _form(video=link.video_id, device=link.device_id))
    assert "already linked" in answer.content.decode()


def test_a_place_that_another_link_has_is_refused_and_an_old_tie_may_stay(admin_client: Client):
    group = GroupFactory.create()
    one, two = (LinkFactory.create(group=group, display_order=7) for _ in range(2))
    values = _form(video=VideoFactory.create().pk, group=group.pk, display_order=7)
    errors = admin_client.post(ADD, values).context["adminform"].form.errors
    assert errors == {"display_order": ["Place 7 is taken by another link to the same; reorder them."]}
    change = reverse("admin:media_library_link_change", args=[two.pk])
    values = _form(video=two.video_id, group=group.pk, display_order=7, weekdays=["1"])
    assert admin_client.post(change, values).status_code == 302
    two.refresh_from_db()
    assert (two.weekdays, two.display_order, one.display_order) == ([1], 7, 7)


def test_excepting_a_device_is_for_whoever_may_change_the_link(client: Client, user_with):
    link, device = LinkFactory.create(group=GroupFactory.create()), DeviceFactory.create()
    address = reverse("admin:media_library_link_change", args=[link.pk])
    rows = {"exceptions-TOTAL_FORMS": 1, "exceptions-0-link": link.pk, "exceptions-0-device": device.pk}
    values = _form(video=link.video_id, group=link.group_id, display_order=0) | rows
    client.force_login(user_with("media_library.view_link", username="viewer"))
    assert client.post(address, values).status_code == 403
    views = [f"{model}" for model in ("media_library.view_video", "devices.view_group", "devices.view_device")]
    client.force_login(user_with("media_library.view_link", "media_library.change_link", *views, username="editor"))
    assert client.post(address, values).status_code == 302
    assert LinkException.objects.get().device == device


def test_links_are_added_to_a_group_in_distinct_orders(admin_client: Client):
    group, videos = GroupFactory.create(), VideoFactory.create_batch(3)
    rows = [{"video": video.pk} for video in videos]
    assert admin_client.post(_group_page(group), _on_group(group, *rows)).status_code == 302
    assert [link.display_order for link in group.links.order_by("video_id")] == [0, 1, 2]


def test_two_links_of_a_list_cannot_share_an_order(admin_client: Client):
    group = GroupFactory.create()
    one, two = (LinkFactory.create(group=group, display_order=n) for n in (1, 2))
    rows = [{"id": link.pk, "video": link.video_id, "display_order": 1} for link in (one, two)]
    answer = admin_client.post(_group_page(group), _on_group(group, *rows))
    assert "Another link of this list has the order 1." in answer.content.decode()
    two.refresh_from_db()
    assert two.display_order == 2


def test_dragging_writes_the_new_orders_and_touches_nothing_else(admin_client: Client):
    group = GroupFactory.create()
    one, two = (LinkFactory.create(group=group, display_order=n, weekdays=[5]) for n in (1, 2))
    orders = {one.pk: 1, two.pk: 0}
    rows = [
        {"id": link.pk, "video": link.video_id, "display_order": orders[link.pk], "weekdays": ["5"]}
        for link in (one, two)
    ]
    assert admin_client.post(_group_page(group), _on_group(group, *rows)).status_code == 302
    touched = one.updated_at
    for link in (one, two):
        link.refresh_from_db()
    assert (one.display_order, two.display_order, one.weekdays) == (1, 0, [5])
    assert one.updated_at == touched


def test_a_link_is_taken_from_a_group(admin_client: Client):
    group = GroupFactory.create()
    link = LinkFactory.create(group=group)
    row = {"id": link.pk, "video": link.video_id, "display_order": 0, "DELETE": "on"}
    assert admin_client.post(_group_page(group), _on_group(group, row)).status_code == 302
    assert not Link.objects.exists()


def test_a_change_in_the_admin_changes_what_the_device_should_hold(admin_client: Client):
    group = GroupFactory.create()
    device = DeviceFactory.create(group=group)
    tagged: Any = Device.objects.with_tag()
    before = tagged.get(pk=device.pk).tag
    admin_client.post(_group_page(group), _on_group(group, {"video": VideoFactory.create().pk}))
    assert tagged.get(pk=device.pk).tag != before


def test_a_group_shows_its_own_links_and_not_those_of_single_devices(admin_client: Client):
    group = GroupFactory.create()
    own = LinkFactory.create(group=group)
    LinkFactory.create(group=group, device=DeviceFactory.create(group=group))
    formsets = admin_client.get(_group_page(group)).context["inline_admin_formsets"]
    assert [form.original for form in formsets[0] if form.original] == [own]


def test_a_devices_page_shows_what_it_plays_through_what_and_what_is_on_screen(admin_client: Client):
    shop, group = ShopFactory.create(), GroupFactory.create()
    device = DeviceFactory.create(group=group, shop=shop)
    first, second = VideoFactory.create(name="First film"), VideoFactory.create(name="Second film")
    LinkFactory.create(video=second, shop=shop, display_order=2)
    closed = timezone.now().isoweekday() % 7 + 1
    LinkFactory.create(video=first, group=group, display_order=1, weekdays=[(closed % 7) + 1])
    VideoFactory.create(name="Elsewhere")
    Presence.objects.filter(device=device).update(is_online=True, playing=second.sha256)
    page = admin_client.get(reverse("admin:devices_device_change", args=[device.pk])).content.decode()
    assert page.index("Second film") < page.index("not at this hour: 1") < page.index("First film")
    assert all(words in page for words in ("its group", "its shop", "On screen"))
    assert "Elsewhere" not in page


def test_what_plays_is_for_those_who_may_see_links(client: Client, user_with):
    device = DeviceFactory.create()
    LinkFactory.create(device=device, video=VideoFactory.create(name="First film"))
    client.force_login(user_with("devices.view_device"))
    page = client.get(reverse("admin:devices_device_change", args=[device.pk])).content.decode()
    assert "First film" not in page
