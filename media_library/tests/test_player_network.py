"""The network, the server and the power fail, and the screen plays on; what comes back is taken up where it was."""

import random
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from PIL import Image

from dgx.tests.chromium import launch_options
from media_library.api import player
from media_library.models import Link
from media_library.services import manifest, signing
from media_library.services.uploads import upload_video
from media_library.tests.browser import SIZE, Screen, chequered, film, html, png, put_on
from media_library.tests.files import uploaded
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


ODD_ANSWERS: list[dict[str, Any]] = [
    {"status": 200, "content_type": "text/html", "body": "<p>Welcome to our Wi-Fi."},
    {"status": 204},
    {"status": 502, "content_type": "text/html", "body": "<p>Bad gateway"},
    {"status": 503, "headers": {"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"}},
    {"status": 200, "json": {}},
    {"status": 200, "json": {"server_time": "soon", "poll_after_s": 0}},
    {"status": 404, "json": {"detail": {"code": "not_found", "message": "There is no address."}}},
]


def test_what_does_not_come_from_the_server_is_not_believed_and_nothing_is_lost_by_it(enrolled_screen):
    device, screen = enrolled_screen()
    put_on(device, png(chequered()), "one.png", display_duration=3600)
    screen.open()
    screen.until("dgx.programme.have && dgx.outbox.waiting === 0")
    answers, asked = list(ODD_ANSWERS), []

    def odd(route):
        asked.append(route.request.url)
        route.fulfill(**answers[len(asked) % len(answers)])

    screen.page.clock.install()
    screen.page.reload()
    screen.until("dgx.player?.status.polled && dgx.outbox.waiting === 0")
    screen.page.route("**/api/v1/device/poll", odd)
    screen.page.evaluate("dgx.outbox.log('visit', 'not lost')")
    for _ in range(60):
        screen.page.clock.run_for(5_000)
        screen.page.wait_for_timeout(20)
    assert 7 <= len(asked) <= 20  # 1, 2, 4 … seconds, then a minute, each with jitter
    assert screen.page.evaluate("Number.isFinite(Date.parse(dgx.outbox.errors[0]?.logged_at ?? 0))")
    screen.page.unroute("**/api/v1/device/poll")
    screen.page.clock.run_for(70_000)
    screen.until("dgx.player.status.trouble === null && dgx.outbox.waiting === 0")
    assert DeviceLog.objects.filter(log_type="visit").count() == 1
    assert screen.now_showing() == "one.png"
    assert screen.errors == []


def test_an_answer_that_names_no_time_to_wait_makes_nobody_hurry(enrolled_screen):
    _, screen = enrolled_screen()
    asked = []

    def hasty(route):
        asked.append(route.request.url)
        answer = route.fetch()
        route.fulfill(response=answer, json={**answer.json(), "poll_after_s": [-1, 0, None, "x"][len(asked) % 4]})

    screen.page.route("**/api/v1/device/poll", hasty)
    screen.open()
    screen.until("dgx.player?.status.polled")
    wait = "dgx.player.status.next - dgx.player.status.polled"
    screen.until(f"{wait} > 15000 && {wait} < 25000")
    assert len(asked) <= 3


def test_a_report_of_which_one_field_is_refused_goes_without_it(enrolled_screen):
    device, screen = enrolled_screen()

    def strict(route):
        if "storage_free" not in route.request.post_data_json:
            return route.continue_()
        fields = {"storage_free": ["too much"]}
        return route.fulfill(status=400, json={"detail": {"code": "invalid", "message": "No.", "fields": fields}})

    screen.page.route("**/api/v1/device/poll", strict)
    screen.open()
    screen.until("dgx.player?.status.polled && dgx.outbox.waiting === 0")
    assert DeviceLog.objects.filter(device=device, log_type="boot").count() == 1


def test_a_file_that_cannot_be_had_is_not_asked_for_at_each_scene(enrolled_screen):
    device, screen = enrolled_screen()
    put_on(device, png(chequered()), "one.png", order=1, display_duration=1)
    put_on(device, html("#2030d0"), "two.html", order=2, display_duration=1)
    screen.open()
    screen.until("dgx.programme.have && dgx.stage.current")
    screen.store.answer_instead = b"HTTP/1.1 503 Slow down\r\nContent-Length: 0\r\n\r\n"
    put_on(device, html("#20a020"), "three.html", order=3)
    screen.until("dgx.programme.missing().length === 1")
    before = len(screen.store.asked)
    screen.watch(12)
    assert 1 <= len(screen.store.asked) - before <= 7


def test_an_emergency_does_not_wait_for_a_large_download(enrolled_screen):
    device, screen = enrolled_screen()
    old = put_on(device, png(chequered()), "old.png", order=1, display_duration=1)
    screen.open()
    screen.until_shows(old)
    screen.store.pause_s = 1
    put_on(device, big_picture(), "big.png", order=2)
    screen.until("dgx.files.current?.item.name === 'big.png'")
    alarm = upload_video(file=uploaded(html("#d02020"), "alarm.html"), name="alarm.html")
    Link.objects.create(video=alarm, device=device, layer="emergency", valid_until=timezone.now() + timedelta(hours=1))
    screen.until_shows(alarm, within_ms=20_000)
    assert screen.page.evaluate("dgx.programme.missing().map((item) => item.name)") == ["big.png"]
    screen.store.pause_s = 0
    screen.until("dgx.programme.have")
    assert not DeviceLog.objects.filter(log_type="download_error").exists()


def test_an_emergency_goes_first_again_after_the_line_failed(enrolled_screen):
    device, screen = enrolled_screen()
    old = put_on(device, png(chequered()), "old.png", order=1, display_duration=1)
    screen.open()
    screen.until_shows(old)
    screen.store.cut()
    put_on(device, big_picture(), "big.png", order=2)
    alarm = upload_video(file=uploaded(html("#d02020"), "alarm.html"), name="alarm.html")
    Link.objects.create(video=alarm, device=device, layer="emergency", valid_until=timezone.now() + timedelta(hours=1))
    screen.until("dgx.outbox.errors.some((entry) => entry.message.startsWith('alarm.html'))")
    screen.store.pause_s = 1
    screen.store.mend()
    screen.until_shows(alarm)
    assert screen.page.evaluate("dgx.programme.missing().map((item) => item.name)") == ["big.png"]


def test_a_report_loop_that_hangs_is_noticed(enrolled_screen):
    device, screen = enrolled_screen()
    put_on(device, png(chequered()), "one.png", display_duration=1)
    screen.open()
    screen.until("dgx.stage.current && dgx.player.status.polled")
    screen.page.evaluate("() => { dgx.outbox.next = () => new Promise(() => { globalThis.stuck = true; }); }")
    screen.page.wait_for_function("() => globalThis.stuck")
    screen.page.evaluate("() => { const late = performance.now() + 240000; performance.now = () => late; }")
    screen.until("!globalThis.stuck && dgx.stage.current && dgx.outbox.waiting === 0")


def test_files_of_two_versions_are_not_kept_together(enrolled_screen, monkeypatch):
    """While servers of two versions answer, a worker of the one may be sent files of the other."""
    device, screen = enrolled_screen()
    put_on(device, png(chequered()), "one.png", display_duration=1)
    real = player.integrity()
    monkeypatch.setattr(player, "integrity", lambda: {**real, "main.js": real["pdf.js"]})
    screen.page.clock.install()
    screen.open()
    screen.until("dgx.stage.current")
    screen.page.wait_for_function("() => caches.keys().then((names) => names.length === 1)")
    screen.page.wait_for_function("() => navigator.serviceWorker.getRegistration().then((known) => !known)")
    monkeypatch.undo()
    screen.page.clock.run_for(3_600_000)
    screen.until("navigator.serviceWorker.controller")


def start(playwright, folder, lines, query: str = "") -> Screen:
    """A browser with a profile on disk, as a kiosk has."""
    size = {"width": SIZE[0], "height": SIZE[1]}
    context = playwright.chromium.launch_persistent_context(str(folder), viewport=size, **launch_options())
    return Screen(context.pages[0], lines[0], lines[1], query).open()
