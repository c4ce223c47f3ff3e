"""System checks: what a person should know before this configuration serves anyone."""

import re
from collections.abc import Sequence
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Error, Tags, register

RATE = re.compile(r"off|[1-9]\d*/(s|sec|second|m|min|minute|h|hour|d|day)")
SERVICES = {"all", "device", "video", "shop", "group", "combined"}


@register()
def check_service(app_configs: Any, **kwargs: Any) -> Sequence[CheckMessage]:
    """dgx.E001: DGX_SERVICE names one of the old services or all."""
    if settings.DGX_SERVICE in SERVICES:
        return []
    return [
        Error(
            f"DGX_SERVICE is {settings.DGX_SERVICE!r}.",
            hint=f"Give one of: {', '.join(sorted(SERVICES))}.",
            id="dgx.E001",
        )
    ]


@register()
def check_ranges(app_configs: Any, **kwargs: Any) -> Sequence[CheckMessage]:
    """dgx.E002: numeric settings are within what the code can keep."""
    ranges = {
        "PRESIGN_EXPIRES": (60, 604_800),
        "DGX_REPORT_INTERVAL_S": (1, 86_400),
        "DGX_MISSED_REPORTS": (1, 1000),
        "DGX_SWEEP_SECONDS": (1, 3600),
        "DGX_BIN_DAYS": (1, 3650),
        "DGX_UPLOAD_PART_BYTES": (5 * 1024**2, 1024**3),
        "DGX_DECODER_MEMORY_BYTES": (256 * 1024**2, 2**44),
        "DGX_DECODER_SECONDS": (5, 200),  # a task ends after 240
        "DGX_LOG_RETENTION_DAYS": (1, 3650),  # a partition a day: more than ten years of them slow every query
        "DGX_PLAY_RETENTION_DAYS": (1, 3650),
        "DGX_AUDIT_RETENTION_DAYS": (1, 36_500),
        "DGX_MASS_SILENCE_SHARE": (0, 1),
        "DGX_PAIRING_MINUTES": (1, 1440),
        "DGX_SESSION_DAYS": (1, 365),
        "DGX_SESSION_IDLE_HOURS": (1, 8760),
        "DGX_API_KEY_DAYS": (0, 3650),
        "DGX_HOT_CELSIUS": (-50, 150),
        "DGX_DISK_LOW_BYTES": (0, 2**62),
        "DGX_CONTENT_GRACE_MINUTES": (1, 10_080),
    }
    return [
        Error(f"{name} is {value}.", hint=f"Give a number from {low} to {high}.", id="dgx.E002")
        for name, (low, high) in ranges.items()
        if not low <= (value := getattr(settings, name)) <= high
    ]


@register()
def check_rates(app_configs: Any, **kwargs: Any) -> Sequence[CheckMessage]:
    """dgx.E003: rate limits can be read."""
    rates = settings.REST_FRAMEWORK["DEFAULT_THROTTLE_RATES"]
    return [
        Error(f"DGX_{name.upper()}_RATE is {rate!r}.", hint="Give a rate as 20/min or 500/hour, or off.", id="dgx.E003")
        for name, rate in rates.items()
        if not RATE.fullmatch(rate)
    ]


@register(Tags.security, deploy=True)
def check_legacy_anonymous(app_configs: Any, **kwargs: Any) -> Sequence[CheckMessage]:
    """dgx.W001: the old routes are open to anyone who reaches the port."""
    if not settings.DGX_LEGACY_ANONYMOUS:
        return []
    return [
        checks.Warning(
            "The old routes answer without a credential (DGX_LEGACY_ANONYMOUS).",
            hint="Keep this for a network that only your devices reach, and give integrators API keys.",
            id="dgx.W001",
        )
    ]


@register(Tags.security, deploy=True)
def check_store_name(app_configs: Any, **kwargs: Any) -> Sequence[CheckMessage]:
    """dgx.W002: uploaded files are served under a name of ours, where a page among them would get our cookies."""
    name = _host(settings.S3_PUBLIC_ENDPOINT_URL or "")
    if not name or _is_loopback(name) or name not in {_host(f"//{each}") for each in settings.ALLOWED_HOSTS}:
        return []
    return [
        checks.Warning(
            f"The media store and DGX have one name, {name} (S3_PUBLIC_ENDPOINT_URL, DGX_ALLOWED_HOSTS).",
            hint="Give the store a name of its own, such as media.example.com: cookies go to every port of a name.",
            id="dgx.W002",
        )
    ]


def _host(address: str) -> str:
    """The name in an address, lower case. `.example.com`, which allows all below it, stands for example.com alone: what
    is below may well be the store's own."""
    return (urlsplit(address).hostname or "").strip(".")


def _is_loopback(name: str) -> bool:
    """A machine that serves itself: somebody tries DGX out."""
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return name == "localhost"
