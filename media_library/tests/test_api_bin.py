"""The bin over the API: what is thrown away, what comes back, what is gone for good."""

import pytest
from django.utils import timezone

from devices.tests.factories import DeviceFactory
from locations.models import ShopLimit
from locations.tests.factories import ShopFactory
from media_library.models import Link, Video
from media_library.tests.factories import LinkFactory, VideoFactory

pytestmark = pytest.mark.django_db
URL = "/api/v1/bin/"
VIDEOS = "/api/v1/videos/"


def binned(**fields) -> Video:
    video: Video = VideoFactory.create(binned_at=timezone.now(), binned_by="ada", **fields)
    return video


def test_a_video_goes_to_the_bin_though_it_is_shown_and_comes_back_with_its_links(admin_api):
    link = LinkFactory.create(device=DeviceFactory.create())
    path = f"{link.video.public_id}/"
    assert admin_api.delete(VIDEOS + path).status_code == 409
    assert admin_api.post(f"{VIDEOS}{path}bin/").status_code == 204
    assert admin_api.get(VIDEOS + path).status_code == 404
    listed = admin_api.get(URL).json()["results"]
    assert [(each["name"], each["binned_by"]) for each in listed] == [(link.video.name, "admin")]
    answer = admin_api.post(f"{URL}{path}restore/")
    assert (answer.status_code, answer.json()["name"]) == (200, link.video.name)
    assert admin_api.get(VIDEOS + path).status_code == 200
    assert Link.objects.get() == link
    assert admin_api.get(URL).json()["results"] == []


def test_a_taken_name_is_a_conflict_until_another_is_given(admin_api):
    video = binned(name="Spring")
    VideoFactory.create(name="Spring")
    address = f"{URL}{video.public_id}/restore/"
    answer = admin_api.post(address)
    assert (answer.status_code, list(answer.json()["detail"]["fields"])) == (409, ["name"])
    for name in ("", "a\x00b", "x" * 256):
        answer = admin_api.post(address, {"name": name})
        assert (answer.status_code, list(answer.json()["detail"]["fields"])) == (400, ["name"])
    assert admin_api.post(address, {"name": "Spring 2"}).json()["name"] == "Spring 2"


def test_what_is_deleted_for_good_is_gone(admin_api):
    video, other = binned(), binned()
    assert admin_api.delete(f"{URL}{video.public_id}/").status_code == 204
    assert list(Video.all_objects.all()) == [other]
    shown = VideoFactory.create()
    assert admin_api.delete(f"{URL}{shown.public_id}/").status_code == 404
    assert admin_api.post(f"{URL}empty/").json() == {"deleted": 1}
    assert list(Video.all_objects.all()) == [shown]


def test_what_screens_would_show_without_a_video_is_told(admin_api):
    device = DeviceFactory.create(mobile_id="screen-7")
    link = LinkFactory.create(device=device)
    answer = admin_api.get(f"{VIDEOS}{link.video.public_id}/without/")
    assert answer.json() == {
        "screens": 1,
        "go_on": 0,
        "fall_back": 0,
        "go_black": 1,
        "examples": [
            {
                "device": str(device.public_id),
                "device_name": "screen-7",
                "fate": "black",
                "then": [],
                "more": 0,
            }
        ],
    }


def test_a_stranger_gets_nothing_and_a_reader_changes_nothing(api, user_with):
    video = binned()
    assert api.get(URL).status_code == 401
    api.force_authenticate(user_with("media_library.view_video"))
    assert api.get(URL).status_code == 200
    for method, path in (("post", "restore/"), ("delete", "")):
        assert getattr(api, method)(f"{URL}{video.public_id}/{path}").status_code == 403
    assert api.post(f"{URL}empty/").status_code == 403
    assert api.post(f"{VIDEOS}{VideoFactory.create().public_id}/bin/").status_code == 403


def test_somebody_limited_to_a_shop_restores_and_deletes_only_what_plays_there_alone(api, user_with):
    mine, theirs = ShopFactory.create_batch(2)
    inside, outside = binned(name="inside"), binned(name="outside")
    LinkFactory.create(video=inside, shop=mine)
    LinkFactory.create(video=outside, shop=theirs)
    user = user_with("media_library.view_video", "media_library.change_video", "media_library.delete_video")
    ShopLimit.objects.create(user=user).shops.add(mine)
    api.force_authenticate(user)
    assert api.post(f"{URL}{outside.public_id}/restore/").status_code in {403, 404}
    assert api.delete(f"{URL}{outside.public_id}/").status_code in {403, 404}
    assert api.post(f"{URL}{inside.public_id}/restore/").status_code == 200
    Video.objects.filter(pk=inside.pk).update(binned_at=timezone.now())
    assert api.post(f"{URL}empty/").json() == {"deleted": 1}
    assert list(Video.all_objects.all()) == [outside]


def test_the_list_takes_two_statements_however_long_it_is(admin_api, django_assert_num_queries):
    for _ in range(4):
        binned()
    with django_assert_num_queries(2):
        assert len(admin_api.get(URL).json()["results"]) == 4
