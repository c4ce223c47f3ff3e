"""Before a change of links is saved that reaches more than one screen, the page says how many programmes it changes."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import Count, Q
from django.http import HttpRequest

from devices.models import Device, Group
from dgx.core.admin.base import extend
from dgx.core.admin.confirm import Question
from locations.models import Shop
from media_library.models import Link

TARGETS = ("device_id", "group_id", "shop_id")


def screens(targets: Iterable[tuple[int | None, ...]], user: Any) -> dict[str, int]:
    """How many screens links with these targets (ids of device, group, shop) reach: `total`, and `offline` of them. One
    statement, which reads no link and builds no manifest."""
    reached = Q(pk__in=[])
    for each in targets:
        matching = {name.replace("device_id", "pk"): key for name, key in zip(TARGETS, each, strict=True) if key}
        reached |= Q(**matching) if matching else ~Q(pk=None)
    rows = Device.objects.visible_to(user).active().filter(reached, kind=Device.Kind.PLAYER)
    return rows.aggregate(total=Count("pk"), offline=Count("pk", filter=Q(presence__is_online=False)))


def in_words(found: dict[str, int]) -> str:
    """“230 screens (6 of them offline)”."""
    number = "1 screen" if found["total"] == 1 else f"{found['total']} screens"
    return f"{number} ({found['offline']} of them offline)" if found["offline"] else number


def question_of_links(obj: Any, formsets: Sequence[Any], request: HttpRequest) -> Question | None:
    """Asks where the saved links reach more than one screen; nothing about the other fields of the page."""
    found = screens(set(_touched(formsets)), request.user)
    if found["total"] <= 1:
        return None
    late = ", offline ones when they are back." if found["offline"] else "."
    soon = f"They take it up with their next reports{late}"
    return Question(
        f"Change the programme of {in_words(found)}?",
        [f"This changes what {in_words(found)} will play. {soon}"],
        f"Save for {found['total']} screens",
    )


def _touched(formsets: Sequence[Any]) -> Iterable[tuple[int | None, ...]]:
    """Targets that the links of these formsets had and have now, of those that were changed."""
    for formset in formsets:
        if formset.model is not Link:
            continue
        changed = [link for link, _names in formset.changed_objects]
        for link in (*formset.new_objects, *formset.deleted_objects, *changed):
            yield tuple(getattr(link, name) for name in TARGETS)
        for form in formset.initial_forms:
            if form.has_changed():
                yield tuple(_key(form.initial.get(name[:-3], getattr(form.instance, name))) for name in TARGETS)


def _key(value: Any) -> int | None:
    """A row's key, be it given as the row or as the key."""
    key: int | None = getattr(value, "pk", value)
    return key


extend(Group, questions=[question_of_links])
extend(Shop, questions=[question_of_links])
