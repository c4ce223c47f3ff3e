"""Every page of the admin, with an address that leads to it: made of the URL map and of the rows of two shops."""

import re
from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.contrib import admin
from django.utils import timezone

from dgx.core.models import Change
from dgx.tests.permission_tables import ADMIN_MORE, admin_models
from dgx.tests.two_shops import TwoShops
from media_library.models import Link, Video
from media_library.tests.factories import VideoFactory

Call = tuple[str, str, str]
"""Address, method and policy."""

QUERIES = {"autocomplete": "?app_label=devices&model_name=device&field_name=group"}
"""Without which a page has nothing to answer."""


def admin_patterns() -> Iterator[Any]:
    """Every page of the admin; what has no name leads to the page of a row, or says that there is none."""
    for each in admin.site.get_urls():
        yield from (inner for inner in getattr(each, "url_patterns", [each]) if inner.name)


def named_pages() -> dict[str, str]:
    """By the name of its address, who may open each page that not every model has."""
    return dict(line.split() for line in ADMIN_MORE.strip().splitlines())


class AdminPages:
    """The pages, of rows that a person who is limited to the own shop sees, where there are any."""

    def __init__(self, world: TwoShops) -> None:
        self.world = world
        self.binned = VideoFactory.create(name="binned", binned_at=timezone.now())

    def calls(self) -> Iterator[Call]:
        """Of every page but the door itself."""
        for model in admin.site._registry:
            yield from self._of_model(model)
        for name, policy in named_pages().items():
            if policy != "door":
                yield self.address(name), "GET", policy

    def forms(self) -> Iterator[Call]:
        """The empty form of every model that people may add, and the page that asks before a row is deleted."""
        for model in admin.site._registry:
            may, root = _rights(model), _root(model)
            pages = {f"{root}add/": may["add"], f"{root}{self.row(model).pk}/delete/": may["delete"]}
            yield from ((path, "GET", policy) for path, policy in pages.items() if policy != "none")

    def _of_model(self, model: Any) -> Iterator[Call]:
        may, root, row = _rights(model), _root(model), self.row(model)
        yield from ((f"{root}{page}", "GET", may["see"]) for page in ("", f"{row.pk}/history/", f"{row.pk}/change/"))
        yield f"{root}add/", "POST", may["add"]
        yield f"{root}{row.pk}/change/", "POST", may["change"]
        yield f"{root}{row.pk}/delete/", "POST", may["delete"]

    def row(self, model: Any) -> Any:
        """A row that the limited person sees, where there is one."""
        if model is Video:
            return self.world.own[Link][0].video
        if model is Change:
            return Change.objects.get(what="own")
        return (self.world.own.get(model) or self.world.foreign[model])[0]

    def address(self, name: str) -> str:
        """The page of that name, of a row where it is one's."""
        for part in admin.site.get_urls():
            for each in getattr(part, "url_patterns", [part]):
                if each.name == name:
                    route = f"{part.pattern}{each.pattern}" if each is not part else str(part.pattern)
                    return f"/admin/{self._filled(route)}{QUERIES.get(name, '')}"
        raise LookupError(name)

    def _filled(self, route: str) -> str:
        label = ".".join(route.split("/")[:2])
        screen = self.world.screen.pk
        known = {"kind": "devices.device", "key": screen, "content_type_id": 1, "object_id": 1, "id": 1}
        if "<" in route and label in {model._meta.label_lower for model in admin.site._registry}:
            row = self.binned if "bin/" in route else self.row(apps.get_model(label))
            known |= {"object_id": row.pk, "id": row.pk} | ({} if "<str:kind>" in route else {"key": row.pk})
        if route.startswith("^"):
            return "devices/"
        return re.sub(r"<(?:\w+:)?(\w+)>", lambda found: str(known[found[1]]), route)


def _rights(model: Any) -> dict[str, str]:
    return admin_models()[f"{model._meta.app_label}_{model._meta.model_name}"]


def _root(model: Any) -> str:
    return f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
