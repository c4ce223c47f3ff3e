"""/api/v1/emergencies: start, list, end."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from rest_framework.test import APIClient

from devices.tests.factories import DeviceFactory
from dgx.core.tests.contract import assert_refused
from locations.models import ShopLimit
from locations.tests.factories import ShopFactory
from media_library.models import Emergency, Link
from media_library.tests.factories import VideoFactory

pytestmark = pytest.mark.django_db

URL = "/api/v1/emergencies"
NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _noon():
    with time_machine.travel(NOW, tick=False):
        yield


def _body(**values: Any) -> dict[str, Any]:
    return {"name": "Fire drill", "whole_chain": True, "videos": [str(VideoFactory.create().public_id)]} | values


def test_it_is_started_shown_and_ended(admin_api: APIClient):
    shop, screen, video = ShopFactory.create(), DeviceFactory.create(mobile_id="door"), VideoFactory.create()
    body = _body(whole_chain=False, shops=[str(shop.public_id)], devices=["mobile_id:door"])
    body["videos"] = [str(video.public_id)]
    answer = admin_api.post(URL, body, format="json")
    made = Emergency.objects.get()
    shown = {
        "id": str(made.public_id),
        "name": "Fire drill",
        "whole_chain": False,
        "shops": [str(shop.public_id)],
        "groups": [],
        "devices": [str(screen.public_id)],
        "videos": [str(video.public_id)],
        "until": "2026-03-10T13:00:00Z",
        "screens": 1,
        "is_running": True,
        "started_by": "admin",
        "ended_at": None,
        "ended_by": None,
        "created_at": "2026-03-10T12:00:00Z",
    }
    assert (answer.status_code, answer.json()) == (201, shown)
    assert admin_api.get(f"{URL}?running=true").json()["results"] == [shown]
    ended = admin_api.post(f"{URL}/{made.public_id}/end")
    assert ended.status_code == 200
    assert ended.json() == shown | {"is_running": False, "ended_at": "2026-03-10T12:00:00Z", "ended_by": "admin"}
    assert not Link.objects.exists()
    assert_refused(admin_api.post(f"{URL}/{made.public_id}/end"), 409, "conflict")
    assert [each["name"] for each in admin_api.get(f"{URL}?running=false").json()["results"]] == ["Fire drill"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "a\x00b"}, "name"),
        ({"videos": []}, "videos"),
        ({"whole_chain": False}, "shops"),
        ({"until": "2026-03-10T11:00:00Z"}, "until"),
        ({"until": "2027-03-10T11:00:00Z"}, "until"),
        ({"color": "red"}, "color"),
        ({"shops": "all"}, "shops"),
    ],
)
def test_bad_input_is_refused_at_its_field(admin_api: APIClient, change: dict[str, Any], field: str):
    answer = admin_api.post(URL, _body(**change), format="json")
    assert answer.status_code in {400, 422}
    assert field in answer.json()["detail"]["fields"]
    assert not Emergency.objects.exists()


def test_a_video_that_runs_there_already_is_a_conflict(admin_api: APIClient):
    body = _body()
    assert admin_api.post(URL, body, format="json").status_code == 201
    assert admin_api.post(URL, body, format="json").status_code == 409


def test_a_person_limited_to_a_shop_starts_none_beyond_it(api: APIClient, user_with):
    here, there = ShopFactory.create(), ShopFactory.create()
    person = user_with("media_library.manage_emergencies", "media_library.view_emergency")
    ShopLimit.objects.create(user=person).shops.add(here)
    api.force_authenticate(person)
    assert api.post(URL, _body(), format="json").status_code == 403
    elsewhere = _body(whole_chain=False, shops=[str(there.public_id)])
    assert api.post(URL, elsewhere, format="json").status_code == 404
    mine = _body(whole_chain=False, shops=[str(here.public_id)], until=(NOW + timedelta(minutes=5)).isoformat())
    assert api.post(URL, mine, format="json").status_code == 201
