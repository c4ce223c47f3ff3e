"""New hardware takes a device's place: its links, group, shop, name and settings move over, the old one is retired.

What a device has in the layers above is moved by them: they add themselves to BELONGINGS. Reports and logs stay with
the hardware that made them, under the old name with the day until which it bore it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import AbstractBaseUser, User
from django.db import transaction

from devices.models import Device, Pairing
from devices.services.enrolment import approve_pairing, retire
from devices.services.pairing_codes import find_waiting
from dgx.core import audit
from dgx.core.errors import Conflict, Forbidden, Invalid, NotFound
from dgx.core.scope import refuse_beyond_limit
from dgx.core.validators import NAME_MAX_LENGTH

NOTES_MAX_LENGTH = 4000


@dataclass(frozen=True)
class Belonging:
    """What a device has and its replacement takes over. `count` says how many, `move` moves them; both take few
    statements. Moving them needs `permission`."""

    one: str
    many: str
    permission: str
    count: Callable[[Device], int]
    move: Callable[[Device, Device], None]

    def of(self, device: Device) -> str:
        """“3 links of its own”; empty for none."""
        number = self.count(device)
        return f"{number:,} {self.one if number == 1 else self.many}" if number else ""


BELONGINGS: list[Belonging] = []


@dataclass(frozen=True)
class Hardware:
    """What is to stand there from now on: a known device, or a screen that waits with a code."""

    device: Device | None = None
    pairing: Pairing | None = None

    def __str__(self) -> str:
        return str(self.device) if self.device else f"{self.said.mobile_id} (code {self.said.code})"

    @property
    def said(self) -> Pairing:
        """The pairing of a screen that waits."""
        if self.pairing is None:
            raise LookupError("known hardware has no code")
        return self.pairing

    @property
    def kind(self) -> str:
        """What it is."""
        return self.device.kind if self.device else self.said.kind

    @property
    def mobile_id(self) -> str:
        """What is printed on it."""
        return self.device.mobile_id if self.device else self.said.mobile_id


def find_hardware(*, by: User, now: datetime, code: str = "", device: Device | None = None) -> Hardware:
    """By the code on its screen, or as a device that is known. Raises Invalid unless just one is given, and for a code
    that no screen shows; TooManyRequests for a person who tries many of these."""
    if bool(code.strip()) == (device is not None):
        raise Invalid("Give a pairing code or another device.", field="pairing_code")
    if device is not None:
        return Hardware(device=device)
    try:
        return Hardware(pairing=find_waiting(code, by=by, now=now))
    except NotFound as unknown:
        raise Invalid(unknown.message, field="pairing_code", code=unknown.code) from unknown


def preview(old: Device, new: Hardware, *, by: User) -> list[str]:
    """What `replace` would do, a sentence each. Raises what it would raise."""
    _check(old, new, by)
    place = [f"{noun} {there}" for noun, there in (("group", old.group), ("shop", old.shop)) if there]
    moving = [words for each in BELONGINGS if (words := each.of(old))]
    lines = [
        f"{new} takes the place of {old}: {', '.join(place) or 'no group and no shop'}.",
        f"It is called {old.name} from then on." if old.name else "It keeps its own name.",
        f"It takes over {', '.join(moving)}." if moving else "There is nothing linked to the old one alone.",
        f"{old.mobile_id} is retired: its token stops working. Its logs and history stay with it, as “{_past(old)}”.",
    ]
    return [*lines, *_what_gives_way(old, new)]


@transaction.atomic
def replace(old: Device, new: Hardware, *, by: User, now: datetime) -> Device:
    """Put new hardware in the place of `old`, which is retired; returns the device that stands there now.

    Raises Invalid for hardware that cannot, Forbidden for what the person may not move, NotFound and Conflict where
    somebody else was faster.
    """
    _check(old, new, by)
    audit.describe(f"Replace {old} by {new.mobile_id}")
    to = new.device or _let_in(old, new.said, by=by, now=now)
    old, to = _locked(old.pk, to.pk)
    for each in BELONGINGS:
        each.move(old, to)
    _hand_over(old, to, by=by, now=now)
    retire(Device.objects.filter(pk=old.pk), now=now)
    for device in (old, to):
        refuse_beyond_limit(device, by)
    return to


def _check(old: Device, new: Hardware, by: User) -> None:
    """Raises a refusal unless this hardware can stand there, and this person may put it there."""
    if new.mobile_id == old.mobile_id:
        raise Invalid("This is the same device. To let it in once more, allow its re-pairing.", field="device")
    if new.kind != old.kind:
        raise Invalid(f"A {new.kind} cannot take the place of a {old.kind}.", field="device")
    if new.device and new.device.state == Device.State.RETIRED:
        raise Invalid(f"{new.device} is retired. Allow its re-pairing first.", field="device")
    needed = ["devices.change_device"] if new.device else ["devices.change_pairing", "devices.add_device"]
    needed += [each.permission for each in BELONGINGS if each.count(old)]
    missing = [permission for permission in needed if not by.has_perm(permission)]
    if missing:
        raise Forbidden(f"It needs a right that you do not have: {', '.join(missing)}.")
    for device in filter(None, (old, new.device)):
        refuse_beyond_limit(device, by)


def _what_gives_way(old: Device, new: Hardware) -> list[str]:
    """What the new hardware has of its own so far."""
    if new.device is None:
        return []
    own = [
        f"{noun} {mine}"
        for noun, mine, his in (
            ("name", new.device.name, old.name),
            ("group", new.device.group, old.group),
            ("shop", new.device.shop, old.shop),
        )
        if mine and mine != his
    ]
    kept = [words for each in BELONGINGS if (words := each.of(new.device))]
    said = [f"Its own {', '.join(own)} {'give' if len(own) > 1 else 'gives'} way."] if own else []
    return [*said, f"It has {', '.join(kept)} already; they stay."] if kept else said


def _let_in(old: Device, pairing: Pairing, *, by: AbstractBaseUser, now: datetime) -> Device:
    device = approve_pairing(code=pairing.code, by=by, now=now, group=old.group, shop=old.shop).device
    if device is None:
        raise NotFound("The screen's code ran out meanwhile.")
    return device


def _locked(*keys: int) -> tuple[Device, Device]:
    """Both, locked in the order of their ids. Raises Conflict when one is gone."""
    found = Device.objects.filter(pk__in=keys).select_related("group", "shop").order_by("pk")
    rows = {device.pk: device for device in found.select_for_update(of=("self",), no_key=True)}
    if len(rows) < len(keys):
        raise Conflict("One of the two devices was deleted meanwhile.")
    return rows[keys[0]], rows[keys[1]]


def _hand_over(old: Device, to: Device, *, by: User, now: datetime) -> None:
    """The name, the place and the settings go over; each says in its notes where it went."""
    day = f"{now:%-d %b %Y}"
    to.group, to.shop, to.name = old.group, old.shop, old.name or to.name
    to.report_interval_s, to.missed_reports = old.report_interval_s, old.missed_reports
    to.notes = _noted(f"In the place of {old.mobile_id} since {day} ({by.get_username()}).", old.notes, to.notes)
    old.notes = _noted(f"Replaced by {to.mobile_id} on {day} ({by.get_username()}).", old.notes)
    old.name = _past(old, now)
    to.save(update_fields=["group", "shop", "name", "report_interval_s", "missed_reports", "notes"])
    old.save(update_fields=["name", "notes"])


def _past(old: Device, now: datetime | None = None) -> str:
    """The name under which its history stands."""
    end = f" (until {now:%-d %b %Y})" if now else " (until today)"
    return (old.name or old.mobile_id)[: NAME_MAX_LENGTH - len(end)] + end


def _noted(*parts: str) -> str:
    return "\n".join(part for part in dict.fromkeys(parts) if part)[:NOTES_MAX_LENGTH]
