"""“Why?”: every link that could reach a device, at any instant on the shop's clock, and the rule that decided."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from devices.models import Device
from devices.tests.factories import DeviceFactory, GroupFactory
from locations.tests.factories import ShopFactory
from media_library.admin.screen import on_screen, shape_of
from media_library.admin.why import VERDICTS
from media_library.models import Link, Placement
from media_library.models.link import LinkException
from media_library.services.reach import Rule
from media_library.services.resolver import playing_at, playlist
from media_library.services.timeline import day_of
from media_library.tests.factories import LinkFactory, VideoFactory

pytestmark = pytest.mark.django_db

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.fixture
def screen() -> Device:
    shop, group = ShopFactory.create(name="Mitte", timezone="Europe/Berlin"), GroupFactory.create(name="Windows")
    made: Device = DeviceFactory.create(shop=shop, group=group, screen="1080x1920")
    return made


def _why(client: Client, device: Device, at: str = "") -> Any:
    return client.get(reverse("admin:devices_device_why", args=[device.pk]), {"at": at} if at else {})


def _verdicts(answer: Any) -> dict[str, str]:
    return {row["video"].name: row["verdict"][1] for row in answer.context["rows"]}


def test_it_says_of_every_link_whether_it_plays_and_why(admin_client: Client, screen: Device):
    LinkFactory.create(video__name="plays", group=screen.group)
    LinkFactory.create(video__name="mornings", group=screen.group, start_time=time(6), end_time=time(11))
    LinkFactory.create(video__name="reserve", shop=screen.shop, layer="default")
    excepted = LinkFactory.create(video__name="excepted", shop=screen.shop)
    LinkException.objects.create(link=excepted, device=screen)
    answer = _why(admin_client, screen, "2026-03-02T14:00")
    assert _verdicts(answer) == {
        "plays": "Plays",
        "mornings": "Not at this hour",
        "reserve": "In reserve",
        "excepted": "Excepted",
    }
    page = answer.content.decode()
    assert "1 of 4 links plays" in page
    assert "It is shown from 06:00 to 11:00; then it is 14:00." in page


def test_the_instant_is_read_on_the_shops_clock(admin_client: Client, screen: Device):
    LinkFactory.create(video__name="mornings", group=screen.group, start_time=time(6), end_time=time(11))
    assert _verdicts(_why(admin_client, screen, "2026-07-01T06:00")) == {"mornings": "Plays"}
    assert _verdicts(_why(admin_client, screen, "2026-07-01T05:59")) == {"mornings": "Not at this hour"}


@pytest.mark.parametrize("at", ["tomorrow", "2026-13-01T10:00", "9" * 300, "0001-01-01T00:00"])
def test_an_instant_that_cannot_be_read_is_told(admin_client: Client, screen: Device, at: str):
    answer = _why(admin_client, screen, at)
    assert answer.status_code == 200
    assert "cannot be read" in answer.content.decode()


def test_a_dark_screen_is_told(admin_client: Client, screen: Device):
    assert "no link reaches this device: the screen is dark" in _why(admin_client, screen).content.decode()


def test_every_rule_has_a_verdict():
    assert set(VERDICTS) == set(Rule)


def test_it_takes_few_queries_for_many_links(admin_client: Client, screen: Device, django_assert_max_num_queries):
    for n in range(30):
        LinkFactory.create(group=screen.group, display_order=n)
    _why(admin_client, screen)
    with django_assert_max_num_queries(8):
        assert _why(admin_client, screen).status_code == 200


def test_who_may_not_see_links_is_refused_and_an_unknown_device_is_not_found(client: Client, user_with, screen: Device):
    client.force_login(user_with("devices.view_device"))
    assert _why(client, screen).status_code == 403
    client.force_login(user_with("devices.view_device", "media_library.view_link", username="other"))
    assert _why(client, screen).status_code == 200
    assert client.get("/admin/devices/device/999999/why/").status_code == 404


def test_the_strip_marks_what_is_on_the_screen_and_what_comes_next(admin_client: Client, screen: Device):
    links = [LinkFactory.create(video__name=f"v{n}", group=screen.group, display_order=n) for n in range(3)]
    type(screen.presence).objects.filter(device=screen).update(is_online=True, playing=links[2].video.sha256)
    page = admin_client.get(reverse("admin:devices_device_change", args=[screen.pk])).content.decode()
    strip = page[page.index("What it plays, in turn") :]
    assert strip.index("v0") < strip.index("Next") < strip.index("v1") < strip.index("v2") < strip.index("On screen")


def test_the_strip_says_that_an_emergency_has_the_screen_and_until_when(admin_client: Client, screen: Device):
    until = datetime(2100, 1, 1, 12, tzinfo=UTC)
    LinkFactory.create(video__name="fire drill", shop=screen.shop, layer="emergency", valid_until=until)
    LinkFactory.create(video__name="coffee", shop=screen.shop)
    page = admin_client.get(reverse("admin:devices_device_change", args=[screen.pk])).content.decode()
    assert "An emergency has the screen" in page
    assert "until 13:00, 1 Jan" in page
    assert "Also in its programme, not at this hour: 1" in page


@pytest.mark.parametrize(
    ("screen_said", "shape"),
    [("1080x1920", (1080, 1920)), ("1920 x 1080", (1920, 1080)), ("", (1920, 1080)), ("99999x10", (1920, 1080))],
)
def test_a_screen_has_the_shape_that_it_told(screen_said: str, shape: tuple[int, int]):
    assert shape_of(screen_said) == shape


def test_a_picture_is_turned_and_fitted_as_the_player_does_it():
    video = VideoFactory.build(thumbnail="thumbnails/some.jpg", rotation=90, fit_mode="contain", name="<b>")
    drawn = on_screen(video, (1080, 1920), datetime(2026, 1, 1, tzinfo=UTC))
    assert 'viewBox="0 0 1080 1920"' in drawn
    assert 'width="1920" height="1080" preserveAspectRatio="xMidYMid meet" transform="rotate(90 540.0 960.0)"' in drawn
    assert "<b>" not in drawn


def _placement(n: int, **window: Any) -> Placement:
    values = {"layer": "regular", "breadth": 1, "display_order": n, "updated_at": datetime(2026, 1, 1, tzinfo=UTC)}
    return Placement(pk=n, link_id=n, video_id=n, **(values | window))


_CLOCKS = st.times().map(lambda t: t.replace(second=0, microsecond=0))
_WINDOWS = st.fixed_dictionaries(
    {"layer": st.sampled_from(Link.Layer.values)},
    optional={
        "weekdays": st.lists(st.integers(1, 7), min_size=1, max_size=3),
        "hours": st.tuples(_CLOCKS, _CLOCKS),
        "valid_from": st.integers(-30, 30).map(lambda h: datetime(2026, 3, 29, tzinfo=UTC) + timedelta(hours=h)),
    },
)


@given(
    windows=st.lists(_WINDOWS, max_size=5),
    day=st.sampled_from([date(2026, 3, 28), date(2026, 3, 29), date(2026, 10, 25)]),
    minute=st.integers(0, 25 * 60),
)
def test_the_days_timeline_and_the_resolver_agree_at_every_minute(windows, day, minute):
    placements = []
    for n, window in enumerate(windows):
        start, end = window.pop("hours", (None, None))
        placements.append(_placement(n, **window, start_time=start, end_time=end))
    stretches = day_of(placements, day, BERLIN)
    at = stretches[0].start + timedelta(minutes=minute)
    stretch = next((each for each in stretches if each.start <= at < each.end), None)
    assert stretch is None or stretch.playing == playing_at(placements, at, BERLIN)
    assert [a.end for a in stretches[:-1]] == [b.start for b in stretches[1:]]


def test_the_timeline_and_the_page_use_the_devices_own_playlist(screen: Device):
    LinkFactory.create(group=screen.group, start_time=time(22), end_time=time(2))
    [before, dark, after] = day_of(playlist(screen), date(2026, 7, 1), BERLIN)
    local = [each.start.astimezone(BERLIN).time() for each in (before, dark, after)]
    assert (local, len(dark.playing)) == ([time(0), time(2), time(22)], 0)
