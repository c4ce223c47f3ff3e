"""Users, roles, API keys and periodic tasks in the admin."""

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group, Permission, User
from django.test import Client
from django.utils import timezone
from django_celery_beat.models import IntervalSchedule, PeriodicTask
from rest_framework_simplejwt.token_blacklist.models import OutstandingToken

from dgx.core.api.throttles import LoginThrottle
from dgx.core.credentials import hash_secret
from dgx.core.models import ApiKey

pytestmark = pytest.mark.django_db

KEYS = "/admin/core/apikey/"
TASKS = "/admin/django_celery_beat/periodictask/"


def test_the_page_after_saving_shows_the_api_key_this_once(admin_client: Client, admin_user: User):
    values = {"name": "Stock", "user": admin_user.pk, "scope": "write", "expires_at_0": "", "expires_at_1": ""}
    answer = admin_client.post(f"{KEYS}add/", values)
    (_whose, secret) = answer.context["secrets"][0]
    key = ApiKey.objects.get()
    assert (key.key_hash, key.user, key.scope) == (hash_secret(secret), admin_user, "write")
    assert secret not in admin_client.get(f"{KEYS}{key.pk}/change/").content.decode()


def test_passwords_are_tried_as_often_as_is_allowed(client: Client, admin_user: User, monkeypatch):
    monkeypatch.setattr(LoginThrottle, "THROTTLE_RATES", {"login": "2/min"})
    wrong = {"username": admin_user.username, "password": "guess"}
    for _ in range(2):
        assert "correct username" in client.post("/admin/login/", wrong).content.decode()
    right = {"username": admin_user.username, "password": "password"}
    assert "Too many attempts. Try again in" in client.post("/admin/login/", right).content.decode()
    assert client.get("/admin/").status_code == 302


def test_whoever_has_not_all_rights_makes_api_keys_for_themselves_alone(client: Client, admin_user: User, user_with):
    someone = user_with("core.add_apikey", "core.view_apikey", "auth.view_user")
    client.force_login(someone)
    values = {"name": "Stock", "user": admin_user.pk, "scope": "write", "expires_at_0": "", "expires_at_1": ""}
    assert client.post(f"{KEYS}add/", values).status_code == 200
    assert not ApiKey.objects.exists()
    client.post(f"{KEYS}add/", {**values, "user": someone.pk})
    assert ApiKey.objects.get().user == someone


def test_an_api_key_is_never_given_to_another_user(client: Client, admin_user: User, user_with):
    someone = user_with("core.change_apikey", "core.view_apikey")
    key, _secret = ApiKey.issue(name="Stock", user=someone)
    client.force_login(someone)
    end = timezone.localtime(key.expires_at)
    values = {"name": "Store", "user": admin_user.pk, "scope": "write", "expires_at_0": f"{end:%Y-%m-%d}"}
    assert "Give an end" in client.post(f"{KEYS}{key.pk}/change/", values | {"expires_at_0": ""}).content.decode()
    values["expires_at_1"] = "00:00:00"
    assert client.post(f"{KEYS}{key.pk}/change/", values).status_code == 302
    key.refresh_from_db()
    assert (key.name, key.user, key.scope) == ("Store", someone, "read")


def test_whoever_may_edit_people_hands_out_no_rights(client: Client, user_with):
    clerk, colleague = user_with("auth.change_user", "auth.view_user"), User.objects.create_user("colleague")
    client.force_login(clerk)
    joined = {"date_joined_0": "2026-01-01", "date_joined_1": "00:00:00"}
    for person in (clerk, colleague):
        kept = {"username": person.username, "is_active": "on", "is_staff": "on", **joined}
        values = {**kept, "first_name": "Ann", "is_superuser": "on"}
        assert client.post(f"/admin/auth/user/{person.pk}/change/", values).status_code == 302
        person.refresh_from_db()
        assert (person.first_name, person.is_superuser) == ("Ann", False)


def test_a_superuser_is_changed_by_superusers_alone(client: Client, admin_user: User, user_with):
    client.force_login(user_with("auth.change_user", "auth.view_user", "auth.delete_user"))
    page = f"/admin/auth/user/{admin_user.pk}"
    assert client.post(f"{page}/change/", {"username": "x"}).status_code == 403
    assert client.post(f"{page}/password/", {"password1": "new", "password2": "new"}).status_code == 403
    assert client.post(f"{page}/delete/", {"post": "yes"}).status_code == 403


def test_a_role_gets_its_permissions_from_superusers_alone(client: Client, user_with):
    role = Group.objects.create(name="night shift")
    client.force_login(user_with("auth.change_group", "auth.view_group"))
    allowed = Permission.objects.get(codename="delete_user")
    client.post(f"/admin/auth/group/{role.pk}/change/", {"name": "late shift", "permissions": [allowed.pk]})
    role.refresh_from_db()
    assert (role.name, role.permissions.count()) == ("late shift", 0)


def test_revoking_an_api_key_asks_first(admin_client: Client, admin_user: User):
    key, _secret = ApiKey.issue(name="Stock", user=admin_user)
    values = {"action": "revoke", "_selected_action": [key.pk]}
    admin_client.post(KEYS, values)
    assert ApiKey.objects.get().revoked_at is None
    admin_client.post(KEYS, {**values, "confirmed": 1})
    assert ApiKey.objects.get().revoked_at is not None


def test_refresh_tokens_have_no_page():
    assert not admin.site.is_registered(OutstandingToken)


@pytest.fixture
def task(db: None) -> PeriodicTask:
    interval = IntervalSchedule.objects.create(every=15, period="seconds")
    return PeriodicTask.objects.create(name="sweep", task="devices.tasks.mark_offline", interval=interval)


def test_the_sweeps_interval_is_seen_and_changed(admin_client: Client, task: PeriodicTask):
    assert "every 15 seconds" in admin_client.get(TASKS).content.decode()
    other = IntervalSchedule.objects.create(every=30, period="seconds")
    values = {"name": "sweep", "task": task.task, "enabled": "on", "interval": other.pk, "args": "[]", "kwargs": "{}"}
    answer = admin_client.post(f"{TASKS}{task.pk}/change/", {**values, "headers": "{}"})
    assert answer.status_code == 302
    task.refresh_from_db()
    assert task.interval == other


def test_whoever_may_only_view_tasks_cannot_stop_them(client: Client, user_with, task: PeriodicTask):
    client.force_login(user_with("django_celery_beat.view_periodictask"))
    client.post(TASKS, {"action": "disable_tasks", "_selected_action": [task.pk]})
    task.refresh_from_db()
    assert task.enabled


def test_whoever_may_change_tasks_can_stop_them(client: Client, user_with, task: PeriodicTask):
    permissions = ["django_celery_beat.view_periodictask", "django_celery_beat.change_periodictask"]
    client.force_login(user_with(*permissions))
    client.post(TASKS, {"action": "disable_tasks", "_selected_action": [task.pk]})
    task.refresh_from_db()
    assert not task.enabled


def test_a_person_is_added_with_a_password(admin_client: Client):
    values = {"username": "anna", "password1": "correct horse battery", "password2": "correct horse battery"}
    answer = admin_client.post("/admin/auth/user/add/", {**values, "usable_password": "true"})
    assert answer.status_code == 302
    assert User.objects.get(username="anna").check_password("correct horse battery")
