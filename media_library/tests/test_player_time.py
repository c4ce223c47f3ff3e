"""What only time shows, on a clock that the test turns: a server that is gone for five minutes, and a day of memory."""

import pytest
from django.db.models import Sum

from media_library.tests.browser import chequered, film, html, pdf, png, put_on
from telemetry.models import DeviceLog, PlayHour

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def let_pass(screen, seconds: int, step_s: int = 1) -> None:
    """Turn the browser's clock on, in steps between which the network, the disk and the decoders, which have their own
    time, get theirs: until the next scene is ready behind the one that is seen."""
    for _ in range(seconds // step_s):
        screen.page.clock.run_for(step_s * 1000)
        screen.page.wait_for_timeout(20)
        screen.until("document.querySelectorAll('.layer').length === 2")


def test_the_server_is_gone_for_five_minutes(enrolled_screen):
    """As docs/player.md tells it of a real outage of that length."""
    device, screen = enrolled_screen()
    put_on(device, png(chequered()), "one.png", order=1, display_duration=10)
    put_on(device, html("#2030d0"), "two.html", order=2, display_duration=10)
    attempts: list[str] = []
    screen.page.on("requestfailed", lambda request: attempts.append(request.url))
    screen.page.clock.install()
    screen.open()
    screen.until("dgx.programme.have && dgx.stage.current && dgx.outbox.waiting === 0")
    shown = "[...dgx.plays.due()].reduce((sum, entry) => sum + entry.count, 0)"
    before = screen.page.evaluate(shown)
    screen.server.cut()
    screen.store.cut()
    let_pass(screen, 300)
    assert screen.page.evaluate(shown) - before in range(25, 32)
    assert screen.page.inner_text("body") == "DGX"
    assert 5 <= len(attempts) <= 15  # 1, 2, 4 … seconds, then a minute, each with jitter
    screen.server.mend()
    screen.store.mend()
    let_pass(screen, 90)
    screen.until("dgx.player.status.trouble === null && dgx.outbox.waiting === 0")
    let_pass(screen, 10)
    told = PlayHour.objects.filter(device=device).aggregate(Sum("count"), Sum("seconds"))
    assert told["count__sum"] >= before + 25
    assert told["seconds__sum"] > 290
    assert not DeviceLog.objects.filter(log_type="play_error").exists()
    assert screen.errors == []


@pytest.mark.long
def test_a_day_leaves_no_memory_behind(enrolled_screen):
    """24 hours of every kind: as many nodes after as after the second hour, and about as many bytes."""
    device, screen = enrolled_screen(report_interval_s=600)
    contents = [film("#d02020", seconds=1), png(chequered()), pdf("#20a020", "#2030d0"), html("red")]
    for order, (ending, content) in enumerate(zip(("webm", "png", "pdf", "html"), contents, strict=True)):
        put_on(device, content, f"{order}.{ending}", order=order, display_duration=3600)
    screen.page.clock.install()
    screen.open()
    screen.until("dgx.programme.have && dgx.stage.current")
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
    assert nodes_after <= nodes + 30
    assert heap_after < heap + 1_000_000
    assert screen.errors == []
