"""The four roles as a table: what each may see, add, change and delete. docs/operating/roles.md shows the same table,
and a test compares the two. Migrations make the roles as they were when they were written: what is added here needs a
migration that gives it (`dgx.roles.grants.give`), so that what people have changed in a role stays."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

VERBS = {"v": "view", "a": "add", "c": "change", "d": "delete"}

VIEWER, EDITOR, OPERATOR, ADMINISTRATOR = "Viewer", "Content editor", "Operator", "Administrator"

PURPOSE = {
    VIEWER: "looks: screens, shops, what plays where, and the reports",
    EDITOR: "looks, and decides what plays: media and links",
    OPERATOR: "runs the fleet: devices, groups, shops, pairing, and what plays",
    ADMINISTRATOR: "does all of it, and lets people in",
}
"""The roles, from the smallest to the largest, each in a sentence."""


class Row(NamedTuple):
    """What the roles may do with one kind of thing: letters of VERBS for each role, in the order of PURPOSE."""

    noun: str
    models: tuple[str, ...]
    verbs: tuple[str, str, str, str]


TABLE = (
    Row("Devices", ("devices.device",), ("v", "v", "vacd", "vacd")),
    Row("Groups", ("devices.group",), ("v", "v", "vacd", "vacd")),
    Row("Shops", ("locations.shop",), ("v", "v", "vac", "vacd")),
    Row("Pairing", ("devices.pairing",), ("", "", "vc", "vcd")),
    Row("Enrolment keys", ("devices.enrolmentkey",), ("", "", "vac", "vacd")),
    Row("Device tokens", ("devices.devicetoken",), ("", "", "v", "v")),
    Row("Media", ("media_library.video",), ("v", "vacd", "vacd", "vacd")),
    Row("Links, playlists", ("media_library.link",), ("v", "vacd", "vacd", "vacd")),
    Row("Emergencies", ("media_library.emergency",), ("v", "v", "v", "v")),
    Row("Device logs", ("telemetry.devicelog", "telemetry.deviceloghour"), ("v", "v", "v", "v")),
    Row("Proof of play", ("telemetry.playhour",), ("v", "v", "v", "v")),
    Row("Online and offline", ("devices.presence", "devices.presenceflip"), ("v", "v", "v", "v")),
    Row("Fleet events", ("devices.fleetevent",), ("v", "v", "v", "v")),
    Row("Changes", ("core.change",), ("", "v", "v", "v")),
    Row("Users", ("auth.user",), ("", "", "", "vacd")),
    Row("Limits to shops", ("locations.shoplimit",), ("", "", "", "vacd")),
    Row("Roles", ("auth.group",), ("", "", "", "v")),
    Row("API keys of all", ("core.apikey",), ("", "", "", "vacd")),
    Row(
        "Periodic tasks, schedules",
        (
            "django_celery_beat.periodictask",
            "django_celery_beat.intervalschedule",
            "django_celery_beat.crontabschedule",
            "django_celery_beat.clockedschedule",
            "django_celery_beat.solarschedule",
        ),
        ("", "", "", "vacd"),
    ),
)

MORE = {
    "media_library.manage_emergencies": ("Start and end emergencies", (OPERATOR, ADMINISTRATOR)),
    "devices.use_old_routes": ("The old routes", (OPERATOR, ADMINISTRATOR)),
}
"""Permissions that are no verb of a model, each in words and with the roles that have it."""


def permissions_of(role: str) -> frozenset[str]:
    """All of a role's permissions, as `app.verb_model`."""
    return frozenset(_verbs_of(role)) | {more for more, (_words, roles) in MORE.items() if role in roles}


def permissions() -> Mapping[str, frozenset[str]]:
    """Of every role."""
    return {role: permissions_of(role) for role in PURPOSE}


def _verbs_of(role: str) -> Iterator[str]:
    place = list(PURPOSE).index(role)
    for row in TABLE:
        for model in row.models:
            app, _, name = model.partition(".")
            yield from (f"{app}.{VERBS[letter]}_{name}" for letter in row.verbs[place])
