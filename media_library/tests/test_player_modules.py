"""The player's sums against Python's: windows on the shop's clock, SHA-256, waiting."""

import hashlib
import random
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from media_library.windows import Window

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

MODULE = "import('/static/player/%s.js')"
NOTE_WHEN_ASKED = """
globalThis.asked = [];
const ask = fetch;
globalThis.fetch = (address, how) => {
    if (address.endsWith("/enrol")) asked.push(Date.now());
    return ask(address, how);
};
"""


def random_window(chance: random.Random) -> Window:
    day = datetime(2026, 3, 29, tzinfo=UTC) + timedelta(days=chance.randrange(-200, 200))
    times = [time(chance.randrange(24), chance.choice([0, 30])) for _ in range(2)]
    timed = chance.random() < 0.8
    return Window(
        valid_from=day if chance.random() < 0.3 else None,
        valid_until=day + timedelta(days=30) if chance.random() < 0.3 else None,
        weekdays=tuple(sorted(chance.sample(range(1, 8), 3))) if chance.random() < 0.5 else None,
        start=times[0] if timed else None,
        end=times[1] if timed else None,
    )


def test_windows_open_and_close_as_on_the_server(screen):
    chance = random.Random(6)
    zones = ["UTC", "Europe/Paris", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "Pacific/Kiritimati"]
    cases, answers = [], []
    for _ in range(3000):
        window, zone = random_window(chance), chance.choice(zones)
        at = datetime(2026, 3, 29, tzinfo=UTC) + timedelta(minutes=chance.randrange(-300_000, 300_000))
        cases.append([window.as_json(), at.timestamp() * 1000, zone])
        answers.append(window.contains(at, ZoneInfo(zone)))
    screen.open()
    code = (
        f"async (cases) => {{ const at = await {MODULE % 'windows'}; return cases.map((one) => at.isOpen(...one)); }}"
    )
    assert screen.page.evaluate(code, cases) == answers
    assert 0 < sum(answers) < len(answers)


def test_a_timezone_that_the_browser_does_not_know_yet_is_taken_for_its_own(screen):
    screen.open()
    code = f"""async () => {{
        const {{ isOpen }} = await {MODULE % "windows"};
        const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
        const hours = Array.from({{ length: 24 }}, (_, hour) => Date.UTC(2026, 2, 29, hour));
        const open = (zone) => hours.map((at) => isOpen({{ start: "08:00:00", end: "12:00:00" }}, at, zone));
        return [open("America/Newly_Founded"), open(own)];
    }}"""
    unknown, own = screen.page.evaluate(code)
    assert unknown == own


def test_nonsense_is_no_time_to_wait(screen):
    screen.open()
    code = f"""async () => {{
        const {{ seconds }} = await {MODULE % "protocol"};
        return ["7", 19.4, 0, -5, null, undefined, "soon", NaN, 1e12].map((said) => seconds(said, 20));
    }}"""
    assert screen.page.evaluate(code) == [7, 19.4, 20, 20, 20, 20, 20, 20, 7 * 86_400]


def test_its_sha256_is_the_one_that_everybody_knows(screen):
    lengths = [0, 1, 55, 56, 63, 64, 65, 119, 120, 1000, 100_000]
    screen.open()
    code = f"""async (lengths) => {{
        const {{ sha256 }} = await {MODULE % "vendor/noble-hashes/sha2"};
        return lengths.map((length) => {{
            const bytes = Uint8Array.from({{ length }}, (_, index) => (index * 7) % 251);
            const hash = sha256.create();
            for (let at = 0; at < length; at += 37) hash.update(bytes.subarray(at, at + 37));
            return Array.from(hash.digest(), (byte) => byte.toString(16).padStart(2, "0")).join("");
        }});
    }}"""
    wanted = [hashlib.sha256(bytes(index * 7 % 251 for index in range(length))).hexdigest() for length in lengths]
    assert screen.page.evaluate(code, lengths) == wanted


def test_it_waits_longer_after_each_failure_and_as_long_as_the_server_says(screen):
    screen.open()
    code = f"""async () => {{
        const {{ BackOff }} = await {MODULE % "protocol"};
        const backOff = new BackOff();
        return Array.from({{ length: 12 }}, () => backOff.next()).concat(new BackOff().next({{ waitS: 30 }}));
    }}"""
    *waits, told = screen.page.evaluate(code)
    for number, wait in enumerate(waits):
        assert min(60, 2**number) / 2 <= wait <= min(60, 2**number)
    assert 30.5 <= told <= 31


def test_a_busy_server_is_left_alone_as_long_as_it_says(screen):
    busy = {"code": "throttled", "message": "Wait."}
    screen.page.clock.install()
    screen.page.add_init_script(NOTE_WHEN_ASKED)
    screen.page.route(
        "**/device/enrol", lambda route: route.fulfill(status=429, headers={"Retry-After": "7"}, json={"detail": busy})
    )
    screen.open()
    screen.page.wait_for_selector("text=Waiting for the server")
    screen.page.clock.run_for(8_500)
    screen.page.wait_for_function("() => asked.length > 1")
    first, second, *_ = screen.page.evaluate("asked")
    assert second - first > 7_000
