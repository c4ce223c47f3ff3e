"""Presigned addresses: the same within a quarter of an hour, alive long enough, and good at the store."""

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
import urllib3
from django.core.files.base import ContentFile
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from media_library.models.video import media_storage
from media_library.services.signing import (
    LIFETIME_MAX_S,
    download_url,
    lifetime_s,
    quantised,
    signed_until,
    signed_url,
)

NOW = datetime(2026, 3, 10, 9, 37, 12, tzinfo=UTC)


def expiry(url: str) -> datetime:
    """What the address itself says of its end."""
    query = parse_qs(urlsplit(url).query)
    signed = datetime.strptime(query["X-Amz-Date"][0], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    return signed + timedelta(seconds=int(query["X-Amz-Expires"][0]))


def test_an_address_stays_the_same_for_a_quarter_of_an_hour():
    first, last, next_one = (
        signed_url("a/b.mp4", mime="video/mp4", now=NOW.replace(minute=minute, second=second), lifetime=600)
        for minute, second in ((30, 0), (44, 59), (45, 0))
    )
    assert first == last != next_one


@given(
    st.integers(0, 10**12),
    st.integers(1, 86_400),
    st.datetimes(datetime(2025, 1, 1), datetime(2030, 1, 1)),  # noqa: DTZ001
)
def test_an_address_lives_as_long_as_the_file_and_the_poll_need(size, interval, moment):
    now = moment.replace(tzinfo=UTC)
    lifetime = lifetime_s(size, interval)
    until = signed_until(now, lifetime)
    assert until - now >= timedelta(seconds=lifetime)
    assert until - quantised(now) <= timedelta(seconds=LIFETIME_MAX_S)
    assert lifetime >= min(LIFETIME_MAX_S - 900, 300 + max(2 * interval, size // 250_000))


@given(st.integers(0, 10**11), st.integers(1, 86_400))
def test_the_end_that_we_tell_is_the_one_in_the_address(size, interval):
    lifetime = lifetime_s(size, interval)
    assert expiry(signed_url("k", mime="", now=NOW, lifetime=lifetime)) == signed_until(NOW, lifetime)


def test_a_key_of_odd_characters_is_one_path():
    url = signed_url("a b/ü?#&+.mp4", mime="", now=NOW, lifetime=60)
    assert urlsplit(url).path.endswith("/a%20b/%C3%BC%3F%23%26%2B.mp4")
    assert urlsplit(url).fragment == ""


@pytest.mark.django_db
def test_the_store_takes_the_addresses_and_no_changed_ones():
    key = media_storage().save("myvideos/signing test.bin", ContentFile(b"0123456789"))
    http, now = urllib3.PoolManager(), timezone.now()
    url = signed_url(key, mime="", now=now, lifetime=60)
    assert http.request("GET", url).data == b"0123456789"
    ranged = http.request("GET", url, headers={"Range": "bytes=4-"})
    assert (ranged.data, ranged.headers["Content-Range"]) == (b"456789", "bytes 4-9/10")
    assert http.request("GET", url[:-1] + ("0" if url[-1] != "0" else "1")).status == 403
    expired = signed_url(key, mime="", now=now - timedelta(days=8), lifetime=60)
    assert http.request("GET", expired).status in {400, 403}
    named = http.request("GET", download_url(key, mime="video/mp4", now=now, expires=60, filename="Ü.mp4"))
    assert (named.status, named.data) == (200, b"0123456789")
    http.clear()


@pytest.mark.parametrize("expires", [60, 899, 900, 3600, LIFETIME_MAX_S - 900, LIFETIME_MAX_S])
@pytest.mark.parametrize("minute", [0, 14, 15, 59])
def test_a_download_lives_for_as_long_as_was_promised_and_a_quarter_of_an_hour_more_at_most(expires, minute):
    now = NOW.replace(minute=minute, second=59)
    until = expiry(download_url("k", mime="", now=now, expires=expires, filename="k"))
    assert timedelta(seconds=expires) <= until - now <= min(timedelta(seconds=expires + 900), timedelta(days=7))


def test_downloads_of_the_same_quarter_of_an_hour_share_their_address():
    addresses = {
        download_url("k", mime="", now=NOW.replace(minute=minute, second=7), expires=3600, filename="k")
        for minute in (30, 37, 44)
    }
    assert len(addresses) == 1
