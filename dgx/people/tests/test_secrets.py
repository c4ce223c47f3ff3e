"""A person's whole day leaves no secret behind: not in the logs, the audit, its export, nor in the database."""

import logging

import pytest
from django.db import connection
from django.test import Client
from rest_framework.test import APIClient

from dgx.core.models import Change
from dgx.people.tests.conftest import FIREFOX, PASSWORD, code_of, wrong

SET_UP, CODES = "/admin/account/second-factor/", "/admin/account/recovery-codes/"
LOGIN, REFRESH = "/api/v1/auth/token", "/api/v1/auth/token/refresh"

pytestmark = pytest.mark.django_db


@pytest.fixture
def used(admin_user, visitor, settings, caplog) -> set[str]:
    """All secrets of a day on which as much went wrong as right."""
    caplog.set_level(logging.DEBUG)
    settings.OTP_TOTP_THROTTLE_FACTOR = settings.OTP_STATIC_THROTTLE_FACTOR = 0
    secrets, code = _in_the_browser(visitor(admin_user))
    return secrets | _in_programs(APIClient(), code)


def _in_the_browser(client: Client) -> tuple[set[str], str]:
    """What was used, and a recovery code that is left."""
    secrets = {PASSWORD, client.cookies["sessionid"].value, "wrong horse battery"}
    typed = client.get(SET_UP).context["typed"]
    key = client.session["people_new_key"]
    codes = client.post(SET_UP, {"code": code_of(key), "password": PASSWORD}).context["codes"]
    values = {"name": "a", "user": client.session["_auth_user_id"], "scope": "read"}
    made = client.post("/admin/core/apikey/add/", values)
    secrets |= {typed, typed.replace(" ", ""), client.cookies["sessionid"].value, made.context["secrets"][0][1]}
    other = Client(headers={"User-Agent": FIREFOX})
    other.post("/admin/login/", {"username": "admin", "password": "wrong horse battery"})
    other.post("/admin/login/", {"username": "admin", "password": PASSWORD})
    other.post("/admin/login/code/", {"code": codes[9][:-1] + "0"})
    other.post("/admin/login/code/", {"code": codes[0]})
    codes += other.post(CODES, {"code": codes[1]}).context["codes"]
    return secrets | {form for code in codes for form in (code, code.replace("-", ""))}, codes[-1]


def _in_programs(api: APIClient, code: str) -> set[str]:
    login = {"username": "admin", "password": PASSWORD}
    api.post(LOGIN, login | {"code": wrong("123456")})
    first = api.post(LOGIN, login | {"code": code}).json()
    second = api.post(REFRESH, {"refresh": first["refresh"]}).json()
    api.post(REFRESH, {"refresh": first["refresh"]})
    made = [first["access"], first["refresh"], second["access"], second["refresh"]]
    return {*made, *(token.rsplit(".")[-1] for token in made)}


def found_in(text: str, secrets: set[str]) -> list[str]:
    return sorted(secret for secret in secrets if secret in text)


def test_the_logs_name_none(used, caplog):
    said = "\n".join(f"{record.getMessage()} {record.exc_text}" for record in caplog.get_records("setup"))
    assert "came twice" in said
    assert found_in(said, used) == []


def test_the_database_holds_none(used):
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names():
            cursor.execute(f'SELECT coalesce(string_agg(t::text, chr(10)), $$$$) FROM "{table}" t')
            assert found_in(cursor.fetchone()[0], used) == [], table


def test_the_audit_and_its_export_show_none(used, admin_user):
    client = Client()
    client.force_login(admin_user)
    assert Change.objects.count() > 5
    export = b"".join(client.get("/admin/core/change/export/").streaming_content).decode()  # type: ignore[attr-defined]
    pages = [client.get(f"/admin/core/change/{act.pk}/change/").content.decode() for act in Change.objects.all()]
    api = [client.get(f"/api/v1/changes/{act.act}").content.decode() for act in Change.objects.all()]
    assert "second_factor" in "".join(api)
    assert found_in("".join([export, *pages, *api]), used) == []
