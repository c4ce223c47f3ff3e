"""Pairing by code: the operator types what a screen shows, sees what it is, and lets it in or not."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.widgets import UnfoldAdminTextInputWidget

from devices.admin import pairing_actions
from devices.models import Group, Pairing
from devices.services.enrolment import approve_pairing, refuse_pairings
from devices.services.pairing_codes import find_waiting
from dgx.core.admin.base import PageAdmin
from dgx.core.admin.steps import list_address
from dgx.core.admin.widgets import KnownAutocomplete
from dgx.core.admin.words import NOTHING, badge
from dgx.core.audit import Door, change
from dgx.core.errors import Refusal
from dgx.core.scope import is_limited, visible
from dgx.core.validators import NAME_MAX_LENGTH
from locations.models import Shop

TONES = {"pending": "warn", "approved": "info", "claimed": "good", "refused": "bad"}


class ApproveForm(forms.Form):
    """What the device is called and where it is to be: all may stay empty, but for those limited to shops, who choose
    one of theirs."""

    name = forms.CharField(
        required=False,
        max_length=NAME_MAX_LENGTH,
        widget=UnfoldAdminTextInputWidget,
        help_text="What people call it. One that was registered beforehand keeps its name and place.",
    )

    def __init__(self, page: Any, user: Any, data: Any = None, *, initial: Any = None) -> None:
        super().__init__(data, initial=initial)
        for name, model in (("group", Group), ("shop", Shop)):
            field = Pairing._meta.get_field(name)
            self.fields[name] = forms.ModelChoiceField(
                visible(model._default_manager.all(), user),
                required=name == "shop" and is_limited(user),
                label=name.capitalize(),
                help_text=field.help_text,  # type: ignore[union-attr]
                widget=KnownAutocomplete(field, page.admin_site),
            )


@admin.register(Pairing)
class PairingAdmin(PageAdmin):
    """Devices that ask to come in."""

    list_display = ["device_said", "code", "kind", "standing", "created_at", "device", "decide"]
    list_display_links = ["device_said"]
    list_select_related = ["device", "decided_by", "group", "shop"]
    list_filter = [("state", ChoicesDropdownFilter)]
    search_fields = ["code", "mobile_id", "name"]
    fields = [
        ("mobile_id", "name"),
        ("kind", "screen"),
        ("app_version", "created_at"),
        ("code", "state"),
        ("expires_at", "decided_by"),
        ("group", "shop"),
        "device",
    ]
    list_before_template = "devices/pairing_code.html"
    actions = pairing_actions.ACTIONS

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [field.name for field in Pairing._meta.fields]

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        context = {**context, "show_save": False, "show_save_and_continue": False}
        return super().render_change_form(request, context, *args, **kwargs)

    def get_urls(self) -> list[Any]:
        return [
            path("approve/", self.admin_site.admin_view(self.approve_view), name="devices_pairing_approve"),
            *super().get_urls(),
        ]

    @admin.display(description="who asks", ordering="mobile_id")
    def device_said(self, obj: Pairing) -> str:
        return f"{obj.name} ({obj.mobile_id})" if obj.name else obj.mobile_id

    @admin.display(description="state", ordering="state")
    def standing(self, obj: Pairing) -> SafeString:
        if obj.state in {"pending", "approved"} and obj.expires_at <= timezone.now():
            return badge("calm", "Expired")
        return badge(TONES[obj.state], obj.get_state_display())

    @admin.display(description="")
    def decide(self, obj: Pairing) -> SafeString | str:
        if obj.state != Pairing.State.PENDING or obj.expires_at <= timezone.now():
            return NOTHING
        address = f"{reverse('admin:devices_pairing_approve')}?code={obj.code}"
        return format_html('<a class="dgx-link" href="{}">Let it in…</a>', address)

    def approve_view(self, request: HttpRequest) -> HttpResponse:
        """GET with `code` shows who asks; POST lets it in (or, with `refuse`, turns it down).

        Letting in makes a device and asks for that permission too, as the API does.
        """
        lets_in = request.method == "POST" and "refuse" not in request.POST
        if not self.has_change_permission(request) or (lets_in and not request.user.has_perm("devices.add_device")):
            raise PermissionDenied
        code = request.POST.get("code") or request.GET.get("code", "")
        try:
            pairing = find_waiting(code, by=request.user, now=timezone.now())  # type: ignore[arg-type]
        except Refusal as refusal:
            self.message_user(request, refusal.message, messages.ERROR)
            return HttpResponseRedirect(list_address(self))
        if "refuse" in request.POST:
            with change(door=Door.ACTION, what=f"Refuse {pairing.mobile_id}"):
                refuse_pairings(Pairing.objects.filter(pk=pairing.pk), by=request.user)  # type: ignore[arg-type]
            self.message_user(request, f"{pairing.mobile_id} is refused.", messages.SUCCESS)
            return HttpResponseRedirect(list_address(self))
        data = request.POST if request.method == "POST" else None
        form = ApproveForm(self, request.user, data, initial={"name": pairing.name})
        if form.is_valid() and self._approve(request, pairing.code, form.cleaned_data):
            return HttpResponseRedirect(list_address(self))
        return self._ask(request, pairing, form)

    def _approve(self, request: HttpRequest, code: str, values: dict[str, Any]) -> bool:
        try:
            with change(door=Door.ACTION, what="Let a screen in"):
                pairing = approve_pairing(code=code, by=request.user, now=timezone.now(), **values)  # type: ignore[arg-type]
        except Refusal as refusal:
            self.message_user(request, refusal.message, messages.ERROR)
            return False
        come_in = format_html(
            '<a class="dgx-link" href="{}">{}</a> comes in as soon as it asks again.',
            reverse("admin:devices_device_change", args=[pairing.device_id]),
            pairing.device,
        )
        self.message_user(request, come_in, messages.SUCCESS)
        return True

    def _ask(self, request: HttpRequest, pairing: Pairing, form: ApproveForm) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": f"Let {pairing.mobile_id} in?",
            "pairing": pairing,
            "form": form,
            "media": self.media + form.media,
            "back": list_address(self),
        }
        return TemplateResponse(request, "devices/pairing_approve.html", context)
