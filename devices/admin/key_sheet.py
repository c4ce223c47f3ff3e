"""A sheet of enrolment keys to print: a card with a QR code for each screen."""

from datetime import timedelta
from typing import Any

import segno
from django import forms
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.safestring import SafeString, mark_safe
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminTextInputWidget

from devices.models import EnrolmentKey, Group
from devices.services.key_sheet import AT_MOST, Sheet, make_sheet
from dgx.core.admin.widgets import KnownAutocomplete
from dgx.core.scope import is_limited, visible
from locations.models import Shop

DAYS = 30
DAYS_MOST = 366


class SheetForm(forms.Form):
    """How many keys, for where, and how long they are good."""

    label = forms.CharField(
        max_length=80,
        widget=UnfoldAdminTextInputWidget,
        help_text="What it is for, such as “opening of the Lyon shop”. The keys are numbered behind it.",
    )
    count = forms.IntegerField(
        label="Screens",
        min_value=1,
        max_value=AT_MOST,
        initial=12,
        widget=UnfoldAdminIntegerFieldWidget,
        help_text=f"A card for each, twelve on a page; at most {AT_MOST}.",
    )
    days = forms.IntegerField(
        label="Good for (days)",
        min_value=1,
        max_value=DAYS_MOST,
        initial=DAYS,
        widget=UnfoldAdminIntegerFieldWidget,
        help_text=f"After that the cards open nothing; 1 to {DAYS_MOST}.",
    )

    def __init__(self, page: Any, user: Any, data: Any = None) -> None:
        super().__init__(data)
        for name, model in (("group", Group), ("shop", Shop)):
            field: Any = EnrolmentKey._meta.get_field(name)
            self.fields[name] = forms.ModelChoiceField(
                visible(model._default_manager.all(), user),
                required=name == "shop" and is_limited(user),
                label=name.capitalize(),
                help_text=field.help_text,
                widget=KnownAutocomplete(field, page.admin_site),
            )
        self.order_fields(["label", "count", "group", "shop", "days"])


def sheet_view(page: Any, request: HttpRequest) -> HttpResponse:
    """GET asks what the sheet is for; POST makes the keys and shows them, this once."""
    form = SheetForm(page, request.user, request.POST if request.method == "POST" else None)
    if form.is_valid():
        values = dict(form.cleaned_data)
        expires_at = timezone.now() + timedelta(days=values.pop("days"))
        made = make_sheet(by=request.user, expires_at=expires_at, **values)  # type: ignore[arg-type]
        return _printed(request, made)
    context = {
        **page.admin_site.each_context(request),
        "opts": page.opts,
        "title": "Print a sheet of keys",
        "form": form,
        "media": page.media + form.media,
        "back": reverse("admin:devices_enrolmentkey_changelist"),
    }
    return TemplateResponse(request, "devices/key_sheet_ask.html", context)


def _printed(request: HttpRequest, sheet: Sheet) -> HttpResponse:
    player = request.build_absolute_uri(reverse("player:page"))
    context = {
        "sheet": sheet,
        "player": player,
        "cards": [(key, _qr(f"{player}?{urlencode({'key': secret})}"), secret) for key, secret in sheet.keys],
        "made_at": timezone.now(),
        "back": reverse("admin:devices_enrolmentkey_changelist"),
    }
    response = TemplateResponse(request, "devices/key_sheet.html", context)
    response["Cache-Control"] = "no-store, private"
    response["Referrer-Policy"] = "no-referrer"
    return response


def _qr(address: str) -> SafeString:
    """The QR code as SVG without styles of its own; a quarter of it may be dirty."""
    drawing = segno.make(address, error="q", micro=False)
    return mark_safe(drawing.svg_inline(border=2, omitsize=True, svgclass="qr", lineclass=None))  # noqa: S308 — ours
