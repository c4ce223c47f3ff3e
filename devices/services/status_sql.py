"""The table of `devices.services.status` in SQL: one statement says it of one device or counts it over a fleet.

What depends on the fleet (our outages, who flipped often) is an uncorrelated subquery that the database runs once per
statement; only what puts an unstable device into words is looked up per row, through the index of its flips.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models
from django.db.models import (
    Case,
    Count,
    DateTimeField,
    ExpressionWrapper,
    F,
    FloatField,
    Func,
    Min,
    OuterRef,
    Q,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Cast, Coalesce, Greatest, Least

from devices.models import PresenceFlip, SweepState
from devices.services import status as rules
from devices.services.outages import outage_gap
from devices.services.status import StatusCode
from locations.models import Chain

if TYPE_CHECKING:
    from devices.querysets import DeviceQuerySet

_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
_TIME = DateTimeField()


def annotate_status(devices: "DeviceQuerySet", now: datetime) -> Any:
    """Annotates `status` and `status_since`, and the evidence that `status_of` puts into words."""
    rows: Any = devices if "holds_tag" in devices.query.annotations else devices.with_tag()
    rows = rows.with_presence().alias(
        blind_until=_blind_until(now),
        blind_from=_blind_from(now),
        chain_changed_at=Subquery(Chain.objects.values("content_changed_at")[:1]),
    )
    rows = rows.annotate(expected_s=_expected_s())
    rows = rows.annotate(due_at=_due_at(), behind_since=_behind_since())
    rows = rows.annotate(**{name: _flag(condition) for name, condition in _complaints(now).items()})
    rows = rows.annotate(status=_status(now))
    return rows.annotate(
        recent_flips=_of_unstable(_flips_since(now).annotate(n=Count("pk")).values("n"), models.IntegerField()),
        status_since=_since(now),
    )


def only_in_status(devices: "DeviceQuerySet", codes: Sequence[str], now: datetime) -> Any:
    """Those with one of these statuses. What the rare ones need at least is asked first, of fewer columns; the common
    ones are soon found, and a second condition would mislead the planner."""
    rows: Any = devices if "status" in devices.query.annotations else annotate_status(devices, now)
    if codes and all(code in _AT_LEAST for code in codes):
        rows = rows.filter(reduce(or_, (_AT_LEAST[code](now) for code in codes)))
    return rows.filter(status__in=codes)


_AT_LEAST: dict[str, Callable[[datetime], Q]] = {
    StatusCode.RETIRED: lambda _now: Q(state="retired"),
    StatusCode.NEVER: lambda _now: Q(presence__last_seen_at=None),
    StatusCode.UNKNOWN: lambda now: Q(presence__is_online=True, due_at__lte=now),
    StatusCode.UNSTABLE: lambda now: Q(pk__in=_often_flipped(now)),
    StatusCode.OFFLINE: lambda _now: Q(presence__is_online=False),
    StatusCode.LATE: lambda now: Q(presence__is_online=True, due_at__lte=now),
}


def _status(now: datetime) -> Case:
    overdue = Q(due_at__lte=now)
    return Case(
        When(state="retired", then=Value(StatusCode.RETIRED.value)),
        When(presence__last_seen_at=None, then=Value(StatusCode.NEVER.value)),
        When(
            overdue & Q(presence__is_online=True, presence__last_seen_at__lt=F("blind_until")),
            then=Value(StatusCode.UNKNOWN.value),
        ),
        When(pk__in=_often_flipped(now), then=Value(StatusCode.UNSTABLE.value)),
        When(presence__is_online=False, then=Value(StatusCode.OFFLINE.value)),
        When(overdue, then=Value(StatusCode.LATE.value)),
        When(
            Q(is_cloned=True) | Q(is_behind=True) | Q(is_hot=True) | Q(clock_is_off=True) | Q(disk_is_full=True),
            then=Value(StatusCode.DEGRADED.value),
        ),
        default=Value(StatusCode.ONLINE.value),
        output_field=models.CharField(),
    )


def _since(now: datetime) -> Case:
    turned = Coalesce(F("presence__since"), F("presence__last_seen_at"))
    return Case(
        When(status=StatusCode.RETIRED, then=Value(None)),
        When(status=StatusCode.NEVER, then=F("created_at")),
        When(status=StatusCode.UNKNOWN, then=Greatest(F("blind_from"), F("presence__last_seen_at"))),
        When(status=StatusCode.UNSTABLE, then=Subquery(_flips_since(now).annotate(at0=Min("at")).values("at0"))),
        When(status=StatusCode.LATE, then=F("due_at")),
        When(status=StatusCode.DEGRADED, is_behind=True, then=Least(F("behind_since"), F("presence__trouble_since"))),
        When(status=StatusCode.DEGRADED, then=F("presence__trouble_since")),
        default=turned,
        output_field=_TIME,
    )


def _expected_s() -> Greatest:
    """Seconds between two reports as configured; where that was changed after its last report, as it was told then."""
    interval = Coalesce(F("report_interval_s"), F("group__report_interval_s"), Value(settings.DGX_REPORT_INTERVAL_S))
    missed = Coalesce(F("missed_reports"), F("group__missed_reports"), Value(settings.DGX_MISSED_REPORTS))
    told = Cast(F("presence__silent_after_s"), FloatField()) / Cast(missed, FloatField())
    return Greatest(Cast(interval, FloatField()), told)


def _due_at() -> ExpressionWrapper:
    """When its next report is overdue."""
    allowed = Func(
        F("expected_s") * rules.JITTER + rules.ON_THE_WAY_S,
        template="make_interval(secs => %(expressions)s)",
        output_field=models.DurationField(),
    )
    return ExpressionWrapper(F("presence__last_seen_at") + allowed, output_field=_TIME)


def _blind_until(now: datetime) -> Coalesce:
    """Until when we were away last: now, while the sweep does not run; long ago, where it always did."""
    running = SweepState.objects.filter(pk=1, swept_at__gte=now - outage_gap())
    return Coalesce(Subquery(running.values(until=Coalesce("outage_until", Value(_LONG_AGO)))), Value(now))


def _blind_from(now: datetime) -> Subquery:
    """When we went away; null where the sweep never ran."""
    running = When(swept_at__gte=now - outage_gap(), then=F("outage_from"))
    return Subquery(SweepState.objects.filter(pk=1).values(start=Case(running, default=F("swept_at"))))


def _behind_since() -> Case:
    """Since when it does not hold what it should: since it said that files are missing, else since that changed; null
    where it holds it, or never said what it holds. The tag, which takes longest to put together, is asked last."""
    changes = ("content_changed_at", "group__content_changed_at", "shop__content_changed_at", "chain_changed_at")
    is_known = Q(*((f"{change}__isnull", False) for change in changes), _connector=Q.OR)
    told = Q(presence__held_at__isnull=False)
    return Case(
        When(told & Q(presence__held_tag=""), then=F("presence__held_at")),
        When(
            told & is_known & Q(holds_tag=False),
            then=Greatest(F("presence__held_at"), *(F(change) for change in changes)),
        ),
        default=Value(None),
        output_field=_TIME,
    )


def _complaints(now: datetime) -> dict[str, Q]:
    return {
        "is_cloned": Q(presence__cloned_at__gt=now - rules.CLONED_IS_NEWS_FOR),
        "is_behind": Q(behind_since__lte=now - rules.content_grace())
        & (Q(presence__since=None) | Q(presence__since__lte=now - rules.content_grace())),
        "is_hot": Q(
            presence__temperature__gt=settings.DGX_HOT_CELSIUS,
            presence__temperature_at__gt=now - rules.TEMPERATURE_IS_NEWS_FOR,
        ),
        "clock_is_off": Q(presence__clock_offset_s__gt=rules.CLOCK_OFF_S)
        | Q(presence__clock_offset_s__lt=-rules.CLOCK_OFF_S),
        "disk_is_full": Q(presence__storage_free__lt=settings.DGX_DISK_LOW_BYTES),
    }


def _flag(condition: Q) -> Case:
    return Case(When(condition, then=Value(True)), default=Value(False))


def _often_flipped(now: datetime) -> Any:
    """Ids of the devices that flipped too often: one scan of the last hour's flips, grouped."""
    flips = PresenceFlip.objects.filter(at__gt=now - rules.UNSTABLE_WITHIN, at__lte=now).order_by()
    often = flips.values("device_id").annotate(n=Count("pk")).filter(n__gt=rules.UNSTABLE_FLIPS)
    return often.values("device_id")


def _flips_since(now: datetime) -> Any:
    """One device's flips of the last hour, grouped, ready for an aggregate."""
    mine = PresenceFlip.objects.filter(device=OuterRef("pk"), at__gt=now - rules.UNSTABLE_WITHIN, at__lte=now)
    return mine.order_by().values("device_id")


def _of_unstable(query: Any, field: models.Field) -> Case:
    return Case(When(status=StatusCode.UNSTABLE, then=Subquery(query)), default=Value(None), output_field=field)
