"""The OpenAPI document and the pages that show it."""

import re

import pytest
from django.utils import timezone
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.validation import validate_schema

from devices.services.enrolment import approve_pairing, start_pairing
from dgx.api_docs import schema_bytes

METHODS = {"get", "put", "post", "delete", "patch"}


@pytest.fixture(scope="module")
def document():
    return SchemaGenerator().get_schema(request=None, public=True)


@pytest.fixture(scope="module")
def operations(document):
    return {
        f"{method.upper()} {path}": operation
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if method in METHODS
    }


def test_it_validates_and_nothing_had_to_be_guessed():
    with GENERATOR_STATS.silence():
        GENERATOR_STATS.reset()
        validate_schema(SchemaGenerator().get_schema(request=None, public=True))
        assert dict(GENERATOR_STATS._warn_cache) == {}
        assert dict(GENERATOR_STATS._error_cache) == {}


def test_every_operation_has_a_summary_of_its_own(operations):
    bare = [name for name, operation in operations.items() if not operation.get("summary")]
    assert bare == []


def test_every_operation_has_an_id_of_its_own(operations):
    names = [operation["operationId"] for operation in operations.values()]
    assert len(set(names)) == len(names)


def test_every_body_has_an_example(operations):
    without = [
        (name, status)
        for name, operation in operations.items()
        for status, body in [("request", operation.get("requestBody", {})), *operation["responses"].items()]
        if "$ref" not in body
        for media_type, content in body.get("content", {}).items()
        if media_type != "multipart/form-data" and not (content.get("examples") or content.get("example"))
    ]
    assert without == []


def test_every_operation_says_how_it_refuses(document, operations):
    for name, operation in operations.items():
        found = set(operation["responses"])
        wanted = {"429", "503"}
        if operation.get("security") and {} not in operation["security"]:
            wanted |= {"401", "403"}
        if "{" in name:
            wanted |= {"404"}
        if "requestBody" in operation:
            wanted |= {"400", "404", "409", "413", "415"}
        assert wanted <= found, name
    assert set(document["components"]["responses"]) >= {"BadRequest", "Conflict", "TooManyRequests", "Unavailable"}


def test_every_operation_says_how_often_it_may_be_called(document, operations):
    told = {"RateLimit-Policy", "RateLimit"}
    assert set(document["components"]["responses"]["TooManyRequests"]["headers"]) == told | {"Retry-After"}
    assert told | {"Retry-After"} <= set(document["components"]["headers"])
    for name, operation in operations.items():
        found = {
            frozenset(answer.get("headers", {})) for status, answer in operation["responses"].items() if status < "3"
        }
        of_devices = "/api/v1/device/" in name
        assert all(headers >= told for headers in found) != of_devices, name


def test_a_list_that_is_filtered_by_a_reference_may_miss_it(operations):
    for name in ("devices", "links", "logs", "enrolment-keys"):
        assert "404" in operations[f"GET /api/v1/{name}/"]["responses"], name


def test_a_wrong_password_and_a_wrong_token_are_told(operations):
    for name in ("", "refresh/", "blacklist/"):
        assert "401" in operations[f"POST /api/v1/auth/token/{name}"]["responses"], name


def test_a_time_of_day_is_not_promised_an_offset(document):
    described = document["components"]["schemas"]["Link"]["properties"]["start_time"]
    assert "format" not in described
    assert re.search(described["pattern"], "07:00:00")


def test_every_operation_is_under_a_tag_that_is_described(document, operations):
    described = {tag["name"] for tag in document["tags"] if tag["description"]}
    used = {tag for operation in operations.values() for tag in operation["tags"]}
    assert used <= described


def test_it_says_how_to_authenticate(document):
    assert {"apiKey", "jwtAuth", "cookieAuth", "deviceToken"} <= set(document["components"]["securitySchemes"])


def test_it_is_served_with_an_etag_and_made_once(client, document):
    response = client.get("/openapi.json")
    assert response.json()["info"]["title"] == "DGX"
    assert response["Content-Type"] == "application/json"
    assert client.get("/openapi.json/", headers={"if-none-match": response["ETag"]}).status_code == 304
    assert schema_bytes() is schema_bytes()


@pytest.mark.parametrize("address", ["/docs", "/docs/", "/redoc", "/redoc/"])
def test_the_pages_ask_no_other_machine(client, address):
    response = client.get(address)
    page = response.content.decode()
    assert response.status_code == 200
    assert re.findall(r"""(?:https?:)?//[a-z][^\s"'<>]*""", page) == []
    assert "default-src 'self'" in response["Content-Security-Policy"]
    assets = re.findall(r"""(?:src|href)="([^"]+)\"""", page)
    assert assets
    assert {client.get(asset).status_code for asset in assets} == {200}


@pytest.mark.parametrize("address", ["/api/v1/nothing", "/api/v1/", "/api/v1/shops/1/2/3"])
def test_an_address_that_is_not_there_is_a_404_in_the_apis_shape(client, address):
    for response in (client.get(address), client.post(address, b"{", content_type="text/plain")):
        assert response.status_code == 404
        assert response.json()["detail"]["code"] == "unknown_address"


def test_the_root_leads_to_the_admin(client):
    response = client.get("/")
    assert (response.status_code, response["Location"]) == (302, "/admin/")


def test_what_is_made_leads_to_the_operations_on_it(document):
    links = document["paths"]["/api/v1/shops/"]["post"]["responses"]["201"]["links"]
    assert {name: link["operationId"] for name, link in links.items()} == {
        "get_it": "shops_retrieve",
        "put_it": "shops_update",
        "patch_it": "shops_partial_update",
        "delete_it": "shops_destroy",
    }
    assert {str(link["parameters"]) for link in links.values()} == {"{'ref': '$response.body#/id'}"}


@pytest.mark.django_db
def test_a_field_that_does_not_exist_is_refused_as_the_document_says(admin_api, document):
    told = {"no_such_field": 1}
    found = {}
    for path, item in document["paths"].items():
        body = item.get("post", {}).get("requestBody", {}).get("content", {}).get("application/json")
        if body is None or "{" in path or not path.startswith("/api/v1/") or path.startswith("/api/v1/device/"):
            continue
        schema = document["components"]["schemas"][body["schema"]["$ref"].rpartition("/")[2]]
        answer = admin_api.post(path, told, format="json")
        is_told = "no_such_field" in answer.json()["detail"].get("fields", {})
        found[path] = (schema.get("additionalProperties") is False, is_told)
    assert len(found) > 10
    assert {path: says for path, (says, is_told) in found.items() if says is not is_told} == {}


@pytest.mark.django_db
def test_what_was_decided_before_is_refused_as_described(admin_api, operations):
    pairing = start_pairing(mobile_id="screen-1", details={}).pairing
    approve_pairing(code=pairing.code, by=None, now=timezone.now())
    assert admin_api.post(f"/api/v1/pairings/{pairing.public_id}/refuse/").status_code == 409
    assert "409" in operations["POST /api/v1/pairings/{ref}/refuse/"]["responses"]
