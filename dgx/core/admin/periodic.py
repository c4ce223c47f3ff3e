"""Celery beat's tasks and schedules in the admin's own clothes: operators see and change the sweep's interval here."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from django_celery_beat import admin as beat
from django_celery_beat.models import ClockedSchedule, CrontabSchedule, IntervalSchedule, PeriodicTask, SolarSchedule
from unfold.admin import ModelAdmin, TabularInline
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from dgx.core.admin.base import BoundedSelection
from dgx.core.admin.scoped import ForTheUnlimited
from dgx.core.admin.words import ago

for registered in (PeriodicTask, IntervalSchedule, CrontabSchedule, SolarSchedule, ClockedSchedule):
    admin.site.unregister(registered)


class TaskSelect(UnfoldAdminSelectWidget, beat.TaskSelectWidget):
    """The choice of registered tasks."""


class TaskForm(beat.PeriodicTaskForm):
    """The package's form with our widgets."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "task" in self.fields:
            self.fields["task"].widget = UnfoldAdminTextInputWidget()
            self.fields["regtask"].widget = TaskSelect()


@admin.register(PeriodicTask)
class PeriodicTaskAdmin(ForTheUnlimited, BoundedSelection, beat.PeriodicTaskAdmin, ModelAdmin):
    """What beat runs, how often, and when it last did. Its actions need the permission to change."""

    form = TaskForm
    change_form_template = None  # the package's own has an inline script, which no page of ours may run
    date_hierarchy = None
    list_display = ["name", "schedule_in_words", "enabled", "ran", "total_run_count"]
    list_filter = ["enabled"]
    ordering = ["name"]
    autocomplete_fields = ["interval", "crontab", "solar", "clocked"]
    show_full_result_count = False
    compressed_fields = True

    @admin.display(description="runs")
    def schedule_in_words(self, obj: PeriodicTask) -> str:
        return str(obj.interval or obj.crontab or obj.solar or obj.clocked or "never")

    @admin.display(description="last run", ordering="last_run_at")
    def ran(self, obj: PeriodicTask) -> str:
        return ago(obj.last_run_at, timezone.now())

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """The package's own actions ask for no permission; ours are for those who may change a task."""
        actions: dict[str, Any] = super().get_actions(request)
        if self.has_change_permission(request):
            return actions
        return {name: action for name, action in actions.items() if name == "delete_selected"}


class TasksInline(TabularInline):
    """The tasks on a schedule."""

    model = PeriodicTask
    fields = readonly_fields = ["name", "task", "enabled"]
    extra = 0
    can_delete = False
    show_change_link = True
    verbose_name_plural = "periodic tasks on this schedule"

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("interval", "crontab", "solar", "clocked")

    def has_add_permission(self, request: HttpRequest, obj: Any) -> bool:
        return False


class ScheduleAdmin(ForTheUnlimited, BoundedSelection, ModelAdmin):
    """A schedule and the tasks on it."""

    inlines = [TasksInline]
    show_full_result_count = False
    compressed_fields = True


@admin.register(IntervalSchedule)
class IntervalAdmin(ScheduleAdmin):
    """Every so many seconds, minutes or hours."""

    list_display = ["__str__", "every", "period"]
    search_fields = ["every", "period"]


@admin.register(CrontabSchedule)
class CrontabAdmin(ScheduleAdmin):
    """By the clock."""

    list_display = ["__str__", "human_readable"]
    fields = ["human_readable", "minute", "hour", "day_of_month", "month_of_year", "day_of_week", "timezone"]
    readonly_fields = ["human_readable"]
    search_fields = ["minute", "hour"]


@admin.register(SolarSchedule)
class SolarAdmin(ScheduleAdmin):
    """By the sun."""

    list_display = ["__str__", "event"]
    search_fields = ["event"]


@admin.register(ClockedSchedule)
class ClockedAdmin(ScheduleAdmin):
    """Once."""

    list_display = ["clocked_time"]
    search_fields = ["clocked_time"]
