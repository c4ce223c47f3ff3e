"""How the old routes read what they are sent: leniently where the old services did, never into an internal error."""

import pytest

from dgx.core.tests.old_client import OldClient

pytestmark = pytest.mark.django_db


@pytest.fixture
def old(settings) -> OldClient:
    settings.DGX_LEGACY_ANONYMOUS = True
    client = OldClient()
    client.call("POST", "/insert_device", {"mobile_id": "d"})
    return client


def test_numbers_and_booleans_are_lenient(old):
    assert old.call("POST", "/device/d/daily_update", {"daily_count": "90"})[1]["daily_count"] == 90
    assert old.call("POST", "/device/d/daily_update", {"daily_count": 2.0})[1]["daily_count"] == 2
    assert old.call("POST", "/device/d/temperature_update", {"temperature": "4.5"})[1]["temperature"] == 4.5
    for word, value in (("yes", True), ("off", False), ("1", True), ("0", False), (True, True)):
        assert old.call("POST", "/device/d/online_update", {"is_online": word})[1]["is_online"] is value


def test_strings_are_strict_and_fractions_no_integers(old):
    assert old.where("POST", "/insert_device", {"mobile_id": 5}) == [["body", "mobile_id"]]
    assert old.where("POST", "/device/d/daily_update", {"daily_count": 1.5}) == [["body", "daily_count"]]


def test_unknown_keys_and_parameters_are_ignored(old):
    assert old.call("POST", "/insert_device", {"mobile_id": "d", "colour": 1})[0] == 200
    assert old.call("GET", "/devices?colour=red")[0] == 200


def test_all_problems_are_told_at_once_in_order(old):
    assert old.where("GET", "/links?limit=0&offset=-1&did=x") == [
        ["query", "did"],
        ["query", "limit"],
        ["query", "offset"],
    ]
    assert old.where("POST", "/insert_device", {"mobile_id": None, "download_status": "maybe"}) == [
        ["body", "mobile_id"],
        ["body", "download_status"],
    ]


def test_path_and_query_are_checked_before_anything_is_looked_up(old):
    assert old.where("GET", "/device/absent/videos/downloads?limit=0") == [["query", "limit"]]
    assert old.where("GET", "/device/absent/video/x/download") == [["path", "link_id"]]


def test_a_body_without_content_type_is_json(old):
    assert old.call("POST", "/insert_device", b'{"mobile_id": "e"}', kind="")[0] == 200


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "application/octet-stream"])
def test_a_body_of_another_content_type_is_a_problem(old, kind):
    assert old.where("POST", "/insert_device", b'{"mobile_id": "e"}', kind=kind) == [["body"]]


def test_a_missing_body_is_a_problem(old):
    assert old.where("POST", "/device/d/online_update") == [["body"]]
    assert old.where("POST", "/device/d/online_update", b"null") == [["body"]]
    assert old.where("POST", "/device/d/online_update", b"[]") == [["body"]]


@pytest.mark.parametrize(
    ("body", "position"),
    [
        (b'{"mobile_id": ', 14),
        (b"{mobile_id}", 1),
        (b'{"mobile_id": "\xff"}', 15),
        (b"[" * 100_000, 0),
        (b"1" * 5000, 0),
    ],
)
def test_broken_json_is_told_with_its_position(old, body, position):
    assert old.where("POST", "/insert_device", body) == [["body", position]]


def test_a_body_that_is_too_large_is_refused_by_its_limit(old, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100
    status, body = old.call("POST", "/insert_device", {"mobile_id": "x" * 200})
    assert (status, "100 bytes" in body["detail"]) == (413, True)


NUL = "a\x00b"


@pytest.mark.parametrize(
    ("method", "path", "body", "loc"),
    [
        ("POST", "/insert_device", {"mobile_id": NUL}, ["body", "mobile_id"]),
        ("POST", "/insert_shop", {"shop_name": NUL}, ["body", "shop_name"]),
        ("POST", "/insert_group", {"gname": NUL}, ["body", "gname"]),
        ("PUT", "/device/d", {"mobile_id": NUL}, ["body", "mobile_id"]),
        ("POST", "/device/create", {"mobile_id": NUL}, ["body", "mobile_id"]),
        ("POST", "/group/g/videos", {"video_names": [NUL]}, ["body", "video_names", 0]),
        ("GET", f"/device/{NUL}", None, ["path", "mobile_id"]),
        ("GET", f"/shop/{NUL}", None, ["path", "shop_name"]),
        ("GET", "/devices?q=a%00b", None, ["query", "q"]),
        ("GET", "/links?gname=a%00b", None, ["query", "gname"]),
        ("GET", "/device/d/logs?log_type=a%00b", None, ["query", "log_type"]),
        ("POST", "/insert_device", {"mobile_id": "x" * 300}, ["body", "mobile_id"]),
        ("POST", "/insert_shop", {"shop_name": "x" * 300}, ["body", "shop_name"]),
        ("PUT", "/group/g", {"gname": "x" * 300}, ["body", "gname"]),
        ("POST", "/insert_device", {"mobile_id": "\ud800"}, ["body", "mobile_id"]),
        ("PUT", "/video/v", {"s3_link": "\ud800"}, ["body", "s3_link"]),
        ("POST", "/video/v/fit_mode", {"fit_mode": "\udfff"}, ["body", "fit_mode"]),
        ("GET", "/device/d/logs?start_date=21/11/2026", None, ["query", "start_date"]),
        ("GET", "/device/d/uptime_report?end_date=2026-02-30", None, ["query", "end_date"]),
        ("GET", "/devices/logs/summary?start_date=soon", None, ["query", "start_date"]),
        ("GET", "/device/d/online_history?end_date=9999-12-31", None, ["query", "end_date"]),
        ("POST", "/device/d/daily_update", {"daily_count": 2**31}, ["body", "daily_count"]),
        ("POST", "/device/d/daily_update", {"daily_count": -1}, ["body", "daily_count"]),
        ("POST", "/device/d/monthly_update", {"monthly_count": 10**30}, ["body", "monthly_count"]),
        ("GET", f"/links?did={10**30}", None, ["query", "did"]),
        ("GET", f"/link/{10**30}", None, ["path", "link_id"]),
        ("GET", "/link/0", None, ["path", "link_id"]),
        ("GET", f"/devices?offset={10**30}", None, ["query", "offset"]),
        ("POST", "/device/d/temperature_update", {"temperature": 1e300}, ["body", "temperature"]),
        ("POST", "/device/d/temperature_update", b'{"temperature": NaN}', ["body", "temperature"]),
        ("POST", "/device/d/temperature_update", b'{"temperature": -Infinity}', ["body", "temperature"]),
        ("POST", "/device/d/temperature_update", {"temperature": "nan"}, ["body", "temperature"]),
        ("POST", "/device/d/temperature_update", b'{"temperature": 1e400}', ["body", "temperature"]),
    ],
)
def test_what_the_database_cannot_keep_is_a_problem_of_its_field(old, method, path, body, loc):
    assert old.where(method, path, body) == [loc]


def test_an_empty_date_counts_as_left_out(old):
    assert old.call("GET", "/device/d/logs?start_date=&end_date=")[0] == 200


def test_far_pages_are_empty(old):
    for path in ("/devices", "/shops", "/groups", "/videos", "/links", "/device/d/logs", "/device/d/online_history"):
        assert old.call("GET", f"{path}?offset={2**63 - 1}")[1]["items"] == []


def test_a_database_that_does_not_answer_is_503(old, monkeypatch):
    from django.db import OperationalError

    from dgx.core.api import legacy

    def exhausted(request):
        raise OperationalError("pool timeout")

    monkeypatch.setattr(legacy, "authorise", exhausted)
    assert old.call("GET", "/devices") == (503, {"detail": "Database connection pool exhausted"})


def test_a_fault_of_ours_is_json_outside_of_the_admin(old, monkeypatch):
    from dgx.core.api import legacy

    def broken(request):
        raise RuntimeError("a bug")

    monkeypatch.setattr(legacy, "authorise", broken)
    old.raise_request_exception = False
    assert old.call("GET", "/devices") == (500, {"detail": "Internal Server Error"})
