"""The page of the whole chain: the default playlist of every screen, how far its changes have come, and emergencies
everywhere. It is one row, so its list leads straight to its page."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from dgx.core.admin.tabs import TabbedAdmin
from dgx.core.scope import is_limited
from locations.models import Chain
from media_library.admin.impact import question_of_links
from media_library.admin.inlines import DefaultOfChain


def _may(request: HttpRequest, verb: str) -> bool:
    """Links are the page's content; a person who is limited to some shops sees what reaches these on their pages."""
    user: Any = request.user
    return bool(user.has_perm(f"media_library.{verb}_link")) and not is_limited(user)


@admin.register(Chain)
class ChainAdmin(TabbedAdmin):
    """What plays everywhere. Whoever may see and change links may see and change it."""

    list_display = ["__str__", "content_version", "content_changed_at"]
    fields = ["content_version", "content_changed_at"]
    readonly_fields = ["content_version", "content_changed_at"]
    inlines = [DefaultOfChain]
    questions = [question_of_links]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """The list of one row is its page."""
        if not self.has_view_permission(request):
            answer: HttpResponse = super().changelist_view(request, extra_context)
            return answer
        chain, _made = Chain.objects.get_or_create(pk=1)
        return HttpResponseRedirect(reverse("admin:locations_chain_change", args=[chain.pk]))

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return _may(request, "view")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return _may(request, "change")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
