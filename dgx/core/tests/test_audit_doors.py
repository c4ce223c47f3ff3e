"""Every way by which something is changed leaves its name, and who came by it."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.conf import LazySettings
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from devices.models import Device
from devices.services.enrolment import approve_pairing, make_enrolment_key
from dgx.celery import AuditedTask, app
from dgx.core.audit import Door, change
from dgx.core.audit_middleware import door_of
from dgx.core.audit_trim import trim_changes
from dgx.core.models import ApiKey, Change, ChangedRow
from dgx.people.tasks import clear_expired
from locations.models import Shop
from locations.tests.factories import ShopFactory

pytestmark = pytest.mark.django_db


def entry(kind: str = "locations.shop") -> dict[str, Any]:
    """The newest act that changed objects of that kind."""
    act = Change.objects.filter(kinds__contains=[kind]).latest("id")
    return {"door": act.door, "who": act.who, "user": act.user_id, "what": act.what, "address": act.address}


def make_shop(client: Any, **headers: Any) -> None:
    answer = client.post("/api/v1/shops", {"name": "Lyon"}, format="json", **headers)
    assert answer.status_code == 201, answer.content


def test_the_api_knows_who_a_token_stands_for(api: APIClient, admin_user: User) -> None:
    tokens = api.post("/api/v1/auth/token", {"username": "admin", "password": "correct horse battery"}, format="json")
    make_shop(api, HTTP_AUTHORIZATION=f"Bearer {tokens.json()['access']}")
    assert entry() == {
        "door": "api",
        "who": "admin",
        "user": admin_user.pk,
        "what": "",
        "address": "POST /api/v1/shops",
    }


def test_the_api_knows_a_program_by_its_key_s_name(api: APIClient, admin_user: User) -> None:
    _key, secret = ApiKey.issue(user=admin_user, name="stock system", scope="write")
    make_shop(api, HTTP_X_API_KEY=secret)
    assert (entry()["door"], entry()["who"], entry()["user"]) == ("api", "admin (key stock system)", admin_user.pk)
    assert secret not in repr(list(Change.objects.values()))


def test_the_old_routes_say_who_and_that_they_are_old(client: Client, admin_user: User) -> None:
    _key, secret = ApiKey.issue(user=admin_user, name="old player", scope="write")
    answer = client.post(
        "/insert_shop", {"shop_name": "Lyon"}, content_type="application/json", headers={"X-Api-Key": secret}
    )
    assert answer.status_code in {200, 201}, answer.content
    assert (entry()["door"], entry()["who"]) == ("legacy", "admin (key old player)")


def test_the_old_routes_without_a_credential_are_nobody_s(client: Client, settings: LazySettings) -> None:
    settings.DGX_LEGACY_ANONYMOUS = True
    assert client.post("/insert_shop", {"shop_name": "Lyon"}, content_type="application/json").status_code in {200, 201}
    assert (entry()["door"], entry()["who"], entry()["user"]) == ("legacy", "", None)


def test_a_device_that_enrols_comes_by_its_own_door(client: Client) -> None:
    _key, secret = make_enrolment_key(label="Lyon")
    body = {"mobile_id": "d-1", "enrolment_key": secret}
    assert client.post("/api/v1/device/enrol", body, content_type="application/json").status_code == 201
    assert entry("devices.device") | {"address": ""} == {
        "door": "device",
        "who": "",
        "user": None,
        "what": "Enrolled by a key",
        "address": "",
    }
    assert Change.objects.latest("id").kinds == ["devices.device", "devices.devicetoken"]


def test_a_device_that_claims_its_token_comes_by_its_own_door(client: Client, admin_user: User) -> None:
    started = client.post("/api/v1/device/enrol", {"mobile_id": "d-1"}, content_type="application/json").json()
    with change(door=Door.ADMIN, user=admin_user):
        approve_pairing(code=started["pairing_code"], by=admin_user, now=timezone.now())
    claim = {"claim_token": started["claim_token"]}
    assert client.post("/api/v1/device/claim", claim, content_type="application/json").status_code == 201
    assert entry("devices.devicetoken")["what"] == "Came in by a pairing code"


def test_a_poll_carries_nothing_and_keeps_nothing(device: Device, device_api: APIClient) -> None:
    before = ChangedRow.objects.count()
    report = {"boot_id": "b-1", "seq": 1, "have": "", "screen": "1920x1080", "app_version": "2"}
    with CaptureQueriesContext(connection) as queries:
        answer = device_api.post("/api/v1/device/poll", report, format="json")
    assert answer.status_code == 200, answer.content
    assert not [query for query in queries if "dgx.act" in query["sql"]]
    assert ChangedRow.objects.count() == before


def test_a_task_s_changes_are_the_system_s() -> None:
    @app.task(name="tests.rename_shops", shared=False)
    def rename_shops() -> int:
        return Shop.objects.update(name="Nice")

    ShopFactory()
    assert isinstance(rename_shops, AuditedTask)
    rename_shops.apply()
    assert (entry()["door"], entry()["what"]) == ("system", "tests.rename_shops")


def test_a_task_inside_of_a_request_leaves_the_request_s_door_behind_it(admin_user: User) -> None:
    with change(door=Door.API, user=admin_user) as act:
        clear_expired.apply()
        Shop.objects.create(name="Lyon")
    assert (Change.objects.get(act=act.id).door, entry()["who"]) == ("api", "admin")


@pytest.mark.parametrize(
    ("path", "door"),
    [
        ("/admin/devices/device/", Door.ADMIN),
        ("/api/v1/shops", Door.API),
        ("/api/v1/devices/x", Door.API),
        ("/api/v1/device/poll", None),
        ("/shop", Door.LEGACY),
    ],
)
def test_the_address_tells_the_door(path: str, door: Door | None) -> None:
    assert door_of(path) == door


def test_what_is_older_than_its_time_goes_the_oldest_first(settings: LazySettings) -> None:
    settings.DGX_AUDIT_RETENTION_DAYS = 30
    Change.objects.all().delete()  # the migrations', that make the roles
    with change(door=Door.COMMAND, what="old"):
        ShopFactory.create_batch(3)
    Change.objects.update(at=timezone.now() - timedelta(days=31))
    with change(door=Door.COMMAND, what="new"):
        ShopFactory()
    with time_machine.travel(timezone.now(), tick=False):
        assert trim_changes(now=timezone.now()) == 1
    assert [(act.what, act.rows.count()) for act in Change.objects.all()] == [("new", 1)]


def test_a_clock_years_ahead_deletes_nothing_more(settings: LazySettings) -> None:
    with change(door=Door.COMMAND, what="young"):
        ShopFactory()
    assert trim_changes(now=timezone.now() + timedelta(days=settings.DGX_AUDIT_RETENTION_DAYS + 1)) == 0
    assert Change.objects.filter(what="young").exists()


def test_old_acts_go_in_bounded_steps(settings: LazySettings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dgx.core.audit_trim.ACTS_AT_ONCE", 2)
    Change.objects.all().delete()
    ChangedRow.objects.all().delete()
    for number in range(5):
        with change(door=Door.COMMAND):
            ShopFactory(name=f"Shop {number}")
    Change.objects.update(at=timezone.now() - timedelta(days=settings.DGX_AUDIT_RETENTION_DAYS + 1))
    assert trim_changes(now=timezone.now()) == 5
    assert ChangedRow.objects.count() == Change.objects.count() == 0


def test_a_command_of_django_runs_as_ever_inside_of_an_act() -> None:
    with change(door=Door.COMMAND, what="manage.py createsuperuser"):
        call_command("createsuperuser", interactive=False, username="root", email="root@example.com")
    assert entry("auth.user")["what"] == "manage.py createsuperuser"
