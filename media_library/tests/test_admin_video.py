"""Media in the admin: upload, replacement, deletion, and what the pages say of a file."""

import pytest
from django.contrib.auth.models import User
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from devices.tests.factories import DeviceFactory
from media_library.models import Video
from media_library.services.uploads import upload_video
from media_library.tests.factories import LinkFactory, VideoFactory
from media_library.tests.files import image, uploaded

pytestmark = pytest.mark.django_db

LIST = "/admin/media_library/video/"
ADD = f"{LIST}add/"


def _file(content: bytes, name: str = "picture.png") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


def _form(name: str = "Bakery", **changes: object) -> dict[str, object]:
    return {"name": name, "rotation": "0", "fit_mode": "cover", "display_duration": "10", **changes}


def _page(video: Video) -> str:
    return reverse("admin:media_library_video_change", args=[video.pk])


def _kept(name: str = "Bakery", content: bytes | None = None) -> Video:
    return upload_video(file=uploaded(content or image(), "picture.png"), name=name)


def test_an_upload_is_stored_sniffed_and_ready(admin_client: Client, admin_user: User):
    answer = admin_client.post(ADD, _form(upload=_file(image(), "wrong-name.mp4"), rotation="90", fit_mode="contain"))
    assert (answer.status_code, answer["Location"]) == (302, LIST)
    video = Video.objects.get()
    assert (video.kind, video.state, video.rotation, video.fit_mode) == ("image", "ready", 90, "contain")
    assert default_storage.size(video.key) == len(image()) == video.size


@pytest.mark.parametrize(
    ("content", "name"),
    [(b"", "empty.png"), (b"MZ\x90\x00" + b"\x00" * 400, "film.mp4"), (b"just words", "words.mp4")],
    ids=["empty", "a program", "text"],
)
def test_bytes_that_are_no_media_are_an_error_of_the_form_and_leave_nothing(
    admin_client: Client, content: bytes, name: str
):
    answer = admin_client.post(ADD, _form(upload=_file(content, name)))
    assert answer.status_code == 200
    assert list(answer.context["adminform"].form.errors) == ["upload"]
    assert not Video.objects.exists()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *[("name", ""), ("name", "x" * 300), ("name", "a\x00b"), ("rotation", "45"), ("fit_mode", "tile")],
        *[("display_duration", "-1"), ("display_duration", "86401"), ("display_duration", "nan")],
    ],
)
def test_what_is_not_allowed_is_an_error_at_its_field(admin_client: Client, field: str, value: str):
    answer = admin_client.post(ADD, _form(upload=_file(image()), **{field: value}) | {field: value})
    assert (answer.status_code, list(answer.context["adminform"].form.errors)) == (200, [field])
    assert not Video.objects.exists()


def test_a_taken_name_is_an_error_at_the_name(admin_client: Client):
    VideoFactory.create(name="Bakery")
    answer = admin_client.post(ADD, _form(upload=_file(image())))
    assert list(answer.context["adminform"].form.errors) == ["name"]


def test_a_file_is_needed(admin_client: Client):
    answer = admin_client.post(ADD, _form())
    assert list(answer.context["adminform"].form.errors) == ["upload"]


def test_the_same_bytes_twice_are_pointed_out_with_a_link(admin_client: Client):
    twin = _kept("Twin")
    page = admin_client.post(ADD, _form(upload=_file(image())), follow=True).content.decode()
    assert "The same bytes are here already" in page
    assert _page(twin) in page
    assert _page(twin) in admin_client.get(_page(Video.objects.get(name="Bakery"))).content.decode()


def test_replacing_the_file_keeps_the_row_and_its_links(admin_client: Client):
    video = _kept()
    link = LinkFactory.create(video=video, device=DeviceFactory.create())
    other = image(size=(31, 17))
    assert admin_client.post(_page(video), _form(upload=_file(other), rotation="180")).status_code == 302
    changed = Video.objects.get()
    assert (changed.pk, changed.size, changed.rotation) == (video.pk, len(other), 180)
    assert changed.sha256 != video.sha256
    assert link.video_id == changed.pk


def test_a_replacement_that_is_no_media_leaves_the_old_file(admin_client: Client):
    video = _kept()
    answer = admin_client.post(_page(video), _form(upload=_file(b"words", "a.mp4")))
    assert answer.status_code == 200
    assert Video.objects.get().sha256 == video.sha256


def test_a_change_without_a_file_writes_just_what_was_changed(admin_client: Client):
    video = _kept()
    Video.objects.update(state="failed", state_reason="It cannot be decoded.")
    assert admin_client.post(_page(video), _form("Bakery 2")).status_code == 302
    changed = Video.objects.get()
    assert (changed.name, changed.state, changed.sha256) == ("Bakery 2", "failed", video.sha256)


def test_the_list_says_why_a_file_failed(admin_client: Client):
    VideoFactory.create(state="failed", state_reason="It cannot be decoded.")
    assert "It cannot be decoded." in admin_client.get(LIST).content.decode()


def test_thumbnails_have_signed_addresses(admin_client: Client):
    VideoFactory.create(thumbnail="thumbnails/a.jpg")
    page = admin_client.get(LIST).content.decode()
    assert "thumbnails/a.jpg?response-content-type=image%2Fjpeg&amp;X-Amz-" in page


@pytest.mark.parametrize(("use", "found"), [("used", "linked"), ("unused", "free")])
def test_the_use_filter(admin_client: Client, use: str, found: str):
    video = VideoFactory.create(name="linked")
    for _ in range(2):
        LinkFactory.create(video=video, device=DeviceFactory.create())
    VideoFactory.create(name="free")
    shown = admin_client.get(LIST, {"use": use}).context["cl"].result_list
    assert [(v.name, v.uses) for v in shown] == [(found, 2 if use == "used" else 0)]


def test_whoever_may_only_view_neither_uploads_nor_replaces(client: Client, user_with):
    video = _kept()
    client.force_login(user_with("media_library.view_video"))
    assert client.post(ADD, _form("Other", upload=_file(image()))).status_code == 403
    assert client.post(_page(video), _form("Other")).status_code == 403
    assert Video.objects.get().name == "Bakery"


def test_a_stranger_is_sent_to_log_in(client: Client, db: None):
    assert client.post(ADD, _form(upload=_file(image())))["Location"].startswith("/admin/login/")
