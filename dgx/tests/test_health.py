"""/health and /ready."""

import threading
import time
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from devices.models import SweepState
from devices.tests.factories import DeviceFactory
from dgx import health
from telemetry.models import DeviceLog


def test_health_asks_no_store(client, settings):
    settings.REDIS_URL = settings.S3_ENDPOINT_URL = "http://127.0.0.1:1"
    response = client.get("/health")  # without the `db` fixture a query would fail the test
    assert (response.status_code, response.json()) == (200, {"status": "ok"})
    assert client.get("/health/").status_code == 200


@pytest.mark.parametrize("address", ["/health", "/ready"])
def test_probes_are_only_read(address):
    assert Client(enforce_csrf_checks=True).post(address).status_code == 405


@pytest.mark.django_db(transaction=True)
class TestReady:
    """The stores, each named."""

    def test_it_is_ready_when_every_store_answers(self, client):
        SweepState.objects.create(swept_at=timezone.now())
        response = client.get("/ready")
        body = response.json()
        assert response.status_code == 200, body
        assert {name: check["ok"] for name, check in body["checks"].items()} == {
            "database": True,
            "redis": True,
            "s3": True,
            "sweep": True,
            "log_partitions": True,
        }
        assert body["ready"] is True
        assert 0 <= body["checks"]["sweep"]["age_s"] < 60
        assert response["Cache-Control"] == "no-store"

    def test_a_late_sweep_is_told_and_does_not_decide(self, client):
        assert client.get("/ready").json()["checks"]["sweep"]["age_s"] is None
        SweepState.objects.create(swept_at=timezone.now() - timedelta(hours=1))
        response = client.get("/ready/")
        sweep = response.json()["checks"]["sweep"]
        assert (response.status_code, sweep["ok"]) == (200, False)
        assert 3600 <= sweep["age_s"] < 3660

    def test_logs_outside_of_their_days_partitions_are_told_and_do_not_decide(self, client):
        device = DeviceFactory.create()
        DeviceLog.objects.create(device=device, log_type="x", logged_at=timezone.now() - timedelta(days=4000))
        response = client.get("/ready")
        assert (response.status_code, response.json()["checks"]["log_partitions"]["ok"]) == (200, False)

    def test_each_store_that_is_gone_is_named_without_its_address(self, client, settings):
        settings.REDIS_URL = "redis://user:secret@127.0.0.1:1/0"
        settings.S3_ENDPOINT_URL = "http://127.0.0.1:1"
        response = client.get("/ready")
        body = response.json()
        assert (response.status_code, body["ready"]) == (503, False)
        assert (body["checks"]["redis"]["ok"], body["checks"]["s3"]["ok"]) == (False, False)
        assert body["checks"]["redis"]["error"] == "ConnectionError"
        assert body["checks"]["s3"]["error"] == "EndpointConnectionError"
        assert body["checks"]["database"]["ok"] is True
        assert "secret" not in response.content.decode()
        assert "127.0.0.1" not in response.content.decode()

    def test_a_missing_bucket_is_not_ready(self, client, settings):
        settings.S3_BUCKET = "no-such-bucket"
        assert client.get("/ready").json()["checks"]["s3"]["ok"] is False


@pytest.mark.django_db(transaction=True)
def test_a_store_that_hangs_costs_the_limit_and_no_more():
    release = threading.Event()

    def hang():
        release.wait(10)
        return {}

    started = time.monotonic()
    found = health.run_checks({"slow": hang, "fast": dict}, within_s=0.2)
    release.set()
    assert time.monotonic() - started < 1
    assert found["slow"] == {"ok": False, "error": "no answer in time"}
    assert found["fast"]["ok"] is True


@pytest.mark.django_db
def test_checks_leave_the_callers_own_connection_alone():
    health.run_checks({"any": dict})
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        assert cursor.fetchone() == (1,)
