"""A device's status as the admin's lists, panels and pages show it: one badge, the evidence with it."""

from datetime import datetime
from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString

from devices.services.status import status_of
from dgx.core.admin.words import badge


def status_badge(device: Any, now: datetime) -> SafeString:
    """The status in colour with how long it lasts, the evidence as its title. The device comes from `with_status`."""
    status = status_of(device, now)
    return badge(status.tone, status.in_words(now), " ".join(status.reasons))


def status_cell(device: Any, now: datetime) -> SafeString:
    """The badge, and below it the evidence in words where somebody should look into it."""
    status = status_of(device, now)
    if not status.needs_a_look:
        return status_badge(device, now)
    reasons = " ".join(status.reasons)
    return format_html('{}<div class="dgx-reason dgx-quiet">{}</div>', status_badge(device, now), reasons)
