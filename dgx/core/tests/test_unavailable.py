"""A PostgreSQL or Redis that fails in the middle of a request is 503 with Retry-After: in a view and in a middleware,
on a page, in the API and at the old routes."""

from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DataError, InternalError, connection, transaction
from django.test import Client, RequestFactory
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from dgx.core.api import fallback
from dgx.core.api.errors import as_refusal
from dgx.core.errors import Unavailable
from dgx.core.tests.failing import end_our_backend, out_of_reach
from dgx.core.tests.own_redis import own_redis
from locations.tests.factories import ShopFactory

HELD = "Another change of the same things was under way. Try again."
SESSION_PAGE = "/admin/account/second-factor/"
"""Reads the session, writes into it, and leaves it to the middleware to save it."""


@pytest.fixture
def person(client: Client, admin_user: User) -> Client:
    """Somebody who is logged in; what fails is answered, as by a server."""
    client.force_login(admin_user)
    client.raise_request_exception = False
    return client


def said(response: Any) -> tuple[int, str | None, str]:
    """The answer's status, when to try again, and the kind of its body."""
    return response.status_code, response.get("Retry-After"), response["Content-Type"].partition(";")[0]


PAGE, JSON = (503, "5", "text/html"), (503, "5", "application/json")


# --- a session ----
@pytest.mark.django_db(transaction=True)
def test_a_session_that_cannot_be_saved_is_no_bad_request(person: Client):
    with out_of_reach("people_session", "EXCLUSIVE"):
        response = person.get(SESSION_PAGE)
    assert said(response) == PAGE
    assert HELD in response.content.decode()
    assert person.get(SESSION_PAGE).status_code == 200


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/v1/videos/", {"detail": {"code": "unavailable", "message": HELD, "type": "Unavailable"}}),
        ("/videos", {"detail": HELD}),
    ],
    ids=["the API", "the old routes"],
)
def test_a_session_that_cannot_be_read_in_a_middleware_is_told_in_the_surface_s_shape(
    person: Client, settings: Settings, caplog: Any, path: str, body: dict[str, Any]
):
    settings.DGX_REQUIRE_SECOND_FACTOR = "everyone"
    with out_of_reach("people_session", "ACCESS EXCLUSIVE"):
        response = person.get(path)
    assert said(response) == JSON
    assert response.json() == body
    errors = [record for record in caplog.records if record.levelname == "ERROR"]
    assert [(record.name, record.exc_info) for record in errors] == [("dgx.core.api.fallback", None)], "no traceback"
    assert errors[0].getMessage().startswith(f"{path} was answered 503: {HELD}")


# --- a connection ----
@pytest.mark.django_db(transaction=True)
def test_a_backend_that_ends_while_a_form_is_checked_is_told(person: Client):
    """Django's check of a constraint swallows the error; the next statement does not."""
    shop = ShopFactory.create(name="Lyon")
    ended: list[Any] = []

    def end_once(execute: Any, sql: Any, params: Any, many: bool, context: Any) -> Any:
        if not ended and "_check" in str(sql):
            ended.append(sql)
            end_our_backend()
        return execute(sql, params, many, context)

    with connection.execute_wrapper(end_once):
        response = person.post(f"/admin/locations/shop/{shop.pk}/change/", {"name": "Nice", "timezone": "Europe/Paris"})
    assert ended
    assert said(response) == PAGE
    shop.refresh_from_db()
    assert shop.name == "Lyon"


@pytest.mark.django_db
def test_a_server_that_takes_no_changes_is_told(admin_api: APIClient, person: Client):
    """As after a failover, on a connection to what was the first server."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION READ ONLY")
        responses = []
        for post in (lambda: admin_api.post("/api/v1/shops/", {"name": "Lyon"}), lambda: shop_page(person)):
            sid = transaction.savepoint()
            responses.append(post())
            transaction.savepoint_rollback(sid)
        transaction.set_rollback(True)
    assert [said(response) for response in responses] == [JSON, PAGE]


def shop_page(person: Client) -> Any:
    return person.post("/admin/locations/shop/add/", {"name": "Lyon", "timezone": "Europe/Paris"})


@pytest.mark.django_db
def test_another_mistake_of_a_transaction_stays_a_fault():
    with connection.cursor() as cursor:
        with pytest.raises(DataError):
            cursor.execute("SELECT 1 / 0")
        with pytest.raises(InternalError) as caught:
            cursor.execute("SELECT 1")
    assert as_refusal(caught.value) is None


# --- Redis ----
def test_an_upload_that_redis_cannot_keep_is_told(person: Client, tmp_path: Path, settings: Settings, caplog: Any):
    with own_redis(tmp_path) as server:
        settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": server.url}}
        server.stop()
        file = SimpleUploadedFile("shops.csv", b"name\nLyon\n")
        response = person.post("/admin/locations/shop/import-csv/", {"file": file})
    assert said(response) == PAGE
    assert "Redis does not answer. Try again." in response.content.decode()
    assert not any("database" in record.getMessage() for record in caplog.records)


# --- what is none of that ----
def test_a_fault_of_ours_stays_one():
    try:
        raise KeyError("x")
    except KeyError:
        response = fallback.server_error(RequestFactory().get("/api/v1/videos/"))
    assert said(response) == (500, None, "application/json")


def test_a_page_shows_words_as_words():
    response = fallback.unavailable(RequestFactory().get("/admin/"), Unavailable("“<b>” cannot be had."))
    assert response is not None
    assert said(response) == PAGE
    assert "<p>“&lt;b&gt;” cannot be had.</p>" in response.content.decode()
