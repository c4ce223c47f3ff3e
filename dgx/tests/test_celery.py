"""Tasks carry the id of the request that asked for them, and those that cannot wait come first."""

from collections.abc import Iterator
from contextvars import Context
from types import SimpleNamespace

import pytest

from devices.tasks import mark_offline
from dgx.celery import app, take_request_id
from dgx.core.logs import request_id
from media_library.tasks import process_video

QUEUE, ORDER = "test-request-ids", "test-order"


@pytest.fixture
def current() -> Iterator[None]:
    token = request_id.set("abc-123")
    yield
    request_id.reset(token)


def sent_headers() -> dict[str, object]:
    """Those of a message that goes over the real broker."""
    app.send_task("no.such.task", queue=QUEUE)
    with app.connection_for_read() as connection, connection.SimpleQueue(QUEUE) as queue:
        message = queue.get(timeout=5)
        message.ack()
        return dict(message.headers)


def test_a_message_carries_the_id_of_its_request(current):
    assert sent_headers()["request_id"] == "abc-123"


def test_a_message_of_no_request_carries_none():
    assert "request_id" not in Context().run(sent_headers)  # outside of whatever ran in this process before


def test_a_task_logs_under_the_id_that_came_along_or_its_own(current):
    take_request_id(task_id="t1", task=SimpleNamespace(request=SimpleNamespace(request_id="from-web")))
    assert request_id.get() == "from-web"
    take_request_id(task_id="t1", task=SimpleNamespace(request=SimpleNamespace()))
    assert request_id.get() == "t1"


def test_a_hundred_new_films_do_not_stand_in_the_way_of_the_sweep():
    for video in range(100):
        process_video.apply_async(args=[video], queue=ORDER)
    mark_offline.apply_async(queue=ORDER)
    with app.connection_for_read() as connection, connection.SimpleQueue(ORDER) as queue:
        messages = [queue.get(timeout=5) for _ in range(101)]
    for message in messages:
        message.ack()
    assert messages[0].headers["task"] == mark_offline.name
    assert [message.payload[0] for message in messages[1:]] == [[video] for video in range(100)]
