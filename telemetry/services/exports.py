"""Device logs and plays as CSV: PostgreSQL writes the lines, we pass them on; memory stays flat for any number."""

from collections.abc import Generator
from datetime import datetime, timedelta
from typing import Any, TypeVar

from django.db import models
from django.db.models import F, Func, Max, Min, Sum, Value
from django.http import StreamingHttpResponse

from devices.models import Device, Group
from dgx.core.csv_export import copied_lines, defused, download
from dgx.core.errors import NotFound
from locations.models import Shop
from telemetry.models import DeviceLog
from telemetry.querysets import EASTERNMOST, WESTERNMOST, DeviceLogQuerySet, PlayHourQuerySet

_Named = TypeVar("_Named", Device, Group, Shop)

LOG_COLUMNS = (
    "mobile_id",
    "name",
    "shop",
    "group",
    "log_type",
    "value",
    "message",
    "tags",
    "logged_at",
    "received_at",
)
"""The header. Shop and group are the device's present ones; tags are JSON; times are ISO 8601 in UTC."""

PLAY_COLUMNS = (
    *("mobile_id", "name", "shop", "group", "video", "sha256", "hour", "count", "seconds"),
    *("shop_hour", "timezone"),
)
"""The header of plays. Shop and video are what they were called then, empty where there was none; the group is the
present one. `hour` is UTC, `shop_hour` the same on the clock of the shop, which `timezone` names."""

DAY_COLUMNS = ("day", "timezone", "shop", "mobile_id", "name", "group", "video", "sha256", "count", "seconds")
"""The header of plays by the day on the shop's clock; an hour belongs to the day in which it begins there."""


def find_logs(
    *,
    device: str | None = None,
    group: str | None = None,
    shop: str | None = None,
    log_type: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> DeviceLogQuerySet:
    """Logs of a device (its mobile_id), a group, a shop, a type, from `since` to before `until`, newest first.

    Group and shop are the devices' present ones. Raises NotFound for a name that nothing has.
    """
    logs = DeviceLog.objects.between(since, until).newest_first()
    if device is not None:
        logs = logs.filter(device=_only(Device.objects.named(device), "device", device))
    if group is not None:
        logs = logs.filter(device__group=_only(Group.objects.named(group), "group", group))
    if shop is not None:
        logs = logs.filter(device__shop=_only(Shop.objects.named(shop), "shop", shop))
    return logs.filter(log_type=log_type) if log_type is not None else logs


def log_lines(queryset: DeviceLogQuerySet) -> Generator[bytes]:
    """The logs as CSV lines with a header, in the queryset's order, cells defused."""
    rows = queryset.values_list(
        defused("device__mobile_id"),
        defused("device__name"),
        defused("device__shop__name"),
        defused("device__group__name"),
        defused("log_type"),
        F("value"),
        defused("message"),
        F("tags"),
        iso_text("logged_at"),
        iso_text("received_at"),
    )
    return copied_lines(LOG_COLUMNS, rows)


def logs_csv_response(queryset: DeviceLogQuerySet, *, filename: str) -> StreamingHttpResponse:
    """The logs as a download that streams."""
    return download(filename, log_lines(queryset))


def plays_csv_response(queryset: PlayHourQuerySet, *, filename: str) -> StreamingHttpResponse:
    """Plays as a download that streams, in the queryset's order, cells defused."""
    rows = queryset.on_shop_clock().values_list(
        defused("device__mobile_id"),
        defused("device__name"),
        defused("shop_name"),
        defused("device__group__name"),
        defused("video_name"),
        F("sha256"),
        iso_text("hour", 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
        F("count"),
        F("seconds"),
        iso_text("shop_hour", "YYYY-MM-DD HH24:MI"),
        F("zone"),
    )
    return download(filename, copied_lines(PLAY_COLUMNS, rows))


def play_days_csv_response(queryset: PlayHourQuerySet, *, filename: str) -> StreamingHttpResponse:
    """Plays added up by shop, device, file and day on the shop's clock, as a download that streams: by the day, then by
    the columns in their order."""
    return download(filename, _day_lines(queryset.order_by()))


def _day_lines(plays: PlayHourQuerySet) -> Generator[bytes]:
    """A statement for each day, so that the first lines come at once and none has to sort more than a day's plays."""
    yield from copied_lines(DAY_COLUMNS, plays.none().values_list("pk"))
    ends = plays.aggregate(first=Min("hour"), last=Max("hour"))
    if ends["first"] is None:
        return
    day, last = (ends["first"] - WESTERNMOST).date(), (ends["last"] + EASTERNMOST).date()
    while day <= last:
        lines = copied_lines(DAY_COLUMNS, _added_up(plays.of_days(day, day)))
        next(lines)  # the header
        yield from lines
        day += timedelta(days=1)


def _added_up(plays: PlayHourQuerySet) -> models.QuerySet[Any, Any]:
    """By shop, device, file and day; the columns of `DAY_COLUMNS`, sorted by them."""
    cells = {
        "cell_shop": defused("shop_name"),
        "cell_mobile_id": defused("device__mobile_id"),
        "cell_name": defused("device__name"),
        "cell_group": defused("device__group__name"),
        "cell_video": defused("video_name"),
    }
    by = ["shop_day", "zone", *cells, "sha256"]
    rows: models.QuerySet[Any, Any] = plays.annotate(**cells).values(*by)
    sums: models.QuerySet[Any, Any] = rows.annotate(plays=Sum("count"), shown_s=Sum("seconds"))
    return sums.order_by(*by).values_list(*by, "plays", "shown_s")


def _only(found: models.QuerySet[_Named], kind: str, name: str) -> _Named:
    thing = found.first()
    if thing is None:
        raise NotFound(f"There is no {kind} {name!r}.")
    return thing


def iso_text(path: str, form: str = 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') -> Func:
    """A time as 2026-01-31T09:59:58.123456Z, or in another form of PostgreSQL's to_char."""
    return Func(
        F(path),
        Value(form),
        function="to_char",
        template="%(function)s(%(expressions)s)",
        output_field=models.TextField(),
    )
