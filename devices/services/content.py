"""What a device holds against what it should, in the versions that its manifest's tag is made of."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from locations.models import Chain

_TAG = re.compile(r"d(\d+)\.(\d+)-g(\d+)\.(\d+)-s(\d+)\.(\d+)(?:-c(\d+))?")


@dataclass(frozen=True)
class Awaited:
    """A newer version that the device does not hold yet. `held` None: it held another group's or shop's, or nothing;
    `since` None: not kept."""

    of: str
    held: int | None
    should: int
    since: datetime | None


def versions_in(tag: str) -> dict[str, tuple[int, int]] | None:
    """(id, version) of the device, group, shop and chain that a tag is made of; None for what is no tag of ours."""
    found = _TAG.fullmatch(tag)
    if not found:
        return None
    d, dv, g, gv, s, sv, cv = (int(number or 0) for number in found.groups())
    return {"device": (d, dv), "group": (g, gv), "shop": (s, sv), "chain": (1, cv)}


def awaited(device: Any) -> list[Awaited]:
    """The newer versions that wait for the device, the oldest first; none where it holds what it should, nor of what
    has never had any content. The device
    comes from `with_tag`, with its group and shop; one statement where the chain's version is a newer one."""
    if device.holds_tag:
        return []
    held, should = versions_in(device.presence.held_tag) or {}, versions_in(device.tag) or {}
    steps = [
        Awaited(words, held[kind][1] if kind in held and held[kind][0] == key else None, version, since)
        for kind, (key, version) in should.items()
        if key and version and held.get(kind) != (key, version)
        for words, since in [_source(device, kind)]
    ]
    return sorted(steps, key=lambda step: (step.since is None, step.since))


def _source(device: Any, kind: str) -> tuple[str, datetime | None]:
    """Whose version it is, and since when it is that."""
    match kind:
        case "device":
            return "the device's own playlist", device.content_changed_at
        case "group":
            return f"group {device.group}", device.group.content_changed_at
        case "shop":
            return f"shop {device.shop}", device.shop.content_changed_at
    changed_at = Chain.objects.values_list("content_changed_at", flat=True).first()
    return "the whole chain", changed_at
