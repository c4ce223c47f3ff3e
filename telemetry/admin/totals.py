"""Totals of proof of play as panels show them."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from dgx.core.admin.words import length_in_words
from telemetry.querysets import PlayHourQuerySet

STRETCH = timedelta(days=30)
SHOWN = 10


def totals_since(plays: PlayHourQuerySet, now: datetime, *, name: str, without: str, query: str) -> Mapping[str, Any]:
    """The plays of the last 30 days by the field `name`, the most played first: `rows` of (name, times, how long).
    Rows that have no name are called `without`; `query` leads to them in the list."""
    found = plays.filter(hour__gte=now - STRETCH).totals(name)[:SHOWN]
    rows = [(row[name] or without, row["plays"], length_in_words(row["shown_s"])) for row in found]
    return {"rows": rows, "days": STRETCH.days, "query": query}
