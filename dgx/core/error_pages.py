"""Django's page of a fault, as DEBUG shows it, without secrets: the configuration's, and the failed request's."""

import re
from collections.abc import ItemsView
from typing import Any

from django.http import HttpRequest
from django.utils.safestring import SafeString, mark_safe
from django.views.debug import ExceptionReporter, SafeExceptionReporterFilter

from dgx.core.secrecy import STARS, redact

QUOTE = r"(?:['\"]|&#x27;|&quot;)"
NAMED = re.compile(rf"({QUOTE}\w*(?:password|secret|token|refresh|access|key)\w*{QUOTE}\s*:\s*b?{QUOTE}).+?(?={QUOTE})")
"""A value in a dictionary or in JSON, by its name."""


class Filter(SafeExceptionReporterFilter):
    """Django's, which in DEBUG also hides what a variable's or a parameter's name tells."""

    def get_post_parameters(self, request: HttpRequest | None) -> dict[str, Any]:
        given = super().get_post_parameters(request)
        return {name: self.cleanse_setting(name, value) for name, value in given.items()}

    def get_traceback_frame_variables(self, request: HttpRequest | None, tb_frame: Any) -> ItemsView[str, Any]:
        given = super().get_traceback_frame_variables(request, tb_frame)
        return {name: self.cleanse_setting(name, value) for name, value in given}.items()


class Reporter(ExceptionReporter):
    """What makes the page, as HTML and as text."""

    def get_traceback_html(self) -> SafeString:
        return self._clean(super().get_traceback_html())

    def get_traceback_text(self) -> SafeString:
        return self._clean(super().get_traceback_text())

    def _clean(self, page: str) -> SafeString:
        clean = NAMED.sub(rf"\1{STARS}", redact(page, more=self._of_request()))
        return mark_safe(clean)  # noqa: S308 — rendered by Django, and nothing but stars was put in

    def _of_request(self) -> tuple[str, ...]:
        if self.request is None:
            return ()
        hidden = SafeExceptionReporterFilter.hidden_settings
        given = [*self.request.GET.items(), *self.request.POST.items(), *self.request.headers.items()]
        named = [str(value) for name, value in given if hidden.search(name)]
        spoken = [value.rpartition(" ")[2] for value in named]  # “Device dgxd_…”, “Bearer …”
        return (*named, *spoken, *self.request.COOKIES.values())
