"""Presigned addresses of stored objects.

Signing time is rounded down to the quarter of an hour, so that the same file has the same address for every device
within it: caches and CDNs hit, and signing is paid once per file, not per device. botocore makes the signature.
"""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any
from urllib.parse import quote, urlencode

from botocore.auth import S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from django.conf import settings

from dgx.core.csv_export import attachment

THUMBNAIL_MIME = "image/jpeg"
QUANTUM = timedelta(minutes=15)
SLOWEST_BYTES_PER_S = 250_000
"""A device on a line of 250 kB/s still gets a whole file through one address."""
MARGIN_S = 300
LIFETIME_MAX_S = 604_800
"""Seven days: the longest that S3 signs for."""


class _QuantisedAuth(S3SigV4QueryAuth):
    """botocore's query signer, at a given instant in place of now."""

    def __init__(self, at: datetime, expires: int) -> None:
        credentials = Credentials(settings.S3_ACCESS_KEY_ID, settings.S3_SECRET_ACCESS_KEY)
        super().__init__(credentials, "s3", settings.AWS_REGION, expires=expires)
        self._at = at.strftime("%Y%m%dT%H%M%SZ")

    def _modify_request_before_signing(self, request: Any) -> None:
        request.context["timestamp"] = self._at
        super()._modify_request_before_signing(request)


def quantised(now: datetime) -> datetime:
    """The start of the quarter of an hour that `now` lies in, UTC."""
    stamp = int(now.timestamp())
    return datetime.fromtimestamp(stamp - stamp % int(QUANTUM.total_seconds()), UTC)


def lifetime_s(size: int, poll_interval_s: int) -> int:
    """Seconds that an address has to live from now: twice the poll interval, or the time that a slow line needs for
    the file, whichever is more, and a margin."""
    return min(
        LIFETIME_MAX_S - int(QUANTUM.total_seconds()), max(2 * poll_interval_s, size // SLOWEST_BYTES_PER_S) + MARGIN_S
    )


def signed_url(key: str, *, mime: str, now: datetime, lifetime: int) -> str:
    """An address of the object, served as that media type whatever the store holds, that lives for at least `lifetime`
    seconds from now, the same for everyone who asks within the quarter of an hour."""
    # whole quarters, so that files of like size share a lifetime and the address stays the same from poll to poll
    quarter = int(QUANTUM.total_seconds())
    expires = min(LIFETIME_MAX_S, (lifetime // quarter + 2) * quarter)
    return _sign(key, quantised(now), expires, mime, "")


def signed_until(now: datetime, lifetime: int) -> datetime:
    """When the address that `signed_url` gives for the same arguments stops working."""
    quarter = int(QUANTUM.total_seconds())
    return quantised(now) + timedelta(seconds=min(LIFETIME_MAX_S, (lifetime // quarter + 2) * quarter))


def download_url(key: str, *, mime: str, now: datetime, expires: int, filename: str) -> str:
    """An address for a person or an old client: the object downloads under `filename` as this media type, and the
    address lives for at least `expires` seconds, a quarter of an hour more at most."""
    at = signed_at(now, expires)
    quarter = int(QUANTUM.total_seconds())
    return _sign(key, at, expires + (quarter if _is_shared(expires) else 0), mime, attachment(filename))


def signed_at(now: datetime, expires: int) -> datetime:
    """The instant that such an address is signed under; the same for everyone who asks within the quarter of an hour,
    where it is to live for longer than that."""
    return quantised(now) if _is_shared(expires) else now.astimezone(UTC).replace(microsecond=0)


def _is_shared(expires: int) -> bool:
    quarter = int(QUANTUM.total_seconds())
    return quarter <= expires <= LIFETIME_MAX_S - quarter


@lru_cache(maxsize=5_000)
def _sign(key: str, at: datetime, expires: int, content_type: str, disposition: str) -> str:
    overrides = {
        name: value
        for name, value in (
            ("response-content-disposition", disposition),
            ("response-content-type", with_charset(content_type)),
        )
        if value
    }
    query = f"?{urlencode(overrides, quote_via=quote)}" if overrides else ""
    request = AWSRequest(method="GET", url=f"{_object_base()}/{quote(key, safe='/-_.~')}{query}")
    _QuantisedAuth(at, expires).add_auth(request)
    return str(request.url)


def with_charset(mime: str) -> str:
    """The Content-Type of that media type: pages are UTF-8."""
    return "text/html; charset=utf-8" if mime == "text/html" else mime


def _object_base() -> str:
    """Where the bucket's objects are addressed: path style on an own endpoint, the virtual host on AWS."""
    if settings.S3_PUBLIC_ENDPOINT_URL:
        return f"{settings.S3_PUBLIC_ENDPOINT_URL.rstrip('/')}/{settings.S3_BUCKET}"
    return f"https://{settings.S3_BUCKET}.s3.{settings.AWS_REGION}.amazonaws.com"
