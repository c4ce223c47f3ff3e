"""Bodies without a Content-Length, as a server hands them over."""

import io
import json
from typing import Any

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.test import RequestFactory

from devices.models import Device
from dgx.chunked import reading_chunks
from locations.models import Shop

pytestmark = pytest.mark.django_db


class Trickle(io.BytesIO):
    """A stream whose reads bring less than was asked for."""

    def read(self, size: int | None = -1) -> bytes:
        return super().read(min(size, 7) if size and size > 0 else 7)


def sent(path: str, body: bytes, kind: str, **headers: str) -> tuple[int, Any]:
    environ = RequestFactory().post(path, headers=headers).environ
    del environ["CONTENT_LENGTH"]
    environ |= {"wsgi.input": Trickle(body), "CONTENT_TYPE": kind, "HTTP_TRANSFER_ENCODING": "chunked"}
    statuses: list[str] = []
    answer = reading_chunks(WSGIHandler())(environ, lambda status, _headers: statuses.append(status))
    return int(statuses[0][:3]), json.loads(b"".join(answer))


@pytest.fixture(autouse=True)
def _open(settings, monkeypatch):
    settings.DGX_LEGACY_ANONYMOUS = True
    monkeypatch.setattr("django.core.handlers.wsgi.signals.request_started.send", lambda **_: None)


def test_an_old_route_reads_it():
    assert sent("/insert_device", b'{"mobile_id": "in-chunks"}', "application/json")[0] == 200
    assert Device.objects.filter(mobile_id="in-chunks").exists()


def test_a_form_streams_to_its_end():
    body = b'--x\r\nContent-Disposition: form-data; name="rotation"\r\n\r\n45\r\n--x--\r\n'
    status, answer = sent("/upload_video", body, "multipart/form-data; boundary=x")
    assert (status, [problem["loc"] for problem in answer["detail"]]) == (
        422,
        [["body", "file"], ["body", "video_name"], ["body", "rotation"]],
    )


def test_one_that_is_too_large_is_refused_by_the_limit(settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100
    status, answer = sent("/insert_shop", b'{"shop_name": "%s"}' % (b"x" * 200), "application/json")
    assert (status, "100 bytes" in answer["detail"]) == (413, True)
    assert not Shop.objects.exists()
