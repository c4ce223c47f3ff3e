"""An emergency takes the screen over and gives it back, with and without a network; a default fills what is empty."""

import random
from datetime import timedelta

import pytest
from django.utils import timezone
from PIL import Image

from media_library.models import Link
from media_library.services.uploads import upload_video
from media_library.tests.browser import chequered, film, html, png, put_on
from media_library.tests.files import uploaded
from telemetry.models import DeviceLog

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

HOUR = timedelta(hours=1)
A_CLOCK_TO_TURN = """
globalThis.aheadMs = 0;
const now = Date.now.bind(Date);
Date.now = () => now() + aheadMs;
"""


def put_on_chain(content: bytes, name: str, **link):
    """A file for every screen of the chain."""
    video = upload_video(file=uploaded(content, name), name=name, display_duration=3600)
    Link.objects.create(video=video, **link)
    return video


def test_an_emergency_begins_and_ends_while_the_screen_is_offline(enrolled_screen):
    device, screen = enrolled_screen()
    now = timezone.now()
    regular = put_on(device, film("#20a020", seconds=1), "regular.webm", window={"valid_until": now + 3 * HOUR})
    between = {"valid_from": now + HOUR, "valid_until": now + 2 * HOUR}
    emergency = put_on_chain(png(chequered()), "emergency.png", layer="emergency", **between)
    default = put_on_chain(html("#2030d0"), "default.html", layer="default")
    screen.page.add_init_script(A_CLOCK_TO_TURN)
    screen.open()
    screen.until("dgx.programme.have")
    screen.until_shows(regular)
    screen.server.cut()
    screen.store.cut()
    for hours, shown in ((1, emergency), (2, regular), (3, default)):
        screen.page.evaluate(f"aheadMs = {hours} * 3_600_000 + 1000")
        screen.until_shows(shown)
    assert screen.errors == []
    assert not DeviceLog.objects.filter(log_type="play_error").exists()


def test_an_emergency_for_the_whole_chain_comes_and_goes_within_an_interval(enrolled_screen):
    device, screen = enrolled_screen()
    regular = put_on(device, png(chequered()), "regular.png", display_duration=3600)
    screen.open()
    screen.until_shows(regular)
    emergency = put_on_chain(html("#d02020"), "alarm.html", layer="emergency", valid_until=timezone.now() + HOUR)
    screen.until_shows(emergency, within_ms=8_000)
    emergency.links.all().delete()
    screen.until_shows(regular, within_ms=8_000)


def test_an_emergency_does_not_wait_for_the_file_that_is_on_its_way(enrolled_screen):
    device, screen = enrolled_screen()
    old = put_on(device, png(chequered()), "old.png", display_duration=3600)
    screen.open()
    screen.until_shows(old)
    screen.store.pause_s = 1
    noise = Image.frombytes("RGB", (600, 600), random.Random(1).randbytes(3 * 600 * 600))
    put_on(device, png(noise), "large.png", order=1)
    screen.until("dgx.files.current?.at")
    emergency = put_on_chain(html("#d02020"), "alarm.html", layer="emergency", valid_until=timezone.now() + HOUR)
    screen.until_shows(emergency)
    assert screen.page.evaluate("dgx.programme.missing().map((item) => item.name)") == ["large.png"]
    screen.store.pause_s = 0
    screen.until("dgx.programme.missing().length === 0")


def test_a_default_for_the_whole_chain_fills_a_screen_that_has_nothing_else(enrolled_screen):
    device, screen = enrolled_screen()
    default = put_on_chain(png(chequered()), "default.png", layer="default")
    screen.open()
    screen.until_shows(default)
    regular = put_on(device, html("#20a020"), "regular.html", display_duration=3600)
    screen.until_shows(regular)
    device.links.all().delete()
    screen.until_shows(default)
