"""What the web answers by itself, without the application."""

import json

from dgx.core.api.errors import error_body
from dgx.core.errors import Refusal, Unavailable
from dgx.web.exchange import Exchange

RETRY_AFTER_S = 5
MODERN = "/api/v1/"


class TooSlow(Refusal):
    """A body that does not come."""

    status = 408
    code = "too_slow"


def overloaded(exchange: Exchange) -> None:
    """503: there is more to do than can be done in time."""
    refuse(exchange, Unavailable("Too many requests are under way. Try again.", code="overloaded"))


def given_up(exchange: Exchange) -> None:
    """503: it is worked on and does not end."""
    refuse(exchange, Unavailable("The answer takes too long. Try again."))


def too_slow(exchange: Exchange) -> None:
    """408: a body does not come."""
    refuse(exchange, TooSlow("The body did not come in time."))


def refuse(exchange: Exchange, refusal: Refusal) -> None:
    """Answer in the shape of the address, that of /api/v1 or the old routes', and end the connection."""
    modern = exchange.environ["PATH_INFO"].startswith(MODERN)
    body = json.dumps(error_body(refusal) if modern else {"detail": refusal.message}).encode()
    headers = {"Content-Type": "application/json", "Content-Length": str(len(body)), "Connection": "close"}
    if isinstance(refusal, Unavailable):
        headers["Retry-After"] = str(RETRY_AFTER_S)
    exchange.answer(refusal.status, headers.items(), body)
