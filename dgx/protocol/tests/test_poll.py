"""POST poll: one round trip that takes a report and says what to do next."""

import json
from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from devices.models import Device, Presence, PresenceFlip
from devices.tests.factories import DeviceFactory, GroupFactory, enrolled_device
from dgx.protocol.tests.helpers import error_code, poll, post
from locations.tests.factories import ShopFactory
from media_library.services.manifest import build_manifest, tag_of
from media_library.tests.factories import LinkFactory, VideoFactory
from telemetry.models import DeviceLog

pytestmark = [pytest.mark.django_db, pytest.mark.urls("dgx.protocol.tests.urls")]

NOW = datetime(2026, 3, 10, 9, 30, tzinfo=UTC)
SHA = "a" * 64


@pytest.fixture(autouse=True)
def _frozen():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def screen():
    made, token = enrolled_device(mobile_id="screen-1", group=GroupFactory.create(), shop=ShopFactory.create())
    made.plain_token = token  # type: ignore[attr-defined]
    return made


def tag(device: Device) -> str:
    return tag_of(Device.objects.with_presence().get(pk=device.pk))


def presence(device: Device) -> Presence:
    return Presence.objects.get(device=device)


def test_an_empty_poll_makes_the_device_online_and_brings_its_manifest(screen):
    link = LinkFactory.create(group=screen.group)
    response = poll(screen.plain_token)
    body = response.json()
    assert response.status_code == 200
    assert body | {"poll_after_s": None} == {
        "server_time": "2026-03-10T09:30:00+00:00",
        "poll_after_s": None,
        "tag": tag(screen),
        "manifest": build_manifest(Device.objects.get(pk=screen.pk), now=NOW),
        "accepted": 0,
        "refused": [],
        "duplicate": False,
        "plays_accepted": 0,
        "plays_refused": [],
        "features": ["plays"],
    }
    assert [item["name"] for item in body["manifest"]["items"]] == [link.video.name]
    assert (presence(screen).is_online, presence(screen).last_seen_at) == (True, NOW)
    assert list(PresenceFlip.objects.values_list("device", "is_online", "reason")) == [(screen.pk, True, "report")]


def test_an_unchanged_poll_runs_one_statement(screen, django_assert_num_queries):
    LinkFactory.create(group=screen.group)
    logs = [{"log_type": "heartbeat", "value": 1, "logged_at": NOW.isoformat()}] * 20
    held = tag(screen)
    with django_assert_num_queries(1):
        response = poll(screen.plain_token, have=held, boot_id="b", seq=1, temperature=4.5, logs=logs)
    assert (response.json()["manifest"], response.json()["accepted"]) == (None, 20)


def test_a_poll_with_door_openings_also_asks_for_the_shops_day(screen, django_assert_num_queries):
    held = tag(screen)
    with django_assert_num_queries(2):
        poll(screen.plain_token, have=held, logs=[{"log_type": "door_open"}])


def test_a_changed_poll_runs_two_statements_for_any_number_of_items(screen, django_assert_num_queries):
    for _ in range(5):
        LinkFactory.create(group=screen.group)
    with django_assert_num_queries(2):
        assert len(poll(screen.plain_token, have="old").json()["manifest"]["items"]) == 5


def test_a_device_that_misses_files_gets_its_manifest_and_does_not_hold_the_tag(screen):
    response = poll(screen.plain_token, have=tag(screen), missing=[SHA])
    assert response.json()["manifest"] is not None
    assert (presence(screen).held_tag, presence(screen).missing) == ("", 1)


def test_a_device_that_holds_all_says_so_once(screen):
    poll(screen.plain_token, have=tag(screen), missing=[])
    with time_machine.travel(NOW + timedelta(minutes=1), tick=False):
        poll(screen.plain_token, have=tag(screen))
    row = presence(screen)
    assert (row.held_tag, row.missing, row.held_at) == (tag(screen), 0, NOW)


def test_all_that_a_report_says_is_kept(screen):
    sent = NOW + timedelta(seconds=90)
    poll(
        screen.plain_token,
        boot_id="b1",
        seq=7,
        sent_at=sent.isoformat(),
        temperature=41.5,
        storage_free=12e9,
        screen="1920x1080",
        app_version="3.2.0",
        playing=SHA,
        logs=[{"log_type": "note", "message": "héllo", "tags": {"a": [1, None]}, "logged_at": "2026-03-10T09:29:00Z"}],
    )
    row = presence(screen)
    assert (row.temperature, row.temperature_at, row.storage_free, row.playing) == (41.5, NOW, 12_000_000_000, SHA)
    assert (row.boot_id, row.seq, row.clock_offset_s, row.silent_after_s) == ("b1", 7, 90.0, 60)
    screen.refresh_from_db()
    assert (screen.screen, screen.app_version) == ("1920x1080", "3.2.0")
    rows = DeviceLog.objects.order_by("id").values_list("log_type", "value", "message", "tags", "logged_at")
    assert list(rows) == [
        ("note", None, "héllo", {"a": [1, None]}, NOW - timedelta(minutes=1)),
        ("temperature", 41.5, None, {}, sent),
    ]


def test_the_devices_row_is_written_only_when_it_says_something_new(screen, django_assert_num_queries):
    held = tag(screen)
    with django_assert_num_queries(2):
        poll(screen.plain_token, screen="1x1", have=held)
    with django_assert_num_queries(1):
        poll(screen.plain_token, screen="1x1", have=held)


def test_door_openings_are_counted_by_day_and_month(screen):
    poll(screen.plain_token, logs=[{"log_type": "door_open"}, {"log_type": "door_open"}, {"log_type": "other"}])
    assert (presence(screen).daily_count, presence(screen).monthly_count) == (2, 2)


def test_a_repeat_is_acknowledged_and_stored_once(screen):
    body = {"boot_id": "b", "seq": 3, "logs": [{"log_type": "door_open"}], "have": tag(screen)}
    first, second = poll(screen.plain_token, **body).json(), poll(screen.plain_token, **body).json()
    assert (first["accepted"], first["duplicate"]) == (1, False)
    assert (second["accepted"], second["duplicate"]) == (1, True)
    assert (DeviceLog.objects.count(), presence(screen).daily_count) == (1, 1)


def test_a_report_too_far_behind_is_refused(screen):
    poll(screen.plain_token, boot_id="b", seq=100)
    assert error_code(poll(screen.plain_token, boot_id="b", seq=37)) == (409, "report_too_old")
    assert poll(screen.plain_token, boot_id="b", seq=38).status_code == 200


def test_a_late_report_adds_its_logs_and_does_not_turn_back_what_a_later_one_said(screen):
    poll(screen.plain_token, boot_id="b", seq=2, temperature=5, have=tag(screen), app_version="2")
    poll(screen.plain_token, boot_id="b", seq=1, temperature=9, have="", app_version="1", logs=[{"log_type": "x"}])
    screen.refresh_from_db()
    assert (presence(screen).temperature, presence(screen).held_tag, screen.app_version) == (5, tag(screen), "2")
    assert sorted(DeviceLog.objects.values_list("log_type", "value")) == [
        ("temperature", 5),
        ("temperature", 9),
        ("x", None),
    ]


def test_a_wrong_entry_is_refused_alone(screen):
    logs = [
        {"log_type": "ok"},
        {"log_type": ""},
        {"log_type": "x" * 65},
        {"log_type": "n\x00l"},
        {"log_type": "x", "value": "4"},
        {"log_type": "x", "tags": {"k": ["\x00"]}},
        {"log_type": "x", "tags": json.loads('{"a":' * 300 + "1" + "}" * 300)},
        {"log_type": "x", "tags": {"k": "v" * 5000}},
        {"log_type": "x", "unknown": 1},
        {"log_type": "x", "message": "m" * 4001},
        {"log_type": "x", "logged_at": "yesterday"},
        {"log_type": "x", "logged_at": "0001-01-01T00:00:00+14:00"},
        {"log_type": "x", "logged_at": 1_700_000_000},
        "not an object",
        {"value": 1},
        {"log_type": "ok", "value": True},
    ]
    body = poll(screen.plain_token, logs=logs).json()
    assert body["accepted"] == 1
    assert [(refusal["index"], refusal["code"]) for refusal in body["refused"]] == [
        (n, "invalid") for n in range(1, 16)
    ]
    assert body["refused"][0]["message"] == "log_type: must not be blank"
    assert body["refused"][5]["message"] == "tags: must not be nested so deeply"
    assert body["refused"][7]["message"] == "unknown: Extra inputs are not permitted"
    assert list(DeviceLog.objects.values_list("log_type", flat=True)) == ["ok"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"temperature": 200.1}, "temperature"),
        ({"temperature": -101}, "temperature"),
        ({"temperature": "warm"}, "temperature"),
        ({"temperature": True}, "temperature"),
        ({"storage_free": -1}, "storage_free"),
        ({"storage_free": 1.5}, "storage_free"),
        ({"storage_free": 2**53}, "storage_free"),
        ({"boot_id": "b" * 65, "seq": 1}, "boot_id"),
        ({"boot_id": "", "seq": 1}, "boot_id"),
        ({"boot_id": "b\x00", "seq": 1}, "boot_id"),
        ({"boot_id": "b", "seq": -1}, "seq"),
        ({"boot_id": "b", "seq": 2**53}, "seq"),
        ({"boot_id": "b"}, "non_field_errors"),
        ({"seq": 1}, "non_field_errors"),
        ({"missing": ["short"]}, "missing.0"),
        ({"missing": [SHA + "\n"]}, "missing.0"),
        ({"missing": [SHA] * 1001}, "missing"),
        ({"playing": "A" * 64}, "playing"),
        ({"have": "t" * 65}, "have"),
        ({"screen": "x" * 300}, "screen"),
        ({"app_version": "a\x00"}, "app_version"),
        ({"sent_at": 12}, "sent_at"),
        ({"logs": {}}, "logs"),
        ({"surprise": 1}, "surprise"),
    ],
)
def test_it_refuses_a_wrong_field_by_name(screen, body, field):
    response = poll(screen.plain_token, **body)
    assert error_code(response) == (400, "invalid")
    assert list(response.json()["detail"]["fields"]) == [field]
    assert presence(screen).last_seen_at is None


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_it_names_the_field_of_a_number_that_is_not_finite(screen, number):
    response = post("poll", f'{{"temperature": {number}}}', screen.plain_token)
    assert error_code(response) == (400, "invalid")
    assert list(response.json()["detail"]["fields"]) == ["temperature"]


@pytest.mark.parametrize("body", [" ", "{", "[" * 3000, b"\xff\xfe", '{"a": NaN', '{"logs": ["\\ud800"]}'])
def test_it_refuses_what_is_not_json(screen, body):
    assert error_code(post("poll", body, screen.plain_token)) == (400, "parse_error")


@pytest.mark.parametrize("body", ["[]", "null", "12", '"text"'])
def test_it_refuses_what_is_no_object(screen, body):
    assert error_code(post("poll", body, screen.plain_token)) == (400, "invalid")


def test_it_refuses_another_content_type(client, screen):
    response = client.post("/api/v1/device/poll", {"a": "b"}, headers={"Authorization": f"Device {screen.plain_token}"})
    assert error_code(response) == (415, "unsupported_media_type")


def test_it_refuses_too_many_entries_and_names_the_limit(screen):
    response = poll(screen.plain_token, logs=[{"log_type": "x"}] * 501)
    assert error_code(response) == (413, "too_large")
    assert "500" in response.json()["detail"]["message"]
    assert poll(screen.plain_token, logs=[{"log_type": "x"}] * 500).json()["accepted"] == 500


def test_it_refuses_a_body_too_large_and_names_the_limit(screen):
    response = post("poll", json.dumps({"logs": [{"log_type": "x", "message": "y" * 300_000}]}), screen.plain_token)
    assert error_code(response) == (413, "too_large")
    assert "256 KB" in response.json()["detail"]["message"]
    assert DeviceLog.objects.count() == 0


def test_it_refuses_another_method(client, screen):
    response = client.get("/api/v1/device/poll", headers={"Authorization": f"Device {screen.plain_token}"})
    assert (*error_code(response), response["Allow"]) == (405, "method_not_allowed", "POST")


def test_an_address_that_is_none_answers_in_the_same_shape(client):
    assert error_code(client.get("/api/v1/device/nowhere")) == (404, "not_found")


def test_it_answers_with_a_slash_too(screen):
    assert post("poll/", {}, screen.plain_token).status_code == 200


def test_the_next_poll_is_asked_for_within_a_tenth_of_the_interval(screen):
    DeviceFactory.create()
    Device.objects.filter(pk=screen.pk).update(report_interval_s=100)
    waits = set()
    for second in range(30):
        with time_machine.travel(NOW + timedelta(seconds=second), tick=False):
            waits.add(poll(screen.plain_token).json()["poll_after_s"])
    assert len(waits) > 20
    assert 90 <= min(waits) < max(waits) <= 110


def test_a_device_that_may_not_miss_a_report_is_asked_for_it_early(screen):
    Device.objects.filter(pk=screen.pk).update(report_interval_s=100, missed_reports=1)
    assert 60 <= poll(screen.plain_token).json()["poll_after_s"] <= 80
    assert presence(screen).silent_after_s == 100


def test_the_interval_is_the_devices_else_the_groups(screen):
    screen.group.report_interval_s = 300
    screen.group.missed_reports = 2
    screen.group.save()
    assert 270 <= poll(screen.plain_token).json()["poll_after_s"] <= 330
    assert presence(screen).silent_after_s == 600


def test_a_report_is_its_own_devices_alone(screen):
    stranger, _token = enrolled_device(mobile_id="stranger")
    poll(screen.plain_token, temperature=3, logs=[{"log_type": "x"}])
    assert set(DeviceLog.objects.values_list("device", flat=True)) == {screen.pk}
    assert presence(stranger).last_seen_at is None


def test_a_broken_clocks_date_is_replaced_by_the_arrival_and_kept_as_a_tag(screen):
    poll(screen.plain_token, logs=[{"log_type": "x", "logged_at": "1970-01-01T00:00:00"}])
    log = DeviceLog.objects.get()
    assert (log.logged_at, log.tags) == (NOW, {"device_time": "1970-01-01T00:00:00+00:00"})


def test_a_manifest_names_only_what_the_device_plays(screen):
    LinkFactory.create(group=GroupFactory.create(), video=VideoFactory.create(name="not ours"))
    assert poll(screen.plain_token).json()["manifest"]["items"] == []
