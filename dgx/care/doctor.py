"""The doctor: looks at everything that DGX stands on and says, in words, what is wrong and how to mend it."""

import os
import shutil
import tempfile
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from celery import current_app
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core import checks as system_checks
from django.core.files.base import ContentFile
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django_celery_beat.models import PeriodicTask
from redis import Redis

from devices.models import SweepState
from devices.services.outages import outage_gap
from dgx.core.clock import LATE_AFTER
from dgx.core.models import ClockState
from media_library.models import Video
from media_library.services import processing, storage
from telemetry.services.partitions import rows_in_default

CLOCK_TOLERANCE_S = 10.0
"""The checks before this one take some seconds themselves."""
POSTGRES_AT_LEAST = 15
LOCKS_AT_LEAST = 256
"""As docs/running.md asks for 90 kept days: a query over all of them locks each partition and its indexes."""
FREE_SHARE = 0.1
WORKER_ANSWERS_WITHIN_S = 3.0


@dataclass(frozen=True)
class Finding:
    """Something that is wrong, and how to mend it."""

    what: str
    mend: str


@dataclass(frozen=True)
class Examined:
    """One thing that was looked at, with what is wrong with it."""

    name: str
    findings: list[Finding]


Check = Callable[[datetime], Iterator[Finding]]


def examine(now: datetime) -> list[Examined]:
    """Look at everything. A check that cannot run because a store is away says so, and the others go on."""
    return [Examined(name, _findings(check, now)) for name, check in CHECKS.items()]


def _findings(check: Check, now: datetime) -> list[Finding]:
    try:
        return list(check(now))
    except Exception as error:  # noqa: BLE001 — whatever a store's client raises is what the person has to know
        return [Finding(f"It could not be looked at: {type(error).__name__}.", "Mend what is named above it first.")]


def _database(now: datetime) -> Iterator[Finding]:
    try:
        connection.ensure_connection()
    except Exception as error:  # noqa: BLE001 — as above
        yield Finding(f"The database does not answer ({type(error).__name__}).", "Start it, or correct DATABASE_URL.")
        return
    if connection.pg_version < POSTGRES_AT_LEAST * 10_000:  # type: ignore[attr-defined]  # of the PostgreSQL backend
        version = connection.pg_version // 10_000  # type: ignore[attr-defined]  # likewise
        yield Finding(f"The database is PostgreSQL {version}.", f"Use PostgreSQL {POSTGRES_AT_LEAST} or newer.")
    allowed, wanted = _setting("max_connections"), _connections_of_the_web()
    if wanted > allowed * 0.9:
        yield Finding(
            f"The web may open {wanted} of PostgreSQL's {allowed} connections.",
            "Lower WEB_CONCURRENCY or its share (docs/configuration.md), raise max_connections, or use PgBouncer.",
        )
    if _setting("max_locks_per_transaction") < LOCKS_AT_LEAST:
        yield Finding("A query over many days of logs may run out of locks.", "Set max_locks_per_transaction to 256.")


def _connections_of_the_web() -> int:
    """Each process has a pool, or a connection for each of its threads (`dgx.web`); the numbers are the Procfile's."""
    pool = settings.DATABASES["default"]["OPTIONS"].get("pool")
    threads = int(os.environ.get("WEB_THREADS", "4")) + 1 + int(os.environ.get("WEB_TRANSFERS", "4"))
    each = pool["max_size"] if pool else threads
    return int(each) * int(os.environ.get("WEB_CONCURRENCY", "2"))


def _setting(name: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting(%s)", [name])
        return int(cursor.fetchone()[0])


def _schema(now: datetime) -> Iterator[Finding]:
    executor = MigrationExecutor(connection)
    waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if waiting:
        first = waiting[0][0]
        yield Finding(
            f"{len(waiting)} migrations wait, the first is {first.app_label}.{first.name}.",
            "Stop beat and the workers, then: python manage.py migrate",
        )


def _clock(now: datetime) -> Iterator[Finding]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT extract(epoch FROM clock_timestamp() - %s)", [now])
        apart = float(cursor.fetchone()[0])
    if abs(apart) > CLOCK_TOLERANCE_S:
        yield Finding(f"The database's clock is {apart:+.0f} s off this machine's.", "Run an NTP client on both.")
    state = ClockState.objects.filter(pk=1).first()
    if state and state.behind > LATE_AFTER:
        yield Finding(
            f"The database's clock leapt ahead by {state.behind.days} days, or DGX was off for so long.",
            "If that clock is wrong, set it right today: what is past keeping goes two days at once. Else do nothing.",
        )


def _redis(now: datetime) -> Iterator[Finding]:
    try:
        with Redis.from_url(settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=2) as client:
            policy: Any = client.config_get("maxmemory-policy")
    except Exception as error:  # noqa: BLE001 — as above
        yield Finding(f"Redis does not answer ({type(error).__name__}).", "Start it, or correct REDIS_URL.")
        return
    if "allkeys" in policy.get("maxmemory-policy", ""):
        yield Finding("Redis may evict queued tasks.", "Set its maxmemory-policy to noeviction or volatile-lru.")


def _store(now: datetime) -> Iterator[Finding]:
    """Write, read and delete a small object, as an upload would."""
    key, text = f"{settings.S3_PREFIX}/incoming/{uuid.uuid4()}", b"doctor"
    try:
        storage.put_if_missing(key, ContentFile(text), mime="text/plain", size=len(text))
        with storage.downloaded(key) as file:
            came_back = file.read()
        storage.discard([key])
    except DatabaseError:  # nothing is deleted from the store without asking the database who needs it
        raise
    except Exception as error:  # noqa: BLE001 — as above
        yield Finding(
            f"The media store does not take or give an object ({type(error).__name__}).",
            "Check that S3_ENDPOINT_URL answers, that S3_BUCKET exists, and that the key may write to it.",
        )
        return
    if came_back != text:
        yield Finding("The media store gave other bytes than it was given.", "Do not use this store.")


def _processes(now: datetime) -> Iterator[Finding]:
    swept = SweepState.objects.filter(pk=1).values_list("swept_at", flat=True).first()
    if swept is None or now - swept > outage_gap():
        since = f"since {swept:%Y-%m-%d %H:%M} UTC" if swept else "ever"
        yield Finding(f"The offline sweep has not run {since}.", "Run exactly one beat and at least one worker.")
    if not current_app.control.inspect(timeout=WORKER_ANSWERS_WITHIN_S).ping():
        yield Finding("No worker answers.", "Start one: celery --app dgx worker (see the Procfile).")
    for task in PeriodicTask.objects.filter(enabled=False, name__in=settings.CELERY_BEAT_SCHEDULE):
        yield Finding(f"The periodic task “{task.name}” is switched off.", "Switch it on under Periodic tasks.")


def _media(now: datetime) -> Iterator[Finding]:
    failed = Video.objects.filter(state=Video.State.FAILED).count()
    if failed:
        yield Finding(f"{failed} media files failed.", "Look at them in the admin: Media, state “failed”, says why.")
    waiting = Video.objects.unprobed().filter(updated_at__lt=now - 2 * processing.STUCK_AFTER).count()
    if waiting:
        yield Finding(f"{waiting} media files wait for a worker.", "See “processes” above.")


def _logs(now: datetime) -> Iterator[Finding]:
    rows = rows_in_default()
    if rows:
        yield Finding(
            f"{rows} log rows lie outside of their day's partition.",
            "Beat did not make partitions in time. Now: python manage.py keeppartitions",
        )


def _disk(now: datetime) -> Iterator[Finding]:
    folder = Path(settings.FILE_UPLOAD_TEMP_DIR or tempfile.gettempdir())
    usage = shutil.disk_usage(folder)
    if usage.free < max(settings.DGX_UPLOAD_MAX_BYTES, usage.total * FREE_SHARE):
        yield Finding(
            f"{folder}, where uploads pass through, has {usage.free // 1024**2} MB free.",
            "Make room for the largest upload (DGX_UPLOAD_MAX_BYTES), or name another folder by DGX_UPLOAD_TEMP_DIR.",
        )


def _people(now: datetime) -> Iterator[Finding]:
    people: Any = get_user_model()
    if not people.objects.filter(is_superuser=True, is_active=True).exists():
        yield Finding("Nobody may do everything.", "python manage.py createsuperuser")


def _configuration(now: datetime) -> Iterator[Finding]:
    for message in system_checks.run_checks(include_deployment_checks=not settings.DEBUG):
        if message.level >= system_checks.WARNING and not message.is_silenced():
            yield Finding(f"{message.msg} ({message.id})", message.hint or "See docs/configuration.md.")


CHECKS: dict[str, Check] = {
    "configuration": _configuration,
    "database": _database,
    "schema": _schema,
    "clock": _clock,
    "Redis": _redis,
    "media store": _store,
    "processes": _processes,
    "media": _media,
    "logs": _logs,
    "disk": _disk,
    "people": _people,
}
