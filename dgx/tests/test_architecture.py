"""The house stays as docs/architecture.md draws it: arrows point down, rooms are where they are in every app."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import apps
from django.db import models

from dgx.tests.environment import ROOT

LAYERS = ("dgx.core", "locations", "devices", "media_library", "telemetry")
"""From the bottom up. What is not here (dgx.urls, dgx.protocol, …) composes: it imports all, no layer imports it."""

APPS = LAYERS[1:]
LABELS = {layer.rpartition(".")[2]: level for level, layer in enumerate(LAYERS)}

REQUIRED = {"__init__.py", "apps.py", "models", "querysets.py", "admin", "api", "management", "migrations", "tests"}
OPTIONAL = {"services", "tasks.py", "resources.py", "templates", "static"}
EXTRA = {
    ("locations", "tracked.py"): "what the audit keeps of shops; a module of models/ where that is a package",
    ("media_library", "windows.py"): "when a link is shown: a value type that models, services and API share",
    ("media_library", "middleware.py"): "says in words why a body was not read",
    ("media_library", "uploadhandlers.py"): "bounds an upload while it streams in",
}
REQUIRED_IN_API = {"__init__.py", "serializers.py", "filters.py", "views.py", "urls.py", "legacy.py"}

UNTESTED: dict[str, str] = {}
"""Models that no test module of their app names, and why that is right. One that is named after all has to leave."""

WITHOUT_HELP = {
    "media_library.Placement": "a view of the database: its columns are the link's, which explain themselves there",
}


def modules(package: str) -> Iterator[tuple[str, Path]]:
    """Dotted name and path of each module of a package, without its tests."""
    for path in sorted((ROOT / package.replace(".", "/")).rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        if "tests" not in parts:
            yield ".".join(part for part in parts if part != "__init__"), path


def imported(path: Path) -> Iterator[str]:
    """Every module that the file imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def layer_of(module: str) -> int | None:
    """The layer's height; None for what is not ours. Composing modules are above all."""
    for level, layer in enumerate(LAYERS):
        if module == layer or module.startswith(f"{layer}."):
            return level
    return len(LAYERS) if module == "dgx" or module.startswith("dgx.") else None


@pytest.mark.parametrize("layer", LAYERS)
def test_imports_point_down(layer):
    level = LAYERS.index(layer)
    up = [
        f"{module} imports {name}"
        for module, path in modules(layer)
        for name in imported(path)
        if (layer_of(name) or 0) > level
    ]
    assert up == []


def test_foreign_keys_point_down():
    up = [
        f"{model._meta.label}.{field.name} -> {field.related_model._meta.label}"
        for model in our_models()
        for field in model._meta.get_fields()
        if (field.concrete and field.is_relation and field.related_model)
        and level_of_model(field.related_model) > level_of_model(model)
    ]
    assert up == []


def level_of_model(model: type[models.Model]) -> int:
    """Django's own models (users) lie below ours."""
    return LABELS.get(model._meta.app_label, -1)


def our_models() -> list[type[models.Model]]:
    """All models of the layers. A proxy has no columns of its own: it stands for a model of others."""
    return [m for m in apps.get_models() if m._meta.app_label in LABELS and not m._meta.proxy]


@pytest.mark.parametrize("app", APPS)
def test_every_app_has_the_same_rooms(app):
    found = {
        path.stem if path.stem in {"models", "services"} else path.name
        for path in (ROOT / app).iterdir()
        if path.name != "__pycache__"
    }
    extra = {name for owner, name in EXTRA if owner == app}
    assert found - OPTIONAL - extra == REQUIRED
    assert extra <= found, "an exception that is no longer needed has to leave EXTRA"


@pytest.mark.parametrize("app", APPS)
def test_every_api_has_the_same_rooms(app):
    assert {path.name for path in (ROOT / app / "api").iterdir()} >= REQUIRED_IN_API


@pytest.mark.parametrize("app", APPS)
def test_services_hold_no_models_admin_or_api(app):
    forbidden = ("rest_framework", "django.contrib.admin", "unfold", f"{app}.api", f"{app}.admin")
    wrong = [
        f"{module} imports {name}"
        for module, path in modules(app)
        if module.startswith(f"{app}.services")
        for name in imported(path)
        if name.startswith(forbidden)
    ]
    assert wrong == []


def test_models_are_tested_or_exempt_for_a_reason():
    untested = {model._meta.label for model in our_models() if model._meta.managed and not is_tested(model)}
    assert untested == set(UNTESTED)


def is_tested(model: type[models.Model]) -> bool:
    """A test module of its app names it."""
    folder = Path(apps.get_app_config(model._meta.app_label).path) / "tests"
    word = re.compile(rf"\b{model.__name__}\b")
    return any(word.search(path.read_text()) for path in folder.glob("test_*.py"))


def test_migrations_are_named_by_hand():
    names = [path.stem for path in ROOT.glob("*/**/migrations/0*.py") if ".venv" not in path.parts]
    assert names
    assert [name for name in names if "auto" in name or not re.fullmatch(r"\d{4}_[a-z][a-z0-9_]*", name)] == []


def test_every_field_says_what_it_is():
    silent = {
        model._meta.label: fields
        for model in our_models()
        if (fields := [field.name for field in own_fields(model) if not field.help_text])
    }
    assert set(silent) == set(WITHOUT_HELP)


def own_fields(model: type[models.Model]) -> list[models.Field]:
    """Columns and many-to-many fields; a primary key explains itself."""
    return [field for field in (*model._meta.concrete_fields, *model._meta.many_to_many) if not field.primary_key]


def test_every_constraint_and_index_has_a_name_that_a_person_gave():
    names = [item.name for model in our_models() for item in (*model._meta.constraints, *model._meta.indexes)]
    assert [name for name in names if re.search(r"_[0-9a-f]{6,8}(_idx|_uniq)?$", name)] == []
