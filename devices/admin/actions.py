"""What an operator does to many devices at once. Each asks first, calls a service, and leaves a line in the history."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from devices.models import Device, Group
from devices.services import enrolment
from dgx.core.admin.steps import ask, is_confirmed, note, show_secrets
from dgx.core.admin.widgets import KnownAutocomplete
from dgx.core.errors import Refusal
from locations.models import Shop

TOKENS_AT_ONCE = 50
"""More new tokens than this nobody copies by hand from a page."""


class PlaceForm(forms.Form):
    """Chooses a group or a shop; empty takes the devices out of theirs."""

    def __init__(self, page: Any, field: str, data: Any = None) -> None:
        super().__init__(data)
        model: type[Group | Shop] = Group if field == "group" else Shop
        self.fields["target"] = forms.ModelChoiceField(
            model._default_manager.all(),
            required=False,
            label=field.capitalize(),
            help_text=f"Empty: out of any {field}.",
            widget=KnownAutocomplete(Device._meta.get_field(field), page.admin_site),
        )


def _assign(page: Any, request: HttpRequest, queryset: QuerySet[Device], field: str) -> HttpResponse | None:
    form = PlaceForm(page, field, request.POST if is_confirmed(request) else None)
    if not form.is_valid():
        title = f"Assign a {field}"
        text = f"These devices join the {field} that you choose and play what is linked to it."
        return ask(
            request, page, queryset, action=f"assign_{field}", title=title, text=text, button="Assign", form=form
        )
    target = form.cleaned_data["target"]
    devices = list(queryset)
    moved = Device.objects.filter(pk__in=[device.pk for device in devices]).assign(**{field: target})
    note(request, devices, f"{field.capitalize()}: {target or 'none'}.")
    page.message_user(request, f"{moved} devices are now in {target or f'no {field}'}.", messages.SUCCESS)
    return None


@admin.action(description="Assign a group…", permissions=["change"])
def assign_group(page: Any, request: HttpRequest, queryset: QuerySet[Device]) -> HttpResponse | None:
    """Put the devices into a group."""
    return _assign(page, request, queryset, "group")


@admin.action(description="Assign a shop…", permissions=["change"])
def assign_shop(page: Any, request: HttpRequest, queryset: QuerySet[Device]) -> HttpResponse | None:
    """Put the devices into a shop."""
    return _assign(page, request, queryset, "shop")


@admin.action(description="Retire…", permissions=["change"])
def retire(page: Any, request: HttpRequest, queryset: QuerySet[Device]) -> HttpResponse | None:
    """Take the devices out of service."""
    if not is_confirmed(request):
        text = "Their tokens stop working at once; their history stays. They can be re-paired later."
        return ask(
            request, page, queryset, action="retire", title="Retire devices", text=text, button="Retire", danger=True
        )
    devices = list(queryset.exclude(state=Device.State.RETIRED))
    changed = enrolment.retire(Device.objects.filter(pk__in=[d.pk for d in devices]), now=timezone.now())
    note(request, devices, "Retired.")
    page.message_user(request, f"Retired: {changed}.", messages.SUCCESS)
    return None


@admin.action(description="Allow re-pairing…", permissions=["change"])
def allow_pairing(page: Any, request: HttpRequest, queryset: QuerySet[Device]) -> HttpResponse | None:
    """Let the devices come in once more."""
    if not is_confirmed(request):
        text = "Their tokens stop working at once; each may come in again by a pairing code or an enrolment key."
        title = "Allow re-pairing"
        return ask(request, page, queryset, action="allow_pairing", title=title, text=text, button="Allow", danger=True)
    devices = list(queryset)
    changed = enrolment.allow_pairing(Device.objects.filter(pk__in=[d.pk for d in devices]), now=timezone.now())
    note(request, devices, "Re-pairing allowed; its tokens were revoked.")
    page.message_user(request, f"May be paired again: {changed}.", messages.SUCCESS)
    return None


@admin.action(description="Rotate token…", permissions=["change"])
def rotate_token(page: Any, request: HttpRequest, queryset: QuerySet[Device]) -> HttpResponse | None:
    """New tokens, shown on the next page and nowhere else."""
    devices = list(queryset[: TOKENS_AT_ONCE + 1])
    if len(devices) > TOKENS_AT_ONCE:
        page.message_user(request, f"At most {TOKENS_AT_ONCE} tokens at once.", messages.ERROR)
        return None
    if not is_confirmed(request):
        text = "Each gets a new token, shown once on the next page. The old one works for 24 hours more."
        return ask(
            request, page, queryset, action="rotate_token", title="Rotate tokens", text=text, button="Make new tokens"
        )
    return _rotate(page, request, devices)


def _rotate(page: Any, request: HttpRequest, devices: list[Device]) -> HttpResponse | None:
    now, secrets, rotated = timezone.now(), [], []
    for device in devices:
        try:
            secrets.append((str(device), enrolment.rotate_token(device, now=now)))
            rotated.append(device)
        except Refusal as refusal:
            page.message_user(request, refusal.message, messages.ERROR)
    if not secrets:
        return None
    note(request, rotated, "Token rotated.")
    text = "Put each on its device. They are shown this once; the old ones stop working in 24 hours."
    return show_secrets(request, page, title="Copy the new tokens now", text=text, secrets=secrets)
