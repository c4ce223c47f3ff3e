"""The export of a list as it is filtered, or the way back where its filters cannot be read."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase

from dgx.core.admin.steps import list_address


def export_filtered(page: Any, request: HttpRequest, answer: Callable[[Any], HttpResponseBase]) -> HttpResponseBase:
    """What `answer` makes of the rows that the model's list shows with the request's filters; with filters that mean
    nothing, the unfiltered list, which says so."""
    try:
        shown = page.get_changelist_instance(request)
    except IncorrectLookupParameters:
        page.message_user(request, "These filters cannot be read.", messages.ERROR)
        return HttpResponseRedirect(list_address(page))
    return answer(shown.queryset)
