"""A person at the admin: a page that is watched for errors, for requests that leave the machine and for faults of
accessibility, and whose pictures are kept."""

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.models import User
from django.contrib.sessions.backends.base import SessionBase
from django.utils.module_loading import import_string

PICTURES = os.environ.get("SCREENSHOTS")
"""A folder for the pictures; `make screenshots` takes those that illustrate docs/operating from it."""
HOME = {"127.0.0.1", "localhost", ""}
GRAVE = {"serious", "critical"}
PHONE = {"width": 390, "height": 844}


@dataclass
class Visit:
    """One browser profile of one person."""

    page: Any
    address: str
    errors: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.set_default_timeout(20_000)
        self.page.on("pageerror", lambda error: self.errors.append(f"script: {error}"))
        self.page.on("console", self._heard)
        self.page.on("request", self._asked)

    def log_in(self, user: User) -> "Visit":
        """Come in without the form; the first journey goes through it."""
        store: type[SessionBase] = import_string(f"{settings.SESSION_ENGINE}.SessionStore")
        session = store()
        session[SESSION_KEY] = str(user.pk)
        session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
        session[HASH_SESSION_KEY] = user.get_session_auth_hash()
        session.create()
        cookie = {"name": settings.SESSION_COOKIE_NAME, "value": session.session_key, "url": self.address}
        self.page.context.add_cookies([cookie])
        return self

    def open(self, path: str) -> "Visit":
        """Go to an address below the site's own."""
        self.page.goto(f"{self.address}{path}")
        return self

    def look(self, name: str) -> None:
        """Judge the page as axe-core does, and keep its picture under `name`."""
        self.page.wait_for_load_state("networkidle")
        found = Axe().run(self.page).response["violations"]
        faults = [_in_words(fault) for fault in found if fault["impact"] in GRAVE]
        assert not faults, f"{name}: {faults}"
        if PICTURES:
            folder = Path(PICTURES)
            folder.mkdir(parents=True, exist_ok=True)
            self.page.screenshot(path=folder / f"{name}.png")

    def says(self, text: str) -> bool:
        """The page shows that text."""
        self.page.get_by_text(text).filter(visible=True).first.wait_for()  # a closed menu may say it as well
        return True

    def _heard(self, message: Any) -> None:
        if message.type == "error":
            self.errors.append(f"console: {message.text} ({message.location.get('url')})")

    def _asked(self, request: Any) -> None:
        if urlsplit(request.url).hostname not in HOME and not request.url.startswith(("data:", "blob:")):
            self.errors.append(f"left the machine: {request.url}")


def choose(visit: Visit, field: str, text: str) -> None:
    """Pick from an autocompleted field as a person does: open it, type, take the first."""
    page = visit.page
    page.locator(f"[name={field}] + .select2").click()
    page.locator(".select2-search__field").last.fill(text)
    page.locator(".select2-results__option", has_text=text).first.click()


def _in_words(fault: dict[str, Any]) -> str:
    places = [f"{node['target']} {node.get('failureSummary', '')}" for node in fault["nodes"][:5]]
    return f"{fault['id']} ({fault['impact']}): {fault['help']} at {places}"
