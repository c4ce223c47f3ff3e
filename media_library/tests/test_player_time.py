"""What only time shows: a server that is gone for five minutes, a network that breaks off, and a day of memory.

What takes minutes is here twice: in short, with a clock that the test turns, and as it is, for `make test-long`.
"""

import functools
import random
import time
from collections import Counter

import pytest
from django.db.models import Sum
from PIL import Image

from dgx.tests.web_server import free_port, web_server
from media_library.tests.browser import NOTE_SHOWN, chequered, film, html, is_colour, pdf, png, put_on
from media_library.tests.line import PIECE
from telemetry.models import DeviceLog, PlayHour

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

RED, GREY, GREEN, BLUE = "#d02020", "#c8c8c8", "#20a020", "#2030d0"
KINDS = {"1 film.webm": RED, "2 image.png": GREY, "3 paper.pdf": GREEN, "4 page.html": BLUE}
"""One file of each kind, and its colour in the middle."""
SETTLED = "dgx.programme.have && dgx.stage.current && dgx.outbox.waiting === 0"
IN_TOUCH = "dgx.player.status.trouble === null && dgx.outbox.waiting === 0"
ALL_TOLD = "dgx.stage.current === null && dgx.plays.due().length === 0 && dgx.outbox.waiting === 0"
NOTE_ADDRESSES = """
globalThis.addresses = new Set();
const { createObjectURL, revokeObjectURL } = URL;
URL.createObjectURL = (blob) => {
    const made = createObjectURL.call(URL, blob);
    addresses.add(made);
    return made;
};
URL.revokeObjectURL = (address) => (addresses.delete(address), revokeObjectURL.call(URL, address));
"""
WRITE_A_LOG_EACH_FIVE_SECONDS = """() => {
    globalThis.marks = [];
    globalThis.marking = setInterval(() => {
        marks.push(`mark ${marks.length}`);
        dgx.outbox.log("mark", marks.at(-1));
    }, 5000);
}"""
GO_THROUGH = """async (scenes) => {
    for (let n = 0; n < scenes || dgx.stage.current.item.type !== "image"; n++) {
        const before = dgx.stage.current;
        before.end();
        while (dgx.stage.current === before) await new Promise((resolve) => setTimeout(resolve, 5));
    }
}"""


def put_on_all_kinds(device, *, seconds: int, film_seconds: int = 1) -> None:
    contents = film(RED, seconds=film_seconds), png(chequered()), pdf(GREEN, GREEN), html(BLUE)
    for order, (name, content) in enumerate(zip(KINDS, contents, strict=True)):
        put_on(device, content, name, order=order, display_duration=seconds)


def assert_told_is_shown(device, shown: list[tuple[str, float]]) -> None:
    """Proof of play is what was seen, as often and about as long."""
    stored = PlayHour.objects.filter(device=device).values_list("video__name").annotate(Sum("count"), Sum("seconds"))
    assert {name: count for name, count, _ in stored} == Counter(name for name, _ in shown)
    for name, count, seconds in stored:
        seen = sum(length for other, length in shown if other == name)
        assert abs(seconds - seen) < 1 + 0.1 * count, name  # it was looked at fifty times a second, and more seldom


def let_pass(screen, seconds: int, step_s: int = 1) -> None:
    """Turn the browser's clock on, in steps between which the network, the disk and the decoders, which have their own
    time, get theirs: until the next scene is ready behind the one that is seen."""
    for _ in range(seconds // step_s):
        screen.page.clock.run_for(step_s * 1000)
        screen.page.wait_for_timeout(20)
        screen.until("document.querySelectorAll('.layer').length === 2")


def test_the_server_is_gone_for_five_minutes(enrolled_screen):
    device, screen = enrolled_screen()
    put_on(device, png(chequered()), "one.png", order=1, display_duration=10)
    put_on(device, html(BLUE), "two.html", order=2, display_duration=10)
    attempts: list[str] = []
    screen.page.on("requestfailed", lambda request: attempts.append(request.url))
    screen.page.clock.install()
    screen.open()
    screen.until(SETTLED)
    so_far = "[performance.now() / 1000, dgx.plays.due().reduce((sum, entry) => sum + entry.count, 0)]"
    since, before = screen.page.evaluate(so_far)
    screen.server.cut()
    screen.store.cut()
    let_pass(screen, 300)
    now, after = screen.page.evaluate(so_far)
    assert now - since >= 300  # and the real time that the steps took
    assert (now - since) / 12 < after - before < (now - since) / 10 + 2
    assert screen.page.inner_text("body") == "DGX"
    assert 5 <= len(attempts) <= 7 + (now - since) / 30  # 1, 2, 4 … seconds, then a minute, each with jitter
    screen.server.mend()
    screen.store.mend()
    let_pass(screen, 90)
    screen.until(IN_TOUCH)
    let_pass(screen, 10)
    told = PlayHour.objects.filter(device=device).aggregate(Sum("count"), Sum("seconds"))
    assert told["count__sum"] >= after
    assert told["seconds__sum"] > now - since - 10
    assert not DeviceLog.objects.filter(log_type="play_error").exists()
    assert screen.errors == []


@pytest.mark.long
def test_the_web_server_is_killed_for_five_real_minutes(enrolled_screen, tmp_path):
    """kill -9, with the store out of reach as well, and pictures of the screen as fast as they can be taken."""
    device, screen = enrolled_screen()
    put_on_all_kinds(device, seconds=4, film_seconds=2)
    settings = {"DGX_DEBUG": "true", "S3_PUBLIC_ENDPOINT_URL": screen.store.url}
    started = functools.partial(web_server, tmp_path / "web.log", free_port(), **settings)
    screen.page.add_init_script(NOTE_SHOWN)
    attempts: list[str] = []
    screen.page.on("requestfailed", lambda request: attempts.append(request.url))
    with started() as screen.server:
        screen.open()
        screen.until(SETTLED)
        screen.page.evaluate(WRITE_A_LOG_EACH_FIVE_SECONDS)
        screen.server.kill()
    screen.store.cut()
    before = screen.page.evaluate("shown.length")
    middles = []
    while screen.page.evaluate("marks.length < 60"):
        middles += screen.middles_until(f"marks.length > {screen.page.evaluate('marks.length')}")
        assert screen.page.inner_text("body") == "DGX"  # the holding picture, behind the stage: no word of an error
    outage = screen.page.evaluate("shown.length") - before
    assert screen.page.evaluate("dgx.player.status.trouble") is not None
    with started() as screen.server:
        screen.store.mend()
        back = time.monotonic()
        screen.until(IN_TOUCH, within_ms=75_000)
        reported_after_s = time.monotonic() - back
        screen.page.evaluate("clearInterval(marking)")
        device.links.all().delete()
        screen.until(ALL_TOLD)
    shown, marks = screen.page.evaluate("[shown, marks]")
    print(f"{outage} items, {len(middles)} pictures, {len(attempts)} attempts, {reported_after_s:.1f} s")  # noqa: T201
    assert len(middles) > 600
    assert [middle for middle in middles if not any(is_colour(middle, colour) for colour in KINDS.values())] == []
    assert [name for name, _ in shown] == (list(KINDS) * len(shown))[: len(shown)]
    assert outage in range(70, 95)  # 3.5 s each, and a little to hand over
    assert 5 <= len(attempts) <= 17
    assert_told_is_shown(device, shown)
    logs = DeviceLog.objects.filter(device=device)
    assert Counter(logs.filter(log_type="mark").values_list("message", flat=True)) == Counter(marks)
    assert list(logs.exclude(log_type="mark").values_list("log_type", flat=True)) == ["boot"]
    assert screen.errors == []


def test_the_network_breaks_off_in_mid_play_and_in_mid_download(enrolled_screen):
    """The old set's films go on, one after the other; then the new set's large file goes on where it was."""
    device, screen = enrolled_screen()
    old = [put_on(device, film(colour, seconds=1), f"{colour}.webm", order=1) for colour in (RED, BLUE)]
    screen.page.add_init_script(NOTE_SHOWN)
    screen.open()
    screen.until(SETTLED)
    screen.store.pause_s = 0.1
    noise = Image.frombytes("RGB", (600, 600), random.Random(1).randbytes(3 * 600 * 600))
    new = put_on(device, png(noise), "new.png", display_duration=3600)
    for video in old:
        video.links.all().delete()
    screen.until("dgx.files.current?.at > 300_000")
    screen.server.cut()
    screen.store.cut()
    down, asked = screen.store.bytes_down, len(screen.store.asked)
    screen.page.evaluate("globalThis.before = shown.length")
    middles = screen.middles_until("shown.length >= before + 6 && dgx.player.status.trouble")
    assert [middle for middle in middles if not is_colour(middle, RED) and not is_colour(middle, BLUE)] == []
    assert screen.page.inner_text("body") == "DGX"
    screen.store.pause_s = 0
    screen.server.mend()
    screen.store.mend()
    screen.until_shows(new)
    [again] = [head for head in screen.store.asked[asked:] if head.startswith("GET ")]
    offset = int(again.lower().partition("range: bytes=")[2].partition("-")[0])
    assert 300_000 < offset <= down
    rest = (new.size or 0) - offset
    assert rest <= screen.store.bytes_down - down < rest + 2 * PIECE  # with headers, and what was cut on its way
    assert {name for name, _ in screen.page.evaluate("shown")[:-1]} == {video.name for video in old}
    assert screen.errors == []


def test_a_hundred_scenes_leave_nothing_behind(enrolled_screen):
    """Of every kind, without waiting: no element, listener, address, worker, frame or PDF more after than before."""
    device, screen = enrolled_screen()
    put_on_all_kinds(device, seconds=3600)
    screen.page.add_init_script(NOTE_ADDRESSES)
    screen.open()
    screen.until(SETTLED)
    cdp = screen.page.context.new_cdp_session(screen.page)

    def in_use_after(scenes: int) -> tuple[dict[str, int], int]:
        """What there is, and the bytes, while the picture is shown and the PDF waits behind it."""
        screen.page.evaluate(GO_THROUGH, scenes)
        screen.until("document.querySelectorAll('.layer').length === 2 && document.querySelector('canvas')")
        cdp.send("HeapProfiler.collectGarbage")
        counts = cdp.send("Memory.getDOMCounters")
        counts |= {"workers": len(screen.page.workers), "frames": len(screen.page.frames)}
        counts["addresses"] = screen.page.evaluate("addresses.size")
        return counts, cdp.send("Runtime.getHeapUsage")["usedSize"]

    in_use_after(20)
    before, heap = in_use_after(20)
    after, heap_after = in_use_after(100)
    assert (after["workers"], after["frames"], after["addresses"]) == (1, 1, 1)
    assert after["documents"] <= before["documents"]
    assert after["nodes"] <= before["nodes"] + 30
    assert after["jsEventListeners"] <= before["jsEventListeners"] + 5
    assert heap_after < heap + 1_000_000
    assert screen.errors == []


def test_what_watches_the_browser_from_outside_sees_its_files_change_before_it_is_paired_too(screen):
    screen.page.clock.install()
    screen.open()
    screen.page.wait_for_selector(".code")
    screen.page.clock.run_for(61_000)
    screen.page.evaluate("import('/static/player/store.js').then((module) => (globalThis.store = module))")
    screen.page.wait_for_function("async () => (await store.get('alive')) > Date.now() - 60_000")


@pytest.mark.long
def test_a_day_leaves_no_memory_behind(enrolled_screen):
    """24 hours of every kind: as many nodes after as after the second hour, and about as many bytes."""
    device, screen = enrolled_screen(report_interval_s=600)
    put_on_all_kinds(device, seconds=3600)
    screen.page.clock.install()
    screen.open()
    screen.until(SETTLED)
    cdp = screen.page.context.new_cdp_session(screen.page)

    def next_scene() -> None:
        screen.page.evaluate("globalThis.before = dgx.stage.current; before.end()")
        while screen.page.evaluate("before === dgx.stage.current || dgx.stage.current.item.type === 'video'"):
            let_pass(screen, 1)

    def pass_hours(hours: int) -> tuple[int, int]:
        """Let so many hours go by, a scene each ten minutes; returns the bytes and the nodes that are in use while the
        picture is shown, so that like is compared with like: a PDF and a page have nodes of their own."""
        for _ in range(hours * 6):
            let_pass(screen, 600, step_s=60)
            next_scene()
        while screen.page.evaluate("dgx.stage.current.item.type !== 'image'"):
            next_scene()
        cdp.send("HeapProfiler.collectGarbage")
        return cdp.send("Runtime.getHeapUsage")["usedSize"], cdp.send("Memory.getDOMCounters")["nodes"]

    pass_hours(1)
    heap, nodes = pass_hours(1)
    heap_after, nodes_after = pass_hours(22)
    print(f"{heap} bytes and {nodes} nodes, then {heap_after} and {nodes_after}")  # noqa: T201
    assert nodes_after <= nodes + 30
    assert heap_after < heap + 1_000_000
    assert screen.errors == []
