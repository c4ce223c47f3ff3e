"""What is tracked of the models of others: users, roles and their rights, and the periodic tasks.

Each is a proxy that carries the triggers; nothing else is done with it.
"""

from django.contrib.auth.models import Group, User
from django_celery_beat.models import ClockedSchedule, CrontabSchedule, IntervalSchedule, PeriodicTask, SolarSchedule

from dgx.core.audit_triggers import tracked, tracked_members

_USER = "(SELECT u.username FROM auth_user u WHERE u.id = {row}.user_id)"
_ROLE = "(SELECT g.name FROM auth_group g WHERE g.id = {row}.group_id)"
_BY_CLOCK = "concat_ws(' ', {row}.minute, {row}.hour, {row}.day_of_month, {row}.month_of_year, {row}.day_of_week)"


class TrackedUser(User):
    """People. Of a password it is only kept that it changed."""

    class Meta:
        proxy = True
        default_permissions = ()
        triggers = tracked(
            "username",
            "first_name",
            "last_name",
            "email",
            "is_active",
            "is_staff",
            "is_superuser",
            hidden=["password"],
            kind="auth.user",
            label="{row}.username",
        )


class TrackedRole(Group):
    """Roles."""

    class Meta:
        proxy = True
        default_permissions = ()
        triggers = tracked("name", kind="auth.group", label="{row}.name")


class TrackedUserRole(User.groups.through):  # type: ignore[name-defined]  # Django makes the class
    """The roles of a person."""

    class Meta:
        proxy = True
        default_permissions = ()
        triggers = tracked_members("groups", kind="auth.user", owner="user_id", member="group_id", label=_USER)


class TrackedUserRight(User.user_permissions.through):  # type: ignore[name-defined]  # as above
    """The rights that a person has beside the roles."""

    class Meta:
        proxy = True
        default_permissions = ()
        triggers = tracked_members(
            "user_permissions", kind="auth.user", owner="user_id", member="permission_id", label=_USER
        )


class TrackedRoleRight(Group.permissions.through):  # type: ignore[name-defined]  # as above
    """The rights of a role."""

    class Meta:
        proxy = True
        default_permissions = ()
        triggers = tracked_members(
            "permissions", kind="auth.group", owner="group_id", member="permission_id", label=_ROLE
        )


class TrackedTask(PeriodicTask):
    """Periodic tasks; not how often they ran."""

    class Meta:
        proxy = True
        default_permissions = ()
        triggers = tracked(
            "name",
            "task",
            "enabled",
            "interval",
            "crontab",
            "solar",
            "clocked",
            "one_off",
            "args",
            "kwargs",
            "start_time",
            "expires",
            kind="django_celery_beat.periodictask",
            label="{row}.name",
        )


class TrackedInterval(IntervalSchedule):
    """Every so often."""

    class Meta:
        proxy = True
        default_permissions = ()
        triggers = tracked(
            "every",
            "period",
            kind="django_celery_beat.intervalschedule",
            label="concat_ws(' ', 'every', {row}.every, {row}.period)",
        )


class TrackedCrontab(CrontabSchedule):
    """By the clock."""

    class Meta:
        proxy = True
        default_permissions = ()
        triggers = tracked(
            "minute",
            "hour",
            "day_of_month",
            "month_of_year",
            "day_of_week",
            "timezone",
            kind="django_celery_beat.crontabschedule",
            label=_BY_CLOCK,
        )


class TrackedSolar(SolarSchedule):
    """By the sun."""

    class Meta:
        proxy = True
        default_permissions = ()
        triggers = tracked(
            "event",
            "latitude",
            "longitude",
            kind="django_celery_beat.solarschedule",
            label="{row}.event",
        )


class TrackedClocked(ClockedSchedule):
    """Once."""

    class Meta:
        proxy = True
        default_permissions = ()
        triggers = tracked("clocked_time", kind="django_celery_beat.clockedschedule", label="{row}.clocked_time::text")
