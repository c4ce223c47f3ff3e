"""Publishing on the pages of groups, shops, devices and the whole chain: playlists and defaults, many videos at once,
the question before a save that touches many screens, and the rollout after it."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from devices.models import Device, Group, Presence
from devices.tests.factories import DeviceFactory, GroupFactory
from locations.models import Chain, Shop, ShopLimit
from locations.tests.factories import ShopFactory
from media_library.models import Link, Video
from media_library.tests.factories import LinkFactory, VideoFactory

pytestmark = pytest.mark.django_db

RIGHTS = ["devices.view_group", "devices.change_group", "media_library.view_link", "media_library.add_link"]


@pytest.fixture
def group() -> Group:
    made: Group = GroupFactory.create(name="Windows")
    return made


def _address(obj: Any, page: str = "change") -> str:
    return reverse(f"admin:{obj._meta.app_label}_{obj._meta.model_name}_{page}", args=[obj.pk])


def _post(obj: Any, *links: Link, **changes: object) -> dict[str, object]:
    """What the browser posts for a group with these links in its playlist, and none in its default one."""
    values: dict[str, object] = {"name": obj.name, "report_interval_s": "", "missed_reports": ""}
    for prefix, rows in (("links", links), ("links-default", ())):
        values |= {f"{prefix}-TOTAL_FORMS": len(rows), f"{prefix}-INITIAL_FORMS": len(rows)}
        for n, link in enumerate(rows):
            values |= {f"{prefix}-{n}-id": link.pk, f"{prefix}-{n}-group": obj.pk, f"{prefix}-{n}-video": link.video_id}
            values |= {f"{prefix}-{n}-display_order": link.display_order}
    return {**values, **changes}


def _new_default(prefix: str, video: Video, **parent: object) -> dict[str, object]:
    return {f"{prefix}-TOTAL_FORMS": 1, f"{prefix}-INITIAL_FORMS": 0, f"{prefix}-0-video": video.pk} | {
        f"{prefix}-0-{name}": value for name, value in parent.items()
    }


def _orders() -> list[tuple[str, int]]:
    return list(Link.objects.order_by("display_order").values_list("video__name", "display_order"))


def test_a_save_that_touches_many_screens_asks_first_and_nothing_is_saved_meanwhile(admin_client: Client, group: Group):
    first, second = (LinkFactory.create(group=group, display_order=n, video__name=f"v{n}") for n in range(2))
    for online in (True, False):
        Presence.objects.filter(device=DeviceFactory.create(group=group)).update(is_online=online)
    version = Group.objects.get().content_version
    swapped = _post(group, first, second, **{"links-0-display_order": 1, "links-1-display_order": 0})
    asked = admin_client.post(_address(group), swapped)
    page = asked.content.decode()
    assert (asked.status_code, asked.templates[0].name) == (200, "dgx/confirm.html")
    assert "This changes what 2 screens (1 of them offline) will play." in page
    assert (_orders(), Group.objects.get().content_version) == ([("v0", 0), ("v1", 1)], version)
    answers = dict(asked.context["answers"]) | {"_confirmed": "1"}
    assert admin_client.post(_address(group), answers).status_code == 302
    assert (_orders(), Group.objects.get().content_version) == ([("v1", 0), ("v0", 1)], version + 2)


def test_one_screen_or_other_fields_are_saved_at_once(admin_client: Client, group: Group):
    link = LinkFactory.create(group=group, display_order=3)
    DeviceFactory.create(group=group)
    moved = _post(group, link, **{"links-0-display_order": 5})
    assert admin_client.post(_address(group), moved).status_code == 302
    DeviceFactory.create_batch(3, group=group)
    link.refresh_from_db()
    assert admin_client.post(_address(group), _post(group, link, name="Doors")).status_code == 302
    assert Group.objects.get().name == "Doors"


def test_a_link_that_is_narrowed_to_a_shop_counts_the_screens_there(admin_client: Client, group: Group):
    shop = ShopFactory.create()
    link = LinkFactory.create(group=group, shop=shop)
    DeviceFactory.create_batch(2, group=group, shop=shop)
    DeviceFactory.create_batch(5, group=group)
    asked = admin_client.post(_address(group), _post(group, link, **{"links-0-shop": shop.pk, "links-0-DELETE": "on"}))
    assert asked.context["question"].title == "Change the programme of 2 screens (2 of them offline)?"


def test_the_default_playlist_is_a_list_of_its_own(admin_client: Client, group: Group):
    video = VideoFactory.create()
    regular = LinkFactory.create(group=group, video=video, display_order=0)
    new = _post(group, regular) | _new_default("links-default", video, group=group.pk)
    assert admin_client.post(_address(group), new).status_code == 302
    found = Link.objects.filter(group=group).values_list("layer", "video", "display_order")
    assert set(found) == {("regular", video.pk, 0), ("default", video.pk, 0)}


def test_the_whole_chain_has_a_default_playlist_of_its_own(admin_client: Client):
    chain, video = Chain.objects.get(), VideoFactory.create()
    address = _address(chain)
    assert admin_client.get(reverse("admin:locations_chain_changelist")).headers["Location"] == address
    new = _new_default("links-default", video)
    assert admin_client.post(address, new).status_code == 302
    [link] = Link.objects.all()
    assert (link.layer, link.reaches_whole_chain, link.video) == ("default", True, video)
    assert video.name in admin_client.get(address).content.decode()
    stale = admin_client.post(address, _new_default("links-default", video), follow=True)
    assert "somebody else changed the same meanwhile" in stale.content.decode()


def test_the_same_video_twice_in_a_list_is_an_error_of_the_form(admin_client: Client, group: Group):
    link = LinkFactory.create(group=group)
    twice = _post(group, link) | {"links-TOTAL_FORMS": 2, "links-1-video": link.video_id, "links-1-group": group.pk}
    assert "already linked" in admin_client.post(_address(group), twice).content.decode()


def test_the_chains_page_asks_before_it_changes_every_screen(admin_client: Client):
    DeviceFactory.create_batch(3)
    asked = admin_client.post(_address(Chain.objects.get()), _new_default("links-default", VideoFactory.create()))
    assert asked.context["question"].title == "Change the programme of 3 screens (3 of them offline)?"
    assert not Link.objects.exists()


def test_the_chain_is_not_for_those_without_links_nor_for_the_limited(client: Client, user_with):
    address = _address(Chain.objects.get())
    client.force_login(user_with("devices.view_device"))
    assert client.get(address).status_code == 403
    person = user_with("media_library.view_link", "media_library.change_link", username="limited")
    client.force_login(person)
    assert client.get(address).status_code == 200
    ShopLimit.objects.create(user=person)
    client.force_login(person)
    assert client.get(address).status_code in {302, 403}


@pytest.mark.parametrize("make", [GroupFactory, ShopFactory, DeviceFactory], ids=["group", "shop", "device"])
def test_videos_are_added_in_the_order_of_the_clicks_behind_those_that_are_there(admin_client: Client, make):
    place = make.create()
    field = place._meta.model_name
    videos = VideoFactory.create_batch(4)
    LinkFactory.create(**{field: place}, video=videos[3], display_order=7)
    order = ",".join(str(videos[n].public_id) for n in (2, 0, 3, 1))
    answer = admin_client.post(_address(place, "add-videos"), {"order": order, "layer": "regular"}, follow=True)
    assert [name for name, _order in _orders()] == [videos[n].name for n in (3, 2, 0, 1)]
    assert "Added: 3. 1 was in the list already." in answer.content.decode()


def test_a_thousand_videos_are_added_by_as_many_statements_as_three(
    admin_client: Client, group: Group, django_assert_max_num_queries
):
    def post(count: int) -> dict[str, str]:
        return {"order": ",".join(str(video.public_id) for video in VideoFactory.create_batch(count))}

    few, many = post(3), post(60)
    with django_assert_max_num_queries(40) as queries:
        admin_client.post(_address(group, "add-videos"), few)
    with django_assert_max_num_queries(len(queries)):
        admin_client.post(_address(group, "add-videos"), many)
    assert Link.objects.count() == 63


def test_without_scripts_the_boxes_are_taken_and_the_default_list_can_be_chosen(admin_client: Client, group: Group):
    video = VideoFactory.create()
    values = {"video": [str(video.public_id)], "layer": "default"}
    assert admin_client.post(_address(group, "add-videos"), values).status_code == 302
    assert Link.objects.get().layer == "default"


@pytest.mark.parametrize("values", [{}, {"order": "nonsense,,x"}, {"video": ["1"]}, {"order": "a" * 5000}])
def test_a_choice_of_nothing_is_told(admin_client: Client, group: Group, values: dict[str, Any]):
    answer = admin_client.post(_address(group, "add-videos"), values, follow=True)
    assert "Choose at least one video." in answer.content.decode()
    assert not Link.objects.exists()


def test_media_in_the_bin_or_not_ready_are_not_offered_nor_taken(admin_client: Client, group: Group):
    binned = VideoFactory.create(name="binned", binned_at=timezone.now())
    failed = VideoFactory.create(name="failed", state="failed")
    assert not {"binned", "failed"} & {video.name for video, _p in _grid(admin_client, group)}
    admin_client.post(_address(group, "add-videos"), {"order": f"{binned.public_id},{failed.public_id}"})
    assert not Link.objects.exists()


def _grid(client: Client, place: Any, **query: Any) -> list[Any]:
    return list(client.get(_address(place, "add-videos"), query).context["cells"])


def test_the_grid_is_searched_paged_and_given_alone(admin_client: Client, group: Group, django_assert_max_num_queries):
    VideoFactory.create_batch(60)
    VideoFactory.create(name="Summer sale")
    with django_assert_max_num_queries(8):
        assert len(_grid(admin_client, group)) == 48
    assert len(_grid(admin_client, group, page=2)) == 13
    assert [video.name for video, _p in _grid(admin_client, group, q="sale summer")] == ["Summer sale"]
    for odd in ("\x00", "%", "x" * 5000):
        assert _grid(admin_client, group, q=odd, page="x") is not None
    alone = admin_client.get(_address(group, "add-videos"), {"fragment": "1", "q": "summer"})
    assert alone.templates[0].name == "media_library/picker_grid.html"


def test_the_page_says_how_many_screens_it_changes_before_anything_is_added(admin_client: Client, group: Group):
    DeviceFactory.create_batch(2, group=group)
    page = admin_client.get(_address(group, "add-videos")).content.decode()
    assert "This changes what 2 screens (2 of them offline) will play." in page


def test_who_may_not_add_links_is_refused_and_a_limited_person_beyond_their_shops_too(
    client: Client, user_with, group: Group
):
    here, there = ShopFactory.create(), ShopFactory.create()
    DeviceFactory.create(group=group, shop=here)
    DeviceFactory.create(group=group, shop=there)
    values = {"order": str(VideoFactory.create().public_id)}
    client.force_login(user_with("devices.view_group", "media_library.view_link"))
    assert client.post(_address(group, "add-videos"), values).status_code == 403
    person = user_with(*RIGHTS, "media_library.view_video", username="limited")
    ShopLimit.objects.create(user=person).shops.add(here)
    client.force_login(person)
    assert client.post(_address(group, "add-videos"), values).status_code in {302, 403}
    assert not Link.objects.exists()


def test_the_rollout_is_told_with_the_laggards_and_looked_at_again_by_itself(admin_client: Client, group: Group):
    late = DeviceFactory.create(group=group, name="Late one")
    Presence.objects.filter(device=late).update(last_seen_at=timezone.now(), is_online=False, held_tag="d1.1-g1.0-s0.0")
    Group.objects.filter(pk=group.pk).bump()
    page = admin_client.get(_address(group)).content.decode()
    assert "v1: 0 of 1 hold it, 1 offline" in page
    assert 'data-rollout="../rollout/"' in page
    part = admin_client.get(_address(group, "rollout")).content.decode()
    assert "Late one" in part
    assert "data-complete" not in part
    tag = Device.objects.with_tag().get(pk=late.pk).tag  # type: ignore[attr-defined]
    Presence.objects.filter(device=late).update(held_tag=tag, is_online=True)
    assert "data-complete" in admin_client.get(_address(group, "rollout")).content.decode()


@pytest.mark.parametrize("model", [Group, Shop, Chain])
def test_a_place_shows_its_lists_at_a_glance(admin_client: Client, model: Any, django_assert_max_num_queries):
    factories: dict[Any, Any] = {Group: GroupFactory, Shop: ShopFactory}
    place = factories[model].create() if model in factories else Chain.objects.get()
    target = {} if model is Chain else {model._meta.model_name: place}
    LinkFactory.create(**target, layer="default", video__name="Logo")
    admin_client.get(_address(place))
    with django_assert_max_num_queries(12):
        page = admin_client.get(_address(place)).content.decode()
    strip = page[page.index('aria-label="Default playlist"') :]
    assert strip.index('aria-label="Logo"') < strip.index("</ol>")
