"""What every resource of /api/v1 does alike, as tests: a resource's own test class names its address, how to make one
and what a good body is, and inherits the rest."""

import json
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from dgx.core.models import ApiKey

NO_SUCH = "00000000-0000-4000-8000-000000000000"


def assert_refused(response: Any, status: int, code: str | None = None) -> dict[str, Any]:
    """The one error shape, nothing else; returns its detail."""
    body = response.json()
    assert (response.status_code, set(body)) == (status, {"detail"}), body
    detail: dict[str, Any] = body["detail"]
    assert {"code", "message", "type"} <= set(detail)
    assert code is None or detail["code"] == code, detail
    return detail


def key_client(user: User, scope: str) -> APIClient:
    """A program with a key of that user."""
    _key, secret = ApiKey.issue(user=user, name="test", scope=scope)
    client = APIClient()
    client.credentials(HTTP_X_API_KEY=secret)
    return client


@pytest.mark.django_db
class ReadContract:
    """Resources that can be listed and retrieved."""

    route: str
    """As `/api/v1/shops`."""
    permission: str
    """The model whose permissions count, as `locations.shop`."""
    list_queries: int
    """Statements of a list, whatever its length: the count, the rows, what is prefetched."""

    def make(self) -> Any:
        """A row."""
        raise NotImplementedError

    def may(self, *verbs: str) -> list[str]:
        app, model = self.permission.split(".")
        return [f"{app}.{verb}_{model}" for verb in verbs]

    def address(self, row: Any) -> str:
        return f"{self.route}/{row.public_id}"

    def test_a_stranger_is_told_to_authenticate(self, api):
        response = api.get(self.route)
        assert_refused(response, 401, "not_authenticated")
        assert response["WWW-Authenticate"] == 'Bearer realm="api"'
        assert_refused(api.get(self.address(self.make())), 401, "not_authenticated")

    def test_a_user_without_the_permission_is_refused(self, api, user_with):
        api.force_authenticate(user_with())
        assert_refused(api.get(self.route), 403, "permission_denied")
        assert_refused(api.get(self.address(self.make())), 403, "permission_denied")

    def test_a_viewer_may_list_and_read(self, api, user_with):
        row = self.make()
        api.force_authenticate(user_with(*self.may("view")))
        assert api.get(self.route).status_code == 200
        assert api.get(self.address(row)).json()["id"] == str(row.public_id)

    def test_a_key_that_may_only_read_reads(self, admin_user):
        row = self.make()
        client = key_client(admin_user, "read")
        assert client.get(self.address(row)).json()["id"] == str(row.public_id)

    def test_addresses_work_with_and_without_a_slash(self, admin_api):
        row = self.make()
        for address in (self.route, self.address(row)):
            assert admin_api.get(address).json() == admin_api.get(f"{address}/").json()

    def test_a_page_has_count_next_previous_results(self, admin_api):
        rows = [self.make() for _ in range(3)]
        page = admin_api.get(self.route, {"limit": 2}).json()
        assert set(page) == {"count", "next", "previous", "results"}
        assert (page["count"], len(page["results"]), page["previous"]) == (3, 2, None)
        rest = admin_api.get(page["next"]).json()
        assert {item["id"] for item in page["results"] + rest["results"]} == {str(row.public_id) for row in rows}

    @pytest.mark.parametrize(("name", "value"), [("limit", "501"), ("limit", "0"), ("limit", "x"), ("offset", "-1")])
    def test_a_limit_or_offset_out_of_range_is_refused_by_name(self, admin_api, name, value):
        assert list(assert_refused(admin_api.get(self.route, {name: value}), 400)["fields"]) == [name]

    def test_an_unknown_filter_is_refused(self, admin_api):
        assert list(assert_refused(admin_api.get(self.route, {"colour": "red"}), 400)["fields"]) == ["colour"]

    def test_an_unknown_ordering_is_refused(self, admin_api):
        assert list(assert_refused(admin_api.get(self.route, {"ordering": "key_hash"}), 400)["fields"]) == ["ordering"]

    def test_a_search_with_a_nul_is_refused(self, admin_api):
        assert_refused(admin_api.get(self.route, {"search": "a\x00b"}), 400)

    def test_a_list_costs_the_same_for_any_number_of_rows(self, admin_api, django_assert_num_queries):
        for _ in range(5):
            self.make()
        with django_assert_num_queries(self.list_queries):
            assert len(admin_api.get(self.route).json()["results"]) == 5

    @pytest.mark.parametrize("ref", [NO_SUCH, "1", "nonsense", "a\x00b", "x" * 300])
    def test_what_does_not_exist_is_a_404_that_names_it(self, admin_api, ref):
        assert ref in assert_refused(admin_api.get(f"{self.route}/{ref.replace(chr(0), '%00')}"), 404)["message"]

    def test_a_method_that_it_has_not_is_a_405(self, admin_api):
        assert_refused(admin_api.post(self.address(self.make()), {}), 405, "method_not_allowed")


class WriteContract(ReadContract):
    """Resources that can also be made, changed and deleted."""

    change: dict[str, Any]
    """A good PATCH."""
    text_field: str = "name"
    text_length: int = 255
    unique_field: str | None = "name"

    def body(self) -> dict[str, Any]:
        """A good POST."""
        raise NotImplementedError

    def test_a_stranger_may_not_write(self, api):
        row = self.make()
        for method, address in self.writes(row):
            assert_refused(getattr(api, method)(address, {}), 401, "not_authenticated")

    def test_a_viewer_may_not_write(self, api, user_with):
        row = self.make()
        api.force_authenticate(user_with(*self.may("view")))
        for method, address in self.writes(row):
            assert_refused(getattr(api, method)(address, {}), 403, "permission_denied")

    def test_a_key_that_may_only_read_never_writes(self, admin_user):
        row = self.make()
        client = key_client(admin_user, "read")
        for method, address in self.writes(row):
            assert_refused(getattr(client, method)(address, {}), 403, "api_key_read_only")

    def test_a_key_that_may_write_makes_one(self, admin_user):
        assert key_client(admin_user, "write").post(self.route, self.body()).status_code == 201

    def test_one_that_was_made_reads_as_it_was_sent(self, admin_api):
        sent = self.body()
        response = admin_api.post(self.route, sent)
        made = response.json()
        assert (response.status_code, {**made, **sent}) == (201, made)
        assert admin_api.get(f"{self.route}/{made['id']}").json() == made

    def test_permissions_are_asked_for_each_verb(self, api, user_with):
        row, body = self.make(), self.body()
        calls = {
            "add": lambda: api.post(self.route, body),
            "change": lambda: api.patch(self.address(row), self.change),
            "delete": lambda: api.delete(self.address(row)),
        }
        for verb, call in calls.items():
            others = [other for other in ("view", *calls) if other != verb]
            api.force_authenticate(user_with(*self.may(*others), username=f"not-{verb}"))
            assert_refused(call(), 403, "permission_denied")
            api.force_authenticate(user_with(*self.may(verb), username=verb))
            assert call().status_code < 300

    def test_a_patch_changes_just_that(self, admin_api):
        row = self.make()
        before = admin_api.get(self.address(row)).json()
        after = admin_api.patch(self.address(row), self.change).json()
        assert {**before, **self.change, "updated_at": after["updated_at"]} == after

    def test_a_patch_never_writes_what_was_not_named(self, admin_api):
        row = self.make()
        with CaptureQueriesContext(
            connection,
        ) as queries:
            admin_api.patch(self.address(row), self.change)
        updates = [query["sql"] for query in queries if query["sql"].startswith("UPDATE")]
        assert all("content_version" not in sql and "created_at" not in sql for sql in updates)

    def test_a_put_needs_the_required_fields(self, admin_api):
        row = self.make()
        assert_refused(admin_api.put(self.address(row), {}), 400, "invalid")
        assert admin_api.put(self.address(row), self.body()).status_code == 200

    def test_one_that_is_deleted_is_gone(self, admin_api):
        row = self.make()
        assert admin_api.delete(self.address(row)).status_code == 204
        assert_refused(admin_api.get(self.address(row)), 404)

    def test_an_unknown_field_is_refused_by_name(self, admin_api):
        for response in (
            admin_api.post(self.route, {**self.body(), "colour": "red"}),
            admin_api.patch(self.address(self.make()), {"colour": "red"}),
        ):
            assert assert_refused(response, 400)["fields"] == {"colour": ["There is no such field."]}

    def test_a_read_only_field_is_refused_by_name(self, admin_api):
        detail = assert_refused(admin_api.post(self.route, {**self.body(), "id": NO_SUCH}), 400)
        assert detail["fields"] == {"id": ["This field is read only; leave it out."]}

    @pytest.mark.parametrize(
        "raw",
        [
            b"{",
            b"",
            b"\xff\xfe",
            b'{"x": NaN}',
            b'{"x": 1e999}',
            b'{"x": "\\ud800"}',
            b"[" * 5000,
            b'{"x": ' + b"9" * 5000,
        ],
    )
    def test_broken_json_is_refused(self, admin_api, raw):
        assert_refused(admin_api.post(self.route, raw, content_type="application/json"), 400)

    @pytest.mark.parametrize("body", [[], "text", 7, None, [{}]])
    def test_a_body_that_is_no_object_is_refused(self, admin_api, body):
        response = admin_api.post(self.route, json.dumps(body), content_type="application/json")
        assert_refused(response, 400)

    def test_another_content_type_is_refused(self, admin_api):
        for kind in ("text/plain", "application/x-www-form-urlencoded", "application/xml"):
            assert_refused(admin_api.post(self.route, "a=1", content_type=kind), 415)

    def test_a_body_that_is_too_large_is_refused_with_the_limit(self, admin_api, settings):
        settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
        assert "1000 bytes" in assert_refused(admin_api.post(self.route, {"x": "a" * 2000}), 413)["message"]

    def test_text_that_is_too_long_or_holds_a_nul_or_is_none_is_refused(self, admin_api):
        for value in ("x" * (self.text_length + 1), "a\x00b", {"a": 1}, ["a"], True):
            response = admin_api.post(self.route, {**self.body(), self.text_field: value})
            assert list(assert_refused(response, 400)["fields"]) == [self.text_field], value

    def test_a_duplicate_is_a_409_that_names_the_field(self, admin_api):
        if self.unique_field is None:
            pytest.skip("nothing is unique")
        body = self.body()
        assert admin_api.post(self.route, body).status_code == 201
        assert self.unique_field in assert_refused(admin_api.post(self.route, body), 409, "duplicate")["fields"]

    def writes(self, row: Any) -> list[tuple[str, str]]:
        one = self.address(row)
        return [("post", self.route), ("put", one), ("patch", one), ("delete", one)]
