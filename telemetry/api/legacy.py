"""The old routes of state, telemetry, logs and reports."""

from datetime import datetime
from typing import Annotated, Any

from django.db import models
from django.db.models import F, Func
from django.http import StreamingHttpResponse
from pydantic import BaseModel, Field

from devices.models import Device
from devices.services.presence import mark_offline, notice_silence
from devices.services.uptime import Session, uptime
from dgx.core.api.legacy import Detail, Route
from dgx.core.api.legacy_reading import Count, Days, Offset, Text
from dgx.core.csv_export import copied_lines, csv_response, defused, download
from dgx.core.errors import NotFound
from media_library.services.resolver import zone_of
from telemetry.models import DeviceLog
from telemetry.querysets import DeviceLogQuerySet
from telemetry.services.exports import iso_text
from telemetry.services.reports import By, LogEntry, Report, Stored, current_counts, store_report
from telemetry.services.series import BUCKETS, temperature_series

Json = dict[str, Any]
DEVICE_NOT_FOUND = "Device not found"
SESSIONS_SHOWN = 100
OLD_TIME = 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"'
"""2026-01-31T09:59:58.123456+00:00, for PostgreSQL's to_char; the database's session is in UTC."""
TEMPERATURE_MAX = 1e9
"""Beyond anything that is measured, and far from where sums of readings leave the range of numbers."""


class Heartbeat(BaseModel):
    """Online unless it says otherwise."""

    is_online: bool = True


class Temperature(BaseModel):
    """Degrees Celsius."""

    temperature: Annotated[float, Field(allow_inf_nan=False, ge=-TEMPERATURE_MAX, le=TEMPERATURE_MAX)]


class DailyCount(BaseModel):
    """Door openings of the day."""

    daily_count: Count


class MonthlyCount(BaseModel):
    """Door openings of the month."""

    monthly_count: Count


class Series(BaseModel):
    """How far back, and how fine."""

    days: Annotated[int, Field(ge=1, le=365)] = 30
    bucket: Text = "day"


class History(Days):
    """A page of a range of days."""

    limit: Annotated[int, Field(ge=1, le=5000)] = 500
    offset: Offset = 0


class LogSearch(Days):
    """Logs of a type in a range of days."""

    log_type: Text | None = None


class LogPage(History, LogSearch):
    """A page of them."""


def find_device(mobile_id: str) -> Device:
    """The device with its group and shop, which say how often it reports and where its day begins. Raises NotFound."""
    device = Device.objects.named(mobile_id).select_related("group", "shop").first()
    if device is None:
        raise NotFound(DEVICE_NOT_FOUND)
    return device


def find_id(mobile_id: str) -> int:
    """The device's key alone. Raises NotFound."""
    number = Device.objects.named(mobile_id).values_list("pk", flat=True).first()
    if number is None:
        raise NotFound(DEVICE_NOT_FOUND)
    return number


def _store(mobile_id: str, report: Report, now: datetime) -> Stored:
    stored = store_report(By.MOBILE_ID, mobile_id, report, now=now)
    if stored is None:
        raise NotFound(DEVICE_NOT_FOUND)
    return stored


# --- state ----
def get_online(mobile_id: Text, now: datetime) -> Json:
    """GET /device/{mobile_id}/online."""
    return {"mobile_id": mobile_id, "is_online": notice_silence(find_device(mobile_id), now=now)}


def update_online(mobile_id: Text, body: Heartbeat, now: datetime) -> Json:
    """POST /device/{mobile_id}/online, POST /device/{mobile_id}/online_update."""
    _store(mobile_id, Report(heartbeat=body.is_online), now)
    return {"mobile_id": mobile_id, "is_online": body.is_online}


def mark_offline_devices(now: datetime) -> Json:
    """POST /admin/mark_offline_devices."""
    mobile_ids = mark_offline(now=now).mobile_ids()
    return {"marked_offline": len(mobile_ids), "devices": mobile_ids}


def list_flips(mobile_id: Text, query: History) -> Json:
    """GET /device/{mobile_id}/online_history."""
    device = find_device(mobile_id)
    flips = device.flips.between(query.start, query.end).order_by("-at", "-id").values_list("id", "is_online", "at")
    items = [
        {"id": number, "event_type": _kind(is_online), "event_at": at}
        for number, is_online, at in flips[query.offset : query.offset + query.limit]
    ]
    return {"mobile_id": mobile_id, "count": len(items), "items": items}


def report_uptime(mobile_id: Text, query: Days, now: datetime) -> Json:
    """GET /device/{mobile_id}/uptime_report."""
    device = find_device(mobile_id)
    known = uptime(device, start=query.start, end=query.end, now=now)
    is_over = query.end is not None and query.end <= now
    online_events = sum(flip.is_online for flip in known.flips)
    return {
        "mobile_id": mobile_id,
        "total_online_seconds": round(known.seconds(online=True), 2),
        "total_offline_seconds": round(known.seconds(online=False), 2),
        "online_percentage": round(known.online_share * 100, 2),
        "total_online_events": online_events,
        "total_offline_events": len(known.flips) - online_events,
        "first_event": known.flips[0].at if known.flips else None,
        "last_event": known.flips[-1].at if known.flips else None,
        "sessions": [_session(session, is_over) for session in known.sessions[::-1][:SESSIONS_SHOWN]],
    }


def _session(session: Session, is_over: bool) -> Json:
    """One that reaches a range's end in the past ends there; one that reaches the present goes on."""
    row = {
        "type": _kind(session.is_online),
        "start": session.start,
        "end": session.end,
        "duration_seconds": session.duration.total_seconds(),
    }
    return row | {"end": None, "ongoing": True} if session.ongoing and not is_over else row


def _kind(is_online: bool) -> str:
    return "online" if is_online else "offline"


# --- telemetry ----
def update_temperature(mobile_id: Text, body: Temperature, now: datetime) -> Json:
    """POST /device/{mobile_id}/temperature, POST /device/{mobile_id}/temperature_update."""
    log = LogEntry(DeviceLog.LogType.TEMPERATURE.value, now, body.temperature)
    _store(mobile_id, Report(heartbeat=None, temperature=body.temperature, logs=[log]), now)
    return {"mobile_id": mobile_id, "temperature": body.temperature}


def get_temperature_series(mobile_id: Text, query: Series, now: datetime) -> Json:
    """GET /device/{mobile_id}/temperature_series."""
    bucket = query.bucket.strip().lower()
    if bucket not in BUCKETS:
        raise Detail(422, "bucket must be 'day' or 'hour'")
    points = temperature_series(find_id(mobile_id), bucket=bucket, days=query.days, now=now)
    items = [{"t": point.start, "temperature": point.mean} for point in points]
    return {"mobile_id": mobile_id, "bucket": bucket, "days": query.days, "count": len(items), "items": items}


def get_counts(mobile_id: Text, now: datetime) -> Json:
    """GET /device/{mobile_id}/counts."""
    device = find_device(mobile_id)
    daily, monthly = current_counts(device, now=now, zone=zone_of(device))
    return {"mobile_id": mobile_id, "daily_count": daily, "monthly_count": monthly}


def open_door(mobile_id: Text, now: datetime) -> Json:
    """POST /device/{mobile_id}/door_open."""
    log = LogEntry(DeviceLog.LogType.DOOR_OPEN.value, now, 1)
    stored = _store(mobile_id, Report(heartbeat=None, door_openings=1, logs=[log]), now)
    return {"mobile_id": mobile_id, "daily_count": stored.daily_count, "monthly_count": stored.monthly_count}


def update_daily(mobile_id: Text, body: DailyCount, now: datetime) -> Json:
    """POST /device/{mobile_id}/daily_update."""
    stored = _store(mobile_id, Report(heartbeat=None, daily_count=body.daily_count), now)
    return {"mobile_id": mobile_id, "daily_count": stored.daily_count}


def update_monthly(mobile_id: Text, body: MonthlyCount, now: datetime) -> Json:
    """POST /device/{mobile_id}/monthly_update."""
    stored = _store(mobile_id, Report(heartbeat=None, monthly_count=body.monthly_count), now)
    return {"mobile_id": mobile_id, "monthly_count": stored.monthly_count}


# --- logs and reports ----
def _logs(mobile_id: str, query: LogSearch) -> DeviceLogQuerySet:
    logs = DeviceLog.objects.filter(device=find_id(mobile_id)).between(query.start, query.end)
    return (logs.filter(log_type=query.log_type) if query.log_type else logs).newest_first()


def list_logs(mobile_id: Text, query: LogPage) -> Json:
    """GET /device/{mobile_id}/logs."""
    rows = _logs(mobile_id, query).values("id", "log_type", "value", "logged_at")
    items = list(rows[query.offset : query.offset + query.limit])
    return {"mobile_id": mobile_id, "count": len(items), "items": items}


def download_logs(mobile_id: Text, query: LogSearch) -> StreamingHttpResponse:
    """GET /device/{mobile_id}/logs/download."""
    rows = _logs(mobile_id, query).values_list(
        defused("device__mobile_id"), defused("log_type"), _decimal("value"), iso_text("logged_at", OLD_TIME)
    )
    header = ("mobile_id", "log_type", "value", "logged_at")
    return download(f"logs_{mobile_id}.csv", copied_lines(header, rows))


def summarise(query: Days) -> Json:
    """GET /devices/logs/summary."""
    names = ("mobile_id", "door_open_count", "avg_temperature", "min_temperature", "max_temperature")
    rows = _summary(query, "mobile_id")
    return {"count": len(rows), "items": [dict(zip(names, row, strict=True)) for row in rows]}


def download_summary(query: Days) -> StreamingHttpResponse:
    """GET /devices/logs/summary/download."""
    counters = ("mobile_id", "presence__daily_count", "presence__monthly_count")
    header = (
        "mobile_id",
        "daily_count",
        "monthly_count",
        "door_open_count",
        "avg_temperature",
        "min_temperature",
        "max_temperature",
    )
    return csv_response("devices_summary.csv", header, _summary(query, *counters))


def _summary(query: Days, *columns: str) -> list[tuple[Any, ...]]:
    """Every device by mobile_id: the columns, door openings, and mean, least and greatest temperature."""
    found = {row["device_id"]: row for row in DeviceLog.objects.between(query.start, query.end).summary()}
    nothing: Json = {}
    rows = []
    for number, *values in Device.objects.order_by("mobile_id").values_list("pk", *columns):
        row = found.get(number, nothing)
        mean = row.get("avg_temperature")
        rows.append(
            (
                *values,
                row.get("door_open_count", 0),
                None if mean is None else round(mean, 2),
                row.get("min_temperature"),
                row.get("max_temperature"),
            )
        )
    return rows


def _decimal(path: str) -> Func:
    """A number with its decimal point: 8.0, not 8."""
    return Func(
        F(path),
        template=r"regexp_replace(%(expressions)s::text, '^(-?[0-9]+)$', '\1.0')",
        output_field=models.TextField(),
    )


ROUTES = [
    Route("GET", "device/<mobile_id>/online", get_online, "combined"),
    Route("POST", "device/<mobile_id>/online", update_online, "combined"),
    Route("POST", "device/<mobile_id>/online_update", update_online, "combined"),
    Route("GET", "device/<mobile_id>/online_history", list_flips, "combined"),
    Route("GET", "device/<mobile_id>/uptime_report", report_uptime, "combined"),
    Route("POST", "device/<mobile_id>/temperature", update_temperature, "combined"),
    Route("POST", "device/<mobile_id>/temperature_update", update_temperature, "combined"),
    Route("GET", "device/<mobile_id>/temperature_series", get_temperature_series, "combined"),
    Route("GET", "device/<mobile_id>/counts", get_counts, "combined"),
    Route("POST", "device/<mobile_id>/door_open", open_door, "combined"),
    Route("POST", "device/<mobile_id>/daily_update", update_daily, "combined"),
    Route("POST", "device/<mobile_id>/monthly_update", update_monthly, "combined"),
    Route("GET", "device/<mobile_id>/logs", list_logs, "combined"),
    Route("GET", "device/<mobile_id>/logs/download", download_logs, "combined"),
    Route("GET", "devices/logs/summary", summarise, "combined"),
    Route("GET", "devices/logs/summary/download", download_summary, "combined"),
    Route("POST", "admin/mark_offline_devices", mark_offline_devices, "combined"),
]
