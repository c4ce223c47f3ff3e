"""The player shows what it is told to: every kind, in order, turned and fitted, and nothing stops it."""

from collections import Counter

import pytest
from django.db.models import Sum
from django.urls import reverse

from devices.models import Presence
from dgx.core.audit_models import Change
from dgx.tests.stack_helpers import wait_until
from media_library.tests.browser import (
    NOTE_SHOWN,
    chequered,
    colour_in_the_middle,
    expected,
    film,
    html,
    is_colour,
    pdf,
    png,
    put_on,
)
from telemetry.models import DeviceLog, PlayHour

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

RED, GREEN, BLUE = "#d02020", "#20a020", "#2030d0"
INTERVAL_AT_MOST_MS = 2_200
"""The device reports each two seconds, a tenth more or less."""
TO_DRAW_MS = 2_000
NOTE_WHEN_TURNED = """() => {
    const look = setInterval(() => {
        if (dgx.stage.current?.item.rotation !== 90) return;
        globalThis.turnedAt = Date.now();
        clearInterval(look);
    }, 10);
}"""


def test_it_plays_a_playlist_of_all_four_kinds_in_order(enrolled_screen):
    device, screen = enrolled_screen()
    colours = {"1 film.webm": RED, "2 image.png": "#c8c8c8", "3 paper.pdf": GREEN, "4 page.html": BLUE}
    makers = [film(RED), png(chequered()), pdf(GREEN), html(BLUE)]
    for order, (name, content) in enumerate(zip(colours, makers, strict=True)):
        put_on(device, content, name, order=order, display_duration=2)
    screen.open()
    screen.until("dgx.programme.have && dgx.stage.current")
    names = list(colours)
    seen = screen.watch(5)
    assert seen == [names[(names.index(seen[0]) + step) % 4] for step in range(5)]
    for name in names:
        assert is_colour(colour_in_the_middle(screen.picture_of(name)), colours[name]), name
    assert screen.errors == []


def test_one_video_takes_over_from_the_other_without_a_pause(enrolled_screen):
    device, screen = enrolled_screen()
    put_on(device, film(RED, seconds=1), "red.webm", order=1)
    put_on(device, film(BLUE, seconds=1), "blue.webm", order=2)
    screen.page.add_init_script(NOTE_SHOWN)
    screen.open()
    screen.until("dgx.programme.have && dgx.stage.current")
    seen = screen.middles_until("shown.length > 8")
    assert [pixel for pixel in seen if not is_colour(pixel, RED) and not is_colour(pixel, BLUE)] == []
    assert len({is_colour(pixel, RED) for pixel in seen}) == 2


def test_a_change_in_the_admin_is_on_the_screen_within_one_interval(enrolled_screen, browser, admin_user):
    device, screen = enrolled_screen()
    video = put_on(device, png(chequered()), "poster.png", display_duration=3600)
    screen.open()
    screen.until_shows(video)
    operator = browser.new_context(viewport={"width": 1280, "height": 1400}).new_page()
    operator.goto(f"{screen.server.url}{reverse('admin:media_library_video_change', args=[video.pk])}")
    operator.fill("[name=username]", "admin")
    operator.fill("[name=password]", "correct horse battery")
    operator.click("[type=submit]")
    operator.select_option("[name=rotation]", "90")
    operator.select_option("[name=fit_mode]", "fill")
    screen.page.evaluate(NOTE_WHEN_TURNED)
    operator.click("[name=_save]")
    screen.until("globalThis.turnedAt")
    saved = Change.objects.latest("id").at
    assert screen.page.evaluate("turnedAt") - saved.timestamp() * 1000 < INTERVAL_AT_MOST_MS + TO_DRAW_MS
    assert screen.differs_from(expected(chequered(), 90, "fill")) < 0.03
    operator.context.close()


def test_a_file_that_would_not_play_is_skipped_and_told(enrolled_screen):
    device, screen = enrolled_screen()
    good = put_on(device, png(chequered()), "good.png", order=1, display_duration=1)
    put_on(device, film(RED)[:400] + bytes(3000), "broken.webm", order=2)
    other = put_on(device, html(BLUE), "other.html", order=3, display_duration=1)
    screen.open()
    screen.until_shows(good)
    screen.until_shows(other)
    screen.until_shows(good)
    screen.until("dgx.outbox.errors.length && dgx.outbox.waiting === 0")
    [log] = DeviceLog.objects.filter(log_type="play_error")
    assert (log.device_id, log.tags["type"]) == (device.pk, "video")
    assert str(log.message).startswith("broken.webm: ")


def test_with_nothing_to_show_it_is_calm_and_not_black(enrolled_screen):
    _, screen = enrolled_screen()
    screen.open()
    screen.until("dgx.programme.active && dgx.player?.status.polled")
    red, green, blue = colour_in_the_middle(screen.picture())
    assert blue > 40
    assert green > red
    assert screen.page.inner_text("body") == "DGX"


def test_what_is_on_the_screen_is_told_and_a_removed_item_leaves_it(enrolled_screen):
    device, screen = enrolled_screen()
    video = put_on(device, png(chequered()), "poster.png", display_duration=3600)
    screen.open()
    screen.until_shows(video)
    wait_until(Presence.objects.filter(device=device, playing=video.sha256).exists)
    device.refresh_from_db()
    assert (device.presence.is_online, device.presence.missing) == (True, 0)
    assert device.screen == "320x200"
    assert device.app_version.startswith("web 1.0+")
    video.links.all().delete()
    screen.until("dgx.stage.current === null")
    screen.until("dgx.files.held.size === 0")


def test_proof_of_play_is_what_was_shown(enrolled_screen):
    device, screen = enrolled_screen()
    put_on(device, png(chequered()), "one.png", order=1, display_duration=1)
    put_on(device, html(BLUE), "two.html", order=2, display_duration=1)
    put_on(device, film(RED, seconds=1.5), "three.webm", order=3)
    put_on(device, pdf(GREEN, BLUE), "four.pdf", order=4, display_duration=1)
    screen.page.add_init_script(NOTE_SHOWN)
    screen.open()
    screen.page.wait_for_function("() => shown.length >= 9")
    device.links.all().delete()
    screen.until("dgx.stage.current === null && dgx.plays.due().length === 0 && dgx.outbox.waiting === 0")
    shown = screen.page.evaluate("shown")
    stored = PlayHour.objects.filter(device=device).values("video__name").annotate(Sum("count"), Sum("seconds"))
    told = {row["video__name"]: (row["count__sum"], row["seconds__sum"]) for row in stored}
    assert {name: count for name, (count, _) in told.items()} == Counter(name for name, _ in shown)
    for name, (_, seconds) in told.items():
        assert abs(seconds - sum(length for other, length in shown if other == name)) < 2
