"""Whatever follows whatever, and whatever breaks: the screen is never dark and never shows an error."""

import random
import time
from itertools import pairwise

import pytest
from PIL import Image

from media_library.tests.browser import SIZE, Screen, colour_in_the_middle, film, html, pdf, png, put_on
from media_library.tests.files import film as noisy_film
from telemetry.models import DeviceLog

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

LIGHT = "#a0a0f0"
EACH_PAIR = "iivipihvvpvhpphh"
"""Of images, videos, PDF and pages in a ring: each kind comes once after each kind."""


def is_light(picture: Image.Image) -> bool:
    """Whether the screen is lit, if only by noise."""
    return sum(picture.convert("L").histogram()[:60]) < 0.25 * picture.width * picture.height


def would_not_play(screen: Screen) -> list[str]:
    """What the player says of files that would not play."""
    code = "dgx.outbox.errors.filter((entry) => entry.log_type === 'play_error').map((entry) => entry.message)"
    said: list[str] = screen.page.evaluate(code)
    return said


def light_file(kind: str) -> bytes:
    makers = {
        "i": lambda: png(Image.new("RGB", SIZE, LIGHT)),
        "v": lambda: film(LIGHT, seconds=10),
        "p": lambda: pdf(LIGHT),
        "h": lambda: html(LIGHT),
    }
    return makers[kind]()


def half_spoiled_film() -> bytes:
    """A video that plays for a while until its pictures make no sense."""
    content = noisy_film("mp4", codec="libvpx-vp9", frames=36)
    begin, end = content.index(b"mdat") + 4, content.index(b"moov") - 4
    middle = (begin + end) // 2
    return content[:middle] + random.Random(1).randbytes(end - middle) + content[end:]


def test_between_any_two_kinds_nothing_dark_is_seen(enrolled_screen):
    device, screen = enrolled_screen()
    for order, kind in enumerate(EACH_PAIR):
        put_on(device, light_file(kind), f"{order:02} {kind}", order=order, display_duration=10)
    screen.open()
    screen.until("dgx.programme.have && dgx.stage.current")
    names: list[str] = []
    pictures, deadline = [], time.monotonic() + 90
    while len(names) < 1.5 * len(EACH_PAIR):
        assert time.monotonic() < deadline, names
        pictures.append(screen.picture())
        name = screen.page.evaluate("() => { dgx.stage.current.end(); return dgx.stage.current.item.name; }")
        if names[-1:] != [name]:
            names.append(name)
    assert len({(one[-1], other[-1]) for one, other in pairwise(names)}) == 16
    assert [picture for picture in pictures if not is_light(picture)] == []
    assert would_not_play(screen) == []


def test_a_film_that_breaks_in_the_middle_gives_way_to_what_is_next(enrolled_screen):
    device, screen = enrolled_screen()
    put_on(device, half_spoiled_film(), "broken.mp4", order=1)
    put_on(device, light_file("h"), "page.html", order=2, display_duration=1)
    put_on(device, light_file("i"), "picture.png", order=3, display_duration=1)
    screen.open()
    screen.until("dgx.programme.have && dgx.stage.current")
    screen.until("dgx.outbox.errors.length")
    assert is_light(screen.picture())
    screen.until("dgx.stage.current.item.name !== 'broken.mp4'")
    assert set(screen.watch(4)) == {"page.html", "picture.png"}
    screen.until("dgx.outbox.waiting === 0")
    [log] = DeviceLog.objects.filter(log_type="play_error")
    assert str(log.message).startswith("broken.mp4: ")


def test_a_film_that_breaks_and_is_alone_stays_with_its_last_picture_and_is_soon_tried_again(enrolled_screen):
    device, screen = enrolled_screen()
    put_on(device, half_spoiled_film(), "broken.mp4")
    screen.open()
    screen.until("dgx.stage.current?.isOver && dgx.outbox.errors.length")
    screen.page.evaluate("globalThis.before = dgx.stage.current")
    assert is_light(screen.picture())
    screen.page.evaluate("() => { const at = performance.now() + 60_000; performance.now = () => at; }")
    told_seconds = screen.page.evaluate("dgx.plays.due().map((entry) => entry.seconds)")
    assert [seconds for seconds in told_seconds if seconds > 50] == []  # a picture that stands still is no play
    screen.until("dgx.stage.current !== before")
    assert is_light(screen.picture())


def test_a_film_that_stands_still_gives_way_but_not_while_the_window_is_out_of_sight(enrolled_screen):
    """Browsers hold a film that nobody sees."""
    device, screen = enrolled_screen()
    put_on(device, film(LIGHT, seconds=60), "film.webm", order=1)
    other = put_on(device, light_file("h"), "page.html", order=2, display_duration=3600)
    screen.page.clock.install()
    screen.open()
    screen.until("dgx.programme.have && dgx.stage.current")
    screen.page.evaluate("dgx.stage.current.item.name === 'film.webm' || dgx.stage.current.end()")
    screen.until("dgx.stage.current.item.name === 'film.webm'")
    screen.page.evaluate(
        """() => {
            globalThis.away = true;
            Object.defineProperty(document, "hidden", { get: () => away });
            document.querySelector(".seen video").pause();
        }"""
    )
    for _ in range(3):
        screen.page.clock.run_for(11_000)
    assert screen.now_showing() == "film.webm"
    screen.page.evaluate("globalThis.away = false")
    for _ in range(3):
        screen.page.clock.run_for(11_000)
    screen.until_shows(other)
    assert would_not_play(screen) == ["film.webm: the video stood still"]


def test_a_page_whose_parts_do_not_come_is_shown_without_them(enrolled_screen):
    """Behind a line that passes nothing on, as a wall that swallows what is sent."""
    device, screen = enrolled_screen()
    page = f"<!doctype html><body style=background:{LIGHT}><img src=/logo.png>"
    slow = put_on(device, page.encode(), "slow.html", order=1, display_duration=1)
    other = put_on(device, light_file("i"), "other.png", order=2, display_duration=1)
    screen.open()
    screen.until("dgx.programme.have")
    screen.server.freeze()
    for video in (slow, other, slow):
        screen.until_shows(video)
        assert is_light(screen.picture())
    assert would_not_play(screen) == []


def test_what_a_page_would_show_of_other_sites_is_left_out_and_no_touch_leads_there(enrolled_screen):
    """The browser would show its own words in their place: that it is blocked."""
    device, screen = enrolled_screen()
    fill = "position:fixed;inset:0;width:100%;height:100%"
    page = (
        f"<!doctype html><body style=background:{LIGHT}><a href=https://other.example/ style={fill}>Offers</a>"
        f"<iframe src=https://other.example/ style={fill}></iframe>"
    )
    video = put_on(device, page.encode(), "page.html", display_duration=3600)
    screen.open()
    screen.until_shows(video)
    light = colour_in_the_middle(screen.picture())
    screen.page.mouse.click(*[side / 2 for side in SIZE])
    screen.page.keyboard.press("Tab")
    screen.page.keyboard.press("Enter")
    screen.page.keyboard.press("i")  # it has not lost its keys to the page
    screen.page.wait_for_selector("#overlay:not([hidden])")
    screen.page.keyboard.press("i")
    assert colour_in_the_middle(screen.picture()) == light == (0xA0, 0xA0, 0xF0)
