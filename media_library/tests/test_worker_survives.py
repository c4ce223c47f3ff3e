"""A file that kills the worker's process is looked into three times and no more, and others are looked into meanwhile.

With a real worker and its broker, which gives the task back each time.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings as conf
from django.db import connection
from django.utils import timezone

from media_library.models import Video
from media_library.services import processing, uploads
from media_library.tests import files

pytestmark = pytest.mark.django_db(transaction=True)
WORKER = """
import os, signal
from media_library.services import processing, probing
real = probing.probe
def look(file, mime, *, name):
    if name.startswith("Killer"):
        os.kill(os.getpid(), signal.SIGKILL)
    return real(file, mime, name=name)
processing.probing.probe = look
from dgx.celery import app
app.worker_main("--quiet worker --concurrency 1 --without-gossip --without-mingle --loglevel info".split())
"""


@pytest.fixture
def worker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A worker of the test's database, which a file called “Killer” kills in the midst of its examination; its log."""
    database = connection.settings_dict
    url = os.environ["DATABASE_URL"]
    start, _, rest = url.rpartition("/")
    named = f"{start}/{database['NAME']}" + (f"?{rest.partition('?')[2]}" if "?" in rest else "")
    code = "import django; django.setup()\n" + WORKER
    env = {**os.environ, "DATABASE_URL": named, "DJANGO_SETTINGS_MODULE": "dgx.settings", "S3_BUCKET": conf.S3_BUCKET}
    env |= {"REDIS_URL": conf.REDIS_URL, "DGX_DB_POOL": "false"}
    log = tmp_path / "worker.log"
    with (
        log.open("wb") as output,
        subprocess.Popen([sys.executable, "-c", code], cwd=conf.BASE_DIR, env=env, stdout=output, stderr=output) as run,
    ):
        try:
            yield log
        finally:
            run.terminate()


def until(condition: Callable[[], bool], log: Path, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, log.read_text()[-3000:]
        time.sleep(0.1)


def row(name: str) -> Video:
    return Video.objects.get(name=name)


def until_looked_into(video: Video, log: Path) -> None:
    until(lambda: row(video.name).probed_at is not None, log)


def until_tried(tries: int, log: Path) -> None:
    until(lambda: row("Killer").attempts == tries, log)


def until_given_back(tries: int, log: Path) -> None:
    """The killed task came back as often and ended, beside one task of each poster: what comes now is of the sweep."""
    until(lambda: log.read_text().count(" succeeded in ") >= 2 * tries, log)


def test_a_file_that_kills_the_process_is_tried_three_times_and_then_failed(worker):
    """Its task is given back at once and finds the file taken, so it is no poison; the sweep tries it again later."""
    content = files.image()
    killer = uploads.upload_video(file=files.uploaded(content), name="Killer")
    for tries in range(1, processing.MAX_ATTEMPTS + 1):
        until_tried(tries, worker)
        other = uploads.upload_video(file=files.uploaded(content), name=f"Poster {tries}")
        until_looked_into(other, worker)
        until_given_back(tries, worker)
        assert (row("Killer").attempts, row("Killer").probed_at) == (tries, None)
        Video.objects.filter(pk=killer.pk).update(updated_at=timezone.now() - timedelta(minutes=6))
        stuck = processing.find_stuck(now=timezone.now())
        assert stuck == (([killer.pk], 0) if tries < processing.MAX_ATTEMPTS else ([], 1))
        for video_id in stuck.again:
            processing_task(video_id)
    failed = row("Killer")
    assert (failed.state, failed.attempts, failed.state_reason) == ("failed", 3, processing.GAVE_UP)
    log = worker.read_text()
    assert log.count(f"signal {int(signal.SIGKILL)}") >= processing.MAX_ATTEMPTS
    assert set(Video.objects.exclude(pk=killer.pk).values_list("state", flat=True)) == {"ready"}


def processing_task(video_id: int) -> None:
    """As the sweep does it."""
    from media_library.tasks import process_video

    process_video.delay(video_id)
