"""What beat starts, and how often. An operator's changes in the admin count more, see `dgx/beat.py`."""

from datetime import timedelta
from typing import Any

from celery.schedules import crontab


def schedule(*, sweep_seconds: int) -> dict[str, dict[str, Any]]:
    """The periodic tasks by the names under which the admin lists them; `sweep_seconds` between two looks for devices
    that have fallen silent."""
    return {
        "mark silent devices offline": {
            "task": "devices.tasks.mark_offline",
            "schedule": timedelta(seconds=sweep_seconds),
            "options": {"expires": sweep_seconds},
        },
        "retry stuck media": {"task": "media_library.tasks.retry_stuck", "schedule": timedelta(minutes=2)},
        "empty the bin of old media": {
            "task": "media_library.tasks.empty_bin",
            "schedule": crontab(minute="7", hour="3"),
        },
        "delete objects of media that are gone": {
            "task": "media_library.tasks.delete_departed",
            "schedule": crontab(minute="27"),
        },
        "delete links of emergencies that are over": {
            "task": "media_library.tasks.tidy_emergencies",
            "schedule": crontab(minute="22"),
        },
        "take back uploads that nobody ends": {
            "task": "media_library.tasks.take_back_uploads",
            "schedule": crontab(minute="37"),
        },
        "delete objects that nothing names": {
            "task": "media_library.tasks.delete_orphans",
            "schedule": crontab(minute="17", hour="3"),
        },
        "compute the home page's figures": {
            "task": "dgx.dashboard.tasks.keep_fresh",
            "schedule": timedelta(seconds=45),  # they are shown for a minute
            "options": {"expires": 45},
        },
        "sample the fleet for the charts": {"task": "devices.tasks.sample_fleet", "schedule": crontab(minute="*/10")},
        "roll up logs by the hour": {"task": "telemetry.tasks.roll_up", "schedule": timedelta(minutes=5)},
        "make and drop log partitions": {"task": "telemetry.tasks.keep_partitions", "schedule": crontab(minute="5")},
        "delete pairings that ran out": {"task": "devices.tasks.clear_pairings", "schedule": crontab(minute="35")},
        "delete changes that are old": {
            "task": "dgx.core.tasks.trim_changes",
            "schedule": crontab(minute="57", hour="3"),
        },
        "delete sessions and tokens that ran out": {
            "task": "dgx.people.tasks.clear_expired",
            "schedule": crontab(minute="47", hour="3"),
        },
    }
