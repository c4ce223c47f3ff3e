"""The periodic tasks: made once, then the operator's."""

from importlib import import_module

import pytest
from django_celery_beat.models import IntervalSchedule, PeriodicTask

from dgx.beat import Scheduler
from dgx.celery import app
from dgx.core.audit_models import Change
from dgx.core.errors import Unavailable
from dgx.core.tests.failing import out_of_reach

pytestmark = pytest.mark.django_db(transaction=True)  # beat closes connections that it finds idle

SWEEP = "mark silent devices offline"


def start_beat() -> None:
    Scheduler(app=app)


def test_the_first_start_makes_every_task_of_the_settings():
    start_beat()
    assert set(app.conf.beat_schedule) <= set(PeriodicTask.objects.values_list("name", flat=True))


def test_the_audit_has_the_first_start_as_one_act_of_the_systems_and_no_other():
    migrations = set(Change.objects.values_list("pk", flat=True))
    start_beat()
    start_beat()
    assert [(act.door, act.what) for act in Change.objects.exclude(pk__in=migrations)] == [
        ("system", "Set up the periodic tasks that were missing")
    ]


def test_every_task_of_the_settings_exists():
    for name in (entry["task"] for entry in app.conf.beat_schedule.values()):
        module, _, function = name.rpartition(".")
        assert getattr(import_module(module), function).name == name


def test_the_sweep_runs_every_15_seconds_by_default():
    start_beat()
    assert str(PeriodicTask.objects.get(name=SWEEP).interval) == "every 15 seconds"


def test_an_interval_and_a_pause_that_an_operator_set_survive_a_restart():
    start_beat()
    minute, _ = IntervalSchedule.objects.get_or_create(every=1, period=IntervalSchedule.MINUTES)
    PeriodicTask.objects.filter(name=SWEEP).update(interval=minute, enabled=False)
    start_beat()
    task = PeriodicTask.objects.get(name=SWEEP)
    assert (task.interval, task.enabled) == (minute, False)


def test_beat_does_not_go_on_without_a_task_that_the_database_did_not_take():
    start_beat()
    PeriodicTask.objects.filter(name=SWEEP).delete()
    unwritable = out_of_reach("django_celery_beat_periodictask", "SHARE")
    with unwritable, pytest.raises(Unavailable, match=f"“{SWEEP}”"):
        start_beat()
    start_beat()
    assert PeriodicTask.objects.filter(name=SWEEP).exists()


def test_a_task_that_was_deleted_comes_back():
    start_beat()
    PeriodicTask.objects.filter(name=SWEEP).delete()
    start_beat()
    assert PeriodicTask.objects.filter(name=SWEEP).exists()
