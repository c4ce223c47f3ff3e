"""The browser player, a real Chromium, is examined by `manage.py conformance`'s server, and passes in everything."""

import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest

from dgx.protocol.conformance.scenario import Scenario
from dgx.protocol.conformance.server import Server
from media_library.tests.browser import SIZE

pytestmark = pytest.mark.browser


class Examination:
    """One player in a browser profile of its own, and the server that examines it."""

    def __init__(self, browser: Any, stack: ExitStack, query: str = "") -> None:
        self.scenario = stack.enter_context(served())
        context = browser.new_context(viewport={"width": SIZE[0], "height": SIZE[1]})
        stack.callback(context.close)
        self.page = context.new_page()
        self.page.goto(f"{self.scenario.stage.base_url}/player/{query}")
        self.runner = threading.Thread(target=self.scenario.run, args=(120,))

    def shows_its_code(self) -> None:
        self.page.get_by_text("TEST42").wait_for()

    def failures(self) -> dict[str, Any]:
        checks = self.scenario.verdicts.as_json()
        return {check["check"]: check for check in checks if check["outcome"] != "passed"}


@contextmanager
def served() -> Iterator[Scenario]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    made = Scenario(base_url=f"http://127.0.0.1:{port}", interval_s=1, patience_s=30)
    with Server(("127.0.0.1", port), made):
        yield made


@pytest.fixture(scope="module")
def examined(browser: Any) -> Iterator[tuple[Examination, Examination]]:
    """A player that came with a key and one that came without, examined side by side, since both mostly wait."""
    with ExitStack() as stack:
        with_key, without = Examination(browser, stack, "?key=any"), Examination(browser, stack)
        without.shows_its_code()
        for each in (with_key, without):
            each.runner.start()
        while with_key.runner.is_alive() or without.runner.is_alive():
            without.page.wait_for_timeout(200)  # lets the browser's events through
        yield with_key, without


def test_it_passes_every_check_with_a_key(examined):
    with_key, _without = examined
    assert with_key.failures() == {}


def test_it_comes_in_by_a_pairing_code_and_returns_to_one_when_its_token_is_revoked(examined):
    _with_key, without = examined
    assert without.failures() == {}
    assert "by a pairing code" in without.scenario.verdicts.as_json()[0]["evidence"]
    without.shows_its_code()
