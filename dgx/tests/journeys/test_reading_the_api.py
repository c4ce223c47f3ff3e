"""An integrator opens the API's pages: they need no other machine and no inline script."""

import pytest

LOGO = "https://cdn.redoc.ly/"
"""Redoc's own mark at the foot of its menu: our policy refuses to fetch it."""

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize("path", ["/docs", "/redoc"])
def test_the_documentation_is_shown(live_server, new_context, path):
    page = new_context().new_page()
    errors = []
    page.on("console", lambda message: errors.append(message) if message.type == "error" else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(f"{live_server.url}{path}")
    page.get_by_text("Players, sensors, cameras").first.wait_for(timeout=60_000)
    assert [error.text for error in errors if LOGO not in error.text] == []
