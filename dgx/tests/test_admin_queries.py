"""No page of the admin asks the database more often for thirty rows of everything than for three."""

from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from dgx.tests.admin_chain import Chain
from dgx.tests.test_admin_registry import MODELS, QUERIES_MAX, address_of, label_of

pytestmark = pytest.mark.django_db


def queries_for(person: User, address: str) -> int:
    """How many the page takes after another one, with which what is read once (the session, content types) was read."""
    cache.clear()
    client = Client()
    client.force_login(person)
    ContentType.objects.get_for_models(*apps.get_models())
    client.get(reverse("admin:password_change"))
    with CaptureQueriesContext(connection) as seen:
        assert client.get(address).status_code == 200, address
    return len(seen)


class Grown:
    """A chain with thirty rows of every model, and how many queries each page took when there were three."""

    def __init__(self) -> None:
        self.owner = User.objects.create_superuser("owner")
        chain = Chain(self.owner)
        chain.grow(3)
        self.pages = {
            model: {
                "changelist": address_of(model, "changelist"),
                "change": address_of(model, "change", chain.of(model).pk),
            }
            for model in MODELS
        }
        addresses = [address for pages in self.pages.values() for address in pages.values()]
        self.queries_of_three = {address: queries_for(self.owner, address) for address in addresses}
        chain.grow(27)


@pytest.fixture(scope="module")
def grown(module_db: None) -> Grown:
    return Grown()


@pytest.mark.parametrize("which", ["changelist", "change"])
@pytest.mark.parametrize("model", MODELS, ids=label_of)
def test_a_page_needs_no_more_queries_for_thirty_of_everything_than_for_three(model: Any, which: str, grown: Grown):
    address = grown.pages[model][which]
    few = grown.queries_of_three[address]
    assert few <= QUERIES_MAX
    assert queries_for(grown.owner, address) <= few
