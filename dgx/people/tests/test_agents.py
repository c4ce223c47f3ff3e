"""Browsers in words."""

import pytest

from dgx.people.agents import family_of, in_words
from dgx.people.tests.conftest import CHROME, FIREFOX

MAC = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit"
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        (FIREFOX, "Firefox on Windows"),
        (CHROME, "Chrome on Linux"),
        (f"{CHROME} Edg/140.0.0.0", "Edge on Linux"),
        (f"{CHROME} OPR/120.0", "Opera on Linux"),
        (f"{MAC}/605.1.15 (KHTML, like Gecko) Version/18.0 Safari/605.1.15", "Safari on macOS"),
        (f"{PHONE} Version/18.0 Mobile/15E148 Safari/604.1", "Safari on iPhone"),
        (f"{PHONE} CriOS/140.0.0.0 Mobile/15E148 Safari/604.1", "Chrome on iPhone"),
        ("Mozilla/5.0 (Android 15; Mobile; rv:140.0) Gecko/140.0 Firefox/140.0", "Firefox on Android"),
        ("curl/8.5.0", "Curl"),
        ("python-requests/2.32", "Python"),
        ("", "Another program"),
        ("-", "Another program"),
        ("<script>alert(1)</script>", "Another program"),
    ],
)
def test_a_user_agent_reads_as_a_person_would_say_it(agent, words):
    assert in_words(agent) == words


def test_an_update_or_a_phone_s_desktop_site_is_the_same_family():
    phone = "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0 Mobile Safari/537.36"
    assert family_of(CHROME) == family_of(phone) == "Chrome"
    assert family_of(FIREFOX) != family_of(CHROME)
