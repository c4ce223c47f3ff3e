"""One's own account: by what one is logged in, and one's second factor. What changes that is one transaction with the
code that allows it and with the session that goes on: whatever fails, the person can try it again."""

from typing import Any

import segno
from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_otp import DEVICE_ID_SESSION_KEY
from django_otp import login as note_second_factor
from unfold.widgets import UnfoldAdminPasswordWidget

from dgx.core.errors import Refusal
from dgx.people import second_factor as factor
from dgx.people.access import access_of, end_all, end_login, end_session
from dgx.people.door import CodeField, CodeForm
from dgx.people.models import Authenticator
from dgx.people.password import check_own_password
from dgx.people.sessions import row_key

NEW_KEY = "people_new_key"
"""Where the session keeps what a new authenticator's secret is made of, until the person has shown a code of it."""


class SetUpForm(forms.Form):
    """A code of the app that has just read the QR code; and the password, since whoever sets a second factor up could
    lock the person out."""

    code = CodeField(label="Code", help_text="The six digits that the app shows now.")
    password = forms.CharField(
        label="Your password", widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "current-password"})
    )

    def __init__(self, *args: Any, request: HttpRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request = request

    def clean_password(self) -> str:
        """Counts as a login where it is wrong."""
        password: str = self.cleaned_data["password"]
        check_own_password(self.request, password)
        return password


@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    """The page itself."""
    user = person_of(request)
    context = {
        "title": "Your account",
        "access": access_of(user, now=timezone.now()),
        "current": current_row(request),
        "has_factor": factor.has_second_factor(user),
        "must_have": factor.must_have_second_factor(user),
        "codes_left": factor.codes_left(user),
        "end_address": reverse("admin:account_end"),
        "now": timezone.now(),
    }
    return page(request, "dgx/people/account.html", context)


@require_POST
def end(request: HttpRequest) -> HttpResponse:
    """End one of one's sessions or logins, or all but the present one."""
    said = end_named(person_of(request), request, but=current_row(request))
    messages.add_message(request, *said)
    return HttpResponseRedirect(reverse("admin:account"))


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
@transaction.atomic
def second_factor(request: HttpRequest) -> HttpResponse:
    """Set it up: a QR code, and a code of the app that has read it."""
    user = person_of(request)
    if factor.has_second_factor(user):
        return HttpResponseRedirect(reverse("admin:account"))
    key = request.session.get(NEW_KEY) or factor.new_key()
    request.session[NEW_KEY] = key
    form = SetUpForm(request.POST or None, request=request)
    if form.is_valid():
        try:
            device, codes = factor.turn_on(user, key=key, code=form.cleaned_data["code"])
        except Refusal as refusal:
            form.add_error("code", refusal.message)
        else:
            _stay(request, device)
            return _codes_page(request, codes, "Your second factor is on")
    context = {
        "title": "Set up your second factor",
        "form": form,
        "qr": _qr(factor.address_of_app(user, key)),
        "typed": factor.typed_secret(key),
        "must_have": factor.must_have_second_factor(user),
    }
    return page(request, "dgx/people/second_factor.html", context)


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
@transaction.atomic
def second_factor_off(request: HttpRequest) -> HttpResponse:
    """Turn it off, with a code: a browser that somebody left open is not enough."""
    form = _proof(request)
    if form is None:
        return HttpResponseRedirect(reverse("admin:account"))
    if form.is_valid():
        factor.turn_off(form.user)
        _stay(request, None)
        messages.success(request, "Your second factor is off. All your other sessions and logins have ended.")
        return HttpResponseRedirect(reverse("admin:account"))
    text = "Your password alone will let you in then. All your other sessions and logins end."
    context = {"title": "Turn off your second factor", "text": text, "button": "Turn off", "danger": True}
    return page(request, "dgx/people/prove.html", {**context, "form": form})


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
@transaction.atomic
def recovery_codes(request: HttpRequest) -> HttpResponse:
    """Ten new ones, with a code."""
    form = _proof(request)
    if form is None:
        return HttpResponseRedirect(reverse("admin:account"))
    if form.is_valid():
        return _codes_page(request, factor.make_codes(form.user), "Your new recovery codes")
    text = "You get ten new codes. Those that you have now stop working."
    context = {"title": "New recovery codes", "text": text, "button": "Make new codes", "danger": False}
    return page(request, "dgx/people/prove.html", {**context, "form": form})


# --- what the pages share ----
def page(request: HttpRequest, template: str, context: dict[str, Any]) -> TemplateResponse:
    """A page of the admin's that is no model's."""
    return TemplateResponse(request, template, {**admin.site.each_context(request), **context})


def person_of(request: HttpRequest) -> User:
    """Who calls; the admin let them in."""
    user: Any = request.user
    return User.objects.get(pk=user.pk)


def current_row(request: HttpRequest) -> str:
    """The row's key of the present session."""
    key = request.session.session_key
    return row_key(key) if key else ""


def end_named(user: User, request: HttpRequest, *, but: str = "") -> tuple[int, str]:
    """End what the form names of this person's: `session`, `login`, or with `all` all but one. Returns the level and
    the words to say."""
    try:
        if key := request.POST.get("session"):
            end_session(user, key)
        elif login := request.POST.get("login"):
            end_login(user, login, now=timezone.now())
        elif "all" in request.POST:
            ended = end_all(user, now=timezone.now(), but=but)
            return messages.SUCCESS, f"Ended: {ended}."
        else:
            return messages.ERROR, "Nothing was named."
    except Refusal as refusal:
        return messages.WARNING, refusal.message
    return messages.SUCCESS, "Ended."


def _proof(request: HttpRequest) -> CodeForm | None:
    """The form that asks for a code; None for somebody who has no second factor."""
    user = person_of(request)
    if not factor.has_second_factor(user):
        return None
    return CodeForm(request.POST or None, request=request, user=user)


def _stay(request: HttpRequest, device: Authenticator | None) -> None:
    """All sessions have just ended: the present one goes on, under a new key, with or without the second factor."""
    request.session.pop(NEW_KEY, None)
    request.session.pop(DEVICE_ID_SESSION_KEY, None)
    request.session.cycle_key()
    if device:
        note_second_factor(request, device)
    request.session.save()


def _codes_page(request: HttpRequest, codes: list[str], title: str) -> HttpResponse:
    """Shown once, and kept by no browser: nothing of the admin is."""
    return page(request, "dgx/people/codes.html", {"title": title, "codes": codes})


def _qr(address: str) -> SafeString:
    """The QR code as SVG without styles of its own."""
    drawing = segno.make(address, error="m", micro=False)
    return mark_safe(drawing.svg_inline(border=2, omitsize=True, svgclass="dgx-qr", lineclass=None))  # noqa: S308 — ours
