"""Makes roles and gives them permissions, in migrations, where the permissions of new models do not exist yet."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.contrib.auth import get_permission_codename


def set_permissions(apps: Any, table: Mapping[str, Iterable[str]]) -> None:
    """Let each of these roles have just these permissions, as `app.codename`; a role that is missing is made. Harmless
    to repeat. `apps` are the migration's own."""
    roles: Any = apps.get_model("auth", "Group")
    for name, wanted in table.items():
        role, _made = roles.objects.get_or_create(name=name)
        role.permissions.set([_permission(apps, permission) for permission in wanted])


def give(apps: Any, table: Mapping[str, Iterable[str]]) -> None:
    """Give these roles these permissions beside those that they have; a role that was deleted stays so."""
    for role in apps.get_model("auth", "Group").objects.filter(name__in=table):
        role.permissions.add(*(_permission(apps, permission) for permission in table[role.name]))


def take(apps: Any, table: Mapping[str, Iterable[str]]) -> None:
    """Take these permissions back from these roles."""
    for role in apps.get_model("auth", "Group").objects.filter(name__in=table):
        role.permissions.remove(*(_permission(apps, permission) for permission in table[role.name]))


def remove_roles(apps: Any, names: Iterable[str]) -> None:
    """Delete these roles; people lose them."""
    apps.get_model("auth", "Group").objects.filter(name__in=list(names)).delete()


def _permission(apps: Any, wanted: str) -> Any:
    """The permission, made first where `post_migrate` has not come that far; of the same name as it gives."""
    app, _, codename = wanted.partition(".")
    types: Any = apps.get_model("contenttypes", "ContentType")
    known: Any = apps.get_model("auth", "Permission")
    for model in apps.get_app_config(app).get_models():
        if name := _permissions_of(model._meta).get(codename):
            kind, _made = types.objects.get_or_create(app_label=app, model=model._meta.model_name)
            return known.objects.get_or_create(content_type=kind, codename=codename, defaults={"name": name})[0]
    raise LookupError(f"No model has the permission {wanted}.")


def _permissions_of(opts: Any) -> dict[str, str]:
    """By codename, the names of all permissions of a model."""
    usual = {
        get_permission_codename(verb, opts): f"Can {verb} {opts.verbose_name_raw}" for verb in opts.default_permissions
    }
    return {**usual, **dict(opts.permissions)}
