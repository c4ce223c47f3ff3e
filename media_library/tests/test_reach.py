"""Why a device plays what it plays: each rule in words; and the reasons, the manifest and the old downloads never
disagree, whatever the links, layers, windows and instants are."""

from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from hypothesis import given, settings
from hypothesis import strategies as st

from devices.models import Device
from devices.tests.factories import DeviceFactory, GroupFactory
from locations.tests.factories import ShopFactory
from media_library.api.legacy import playing
from media_library.models import Link, Video
from media_library.services.manifest import build_manifest
from media_library.services.reach import reach
from media_library.services.resolver import playing_at, playlist, zone_of
from media_library.tests.factories import LinkFactory, VideoFactory
from media_library.windows import Window

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
"""A Tuesday; 13:00 in Berlin."""


@pytest.fixture
def device():
    return DeviceFactory.create(group=GroupFactory.create(), shop=ShopFactory.create(timezone="Europe/Berlin"))


def why(device: Device, at: datetime = NOON) -> list[tuple[str, str]]:
    return [(each.rule, each.reason) for each in reach(device, at=at)]


class TestWords:
    """Each rule says itself."""

    def test_what_plays_says_through_what(self, device):
        for order, target in enumerate(({"device": device}, {"group": device.group}, {"shop": device.shop})):
            LinkFactory.create(display_order=order, **target)
        assert why(device) == [
            ("plays", "Plays through its own link."),
            ("plays", "Plays through its group."),
            ("plays", "Plays through its shop."),
        ]

    def test_a_default_says_that_nothing_regular_plays(self, device):
        LinkFactory.create(layer="default")
        assert why(device) == [("plays", "Plays through the whole chain: a default, since nothing regular plays.")]

    def test_an_emergency_says_until_when_and_the_others_that_it_has_the_screen(self, device):
        ends = NOON + timedelta(hours=1)
        LinkFactory.create(display_order=0, shop=device.shop, video__name="fire", layer="emergency", valid_until=ends)
        LinkFactory.create(display_order=1, device=device)
        LinkFactory.create(display_order=2, layer="default")
        assert why(device) == [
            ("plays", "Plays through its shop: an emergency, until 14:00 on Tue 10 Mar 2026."),
            ("pushed_aside", "An emergency has the screen: “fire”."),
            ("pushed_aside", "An emergency has the screen: “fire”."),
        ]
        assert why(device, ends) == [
            ("window_closed", "It ended at 14:00 on Tue 10 Mar 2026."),
            ("plays", "Plays through its own link."),
            ("in_reserve", "It is a default, held in reserve while something regular plays."),
        ]

    def test_an_excepted_device_is_told_so(self, device):
        LinkFactory.create(group=device.group).except_devices.add(device)
        LinkFactory.create(group=GroupFactory.create()).except_devices.add(device)
        reason = "It would reach this device through its group, but the device is excepted from the link."
        assert why(device) == [("excepted", reason)]

    def test_media_that_cannot_play_say_why(self, device):
        broken: list[dict[str, Any]] = [
            {"state": "processing"},
            {"state": "failed", "state_reason": "no video stream"},
            {"binned_at": NOON},
            {"source_url": "https://cdn.example/a.mp4"},
            {"sha256": ""},
        ]
        for order, values in enumerate(broken):
            LinkFactory.create(device=device, video=VideoFactory.create(**values), display_order=order)
        assert why(device) == [
            ("not_ready", "The media is still being processed."),
            ("not_ready", "The media failed: no video stream"),
            ("binned", "It would reach this device through its own link, but the media is in the bin."),
            ("not_stored", "The media is at an address that an old route named: only old players show it."),
            ("not_stored", "The media has no stored and verified file."),
        ]

    def test_a_shadowed_link_names_what_counts(self, device):
        video = VideoFactory.create()
        counts = LinkFactory.create(video=video, group=device.group, shop=device.shop, display_order=0)
        LinkFactory.create(video=video, group=device.group, display_order=1)
        LinkFactory.create(video=video, shop=device.shop, display_order=2)
        assert why(device)[1:] == [
            ("shadowed", "Another link through its group shows the same media and plays earlier."),
            ("shadowed", "A more specific link shows the same media: its group counts."),
        ]
        assert {each.shadowed_by for each in reach(device, at=NOON)} == {None, counts.public_id}

    @pytest.mark.parametrize(
        ("window", "reason"),
        [
            ({"valid_from": NOON + timedelta(hours=20)}, "It starts at 09:00 on Wed 11 Mar 2026."),
            ({"valid_until": NOON}, "It ended at 13:00 on Tue 10 Mar 2026."),
            ({"start_time": time(8), "end_time": time(12)}, "It is shown from 08:00 to 12:00; then it is 13:00."),
            ({"weekdays": [1, 3]}, "It is not shown on Tuesdays."),
            ({"weekdays": [2], "start_time": time(14), "end_time": time(13, 30)}, "It is not shown on Mondays."),
        ],
    )
    def test_a_closed_window_says_which_limit_closes_it(self, device, window, reason):
        LinkFactory.create(device=device, **window)
        assert why(device) == [("window_closed", reason)]

    def test_it_costs_two_statements(self, device, django_assert_num_queries):
        for _ in range(5):
            LinkFactory.create(group=device.group)
        loaded = Device.objects.with_presence().get(pk=device.pk)
        with django_assert_num_queries(2):
            assert len(reach(loaded, at=NOON)) == 5


ZONES = ["UTC", "Europe/Berlin", "America/Los_Angeles", "Australia/Lord_Howe", "Asia/Kathmandu"]
CHANGES = [
    datetime(2026, 3, 29, 1, tzinfo=UTC),  # Berlin's spring
    datetime(2026, 10, 25, 1, tzinfo=UTC),  # and autumn
    datetime(2026, 3, 8, 10, tzinfo=UTC),  # Los Angeles
    datetime(2026, 11, 1, 9, tzinfo=UTC),
    datetime(2026, 4, 4, 15, tzinfo=UTC),  # Lord Howe: half an hour
    datetime(2026, 10, 3, 15, 30, tzinfo=UTC),
]
"""Instants at which a clock is set forward or back."""
MINUTES = st.integers(-30 * 60, 30 * 60).map(lambda minutes: timedelta(minutes=minutes))
CLOCK = st.sampled_from([time(hour, minute) for hour in range(24) for minute in (0, 30)])


def _is_possible(link: Any) -> bool:
    """A regular link has a target."""
    return any(link["targets"]) or link["layer"] != "regular"


LINK: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {
        "video": st.integers(0, 3),
        "targets": st.tuples(st.booleans(), st.booleans(), st.booleans()),
        "layer": st.sampled_from(Link.Layer.values),
        "display_order": st.integers(-1, 1),
        "valid_from": st.none() | MINUTES,
        "valid_for": st.none() | st.integers(1, 60 * 60),
        "weekdays": st.none() | st.lists(st.integers(1, 7), min_size=1, unique=True),
        "hours": st.none() | st.tuples(CLOCK, CLOCK),
        "excepted": st.sampled_from([False, False, False, True]),
    }
).filter(_is_possible)
BROKEN: list[dict[str, Any]] = [{}, {"state": "failed"}, {"binned_at": NOON}]


def make(link: dict[str, Any], device: Device, videos: list[Video], around: datetime) -> None:
    """The link as drawn; of two that are alike, one."""
    places = {"device": device, "group": device.group, "shop": device.shop}
    targets = {name: place for (name, place), used in zip(places.items(), link["targets"], strict=True) if used}
    exactly = {name: targets.get(name) for name in places} | {"video": videos[link["video"]], "layer": link["layer"]}
    if Link.objects.filter(**exactly).exists():
        return
    starts = around + link["valid_from"] if link["valid_from"] is not None else None
    minutes = link["valid_for"] or (600 if link["layer"] == "emergency" else None)
    ends = (starts or around) + timedelta(minutes=minutes) if minutes else None
    start, end = link["hours"] or (None, None)
    window = {"valid_from": starts, "valid_until": ends, "start_time": start, "end_time": end}
    row = Link(**exactly, **window, weekdays=link["weekdays"], display_order=link["display_order"])
    row.full_clean()
    row.save()
    if link["excepted"]:
        row.except_devices.add(device)


def is_open_by_zoneinfo(window: dict[str, Any], at: datetime, zone: ZoneInfo) -> bool:
    """What docs/device-protocol.md says of a manifest's window, in the words of zoneinfo alone."""
    parsed = {key: datetime.fromisoformat(window[key]) for key in ("from", "until") if key in window}
    if ("from" in parsed and at < parsed["from"]) or ("until" in parsed and at >= parsed["until"]):
        return False
    local = at.astimezone(zone).replace(tzinfo=None)
    start, end = (time.fromisoformat(window.get(key, "00:00")) for key in ("start", "end"))
    for day in (local.date(), local.date() - timedelta(days=1)):
        closes = datetime.combine(day if end > start else day + timedelta(days=1), end)
        if datetime.combine(day, start) <= local < closes and day.isoweekday() in window.get("days", range(1, 8)):
            return True
    return False


def shown_by_a_player(manifest: dict[str, Any], at: datetime) -> list[str]:
    """What a player shows that holds this manifest and hears nothing more."""
    zone = ZoneInfo(manifest["timezone"])
    shown = [item for item in manifest["items"] if is_open_by_zoneinfo(item.get("window", {}), at, zone)]
    for layer in ("emergency", "regular", "default"):
        if found := [item["name"] for item in shown if item.get("layer", "regular") == layer]:
            return found
    return []


@settings(max_examples=80, deadline=None)
@given(
    links=st.lists(LINK, max_size=9),
    zone=st.sampled_from(ZONES),
    change=st.sampled_from(CHANGES),
    offsets=st.lists(MINUTES, min_size=1, max_size=4),
    trouble=st.sampled_from(BROKEN),
)
def test_the_reasons_the_manifest_and_the_old_downloads_never_disagree(links, zone, change, offsets, trouble):
    device = DeviceFactory.create(group=GroupFactory.create(), shop=ShopFactory.create(timezone=zone))
    videos = [*VideoFactory.create_batch(3), VideoFactory.create(**trouble)]
    for link in links:
        make(link, device, videos, change)
    loaded = Device.objects.with_presence().get(pk=device.pk)
    manifest = build_manifest(loaded, now=change)
    for at in (change + offset for offset in offsets):
        expected = shown_by_a_player(manifest, at)
        assert [placed.video.name for placed in playing_at(playlist(loaded), at, zone_of(loaded))] == expected
        assert [each.link.video.name for each in reach(loaded, at=at) if each.kept] == expected
        with time_machine.travel(at, tick=False):
            assert [row.video_name for row in playing(loaded.mobile_id, at)] == expected


def test_an_hour_that_comes_twice_opens_the_layers_twice():
    zone = ZoneInfo("Europe/Berlin")
    window = Window(start=time(2), end=time(3))
    autumn = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert [window.contains(autumn + timedelta(hours=hour), zone) for hour in range(3)] == [True, True, False]
