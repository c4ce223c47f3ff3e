"""The admin over a large fleet: every list and the home page over HTTP, a move of all devices, a playlist's edit."""

import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http.client import HTTPConnection
from importlib import import_module
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.contrib import admin
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import connection
from django.test import Client as InProcess
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from benchmarks.client import Client
from benchmarks.core import Benchmark, Figure, at_most
from benchmarks.data import api_key, number
from benchmarks.errors import BenchmarkError
from benchmarks.rig import Rig, Server
from devices.models import Device, Group
from dgx.demo.makefleet import Size, make_fleet
from locations.models import Chain
from media_library.models import Link, Video

DEVICES = "/admin/devices/device/"
_CSRF = "b" * 32
_TRANSACTION = "SELECT pg_current_xact_id()::text::bigint"
_LINKS_WRITTEN = "SELECT count(*) FROM media_library_link WHERE xmin::text::bigint >= %(since)s"
_VERSIONS_WRITTEN = """
SELECT (SELECT count(*) FROM devices_device WHERE xmin::text::bigint >= %(since)s)
     + (SELECT count(*) FROM devices_group WHERE xmin::text::bigint >= %(since)s)
     + (SELECT count(*) FROM locations_shop WHERE xmin::text::bigint >= %(since)s)
"""


@dataclass(frozen=True)
class Page:
    """What one page took: queries, and the 95th percentile of its time over HTTP."""

    path: str
    queries: int
    p95_ms: float


class AdminPages(Benchmark):
    title = "the admin with 100,000 devices, 20,000 media and 10,000,000 logs"
    figures = {
        "slowest": Figure("slowest list, or the home page (p95)", "ms", at_most(300), sized=True),
        "queries": Figure("most queries of one page", "", at_most(12)),
        "pages": Figure("pages", ""),
        "move": Figure("bulk move of all devices", "s", at_most(5), sized=True),
        "links": Figure("rows written for each link of a group's playlist", "", at_most(1)),
        "versions": Figure("versions written by that edit", "", at_most(1)),
    }
    runs = 1

    def setup(self, rig: Rig) -> None:
        size = Size() if not rig.quick else Size(2_000, 100, 50, 500, 500, 50_000)
        self.devices = size.devices
        self.database = rig.database()
        for _step in make_fleet(size=size, interval_s=36_000, now=timezone.now(), add=False):
            pass
        rig.settle()
        call_command("collectstatic", interactive=False, verbosity=0)
        self.key = api_key()
        self.web = rig.web(self.database)
        self.browser = Browser(self.web, User.objects.get(username="bench"))
        self.times = 10 if rig.quick else 40

    def run(self, rig: Rig) -> Mapping[str, float]:
        pages = [Page(path, _queries(path), self.browser.p95_ms(path, self.times)) for path in _paths()]
        for page in sorted(pages, key=lambda page: -page.p95_ms):
            print(f"{page.p95_ms:8.0f} ms {page.queries:3} queries  {page.path}", file=sys.stderr)
        links, versions = self._edit()
        return {
            "slowest": max(page.p95_ms for page in pages),
            "queries": max(page.queries for page in pages),
            "pages": len(pages),
            "move": self._move(),
            "links": links,
            "versions": versions,
        }

    def _move(self) -> float:
        """Seconds until every device is in another group, by the list's own action."""
        group = Group.objects.order_by("-pk")[0]
        first = Device.objects.order_by("pk")[0]
        values = {"action": "assign_group", "_selected_action": first.pk, "select_across": 1, "target": group.pk}
        began = time.perf_counter()
        self.browser.post(DEVICES, {**values, "confirmed": 1})
        taken = time.perf_counter() - began
        if group.devices.count() != self.devices:
            raise BenchmarkError("the move left devices behind")
        return taken

    def _edit(self) -> tuple[float, float]:
        """Rows that a new order of a group's playlist writes: for each link, and of versions."""
        group = Group.objects.exclude(devices__links__isnull=False).order_by("pk")[0]  # no member has its own
        names = Video.objects.ready().order_by("pk").values_list("public_id", flat=True)
        videos = [str(public_id) for public_id in names[:20]]
        client, address = Client(self.web, f"Bearer {self.key}"), f"/api/v1/groups/{group.public_id}/videos"
        client.call("PUT", address, {"videos": videos})
        since = number(_TRANSACTION)
        client.call("PUT", address, {"videos": videos[::-1]})
        links = Link.objects.filter(group=group).count()
        return number(_LINKS_WRITTEN, since=since) / links, number(_VERSIONS_WRITTEN, since=since)


class Browser:
    """Somebody who has logged in."""

    def __init__(self, server: Server, user: User) -> None:
        session = import_module(settings.SESSION_ENGINE).SessionStore()
        session[SESSION_KEY] = str(user.pk)
        session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
        session[HASH_SESSION_KEY] = user.get_session_auth_hash()
        session.create()
        self._server = server
        self._headers = {
            "Cookie": f"{settings.SESSION_COOKIE_NAME}={session.session_key}; {settings.CSRF_COOKIE_NAME}={_CSRF}",
            "X-CSRFToken": _CSRF,
            "Accept-Encoding": "gzip",
        }

    def p95_ms(self, path: str, times: int) -> float:
        """The 95th percentile of so many GETs one after another."""
        taken = sorted(self._timed_get(path) for _ in range(times))
        return taken[min(times - 1, int(times * 0.95))] * 1000

    def _timed_get(self, path: str) -> float:
        began = time.perf_counter()
        self._call("GET", path, None, 200)
        return time.perf_counter() - began

    def post(self, path: str, values: Mapping[str, object]) -> None:
        """Send a form; the answer has to lead on."""
        self._call("POST", path, urlencode(values), 302)

    def _call(self, method: str, path: str, body: str | None, expected: int) -> None:
        line = HTTPConnection(urlsplit(self._server.url).netloc, timeout=120)
        form = {"Content-Type": "application/x-www-form-urlencoded"} if body else {}
        line.request(method, path, body, {**self._headers, **form})
        answer = line.getresponse()
        content = answer.read()
        line.close()
        if answer.status != expected:
            raise BenchmarkError(f"{path} was answered {answer.status}: {content[:300]!r}")


def _paths() -> Iterator[str]:
    """The home page and the list of every model that has one: the chain's single row has none."""
    yield reverse("admin:index")
    for model in set(admin.site._registry) - {Chain}:
        yield reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")


def _queries(path: str) -> int:
    """Queries of the page, asked for within this process; the second time, as for somebody who works there."""
    client = InProcess(HTTP_HOST="localhost")
    client.force_login(User.objects.get(username="bench"), "django.contrib.auth.backends.ModelBackend")
    client.get(path)
    with CaptureQueriesContext(connection) as caught:
        client.get(path)
    return len(caught)


BENCHMARK = AdminPages
