"""The disk is full, spoiled or cleared under the player: the screen plays on with what is there, and operators learn of
it; and reports outlive whatever ends the page."""

import contextlib
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Error

from dgx.tests.chromium import launch_options
from dgx.tests.stack_helpers import wait_until
from media_library.tests.browser import SIZE, Screen, chequered, html, png, put_on
from media_library.tests.line import Line
from telemetry.models import DeviceLog

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

MB = 1024 * 1024
"""Chromium takes room by powers of two: with the headroom of `downloader.js`, a small file asks for 8 of them, and one
of more than a megabyte for 16."""
FOLDER = "navigator.storage.getDirectory().then((root) => root.getDirectoryHandle('media'))"
DISK_IS_FULL = """() => {
    globalThis.put = IDBObjectStore.prototype.put;
    IDBObjectStore.prototype.put = () => { throw new DOMException("It is full.", "QuotaExceededError"); };
}"""
DISK_HANGS = "IDBDatabase.prototype.transaction = () => ({ objectStore: () => ({ get() {}, put() {} }) })"
STORE = "import('/static/player/store.js')"


def noise(size: int) -> bytes:
    """A picture that is about three bytes a pixel large."""
    return png(Image.frombytes("RGB", (size, size), random.Random(size).randbytes(3 * size * size)))


@pytest.fixture
def screen(playwright: Any, lines: tuple[Line, Line], tmp_path: Path) -> Iterator[Screen]:
    """In place of the other tests': a browser with a profile on the disk, whose quota it obeys."""
    size = {"width": SIZE[0], "height": SIZE[1]}
    context = playwright.chromium.launch_persistent_context(str(tmp_path), viewport=size, **launch_options())
    yield Screen(context.pages[0], *lines)
    context.close()


def leave_room(screen: Screen, free: int) -> None:
    """The disk has so many bytes left for files of the player."""
    usage = screen.page.evaluate("navigator.storage.estimate().then((disk) => disk.usage)")
    quota = {"origin": screen.server.url, "quotaSize": usage + free}
    screen.page.context.new_cdp_session(screen.page).send("Storage.overrideQuotaForOrigin", quota)


def clear(screen: Screen, what: str) -> None:
    """Somebody clears the site's data."""
    asked = {"origin": screen.server.url, "storageTypes": what}
    screen.page.context.new_cdp_session(screen.page).send("Storage.clearDataForOrigin", asked)


def crash(page: Any) -> None:
    """The page's process is gone from one moment to the next."""
    with page.expect_event("crash"), contextlib.suppress(Error):
        page.goto("chrome://crash", timeout=5_000)


def open_with_two(enrolled_screen: Any, **fields: Any) -> tuple[Any, Screen]:
    """A screen that holds and shows a picture and a page in turn."""
    device, screen = enrolled_screen(**fields)
    put_on(device, png(chequered()), "one.png", order=1, display_duration=1)
    put_on(device, html("#2030d0"), "two.html", order=2, display_duration=1)
    screen.open()
    screen.until("dgx.programme.have && dgx.stage.current && dgx.outbox.waiting === 0")
    screen.page.evaluate("globalThis.samePage = true")
    return device, screen


def logs(device: Any, log_type: str) -> list[DeviceLog]:
    """What the device has told of that type."""
    return list(DeviceLog.objects.filter(device=device, log_type=log_type).order_by("pk"))


def test_a_full_disk_stops_neither_the_show_nor_the_reports(enrolled_screen):
    device, screen = open_with_two(enrolled_screen)
    screen.page.evaluate(DISK_IS_FULL)
    screen.page.evaluate("dgx.outbox.log('visit', 'while it is full')")
    assert set(screen.watch(4)) == {"one.png", "two.html"}
    screen.until("dgx.outbox.errors.some((entry) => entry.log_type === 'storage_error') && dgx.outbox.waiting === 0")
    assert screen.page.evaluate("[samePage, dgx.player.status.trouble]") == [True, None]
    assert len(logs(device, "visit")) == 1
    assert "Quota" in str(logs(device, "storage_error")[0].message)
    screen.page.evaluate("() => { IDBObjectStore.prototype.put = globalThis.put; }")
    screen.page.wait_for_function(f"() => {STORE}.then((store) => store.trouble === null)")


def test_what_fits_of_a_new_set_is_shown_and_what_does_not_is_told(enrolled_screen):
    device, screen = open_with_two(enrolled_screen)
    leave_room(screen, 12 * MB)
    device.links.all().delete()
    large = put_on(device, noise(600), "large.png", order=1, display_duration=1)
    small = put_on(device, html("#20a020"), "small.html", order=2, display_duration=1)
    screen.until_shows(small)
    screen.until("dgx.files.held.size === 1 && dgx.outbox.waiting === 0")
    [log] = logs(device, "download_error")
    assert (log.tags["kind"], log.tags["sha256"]) == ("full", large.sha256)
    assert str(log.message).startswith("large.png: no room")
    device.presence.refresh_from_db()
    assert device.presence.missing == 1
    leave_room(screen, 40 * MB)
    screen.until_shows(large)
    screen.until("dgx.programme.have")
    assert screen.page.evaluate("samePage")


def test_the_old_set_gives_way_to_a_file_that_needs_its_room(enrolled_screen):
    """The smallest of the old stays until something new is there: never is the screen without a picture."""
    device, screen = enrolled_screen()
    put_on(device, png(chequered()), "tiny.png", order=1, display_duration=1)
    put_on(device, noise(500), "old.png", order=2, display_duration=1)
    screen.page.add_init_script(
        "setInterval(() => { if (globalThis.watched && !dgx.stage.current) globalThis.gap = true; }, 10)"
    )
    screen.open()
    screen.until("dgx.programme.have && dgx.stage.current?.item.name === 'old.png'")
    screen.page.evaluate("globalThis.watched = true")
    leave_room(screen, 16 * MB - 400_000)
    device.links.all().delete()
    large = put_on(device, noise(600), "large.png", display_duration=1)
    screen.until("dgx.stage.current?.item.name === 'tiny.png' && dgx.files.held.size === 1")
    screen.until_shows(large)
    screen.until("dgx.programme.have && dgx.files.held.size === 1")
    assert screen.page.evaluate("globalThis.gap") is None


def test_its_books_are_cleared_while_it_plays_and_it_writes_them_anew(enrolled_screen):
    _device, screen = open_with_two(enrolled_screen)
    clear(screen, "indexeddb")
    assert set(screen.watch(2)) == {"one.png", "two.html"}
    kept = f"{STORE}.then((store) => store.get('identity')).then((known) => Boolean(known?.token), () => false)"
    screen.page.wait_for_function(f"() => {kept}")
    screen.page.evaluate("globalThis.polled = dgx.player.status.polled")
    screen.until("dgx.player.status.polled > polled && dgx.player.status.trouble === null")
    assert screen.page.evaluate("samePage")


def test_its_files_are_cleared_while_it_plays_and_it_fetches_them_anew(enrolled_screen):
    _device, screen = open_with_two(enrolled_screen)
    before = screen.store.bytes_down
    gone = "root.removeEntry('media', { recursive: true })"
    screen.page.evaluate(f"navigator.storage.getDirectory().then((root) => {gone})")
    screen.until("dgx.programme.missing().length > 0")
    screen.until("dgx.programme.have && dgx.outbox.waiting === 0")
    assert screen.store.bytes_down > before
    assert set(screen.watch(4)) == {"one.png", "two.html"}
    assert screen.page.evaluate("samePage")
    assert screen.errors == []


def test_a_file_that_the_disk_spoiled_is_fetched_anew_and_plays_again(enrolled_screen):
    device, screen = open_with_two(enrolled_screen)
    [spoiled] = [item for item in screen.page.evaluate("dgx.programme.active.items") if item["name"] == "one.png"]
    screen.until("dgx.stage.current.item.name === 'two.html'")
    screen.page.evaluate(
        f"""(sha256) => {FOLDER}.then(async (folder) => {{
            const file = await (await folder.getFileHandle(sha256)).createWritable({{ keepExistingData: true }});
            await file.write({{ type: "write", position: 0, data: new Uint8Array(100) }});
            await file.close();
        }})""",
        spoiled["sha256"],
    )
    screen.until("dgx.outbox.errors.some((entry) => entry.message.startsWith('one.png'))")
    screen.until("dgx.stage.current.item.name === 'one.png'")
    screen.until("dgx.outbox.waiting === 0 && dgx.programme.have")
    assert len(logs(device, "play_error")) == 1
    assert screen.page.evaluate("samePage")


def test_a_disk_that_hangs_stops_nothing_that_is_seen_and_the_page_starts_over(enrolled_screen):
    _device, screen = open_with_two(enrolled_screen)
    screen.page.evaluate(DISK_HANGS)
    assert set(screen.watch(4)) == {"one.png", "two.html"}
    screen.page.evaluate("() => { const late = performance.now() + 240000; performance.now = () => late; }")
    screen.until("!globalThis.samePage && dgx.stage.current")


@pytest.mark.parametrize("line", ["cut", "frozen", "answer lost"])
def test_a_log_is_told_once_whenever_the_page_dies(enrolled_screen, line):
    device, screen = open_with_two(enrolled_screen)
    if line == "cut":
        screen.server.cut()
    elif line == "frozen":
        screen.server.freeze()
    else:
        screen.server.lose_answer_to = "/device/poll"
    polls = len(screen.server.asked)
    screen.page.evaluate("dgx.outbox.log('visit', 'once')")
    if line == "cut":
        screen.until("dgx.player.status.trouble")
    wait_until(lambda: line == "cut" or len(screen.server.asked) > polls)
    other = screen.page.context.new_page()
    crash(screen.page)
    screen.server.mend()
    again = Screen(other, screen.server, screen.store).open()
    again.until("dgx.player?.status.polled && dgx.outbox.waiting === 0")
    assert [log.message for log in logs(device, "visit")] == ["once"]


def test_what_waited_for_long_is_told_soon_after_the_line_is_back(enrolled_screen):
    device, screen = open_with_two(enrolled_screen)
    screen.server.cut()
    screen.page.evaluate("(async () => { for (let n = 0; n < 450; n++) await dgx.outbox.log('visit', String(n)); })()")
    type(device).objects.filter(pk=device.pk).update(report_interval_s=3600)
    screen.server.mend()
    screen.until("dgx.outbox.waiting === 0")
    assert sorted(int(str(log.message)) for log in logs(device, "visit")) == list(range(450))


def test_a_year_of_plays_is_bounded_and_little_of_it_is_written_each_time(screen):
    screen.open()
    screen.until("dgx.outbox.errors && dgx.identity.mobile_id")
    lengths = screen.page.evaluate(
        f"""async () => {{
            const store = await {STORE};
            const hours = Array.from({{ length: 60_000 }}, (_, n) => {{
                const hour = new Date(Date.now() - (60_000 - n) * 3_600_000).toISOString().slice(0, 13) + ":00:00Z";
                return [hour + "a", {{ sha256: "a", hour, count: 1, seconds: 1 }}];
            }});
            await store.put("plays", hours);
            await dgx.plays.open();
            await dgx.plays.begin("b");
            await dgx.plays.begin("c");
            return [(await store.get("plays")).length, (await store.get("plays_now")).length, dgx.plays.due().length];
        }}"""
    )
    assert lengths == [50_000, 2, 200]


def test_of_what_a_power_cut_left_the_latest_totals_count(screen):
    """The present hour is written apart from the others, so either may be behind."""
    screen.open()
    screen.until("dgx.outbox.errors && dgx.identity.mobile_id")
    counts = screen.page.evaluate(
        f"""async () => {{
            const store = await {STORE};
            const entry = (sha256, count) => ["h" + sha256, {{ sha256, hour: "h", count, seconds: 10 * count }}];
            await store.put("plays", [entry("a", 5), entry("b", 5)]);
            await store.put("plays_now", [entry("a", 4), entry("b", 6), entry("c", 1)]);
            await dgx.plays.open();
            return dgx.plays.due().map(({{ sha256, count }}) => sha256 + count);
        }}"""
    )
    assert counts == ["a5", "b6", "c1"]


def test_a_machine_that_slept_has_not_shown_anything_meanwhile(screen):
    screen.open()
    screen.until("dgx.outbox.errors && dgx.identity.mobile_id")
    seconds = screen.page.evaluate(
        """() => {
            dgx.plays.begin("a");
            const now = performance.now.bind(performance);
            performance.now = () => now() + 8 * 3_600_000;
            return dgx.plays.due().map((entry) => entry.seconds);
        }"""
    )
    assert max(seconds) <= 120
