"""Fixtures of the player's tests: a Chromium, and screens in it."""

from collections.abc import Callable, Generator, Iterator
from typing import Any

import pytest

from devices.models import Device
from media_library.services import signing
from media_library.tests.browser import SIZE, Screen, enrolment_key, store_port
from media_library.tests.line import Line


@pytest.fixture
def lines(playwright: Any, live_server: Any, settings: Any) -> Iterator[tuple[Line, Line]]:
    """The lines between a screen and the server and the store."""
    port = int(live_server.url.rpartition(":")[2])
    with Line(port) as server, Line(store_port()) as store:
        settings.S3_PUBLIC_ENDPOINT_URL = store.url
        signing._sign.cache_clear()  # addresses of the line of the test before
        yield server, store
        signing._sign.cache_clear()


@pytest.fixture
def screen(browser: Any, lines: tuple[Line, Line]) -> Iterator[Screen]:
    """A browser that has never seen this server."""
    context = browser.new_context(viewport={"width": SIZE[0], "height": SIZE[1]})
    yield Screen(context.new_page(), *lines)
    context.close()


@pytest.fixture
def enrolled_device_query(lines: tuple[Line, Line]) -> tuple[Device, str]:
    """A device that an operator has registered, and the player's address that makes a browser be it."""
    device = Device.objects.create(mobile_id="kiosk", report_interval_s=2)
    return device, f"?id=kiosk&key={enrolment_key()}"


@pytest.fixture
def enrolled_screen(screen: Screen, enrolled_device_query: tuple[Device, str]) -> Callable[..., tuple[Device, Screen]]:
    """The device and a screen that becomes it when it is opened; give the device its media first."""
    device, screen.query = enrolled_device_query

    def make(**fields: Any) -> tuple[Device, Screen]:
        if fields:
            Device.objects.filter(pk=device.pk).update(**fields)
        return device, screen

    return make


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, Any]:
    """Where a screen's test fails, what the player says of itself."""
    report = yield
    screen = getattr(item, "funcargs", {}).get("screen")
    if call.when == "call" and report.failed and isinstance(screen, Screen) and not screen.page.is_closed():
        report.sections.append(("the player", screen.describe()))
    return report
