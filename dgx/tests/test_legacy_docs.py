"""The old routes' description has every route in it. That our answers fit it is held by the replayed transcripts."""

import json

import pytest

from dgx import legacy_docs
from dgx.core.models import ApiKey
from dgx.legacy_answers import ANSWERS
from dgx.legacy_urls import ROUTES
from dgx.tests.described import complaint
from media_library.tests.factories import VideoFactory


@pytest.fixture(scope="module")
def document():
    return json.loads(legacy_docs.document_bytes())


def test_every_route_is_described_and_nothing_else(document):
    addresses = {(route.method, "/" + legacy_docs.PARAMETER.sub(r"{\1}", route.path)) for route in ROUTES}
    found = {(method.upper(), path) for path, item in document["paths"].items() for method in item}
    assert addresses <= found
    assert found - addresses == {(method, "/device/create") for method in ("GET", "PUT", "DELETE")}
    assert {route.view for route in ROUTES} == set(ANSWERS)


def test_no_two_shapes_share_a_name():
    alone = [legacy_docs.document([route])["components"]["schemas"] for route in ROUTES]
    for schemas in alone:
        for name, schema in schemas.items():
            assert all(other.get(name, schema) == schema for other in alone), name


def test_every_operation_has_an_id_and_a_sentence_of_its_own(document):
    operations = [operation for item in document["paths"].values() for operation in item.values()]
    assert len({operation["operationId"] for operation in operations}) == len(operations)
    assert all(operation["summary"] for operation in operations)


def test_an_answer_that_is_not_as_described_is_told():
    given = ("GET", "/device/screen-1/online")
    kind = "application/json"
    assert complaint(*given, 200, kind, b'{"mobile_id": "a", "is_online": true}') is None
    assert complaint(*given, 418, kind, b"{}") == "GET /device/screen-1/online: 418 is not described"
    assert complaint(*given, 200, "text/plain", b"") == "GET /device/screen-1/online 200: text/plain is not described"
    assert "'mobile_id' is a required property" in (complaint(*given, 200, kind, b'{"is_online": true}') or "")
    assert "'also' was unexpected" in (
        complaint(*given, 200, kind, b'{"mobile_id": "a", "is_online": true, "also": 1}') or ""
    )


def test_it_is_served_to_everybody(client):
    response = client.get("/openapi-old.json")
    assert (response.status_code, response["Content-Type"]) == (200, "application/json")
    assert response.json()["info"]["title"] == "DGX, the old routes"


def test_an_address_that_cannot_be_signed_is_refused_as_described(client, admin_user):
    VideoFactory.create(name="elsewhere", source_url="ftp://media.example/a.mp4")
    _, secret = ApiKey.issue(user=admin_user, name="a", scope=ApiKey.Scope.WRITE)
    answer = client.get("/video/elsewhere/presign", headers={"X-Api-Key": secret})
    assert answer.status_code == 400
    assert complaint("GET", "/video/elsewhere/presign", 400, answer["Content-Type"], answer.content) is None
