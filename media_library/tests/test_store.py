"""A store that hangs: it takes calls and never answers. Who waits for it, for how long, and what is left of it."""

import hashlib
import io
import time
from collections.abc import Iterator
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ReadTimeoutError
from django.conf import settings as conf
from django.core.exceptions import ImproperlyConfigured
from django.utils import timezone

from dgx.core.errors import Unavailable
from media_library.models import Upload, Video
from media_library.models.video import media_storage
from media_library.services import multipart, storage, store, uploads
from media_library.services.store import Patience, Store, StoreSilent
from media_library.tests import files
from media_library.tests.browser import store_port
from media_library.tests.line import Line

pytestmark = pytest.mark.django_db
WAIT_S = 1.0
SOON_S = 4 * WAIT_S
"""Time enough to be refused after one wait, and too little for four."""


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """Seconds that passed besides those that really did."""
    moved = SimpleNamespace(on=0.0)
    monkeypatch.setattr(store, "monotonic", lambda: time.monotonic() + moved.on)
    return moved


@pytest.fixture
def line(settings: Any, monkeypatch: pytest.MonkeyPatch, clock: SimpleNamespace) -> Iterator[Line]:
    """The line to the store, of a process that has met no silence yet and waits for a moment only."""
    monkeypatch.setattr(store, "patience", Patience())
    monkeypatch.setattr(store, "ANSWER_S", WAIT_S)
    with Line(store_port()) as to_store:
        default = settings.STORAGES["default"]
        quick = default["OPTIONS"]["client_config"].merge(Config(connect_timeout=WAIT_S, read_timeout=WAIT_S))
        options = {**default["OPTIONS"], "endpoint_url": to_store.url, "client_config": quick}
        settings.STORAGES = {**settings.STORAGES, "default": {**default, "OPTIONS": options}}
        yield to_store


def expect_refusal(call: Any) -> float:
    """Unavailable, and how long it took."""
    started = time.monotonic()
    with pytest.raises(Unavailable):
        call()
    return time.monotonic() - started


def upload(content: bytes) -> Video:
    return uploads.upload_video(file=files.uploaded(content, "film.mp4"), name="Film")


def ask() -> int | None:
    return storage.size_of("myvideos/no-such")


@pytest.mark.parametrize("padding", [0, 20 * 1024**2], ids=["small", "in parts"])
def test_an_upload_is_refused_in_time_and_leaves_nothing(line, clock, padding):
    content = files.film(shade=9) + bytes(padding)
    key = storage.object_key(hashlib.sha256(content).hexdigest(), ".mp4")
    line.freeze()
    assert expect_refusal(lambda: upload(content)) < SOON_S
    line.mend()
    clock.on = store.PAUSE_S + 1
    storage.delete_orphans(now=timezone.now() + timedelta(days=2))
    assert (Video.objects.exists(), storage.size_of(key)) == (False, None)


@pytest.mark.parametrize("size", [1000, 20 * 1024**2], ids=["small", "that fills the line"])
def test_a_store_that_falls_silent_while_bytes_are_sent_is_not_waited_for_twice(line, clock, size):
    assert ask() is None
    line.freeze()
    client = storage._client()

    def put() -> None:
        with storage.answering():
            client.put_object(Bucket=conf.S3_BUCKET, Key="myvideos/x", Body=io.BytesIO(bytes(size)))

    assert expect_refusal(put) < SOON_S
    assert expect_refusal(ask) < WAIT_S / 2


def test_uploads_in_parts_are_refused_too_and_go_on_afterwards(line, clock, admin_user):
    content = files.image()
    begun = multipart.begin(user=admin_user, name="Poster", filename="poster.png", size=len(content))
    etag = storage._client().upload_part(
        Bucket=conf.S3_BUCKET, Key=begun.key, UploadId=begun.store_id, PartNumber=1, Body=content
    )
    assert etag
    line.freeze()
    again = {"user": admin_user, "name": "Another", "filename": "another.png", "size": 10}
    assert expect_refusal(lambda: multipart.complete(begun)) < SOON_S
    assert expect_refusal(lambda: multipart.begin(**again)) < WAIT_S / 2
    assert (Video.objects.count(), list(Upload.objects.all())) == (0, [begun])
    line.mend()
    clock.on = store.PAUSE_S + 1
    assert multipart.complete(begun).size == len(content)


def test_parts_that_are_joined_while_the_answer_is_lost_are_a_video(line, admin_user, admin_api):
    """botocore asks again by itself, and a store that has forgotten the upload then says that there is none."""
    content = files.image()
    begun = multipart.begin(user=admin_user, name="Poster", filename="poster.png", size=len(content))
    client = storage._client()
    client.upload_part(Bucket=conf.S3_BUCKET, Key=begun.key, UploadId=begun.store_id, PartNumber=1, Body=content)
    line.lose_answer_to = f"POST /{conf.S3_BUCKET}/{begun.key}?uploadId="
    line.asked.clear()
    answer = admin_api.post(f"/api/v1/uploads/{begun.public_id}/complete/")
    joins = [head for head in line.asked if head.startswith("POST")]
    assert (answer.status_code, len(joins), line.lose_answer_to) == (202, 2, ""), answer.content
    assert Video.objects.get().size == len(content)


def test_while_it_is_silent_one_asks_for_all_and_an_answer_ends_it(line, clock):
    line.freeze()
    assert expect_refusal(ask) > WAIT_S / 2
    asked = len(line.asked)
    assert [expect_refusal(ask) < WAIT_S / 2 for _ in range(3)] == [True] * 3
    assert len(line.asked) == asked
    clock.on = store.PAUSE_S + 1
    assert [expect_refusal(ask) > WAIT_S / 2 for _ in range(3)] == [True, False, False]
    line.mend()
    clock.on += store.PAUSE_S + 1
    assert [ask() for _ in range(3)] == [None] * 3


def call(patience: Patience, *, operation: str = "HeadObject", length: int = 0) -> dict[str, Any]:
    """The context of a call that has begun."""
    request = SimpleNamespace(context={"client_config": Config(read_timeout=20)}, headers={})
    if length:
        request.headers["Content-Length"] = str(length)
    patience.before(request, event_name=f"before-send.s3.{operation}")
    context: dict[str, Any] = request.context
    return context


def end(patience: Patience, context: dict[str, Any], *, answer: Any = None, error: Any = None) -> None:
    patience.after({"context": context}, response=answer, caught_exception=error)


def test_one_slow_call_among_others_that_are_answered_is_no_silence():
    patience = Patience()
    slow, quick = call(patience), call(patience)
    end(patience, quick, answer=(200, {}))
    end(patience, slow, error=ReadTimeoutError(endpoint_url="http://store"))
    assert call(patience)


@pytest.mark.parametrize("error", [ConnectionResetError(), ImproperlyConfigured()])
def test_other_failures_are_no_silence(error):
    patience = Patience()
    end(patience, call(patience), error=error)
    assert call(patience)


def test_silence_is_known_by_a_wait_in_vain():
    patience = Patience()
    end(patience, call(patience), error=ReadTimeoutError(endpoint_url="http://store"))
    with pytest.raises(StoreSilent):
        call(patience)


@pytest.mark.parametrize(
    ("operation", "length", "seconds"),
    [
        ("HeadObject", 0, 4.0),
        ("PutObject", 1_000_000, 9.0),
        ("PutObject", 15_000_000, 20.0),
        ("UploadPart", 8_000_000, None),
        ("CompleteMultipartUpload", 500, None),
    ],
)
def test_questions_have_four_seconds_and_bodies_their_time_and_the_rest_the_clients(operation, length, seconds):
    assert call(Patience(), operation=operation, length=length).get("read_timeout") == seconds


def test_the_media_store_is_watched():
    assert isinstance(media_storage(), Store)
