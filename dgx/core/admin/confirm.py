"""A step between a form and its effect: the page says what would happen, and a button does it with the same answers."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

CONFIRMED = "_confirmed"
"""The answer that the page's button adds."""

_OURS = {CONFIRMED, "csrfmiddlewaretoken"}


@dataclass(frozen=True)
class Question:
    """What is asked: a title, what would happen in sentences, and the button's words."""

    title: str
    lines: Sequence[str]
    button: str
    danger: bool = False


class UnconfirmedError(Exception):
    """A save that has to be asked for; whoever raises it within a transaction undoes what was written."""

    def __init__(self, question: Question) -> None:
        super().__init__(question.title)
        self.question = question


def is_confirmed(request: HttpRequest) -> bool:
    """The person has seen the question and pressed its button."""
    return CONFIRMED in request.POST


def confirm_page(request: HttpRequest, page: Any, question: Question) -> HttpResponse:
    """The question; its button posts the same answers to the same address again, confirmed."""
    context = {
        **page.admin_site.each_context(request),
        "opts": page.opts,
        "title": question.title,
        "question": question,
        "answers": [(name, value) for name, values in request.POST.lists() for value in values if name not in _OURS],
        "confirmed": CONFIRMED,
        "target": request.get_full_path(),
    }
    return TemplateResponse(request, "dgx/confirm.html", context)
