"""Probes. /health: this process answers. /ready: the stores that it needs answer too, each named, within two
seconds."""

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooSlow
from functools import cache
from typing import Any

import boto3
from botocore.config import Config
from django.conf import settings
from django.db import connection
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe
from redis import Redis

from devices.models import SweepState
from devices.services.outages import outage_gap
from telemetry.services.partitions import DEFAULT_PARTITION

IN_TOTAL_S = 2.0
"""All checks together take no longer, whichever store hangs."""
EACH_S = 1.0

_checkers = ThreadPoolExecutor(max_workers=8, thread_name_prefix="ready")

Check = Callable[[], dict[str, Any]]


@csrf_exempt
@require_safe
def health(request: HttpRequest) -> JsonResponse:
    """The process lives. Asks nothing of any store."""
    return JsonResponse({"status": "ok"})


@csrf_exempt
@require_safe
def ready(request: HttpRequest) -> JsonResponse:
    """200 when database, Redis and S3 answer, else 503. The sweep's age and logs in the default partition are told and
    do not decide: a web process serves all the same, and taking it out of service would mend neither."""
    checks = run_checks(STORES | TOLD)
    is_ready = all(checks[name]["ok"] for name in STORES)
    response = JsonResponse({"ready": is_ready, "checks": checks}, status=200 if is_ready else 503)
    response["Cache-Control"] = "no-store"
    return response


def run_checks(checks: dict[str, Check], *, within_s: float = IN_TOTAL_S) -> dict[str, dict[str, Any]]:
    """Run the checks side by side; one that is not through after `within_s` seconds in total counts as failed."""
    started = {name: _checkers.submit(_timed, check) for name, check in checks.items()}
    deadline = time.monotonic() + within_s
    return {name: _result(future, deadline) for name, future in started.items()}


def _result(future: "Future[dict[str, Any]]", deadline: float) -> dict[str, Any]:
    try:
        return future.result(timeout=max(0.0, deadline - time.monotonic()))
    except TooSlow:
        future.cancel()
        return {"ok": False, "error": "no answer in time"}


def _timed(check: Check) -> dict[str, Any]:
    """The check's own result with its duration; an exception tells its kind alone, for its words may hold addresses
    and secrets."""
    start = time.monotonic()
    try:
        result = {"ok": True, **check()}
    except Exception as error:  # noqa: BLE001 — whatever a store's client raises, the store is not usable
        result = {"ok": False, "error": type(error).__name__}
    finally:
        connection.close()  # this thread's own
    return {**result, "ms": round((time.monotonic() - start) * 1000)}


def _database() -> dict[str, Any]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return {}


def _redis() -> dict[str, Any]:
    with Redis.from_url(settings.REDIS_URL, socket_timeout=EACH_S, socket_connect_timeout=EACH_S) as client:
        client.ping()
    return {}


def _s3() -> dict[str, Any]:
    _s3_client(settings.S3_ENDPOINT_URL).head_bucket(Bucket=settings.S3_BUCKET)
    return {}


@cache
def _s3_client(endpoint: str | None) -> Any:
    """A client that gives up quickly; made once, since making one costs more than asking."""
    return boto3.session.Session().client(
        "s3",
        endpoint_url=endpoint,
        aws_access_key_id=settings.S3_ACCESS_KEY_ID or None,
        aws_secret_access_key=settings.S3_SECRET_ACCESS_KEY or None,
        region_name=settings.AWS_REGION,
        config=Config(
            connect_timeout=EACH_S,
            read_timeout=EACH_S,
            retries={"total_max_attempts": 1},
            s3={"addressing_style": "path" if endpoint else "auto"},
        ),
    )


def _sweep() -> dict[str, Any]:
    """How long ago the sweep finished; not ok when it never did or when its gap would count as an outage."""
    swept_at = SweepState.objects.filter(pk=1).values_list("swept_at", flat=True).first()
    if swept_at is None:
        return {"ok": False, "age_s": None}
    age = timezone.now() - swept_at
    return {"ok": age <= outage_gap(), "age_s": round(age.total_seconds(), 1)}


def _log_partitions() -> dict[str, Any]:
    """Not ok while the default partition of the device logs holds rows: a day had no partition when they came."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT NOT EXISTS (SELECT FROM {DEFAULT_PARTITION})")  # noqa: S608 — a constant
        row = cursor.fetchone()
    return {"ok": bool(row and row[0])}


STORES: dict[str, Check] = {"database": _database, "redis": _redis, "s3": _s3}
TOLD: dict[str, Check] = {"sweep": _sweep, "log_partitions": _log_partitions}
