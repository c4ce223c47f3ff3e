"""Lists that export themselves."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.urls import path
from django.utils import timezone

from dgx.core.admin.base import ReadOnlyAdmin
from dgx.core.admin.exporting import export_filtered


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

    def export_view(self, request: HttpRequest) -> HttpResponseBase:
        """The list with its present filters as CSV, all of it, streamed."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        filename = f"{self.exported}-{timezone.now():%Y%m%d-%H%M}.csv"
        return export_filtered(self, request, lambda rows: self.csv_response(rows, filename))
