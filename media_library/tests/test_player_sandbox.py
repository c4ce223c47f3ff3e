"""A page with a script that came past every check does nothing in the player: its frame is a sandbox of no origin."""

import pytest

from media_library.services import sniffing
from media_library.tests.browser import put_on

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
EVIL = b"""<!doctype html><html><body style="background:#2030d0">
<script>parent.pwned = 1; localStorage.pwned = 1; fetch("/pwned"); top.location = "/pwned"</script>
<img src="x:" onerror="parent.pwned = 2"><a id="go" href="javascript:parent.pwned = 3" target="_top">go</a>
<form action="/pwned" method="post" target="_top"><button id="send"></button></form>
<meta http-equiv="refresh" content="1;url=/pwned"></body></html>"""


def test_a_page_that_slipped_through_runs_nothing_and_leads_nowhere(enrolled_screen, monkeypatch):
    monkeypatch.setattr(sniffing, "check_page", lambda _: "Evil")
    device, screen = enrolled_screen()
    video = put_on(device, EVIL, "evil.html", display_duration=3600)
    screen.open()
    screen.until_shows(video)
    [frame] = [frame for frame in screen.page.frames if frame.parent_frame]
    assert frame.evaluate("document.body.style.background") != ""
    screen.page.wait_for_timeout(1500)  # longer than the refresh
    assert screen.page.evaluate("[window.pwned, localStorage.pwned]") == [None, None]
    assert screen.page.evaluate("document.querySelector('iframe').getAttribute('sandbox')") == ""
    assert screen.page.url.partition("?")[0].endswith("/player/")
    assert not [head for head in screen.server.asked if "pwned" in head and head.startswith("POST")]
