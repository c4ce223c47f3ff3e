"""Who calls: the token of a request, and what is said to a caller who has none or a wrong one."""

from datetime import datetime

from django.http import HttpRequest

from devices.services.identity import Caller, by_token
from dgx.core.credentials import hash_secret
from dgx.core.errors import Unauthenticated
from dgx.core.ratelimit import count_failure


def authenticate(request: HttpRequest, *, now: datetime) -> Caller:
    """The device that holds the request's token. Raises Unauthenticated, whose code tells a missing, an unknown, a
    revoked and an expired token and a retired device apart."""
    caller = by_token(token_hash(request), now=now)
    if caller is None:
        raise token_unknown(request)
    return caller.checked()


def token_hash(request: HttpRequest) -> str:
    """The stored form of the request's token. Raises Unauthenticated where there is none."""
    scheme, _, token = str(request.META.get("HTTP_AUTHORIZATION", "")).partition(" ")
    token = token.strip()
    if scheme.lower() != "device" or not token:
        raise Unauthenticated("Send the device's token as “Authorization: Device <token>”.")
    return hash_secret(token)


def token_unknown(request: HttpRequest) -> Unauthenticated:
    """The refusal of a token that opens nothing. Raises TooManyRequests where an address brings too many of them."""
    count_failure(request)
    return Unauthenticated("This token is unknown. Enrol the device again.", code="token_unknown")
