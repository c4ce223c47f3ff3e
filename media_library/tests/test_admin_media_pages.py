"""The pages around media: the grid, the page that uploads many, and the screens of a preview."""

import pytest
from django.test import Client
from django.urls import reverse

from devices.tests.factories import DeviceFactory, GroupFactory
from media_library.services.uploads import upload_video
from media_library.tests.factories import LinkFactory, VideoFactory
from media_library.tests.files import image, uploaded

pytestmark = pytest.mark.django_db
LIST = "/admin/media_library/video/"
UPLOAD = f"{LIST}upload/"


def test_the_list_is_a_grid_until_this_browser_chose_the_table(admin_client: Client):
    VideoFactory.create()
    assert 'class="dgx-view" data-view="grid"' in admin_client.get(LIST).content.decode()
    admin_client.cookies["dgx_media_view"] = "table"
    assert 'class="dgx-view" data-view="table"' in admin_client.get(LIST).content.decode()
    admin_client.cookies["dgx_media_view"] = '"><script>'
    assert 'class="dgx-view" data-view="grid"' in admin_client.get(LIST).content.decode()


def test_pictures_of_the_grid_load_when_they_are_scrolled_to(admin_client: Client):
    VideoFactory.create(thumbnail="myvideos/thumbnails/x.jpg")
    assert 'loading="lazy"' in admin_client.get(LIST).content.decode()


def test_the_upload_page_knows_limits_types_and_what_the_person_may_put_files_on(admin_client: Client, settings):
    settings.DGX_UPLOAD_MAX_BYTES = 1234
    config = admin_client.get(UPLOAD).context["config"]
    assert (config["max_bytes"], config["parallel"], sorted(config["targets"])) == (
        1234,
        3,
        ["device", "group", "shop"],
    )
    assert {"video/mp4", "text/html"} <= set(config["types"])
    assert "image/svg+xml" not in config["types"]


def test_whoever_may_not_link_is_offered_no_target(client: Client, user_with):
    client.force_login(user_with("media_library.add_video", "devices.view_group"))
    assert client.get(UPLOAD).context["config"]["targets"] == {}


def test_whoever_may_not_upload_has_no_page_for_it(client: Client, user_with):
    assert client.get(UPLOAD)["Location"].startswith("/admin/login/")
    client.force_login(user_with("media_library.view_video"))
    assert client.get(UPLOAD).status_code == 403
    assert UPLOAD not in client.get(LIST).content.decode()


@pytest.mark.parametrize(("button", "to"), [("open_upload", UPLOAD), ("open_bin", f"{LIST}bin/")])
def test_the_list_leads_to_both_pages(admin_client: Client, button: str, to: str):
    address = reverse(f"admin:media_library_video_{button}")
    assert address in admin_client.get(LIST).content.decode()
    assert admin_client.get(address)["Location"] == to


def test_a_file_is_previewed_on_two_screens_by_the_players_own_stage(admin_client: Client):
    video = upload_video(file=uploaded(image(), "picture.png"), name="Poster", rotation=90, fit_mode="contain")
    address = reverse("admin:media_library_video_screen", args=[video.pk])
    page = admin_client.get(reverse("admin:media_library_video_change", args=[video.pk])).content.decode()
    assert page.count(f'<iframe src="{address}"') == 2
    screen = admin_client.get(address)
    assert screen.context["config"]["item"] == {
        "type": "image",
        "rotation": 90,
        "fit_mode": "contain",
        "display_duration": 10,
    }
    assert f"{video.key}?response-content-type=image%2Fpng&X-Amz-" in screen.context["config"]["address"]


def test_only_our_own_pages_frame_a_screen(admin_client: Client):
    video = upload_video(file=uploaded(image(), "picture.png"), name="Poster")
    answer = admin_client.get(reverse("admin:media_library_video_screen", args=[video.pk]))
    assert answer["X-Frame-Options"] == "SAMEORIGIN"
    assert "frame-ancestors 'self'" in answer["Content-Security-Policy"]
    page = admin_client.get(reverse("admin:media_library_video_change", args=[video.pk]))
    assert page["X-Frame-Options"] == "DENY"


@pytest.mark.parametrize(
    "fields",
    [{"source_url": "https://elsewhere.example/x.mp4"}, {"file": "myvideos/incoming/x", "state": "processing"}],
)
def test_what_is_not_in_the_store_has_no_screens(admin_client: Client, fields):
    video = VideoFactory.create(**fields)
    address = reverse("admin:media_library_video_screen", args=[video.pk])
    assert admin_client.get(address).status_code == 404
    assert (
        address not in admin_client.get(reverse("admin:media_library_video_change", args=[video.pk])).content.decode()
    )


def test_a_screen_is_for_whoever_may_see_media(client: Client, user_with):
    video = upload_video(file=uploaded(image(), "picture.png"), name="Poster")
    address = reverse("admin:media_library_video_screen", args=[video.pk])
    assert client.get(address).status_code == 302
    client.force_login(user_with("devices.view_device"))
    assert client.get(address).status_code == 403


def test_a_page_tells_in_how_many_screens_lists_the_file_is(admin_client: Client):
    group = GroupFactory.create()
    DeviceFactory.create_batch(3, group=group)
    video = VideoFactory.create()
    LinkFactory.create(video=video, group=group)
    page = admin_client.get(reverse("admin:media_library_video_change", args=[video.pk])).content.decode()
    assert "in the lists of 3 screens" in page
