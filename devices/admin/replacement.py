"""“Replace this device…”: new hardware by its code or as another device, what would happen, and then it happens."""

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from unfold.decorators import action as button
from unfold.widgets import UnfoldAdminTextInputWidget

from devices.models import Device, DeviceToken
from devices.services.replacement import Hardware, find_hardware, preview, replace
from dgx.core.admin.widgets import KnownAutocomplete
from dgx.core.audit import Door, change
from dgx.core.errors import Refusal
from dgx.core.scope import changeable


class HardwareForm(forms.Form):
    """A code that a screen shows, or another device."""

    pairing_code = forms.CharField(
        required=False,
        max_length=20,
        widget=UnfoldAdminTextInputWidget,
        help_text="The six letters that the new screen shows.",
    )

    def __init__(self, page: Any, user: Any, data: Any = None) -> None:
        super().__init__(data)
        self.user = user
        self.fields["device"] = forms.ModelChoiceField(
            changeable(Device.objects.all(), user).exclude(state=Device.State.RETIRED),
            required=False,
            label="Or another device",
            help_text="One that is registered or reports already.",
            widget=KnownAutocomplete(DeviceToken._meta.get_field("device"), page.admin_site),
        )

    def hardware(self) -> Hardware:
        """What was named. Raises Invalid and TooManyRequests."""
        given = self.cleaned_data
        return find_hardware(code=given["pairing_code"], device=given["device"], by=self.user, now=timezone.now())


class Replaceable:
    """A mixin of the device's page: the button, and the page behind it."""

    @button(description="Replace…", url_path="replace", icon="published_with_changes", permissions=["change"])
    def one_replace(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """GET asks for the hardware; POST shows what would happen; confirmed, it happens."""
        page: Any = self
        old = page.get_object(request, unquote(object_id))
        if old is None:
            raise Http404(f"There is no device {object_id}.")
        if not page.has_change_permission(request, old):
            raise PermissionDenied
        form = HardwareForm(page, request.user, request.POST if request.method == "POST" else None)
        lines: list[str] = []
        if form.is_valid():
            try:
                hardware = form.hardware()
                lines = preview(old, hardware, by=request.user)  # type: ignore[arg-type]
                if "confirmed" in request.POST:
                    return _replaced(page, request, old, hardware)
            except Refusal as refusal:
                form.add_error(None, refusal.message)
                lines = []
        return _ask(page, request, old, form, lines)


def _replaced(page: Any, request: HttpRequest, old: Device, hardware: Hardware) -> HttpResponse:
    with change(door=Door.ACTION, request=request):
        new = replace(old, hardware, by=request.user, now=timezone.now())  # type: ignore[arg-type]
    waits = " It comes in as soon as it asks again." if hardware.pairing else ""
    page.message_user(request, f"{new} stands in the place of {old.mobile_id}.{waits}", messages.SUCCESS)
    return HttpResponseRedirect(reverse("admin:devices_device_change", args=[new.pk]))


def _ask(page: Any, request: HttpRequest, old: Device, form: HardwareForm, lines: list[str]) -> HttpResponse:
    context = {
        **page.admin_site.each_context(request),
        "opts": page.opts,
        "original": old,
        "title": f"Replace {old}",
        "form": form,
        "lines": lines,
        "media": page.media + form.media,
        "back": reverse("admin:devices_device_change", args=[old.pk]),
    }
    return TemplateResponse(request, "devices/replace.html", context)
