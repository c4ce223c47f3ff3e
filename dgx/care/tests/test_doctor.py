"""`manage.py doctor`: it says what is wrong and how to mend it, and looks on when a store is away."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from celery import current_app
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone
from django_celery_beat.models import IntervalSchedule, PeriodicTask
from redis import Redis

from devices.models import SweepState
from devices.tests.factories import DeviceFactory
from dgx.care import doctor
from dgx.core.models import ClockState
from dgx.core.tests.own_redis import own_redis
from media_library.models import Video
from media_library.services import storage
from media_library.tests.factories import VideoFactory
from telemetry.models import DeviceLog

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def a_healthy_house(admin_user, settings, monkeypatch):
    """All is well but that no worker runs beside the tests, which is taken as given here."""
    settings.DGX_UPLOAD_MAX_BYTES = 1
    monkeypatch.setattr(doctor, "FREE_SHARE", 0)
    monkeypatch.setattr(current_app.control, "inspect", lambda **_: Answering())
    SweepState.objects.update_or_create(pk=1, defaults={"swept_at": timezone.now()})


class Answering:
    """A worker that is there."""

    answer = {"celery@here": {"ok": "pong"}}

    def ping(self):
        return self.answer


def found() -> dict[str, list[str]]:
    return {
        examined.name: [finding.what for finding in examined.findings]
        for examined in doctor.examine(timezone.now())
        if examined.findings
    }


def test_where_all_is_well_it_says_so(settings):
    settings.DEBUG = True  # the tests' own settings are not a deployment's
    out = StringIO()
    call_command("doctor", stdout=out)
    assert out.getvalue().splitlines() == [*(f"ok     {name}" for name in doctor.CHECKS), "All is well."]


def test_every_finding_says_how_to_mend_it(settings):
    settings.DEBUG = True
    VideoFactory.create(state=Video.State.FAILED)
    out = StringIO()
    with pytest.raises(CommandError, match=r"1 things are wrong\."):
        call_command("doctor", stdout=out)
    assert "wrong  media\n       1 media files failed.\n       → Look at them in the admin" in out.getvalue()


@dataclass
class Stage:
    """What a trouble may change; the test's fixtures put it back."""

    settings: Any
    patch: pytest.MonkeyPatch
    folder: Path
    now: datetime


@pytest.fixture
def stage(settings, monkeypatch, tmp_path):
    settings.DEBUG = True
    return Stage(settings, monkeypatch, tmp_path, timezone.now())


@contextmanager
def a_waiting_migration(stage: Stage) -> Iterator[None]:
    recorder = MigrationRecorder(connection)
    ((app, name),) = MigrationExecutor(connection).loader.graph.leaf_nodes("telemetry")
    recorder.record_unapplied(app, name)
    yield
    recorder.record_applied(app, name)


@contextmanager
def a_clock_that_is_ahead_of_the_databases(stage: Stage) -> Iterator[None]:
    stage.now += timedelta(seconds=30)
    yield


@contextmanager
def a_clock_that_has_leapt(stage: Stage) -> Iterator[None]:
    before = {"seen_at": stage.now, "believed_at": stage.now - timedelta(days=38)}
    ClockState.objects.update_or_create(pk=1, defaults=before)
    yield


@contextmanager
def a_full_disk(stage: Stage) -> Iterator[None]:
    """A file that may be uploaded finds no room."""
    stage.settings.DGX_UPLOAD_MAX_BYTES = 2**60
    yield


@contextmanager
def no_database(stage: Stage) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for key, value in {"HOST": "127.0.0.1", "PORT": "1"}.items():
            patch.setitem(connection.settings_dict, key, value)
        connection.close()
        yield
    connection.close()


@contextmanager
def a_postgresql_of_last_century(stage: Stage) -> Iterator[None]:
    """There is but one version to test with, so more is asked of it."""
    stage.patch.setattr(doctor, "POSTGRES_AT_LEAST", 99)
    yield


@contextmanager
def few_locks(stage: Stage) -> Iterator[None]:
    """Likewise: only a restart changes how many there are."""
    stage.patch.setattr(doctor, "LOCKS_AT_LEAST", 1_000_000)
    yield


@contextmanager
def a_redis_that_evicts(stage: Stage) -> Iterator[None]:
    with own_redis(stage.folder) as redis, Redis.from_url(redis.url) as client:
        client.config_set("maxmemory-policy", "allkeys-lru")
        stage.settings.REDIS_URL = redis.url
        yield


@pytest.mark.parametrize(
    ("trouble", "name", "what", "mend"),
    [
        (
            a_waiting_migration,
            "schema",
            r"1 migrations wait, the first is telemetry\.\d{4}_\w+\.",
            "Stop beat and the workers, then: python manage.py migrate",
        ),
        (
            a_clock_that_is_ahead_of_the_databases,
            "clock",
            r"The database's clock is -(2[5-9]|30) s off this machine's\.",
            "Run an NTP client on both.",
        ),
        (
            a_clock_that_has_leapt,
            "clock",
            r"The database's clock leapt ahead by 38 days, or DGX was off for so long\.",
            "If that clock is wrong, set it right today: what is past keeping goes two days at once. Else do nothing.",
        ),
        (
            a_full_disk,
            "disk",
            r"/\S+, where uploads pass through, has \d+ MB free\.",
            "Make room for the largest upload (DGX_UPLOAD_MAX_BYTES), or name another folder by DGX_UPLOAD_TEMP_DIR.",
        ),
        (
            no_database,
            "database",
            r"The database does not answer \(OperationalError\)\.",
            "Start it, or correct DATABASE_URL.",
        ),
        (
            a_postgresql_of_last_century,
            "database",
            r"The database is PostgreSQL \d\d\.",
            "Use PostgreSQL 99 or newer.",
        ),
        (
            few_locks,
            "database",
            r"A query over many days of logs may run out of locks\.",
            "Set max_locks_per_transaction to 256.",
        ),
        (
            a_redis_that_evicts,
            "Redis",
            r"Redis may evict queued tasks\.",
            "Set its maxmemory-policy to noeviction or volatile-lru.",
        ),
    ],
)
def test_each_trouble_is_told_with_what_mends_it(stage, trouble, name, what, mend):
    with trouble(stage):
        examined = {each.name: each.findings for each in doctor.examine(stage.now)}
    assert list(examined) == list(doctor.CHECKS)
    (finding,) = examined.pop(name)
    assert re.fullmatch(what, finding.what)
    assert finding.mend == mend
    others = {other.what for findings in examined.values() for other in findings}
    assert others == ({"It could not be looked at: OperationalError."} if trouble is no_database else set())


def test_a_late_sweep_a_switched_off_task_and_no_worker_are_told(settings, monkeypatch):
    settings.DEBUG = True
    monkeypatch.setattr(Answering, "answer", None)
    SweepState.objects.update(swept_at=timezone.now() - timedelta(hours=2))
    every = IntervalSchedule.objects.create(every=15, period="seconds")
    PeriodicTask.objects.create(name="roll up logs by the hour", task="x", interval=every, enabled=False)
    (late, nobody, off) = found()["processes"]
    assert late.startswith("The offline sweep has not run since 2")
    assert nobody == "No worker answers."
    assert off == "The periodic task “roll up logs by the hour” is switched off."


def test_logs_outside_of_their_partitions_are_told(settings):
    settings.DEBUG = True
    device = DeviceFactory.create()
    DeviceLog.objects.create(device=device, log_type="x", logged_at=timezone.now() - timedelta(days=4000))
    assert found() == {"logs": ["1 log rows lie outside of their day's partition."]}


def test_media_that_wait_are_told(settings):
    settings.DEBUG = True
    waiting = VideoFactory.create(probed_at=None)
    Video.objects.filter(pk=waiting.pk).update(updated_at=timezone.now() - timedelta(hours=1))
    assert found() == {"media": ["1 media files wait for a worker."]}


def test_without_an_administrator_it_says_how_to_make_one(settings, admin_user):
    settings.DEBUG = True
    admin_user.delete()
    assert found() == {"people": ["Nobody may do everything."]}


def test_a_store_that_is_away_is_named_and_the_rest_is_looked_at(settings, monkeypatch):
    settings.DEBUG = True
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    settings.S3_BUCKET = "there-is-no-such-bucket"
    monkeypatch.setenv("WEB_CONCURRENCY", "1000")
    assert found() == {
        "database": [f"The web may open {doctor._connections_of_the_web()} of PostgreSQL's 100 connections."],
        "Redis": ["Redis does not answer (ConnectionError)."],
        "media store": ["The media store does not take or give an object (Unavailable)."],
    }


def test_a_setting_that_no_deployment_should_have_is_told(settings):
    settings.DEBUG = False
    settings.DGX_LEGACY_ANONYMOUS = True
    assert "The old routes answer without a credential (DGX_LEGACY_ANONYMOUS). (dgx.W001)" in found()["configuration"]


def test_it_leaves_nothing_behind_in_the_store(settings):
    settings.DEBUG = True
    before = list(storage._pages("list_objects_v2", "Contents"))
    found()
    after = list(storage._pages("list_objects_v2", "Contents"))
    assert [[row["Key"] for row in page] for page in after] == [[row["Key"] for row in page] for page in before]
