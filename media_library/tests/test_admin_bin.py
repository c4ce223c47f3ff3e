"""Throwing media away in the admin, with what screens would show then; the bin, and what comes back out of it."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from devices.tests.factories import DeviceFactory, GroupFactory
from locations.models import ShopLimit
from locations.tests.factories import ShopFactory
from media_library.models import Link, Video
from media_library.tests.factories import LinkFactory, VideoFactory

pytestmark = pytest.mark.django_db
LIST = "/admin/media_library/video/"
BIN = f"{LIST}bin/"
ALL = ["media_library.view_video", "media_library.change_video", "media_library.delete_video"]


def delete_page(video: Video) -> str:
    return reverse("admin:media_library_video_delete", args=[video.pk])


def binned(**fields) -> Video:
    video: Video = VideoFactory.create(binned_at=timezone.now() - timedelta(days=3), binned_by="ada", **fields)
    return video


def text(answer) -> str:
    return " ".join(answer.content.decode().split())


def test_before_it_is_thrown_away_the_page_tells_who_uses_it_and_what_screens_would_show(admin_client: Client):
    group = GroupFactory.create(name="Windows")
    goes_on, black = DeviceFactory.create(name="Front"), DeviceFactory.create(name="Back")
    spring = VideoFactory.create(name="Spring")
    LinkFactory.create(video=spring, device=goes_on)
    LinkFactory.create(video=VideoFactory.create(name="Menu"), device=goes_on)
    LinkFactory.create(video=spring, device=black)
    link = LinkFactory.create(video=spring, group=group)
    page = text(admin_client.get(delete_page(spring)))
    assert "1 screen would have nothing left to show: Back" in page
    assert "1 screen would go on with the rest of the programme." in page
    assert "What uses it: 3 links" in page
    assert reverse("admin:media_library_link_change", args=[link.pk]) in page
    assert "Menu" in page
    assert Video.objects.filter(pk=spring.pk).exists()


def test_it_goes_to_the_bin_with_its_links_and_the_list_says_where_it_is(admin_client: Client):
    link = LinkFactory.create(device=DeviceFactory.create())
    answer = admin_client.post(delete_page(link.video), follow=True)
    assert BIN in text(answer)
    assert list(answer.context["cl"].result_list) == []
    kept = Video.all_objects.get()
    assert (kept.binned_by, list(Link.objects.all())) == ("admin", [link])


def test_the_page_takes_a_fixed_number_of_statements(admin_client: Client, django_assert_max_num_queries):
    video, group = VideoFactory.create(), GroupFactory.create()
    LinkFactory.create(video=video, group=group)
    admin_client.get(LIST)
    for _ in range(2):
        DeviceFactory.create_batch(10, group=group)
        with django_assert_max_num_queries(16):
            assert admin_client.get(delete_page(video)).status_code == 200


def test_many_go_at_once_after_their_effect_was_shown(admin_client: Client, django_assert_num_queries):
    group = GroupFactory.create()
    DeviceFactory.create_batch(3, group=group)
    videos = VideoFactory.create_batch(4)
    for video in videos:
        LinkFactory.create(video=video, group=group)
    chosen = {"action": "throw_away", "_selected_action": [videos[0].pk], "select_across": "1"}
    asked = text(admin_client.post(LIST, chosen))
    assert "4 links would show nothing." in asked
    assert "3 screens would have nothing left to show" in asked
    assert Video.objects.count() == 4
    assert admin_client.post(LIST, {**chosen, "confirmed": "1"}).status_code == 302
    assert (Video.objects.count(), Video.all_objects.in_bin().count(), Link.objects.count()) == (0, 4, 4)


def test_djangos_own_deletion_of_many_is_not_offered(admin_client: Client):
    video = VideoFactory.create()
    offered = admin_client.get(LIST).context["action_form"].fields["action"].choices
    assert "delete_selected" not in dict(offered)
    admin_client.post(LIST, {"action": "delete_selected", "_selected_action": [video.pk], "post": "yes"})
    assert Video.objects.exists()


def test_the_bin_lists_what_lies_in_it_and_when_it_goes(admin_client: Client, settings):
    settings.DGX_BIN_DAYS = 10
    binned(name="Spring")
    VideoFactory.create(name="Menu")
    page = text(admin_client.get(BIN))
    assert "Spring" in page
    assert "3 days ago by ada" in page
    assert "goes in 7 days" in page
    assert "Menu" not in page
    assert "Nothing in the bin is called so." in text(admin_client.get(BIN, {"q": "autumn"}))
    assert admin_client.get(BIN, {"q": "a\x00b", "p": "x"}).status_code == 200


def test_the_bin_takes_few_statements_however_much_lies_in_it(admin_client: Client, django_assert_max_num_queries):
    binned()
    admin_client.get(BIN)
    with django_assert_max_num_queries(12) as few:
        admin_client.get(BIN)
    for _ in range(20):
        LinkFactory.create(video=binned(), device=DeviceFactory.create())
    with django_assert_max_num_queries(len(few)):
        admin_client.get(BIN)


def test_what_is_ticked_comes_back_with_its_links(admin_client: Client):
    first, second = binned(name="Spring"), binned(name="Autumn")
    link = LinkFactory.create(video=first, device=DeviceFactory.create())
    answer = admin_client.post(BIN, {"step": "restore", "video": [first.pk]}, follow=True)
    assert "Back, with their links: 1 video." in text(answer)
    assert list(Video.objects.all()) == [first]
    assert list(Video.all_objects.in_bin()) == [second]
    assert Link.objects.get() == link


def test_what_has_a_taken_name_stays_and_is_restored_under_another(admin_client: Client):
    video = binned(name="Spring")
    VideoFactory.create(name="Spring")
    answer = admin_client.post(BIN, {"step": "restore", "video": [video.pk]}, follow=True)
    assert "“Spring” stayed in the bin" in text(answer)
    address = f"{BIN}{video.pk}/"
    assert "There is already a video named “Spring”." in text(admin_client.post(address, {"name": "Spring"}))
    assert "This field cannot be blank." in text(admin_client.post(address, {"name": ""}))
    answer = admin_client.post(address, {"name": "Spring 2"})
    assert answer["Location"] == reverse("admin:media_library_video_change", args=[video.pk])
    assert Video.objects.get(pk=video.pk).name == "Spring 2"


def test_deleting_for_good_asks_first(admin_client: Client):
    video, other, shown = binned(name="Spring"), binned(name="Autumn"), VideoFactory.create()
    LinkFactory.create(video=video, device=DeviceFactory.create())
    asked = text(admin_client.post(BIN, {"step": "delete", "video": [video.pk]}))
    assert "1 file and 1 link would be gone for ever." in asked
    assert Video.all_objects.count() == 3
    admin_client.post(BIN, {"step": "delete", "video": [video.pk, shown.pk], "confirmed": "1"})
    assert set(Video.all_objects.all()) == {other, shown}


def test_the_bin_is_emptied_after_asking(admin_client: Client):
    binned(), binned(), VideoFactory.create()
    assert "2 files and 0 links would be gone" in text(admin_client.post(BIN, {"step": "empty"}))
    answer = admin_client.post(BIN, {"step": "empty", "confirmed": "1"}, follow=True)
    assert "Gone for good: 2 videos." in text(answer)
    assert Video.all_objects.count() == 1


@pytest.mark.parametrize("body", [{}, {"step": "burn"}, {"step": "restore", "video": ["x", "-1", "9" * 40]}])
def test_a_strange_form_does_nothing(admin_client: Client, body):
    binned()
    assert admin_client.post(BIN, body).status_code in {302, 404}
    assert Video.all_objects.in_bin().count() == 1


def test_a_reader_looks_and_a_stranger_does_not(client: Client, user_with):
    video = binned()
    assert client.get(BIN)["Location"].startswith("/admin/login/")
    client.force_login(user_with("media_library.view_video"))
    page = text(client.get(BIN))
    assert "Restore the selected" not in page
    assert "Empty the bin" not in page
    for body in ({"step": "restore", "video": [video.pk]}, {"step": "empty", "confirmed": "1"}):
        assert client.post(BIN, body).status_code == 403
    assert client.post(f"{BIN}{video.pk}/", {"name": "x"}).status_code == 403
    client.force_login(user_with("devices.view_device", username="other"))
    assert client.get(BIN).status_code == 403


def test_somebody_limited_to_a_shop_touches_only_what_plays_there_alone(client: Client, user_with):
    mine, theirs = ShopFactory.create_batch(2)
    inside, outside = VideoFactory.create(name="inside"), VideoFactory.create(name="outside")
    LinkFactory.create(video=inside, shop=mine)
    LinkFactory.create(video=outside, shop=theirs)
    user = user_with(*ALL, "media_library.view_link")
    ShopLimit.objects.create(user=user).shops.add(mine)
    client.force_login(user)
    assert client.post(delete_page(outside)).status_code == 403
    assert client.post(delete_page(inside)).status_code == 302
    assert list(Video.objects.all()) == [outside]
    Video.objects.update(binned_at=timezone.now())
    client.post(BIN, {"step": "empty", "confirmed": "1"})
    assert list(Video.all_objects.all()) == [outside]
    assert client.post(f"{BIN}{outside.pk}/", {"name": "x"}).status_code == 404


def test_the_list_of_links_says_whose_file_lies_in_the_bin(admin_client: Client):
    link = LinkFactory.create(device=DeviceFactory.create())
    assert "In the bin" not in text(admin_client.get("/admin/media_library/link/"))
    Video.objects.filter(pk=link.video_id).update(binned_at=timezone.now())
    assert "In the bin" in text(admin_client.get("/admin/media_library/link/"))
