"""The network, the server and the power fail, and the screen plays on; what comes back is taken up where it was."""

import random

import pytest
from PIL import Image

from dgx.tests.chromium import launch_options
from media_library.api import player
from media_library.services import manifest, signing
from media_library.tests.browser import SIZE, Screen, chequered, film, html, png, put_on
from telemetry.models import DeviceLog

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def big_picture(size: int = 600) -> bytes:
    """About a megabyte of noise."""
    return png(Image.frombytes("RGB", (size, size), random.Random(1).randbytes(3 * size * size)))


def ranges(screen: Screen) -> list[str]:
    """What was asked for of files, as the Range header says."""
    heads = [head for head in screen.store.asked if head.startswith("GET ")]
    lines = [line for head in heads for line in head.splitlines() if line.lower().startswith("range:")]
    return [line.partition(":")[2].strip() for line in lines]


def test_a_download_that_is_cut_goes_on_where_it_was(enrolled_screen):
    device, screen = enrolled_screen()
    video = put_on(device, big_picture(), "big.png", display_duration=3600)
    screen.store.cut_after = 600_000
    screen.store.pause_s = 0.01
    screen.open()
    screen.until_shows(video)
    [again] = ranges(screen)
    offset = int(again.removeprefix("bytes=").rstrip("-"))
    assert 0 < offset <= 600_000
    assert 0 < screen.store.bytes_down - 600_000 - ((video.size or 0) - offset) < 5_000  # the rest, and its headers


def test_a_download_goes_on_after_the_browser_was_closed(playwright, lines, tmp_path, enrolled_device_query):
    device, query = enrolled_device_query
    video = put_on(device, big_picture(), "big.png", display_duration=3600)
    _, store = lines
    store.pause_s = 0.05
    first = start(playwright, tmp_path, lines, query)
    first.until("dgx.files.current?.at > 300000")
    first.page.context.close()
    store.pause_s = 0
    second = start(playwright, tmp_path, lines)
    second.until_shows(video)
    assert [int(text.removeprefix("bytes=").rstrip("-")) > 200_000 for text in ranges(second)] == [True]
    second.page.context.close()


def test_the_server_and_the_store_are_gone_and_nothing_is_seen_of_it(enrolled_screen):
    device, screen = enrolled_screen()
    put_on(device, film("#d02020", seconds=1), "one.webm", order=1)
    put_on(device, png(chequered()), "two.png", order=2, display_duration=1)
    put_on(device, html("#2030d0"), "three.html", order=3, display_duration=1)
    screen.open()
    screen.until("dgx.programme.have && dgx.stage.current")
    screen.server.cut()
    screen.store.cut()
    screen.until("dgx.player.status.trouble")
    assert set(screen.watch(6)) == {"one.webm", "two.png", "three.html"}
    assert screen.page.inner_text("body") == "DGX"  # the holding picture, behind the stage: no word of an error
    screen.server.mend()
    screen.store.mend()
    screen.until("dgx.player.status.trouble === null && dgx.outbox.waiting === 0")
    assert not DeviceLog.objects.filter(log_type="play_error").exists()
    assert screen.errors == []


def test_the_old_set_stays_until_the_new_one_is_whole(enrolled_screen):
    device, screen = enrolled_screen()
    old = put_on(device, png(chequered()), "old.png", order=1, display_duration=1)
    screen.open()
    screen.until_shows(old)
    screen.until("dgx.programme.have")
    screen.store.cut()
    new = put_on(device, html("#2030d0"), "new.html", order=2, display_duration=1)
    old.links.all().delete()
    screen.until("dgx.programme.wanted.items[0].name === 'new.html'")
    assert set(screen.watch(2)) == {"old.png"}
    screen.store.mend()
    screen.until_shows(new)
    screen.until("dgx.files.held.size === 1")


def test_a_file_spoiled_on_its_way_is_refused_and_fetched_again(enrolled_screen):
    device, screen = enrolled_screen()
    video = put_on(device, big_picture(120), "noise.png", display_duration=3600)
    screen.store.spoil = 1
    screen.open()
    screen.until_shows(video)
    screen.until("dgx.outbox.waiting === 0")
    [log] = DeviceLog.objects.filter(log_type="download_error")
    assert (log.tags["kind"], log.tags["sha256"]) == ("damaged", video.sha256)


def test_an_address_that_is_refused_makes_it_ask_for_the_manifest_again(enrolled_screen, monkeypatch):
    device, screen = enrolled_screen()
    video = put_on(device, png(chequered()), "poster.png", display_duration=3600)
    real, calls = signing.signed_url, []

    def at_first_expired(*args, **kwargs):
        calls.append(args)
        return real(*args, **kwargs) + ("0" if len(calls) == 1 else "")

    monkeypatch.setattr(manifest, "signed_url", at_first_expired)
    monkeypatch.setattr(manifest, "_shown", manifest._shown.__wrapped__)  # not kept: each is signed
    screen.open()
    screen.until_shows(video)
    assert any(head.startswith("GET /api/v1/device/manifest") for head in screen.server.asked)


def test_it_plays_after_a_restart_without_any_network(playwright, lines, tmp_path, enrolled_device_query):
    device, query = enrolled_device_query
    put_on(device, film("#d02020", seconds=1), "one.webm", order=1)
    put_on(device, png(chequered()), "two.png", order=2, display_duration=1)
    first = start(playwright, tmp_path, lines, query)
    first.until("dgx.programme.have && dgx.stage.current")
    first.page.wait_for_function("() => navigator.serviceWorker.ready.then(() => true)")
    first.page.context.close()
    for line in lines:
        line.cut()
    second = start(playwright, tmp_path, lines)
    assert set(second.watch(3)) == {"one.webm", "two.png"}
    assert second.errors == []
    second.server.mend()
    second.until("dgx.player.status.polled && dgx.outbox.waiting === 0")
    second.page.context.close()
    assert DeviceLog.objects.filter(log_type="boot").count() == 2  # the boot without a network is told as well


def test_a_new_version_is_taken_over_between_two_items(enrolled_screen, monkeypatch):
    device, screen = enrolled_screen()
    put_on(device, png(chequered()), "one.png", order=1, display_duration=1)
    put_on(device, html("#2030d0"), "two.html", order=2, display_duration=1)
    screen.open()
    screen.until("dgx.programme.have && dgx.stage.current && navigator.serviceWorker.controller")
    monkeypatch.setattr(player, "version", lambda: "web 2.0+test")
    screen.page.evaluate("navigator.serviceWorker.getRegistration().then((known) => known.update())")
    screen.until("dgx.version === 'web 2.0+test' && dgx.stage.current")
    assert set(screen.watch(2)) == {"one.png", "two.html"}
    assert screen.page.evaluate("caches.keys()") == ["dgx-player-web 2.0+test"]


def test_a_page_that_is_stuck_loads_itself_again(enrolled_screen):
    device, screen = enrolled_screen()
    put_on(device, png(chequered()), "one.png", display_duration=1)
    screen.open()
    screen.until("dgx.stage.current")
    screen.page.evaluate("() => { dgx.stage.show = () => new Promise(() => { globalThis.stuck = true; }); }")
    screen.page.wait_for_function("() => globalThis.stuck")
    screen.page.evaluate("() => { const late = performance.now() + 240000; performance.now = () => late; }")
    screen.until("!globalThis.stuck && dgx.stage.current")
    screen.until("dgx.outbox.waiting === 0")
    assert DeviceLog.objects.filter(log_type="play_error", message__startswith="the page was stuck").count() == 1


def start(playwright, folder, lines, query: str = "") -> Screen:
    """A browser with a profile on disk, as a kiosk has."""
    size = {"width": SIZE[0], "height": SIZE[1]}
    context = playwright.chromium.launch_persistent_context(str(folder), viewport=size, **launch_options())
    return Screen(context.pages[0], lines[0], lines[1], query).open()
