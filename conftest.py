"""Fixtures that every app's tests share: people and devices, with their API clients, and a real browser."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.core.cache import cache
from django.db import connection, connections, transaction
from django.test import TransactionTestCase
from pytest_django.fixtures import Settings
from pytest_django.plugin import DjangoDbBlocker
from rest_framework.test import APIClient

from devices.models import Device
from devices.tests.factories import enrolled_device
from dgx.core.scope import limit_of
from dgx.stack.template import to_copy
from dgx.tests.chromium import chromium, launch_options
from dgx.tests.order import reorder
from dgx.tests.snapshot import Snapshot


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """After pytest-django, which sorts what waits to the end."""
    reorder(config, items)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings: None) -> None:
    """Of several processes each copies what was migrated once."""
    connection.settings_dict["TEST"]["TEMPLATE"] = to_copy(Path(os.environ["DGX_VAR"]))


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """The migrated database, which every test finds as it is now, also after one that committed."""
    with django_db_blocker.unblock():
        as_migrated = Snapshot.remember()

    def put_back(case: TransactionTestCase) -> None:
        as_migrated.put_back()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", put_back)
        yield
    connections.close_all()  # since a browser was started, it is another one than the one that Django knows to close


@pytest.fixture(scope="module")
def module_db(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Rows that a fixture of a whole module makes: each test begins with them, what it changes is undone, and they go
    with the module. Its tests may not commit (`transactional_db`, `live_server`)."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.fixture(autouse=True)
def _quick_passwords(settings: Settings) -> None:
    """Hashing as slowly as production does would be most of the suite's time."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(autouse=True)
def _clean_cache() -> Iterator[None]:
    """Rate limits and caches of one test are none of the next one's."""
    yield
    cache.clear()


@pytest.fixture
def admin_user(db: None) -> User:
    """May do everything."""
    return User.objects.create_superuser("admin", "admin@example.com", "correct horse battery")


@pytest.fixture
def user_with(db: None) -> Callable[..., User]:
    """Makes a staff user with just these permissions, each `app.codename`."""

    def make(*permissions: str, username: str = "someone") -> User:
        user = User.objects.create_user(username, password="correct horse battery", is_staff=True)  # noqa: S106
        for permission in permissions:
            app, codename = permission.split(".")
            user.user_permissions.add(Permission.objects.get(content_type__app_label=app, codename=codename))
        return user

    return make


@pytest.fixture
def api() -> APIClient:
    """A stranger: no credential."""
    return APIClient()


@pytest.fixture
def admin_api(admin_user: User) -> APIClient:
    """Somebody who may do everything. That no shop limits them is known, so tests count a view's own statements."""
    client = APIClient()
    limit_of(admin_user)
    client.force_authenticate(admin_user)
    return client


@pytest.fixture
def device(db: None) -> Device:
    """An enrolled device; its token is `device.plain_token`."""
    made, token = enrolled_device(mobile_id="screen-1")
    made.plain_token = token  # type: ignore[attr-defined]
    return made


@pytest.fixture
def device_api(device: Device) -> APIClient:
    """The client of that device."""
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Device {device.plain_token}")  # type: ignore[attr-defined]
    return client


@pytest.fixture(scope="module")
def playwright() -> Iterator[Any]:
    """Playwright, or a skip that says what is missing. It runs a loop in this thread, of which Django would complain;
    so it ends with the module, and only in between Django is told to bear it."""
    if chromium() is None:
        pytest.skip("no Chromium on this machine: apt install chromium, or name one by CHROMIUM")
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed (requirements-dev.txt)")
    with pytest.MonkeyPatch.context() as patch, sync_api.sync_playwright() as driver:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        yield driver


@pytest.fixture(scope="module")
def browser(playwright: Any) -> Iterator[Any]:
    """A Chromium that the module's tests share; each context is a profile of its own."""
    browser = playwright.chromium.launch(**launch_options())
    yield browser
    browser.close()


@pytest.fixture(scope="module")
def browser_context_args() -> dict[str, Any]:
    """How pytest-playwright's `page` and `context` begin: a laptop's window, without asking the network anything."""
    return {"viewport": {"width": 1440, "height": 900}, "reduced_motion": "reduce"}
