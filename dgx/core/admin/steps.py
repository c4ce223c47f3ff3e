"""Pages between an action and its effect: a question with what is selected, and the secrets that are shown once."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin import helpers
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse

NAMED = 12
"""So many of the selected are named on the page; the others are counted."""


def is_confirmed(request: HttpRequest) -> bool:
    """The person has seen the page that `ask` makes and pressed its button."""
    return request.method == "POST" and "confirmed" in request.POST


def ask(
    request: HttpRequest,
    page: Any,
    rows: Any,
    *,
    action: str,
    title: str,
    text: str,
    button: str,
    form: forms.Form | None = None,
    danger: bool = False,
    effect: Sequence[str] = (),
    acts: bool = True,
    chosen: bool = True,
) -> HttpResponse:
    """The page that asks before `action` runs on `rows`; its button posts the same action again, confirmed.

    With `chosen` False the button leads to the page with the `effect` first, by the values of the form. Where nothing
    would be done (`acts` False), there is no button.
    """
    opts = page.model._meta
    across = request.POST.get("select_across") == "1"
    selected = request.POST.getlist(helpers.ACTION_CHECKBOX_NAME) or [str(row.pk) for row in rows[:1]]
    context = {
        **page.admin_site.each_context(request),
        "opts": opts,
        "title": title,
        "text": text,
        "button": button,
        "danger": danger,
        "form": form,
        "kept": _kept(form) if chosen and form and form.is_bound and form.is_valid() else None,
        "effect": effect,
        "acts": acts,
        "step": "confirmed" if chosen else "chosen",
        "media": page.media + form.media if form else page.media,
        "action": action,
        "count": rows.count(),
        "named": [str(row) for row in rows[:NAMED]],
        "selected": selected[:1] if across else selected,
        "select_across": int(across),
        "checkbox_name": helpers.ACTION_CHECKBOX_NAME,
        "target": list_address(page, request if across else None),
        "back": list_address(page, request if request.method == "POST" else None),
    }
    return TemplateResponse(request, "dgx/ask.html", context)


def _kept(form: forms.Form) -> list[dict[str, Any]]:
    """What was chosen, to be read, and to be posted again."""
    return [
        {"name": field.html_name, "label": field.label, "values": _listed(field), "said": _said(form, field)}
        for field in form
        if field.value() not in (None, "", [], False)
    ]


def _listed(field: Any) -> list[Any]:
    value = field.value()
    return list(value) if isinstance(value, list | tuple) else [value]


def _said(form: forms.Form, field: Any) -> str:
    value = form.cleaned_data.get(field.name)
    if isinstance(value, QuerySet):
        return ", ".join(str(row) for row in value)
    return "yes" if value is True else str(value)


def list_address(page: Any, request: HttpRequest | None = None) -> str:
    """The address of the model's list; with a request, filtered as that request's."""
    opts = page.model._meta
    address = reverse(f"{page.admin_site.name}:{opts.app_label}_{opts.model_name}_changelist")
    return f"{address}?{request.GET.urlencode()}" if request and request.GET else address


def show_secrets(
    request: HttpRequest, page: Any, *, title: str, text: str, secrets: Sequence[tuple[str, str]]
) -> HttpResponse:
    """The one page that shows secrets: (whose, secret). It is never cached, and nothing of it is kept."""
    context = {
        **page.admin_site.each_context(request),
        "opts": page.model._meta,
        "title": title,
        "text": text,
        "secrets": secrets,
        "back": list_address(page),
    }
    response = TemplateResponse(request, "dgx/secrets.html", context)
    response["Cache-Control"] = "no-store, private"
    return response


class Revocable:
    """For the page of a model whose rows can be taken back (`revoked_at`, `revoke()`): an action that asks first."""

    revoke_text = ""

    @admin.action(description="Revoke…", permissions=["change"])
    def revoke(self, request: HttpRequest, queryset: Any) -> HttpResponse | None:
        """Take back those of the selected that still count."""
        page: Any = self
        if not is_confirmed(request):
            title = f"Revoke {page.opts.verbose_name_plural}"
            text = self.revoke_text
            return ask(request, page, queryset, action="revoke", title=title, text=text, button="Revoke", danger=True)
        rows = list(queryset.filter(revoked_at=None))
        for row in rows:
            row.revoke()
        page.message_user(request, f"Revoked: {len(rows)}.")
        return None


class SecretOnce:
    """For the page of a model whose rows have a secret: the page after “Save” shows it, this once.

    `issue(request, values)` makes the row and returns it with its secret.
    """

    shown_title = "Copy it now"
    shown_text = "This is the only time it is shown: only its fingerprint is kept."

    def issue(self, request: HttpRequest, values: dict[str, Any]) -> tuple[Any, str]:
        """Make the row with these form values."""
        raise NotImplementedError

    def save_form(self, request: HttpRequest, form: Any, change: bool) -> Any:
        unsaved = super().save_form(request, form, change)  # type: ignore[misc]
        if change:
            return unsaved
        made, secret = self.issue(request, form.cleaned_data)
        made.shown_once = secret
        return made

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if change:
            super().save_model(request, obj, form, change)  # type: ignore[misc]

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: str | None = None) -> HttpResponse:
        secrets = [(str(obj), obj.shown_once)]
        return show_secrets(request, self, title=self.shown_title, text=self.shown_text, secrets=secrets)
