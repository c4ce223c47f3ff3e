"""The base of every resource of /api/v1: found by its public UUID among what the caller may see, written in one
transaction, answered as it is read."""

from typing import Any

from django.db import transaction
from django.db.models import Model
from rest_framework import mixins
from rest_framework.exceptions import NotAuthenticated, PermissionDenied
from rest_framework.generics import GenericAPIView
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.viewsets import GenericViewSet

from dgx.core.api.permissions import ActionPermissions
from dgx.core.api.references import find
from dgx.core.deletion import delete_unless_used
from dgx.core.errors import Forbidden, TooManyRequests
from dgx.core.scope import may_add, refuse_beyond_limit, visible


class ScopedView(GenericAPIView[Any]):
    """The rows that the caller may see; those that a call would change have to lie within the caller's limit."""

    def check_permissions(self, request: Request) -> None:
        """As ever; but a refused call counts as well, though DRF asks its throttles last."""
        try:
            super().check_permissions(request)
        except (NotAuthenticated, PermissionDenied):
            self.check_throttles(request)
            raise

    def handle_exception(self, exc: Exception) -> Response:
        """As ever; a limit within the call is told in place of the one of all calls, which let it pass."""
        if isinstance(exc, TooManyRequests):
            self.headers.update(exc.headers)
        return super().handle_exception(exc)

    def get_queryset(self) -> Any:
        return visible(super().get_queryset(), self.request.user)

    def within_limit(self, row: Any) -> Any:
        """The row, as it is. Raises Forbidden where the call would change it and it reaches beyond the caller's
        shops."""
        if self.request.method not in SAFE_METHODS:
            refuse_beyond_limit(row, self.request.user)
        return row


class ResourceView(ScopedView, GenericViewSet[Any]):
    """Looks a resource up by UUID (or another key) and asks for the action's permission."""

    lookup_url_kwarg = "ref"
    lookup_value_regex = "[^/]+"
    other_key: str | None = None
    permission_classes: Any = [ActionPermissions]
    action_permissions: dict[str, list[str]] = {}

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Refuses to make what would always lie outside of the caller's shops before its body is read."""
        super().initial(request, *args, **kwargs)
        rows: Any = self.queryset  # type: ignore[arg-type]  # the stubs see a manager where DRF has a queryset
        model = rows.model if rows is not None else None
        if self.action == "create" and model and not may_add(model, request.user):
            raise Forbidden(f"You are limited to some shops; {model._meta.verbose_name_plural} reach beyond them.")

    def get_object(self) -> Any:
        """The resource that the address names. Raises NotFound, which names it, and Forbidden."""
        return self.within_limit(find(self.get_queryset(), self.kwargs["ref"], other_key=self.other_key))

    def read_again(self, row: Model) -> Any:
        """The row as a list shows it: with annotations and what is joined."""
        return self.get_queryset().get(pk=row.pk)

    def answer(self, row: Model, **kwargs: Any) -> Response:
        """The row, read again, in the resource's own shape."""
        return Response(self.get_serializer(self.read_again(row)).data, **kwargs)


class CreateResource(mixins.CreateModelMixin):
    """POST: 201 with the resource."""

    def perform_create(self, serializer: BaseSerializer[Any]) -> None:
        with transaction.atomic():
            row = self.within_limit(serializer.save())  # type: ignore[attr-defined]  # a mixin of ResourceView
        serializer.instance = self.read_again(row)  # type: ignore[attr-defined]  # a mixin of ResourceView


class UpdateResource(mixins.UpdateModelMixin):
    """PUT and PATCH: 200 with the resource."""

    def perform_update(self, serializer: BaseSerializer[Any]) -> None:
        with transaction.atomic():
            row = self.within_limit(serializer.save())  # type: ignore[attr-defined]  # a mixin of ResourceView
        serializer.instance = self.read_again(row)  # type: ignore[attr-defined]  # a mixin of ResourceView


class DeleteResource(mixins.DestroyModelMixin):
    """DELETE: 204, or 409 with the list of uses."""

    def perform_destroy(self, instance: Model) -> None:
        delete_unless_used(instance, told=self.request.user)  # type: ignore[attr-defined]  # a mixin of ResourceView


class ResourceViewSet(
    CreateResource, mixins.RetrieveModelMixin, UpdateResource, DeleteResource, mixins.ListModelMixin, ResourceView
):
    """List, create, retrieve, update and delete."""
