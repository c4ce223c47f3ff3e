"""Lists that export themselves."""

from typing import Any

from django.contrib import messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.urls import path
from django.utils import timezone

from dgx.core.admin.base import ReadOnlyAdmin
from dgx.core.admin.steps import list_address


class ExportingAdmin(ReadOnlyAdmin):
    """A list with an address `export/` below its own: the list as CSV. `exported` names the file."""

    exported = ""

    def csv_response(self, rows: Any, filename: str) -> StreamingHttpResponse:
        """The rows as a download that streams."""
        raise NotImplementedError

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(self.export_view)
        name = f"{self.opts.app_label}_{self.opts.model_name}_export"
        return [path("export/", view, name=name), *super().get_urls()]

    def export_view(self, request: HttpRequest) -> HttpResponse | StreamingHttpResponse:
        """The list with its present filters as CSV, all of it, streamed."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        try:
            shown: ChangeList = self.get_changelist_instance(request)
        except IncorrectLookupParameters:
            self.message_user(request, "These filters cannot be read.", messages.ERROR)
            return HttpResponseRedirect(list_address(self))
        return self.csv_response(shown.queryset, f"{self.exported}-{timezone.now():%Y%m%d-%H%M}.csv")
