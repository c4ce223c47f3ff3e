"""Fixtures of rate limits' tests: how often somebody may call, and a clock that stands."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
import time_machine
from rest_framework.settings import api_settings


@pytest.fixture
def rate(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], None]:
    """Sets the rate of a scope."""
    return lambda scope, text: monkeypatch.setitem(api_settings.DEFAULT_THROTTLE_RATES, scope, text)


@pytest.fixture
def frozen() -> Iterator[time_machine.Traveller]:
    """It is 9:30 until the test moves the clock."""
    with time_machine.travel(datetime(2026, 3, 10, 9, 30, tzinfo=UTC), tick=False) as clock:
        yield clock
