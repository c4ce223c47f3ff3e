"""The browser player, a real Chromium, is examined by `manage.py conformance`'s server, and passes in everything."""

import socket
import threading

import pytest

from dgx.protocol.conformance.scenario import Scenario
from dgx.protocol.conformance.server import Server
from media_library.tests.browser import SIZE

pytestmark = pytest.mark.browser


@pytest.fixture
def scenario():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    made = Scenario(base_url=f"http://127.0.0.1:{port}", interval_s=1, patience_s=30)
    with Server(("127.0.0.1", port), made):
        yield made


@pytest.fixture
def page(browser):
    context = browser.new_context(viewport={"width": SIZE[0], "height": SIZE[1]})
    yield context.new_page()
    context.close()


def examine(scenario, page):
    """Run the examination while the page lives; returns what did not pass."""
    runner = threading.Thread(target=scenario.run, args=(120,))
    runner.start()
    while runner.is_alive():
        page.wait_for_timeout(200)  # lets the browser's events through
    return {check["check"]: check for check in scenario.verdicts.as_json() if check["outcome"] != "passed"}


def test_it_passes_every_check_with_a_key(scenario, page):
    page.goto(f"{scenario.stage.base_url}/player/?key=any")
    assert examine(scenario, page) == {}


def test_it_comes_in_by_a_pairing_code_and_returns_to_one_when_its_token_is_revoked(scenario, page):
    page.goto(f"{scenario.stage.base_url}/player/")
    page.get_by_text("TEST42").wait_for()
    assert examine(scenario, page) == {}
    assert "by a pairing code" in scenario.verdicts.as_json()[0]["evidence"]
    page.get_by_text("TEST42").wait_for()
