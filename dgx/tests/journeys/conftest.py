"""The demo's chain, alive, and people who visit its admin."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User

from dgx.tests.journeys.chain import open_the_chain
from dgx.tests.journeys.visit import Visit


@pytest.fixture
def chain(transactional_db: None) -> None:
    """Three shops with their screens, some of which report, one of which is hot and one silent."""
    open_the_chain()


@pytest.fixture
def visit(chain: None, live_server: Any, new_context: Callable[..., Any]) -> Iterator[Callable[..., Visit]]:
    """Makes a visit; give it the user who comes, or nobody. At the end nothing may have gone wrong on any page."""
    visits: list[Visit] = []

    def make(user: User | None = None, **context: Any) -> Visit:
        made = Visit(new_context(**context).new_page(), live_server.url)
        visits.append(made)
        return made.log_in(user) if user else made

    yield make
    assert [error for made in visits for error in made.errors] == []
