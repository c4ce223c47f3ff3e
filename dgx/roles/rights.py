"""Who may give what to whom: nobody raises themselves, and nobody changes, or hands out, more than they have."""

from typing import Any

from django.contrib.auth.models import Group, Permission, User
from django.db.models import Exists, OuterRef, Q, QuerySet

from dgx.core.scope import limit_of
from locations.models import ShopLimit


def held_by(person: User) -> set[int]:
    """Ids of the permissions that the person has by themselves or by a role, also while they may not log in."""
    return set(
        Permission.objects.filter(Q(user=person) | Q(group__user=person)).values_list("pk", flat=True).distinct()
    )


def is_above(person: User, *, actor: Any) -> bool:
    """The person can do, or see, something that the actor cannot: the actor neither changes nor deletes them, nor gives
    them a password."""
    if not people_within(User.objects.filter(pk=person.pk), actor=actor).exists():
        return True
    if actor.is_superuser:
        return False
    return person.is_superuser or not held_by(person) <= held_by(actor)


def people_within(people: QuerySet[User], *, actor: Any) -> QuerySet[User]:
    """Those of the people who see no shop that the actor does not see: for an unlimited actor, all."""
    limit = limit_of(actor)
    if limit is None:
        return people
    of_person = ShopLimit.objects.filter(user=OuterRef("pk"))
    beyond = ShopLimit.shops.through.objects.filter(shoplimit__user=OuterRef("pk")).exclude(shop__in=limit)
    return people.filter(Exists(of_person)).exclude(Exists(beyond))


def roles_to_give(actor: Any) -> QuerySet[Group]:
    """The roles that hold nothing which the actor does not have."""
    if actor.is_superuser:
        return Group.objects.all()
    lacking = Permission.objects.exclude(pk__in=held_by(actor))
    return Group.objects.exclude(pk__in=Group.objects.filter(permissions__in=lacking).values("pk"))


def limit_like(actor: Any, person: User) -> None:
    """Whom a limited person lets in sees the same shops, until they are limited further."""
    shops = limit_of(actor)
    if shops is not None:
        limit, _made = ShopLimit.objects.get_or_create(user=person)
        limit.shops.set(shops)
