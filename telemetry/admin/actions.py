"""Adds the export of logs to what can be done with many devices at once."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Sum
from django.http.response import HttpResponseBase
from unfold.widgets import UnfoldAdminSingleDateWidget, UnfoldAdminTextInputWidget

from devices.admin import device  # noqa: F401 — registers the page that is extended here
from devices.models import Device
from dgx.core.admin.base import extend
from dgx.core.admin.bulk import BulkAction, Effect, Selection, as_action, counted
from dgx.core.validators import no_nul
from telemetry.models import LOG_TYPE_MAX_LENGTH, DeviceLog, DeviceLogHour
from telemetry.services.exports import logs_csv_response


class PeriodForm(forms.Form):
    """Of which days, and of which type."""

    since = forms.DateField(
        required=False, label="From", widget=UnfoldAdminSingleDateWidget, help_text="The first day, UTC. Empty: all."
    )
    until = forms.DateField(
        required=False, label="To", widget=UnfoldAdminSingleDateWidget, help_text="The last day, UTC. Empty: today."
    )
    log_type = forms.CharField(
        required=False,
        max_length=LOG_TYPE_MAX_LENGTH,
        label="Type",
        validators=[no_nul],
        widget=UnfoldAdminTextInputWidget,
        help_text="Such as temperature. Empty: all.",
    )

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        since, until = values.get("since"), values.get("until")
        if since and until and until < since:
            raise ValidationError({"until": "Not before the first day."})
        return values


def _limits(values: Mapping[str, Any]) -> tuple[datetime | None, datetime | None]:
    """The first instant, and the one after the last."""
    since, until = values["since"], values["until"]
    return (_midnight(since) if since else None, _midnight(until) + timedelta(days=1) if until else None)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


class ExportLogs(BulkAction):
    """The logs of devices as a file."""

    name = "export_logs"
    description = "Export logs…"
    title = "Export logs"
    text = "A file (CSV) with the logs of these devices, the newest first. Nothing is changed."
    button = "Download"
    changes = False
    permission = "view"
    needs = ("telemetry.view_devicelog",)

    def form(self, page: Any, user: Any, data: Any) -> forms.Form:
        return PeriodForm(data)

    def effect(self, chosen: Selection, values: Mapping[str, Any]) -> Effect:
        """Counted by their hours, of which the present ones are not rolled up yet."""
        since, until = _limits(values)
        hours = DeviceLogHour.objects.filter(device__in=chosen.rows.values("pk"))
        hours = hours.filter(hour__gte=since) if since else hours
        hours = hours.filter(hour__lt=until) if until else hours
        hours = hours.filter(log_type=values["log_type"]) if values["log_type"] else hours
        number = hours.aggregate(n=Sum("count"))["n"] or 0
        about = f"About {counted(number, 'log')} of {chosen.nouns}, by the last roll-up."
        return Effect([about, "What is past the days that logs are kept for is in no file."])

    def act(self, chosen: Selection, values: Mapping[str, Any]) -> HttpResponseBase:
        logs = DeviceLog.objects.between(*_limits(values)).filter(device__in=chosen.rows.order_by().values("pk"))
        if values["log_type"]:
            logs = logs.filter(log_type=values["log_type"])
        return logs_csv_response(logs.newest_first(), filename=f"logs-{chosen.now:%Y%m%d-%H%M}.csv")


export_logs = as_action(ExportLogs())
extend(Device, actions=[export_logs])
