"""`manage.py doctor`: it says what is wrong and how to mend it, and looks on when a store is away."""

from datetime import timedelta
from io import StringIO

import pytest
from celery import current_app
from django.core.management import CommandError, call_command
from django.utils import timezone
from django_celery_beat.models import IntervalSchedule, PeriodicTask

from devices.models import SweepState
from devices.tests.factories import DeviceFactory
from dgx.care import doctor
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
        "media store": ["The media store does not take or give an object (NotFound)."],
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
