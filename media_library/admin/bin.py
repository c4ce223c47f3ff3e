"""Throwing media away, with what screens would show then; and the bin, out of which they come back."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, ClassVar

from django.conf import settings
from django.contrib import messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html

from dgx.core import audit
from dgx.core.admin.bulk import BulkAction, Effect, Selection, counted
from dgx.core.admin.words import ago
from dgx.core.errors import Refusal
from dgx.core.scope import changeable, visible
from media_library.admin.pictures import thumbnail
from media_library.admin.words import targets_in_words, window_in_words
from media_library.models import Link, Video
from media_library.services import bin as bin_service
from media_library.services.consequences import Consequences, Fate, without

SHOWN_LINKS = 12
PAGE_SIZE = 60
KEYS_AT_ONCE = 1000


def told_in_words(told: Consequences) -> list[str]:
    """The numbers, a sentence a line; what is worst comes first."""
    if not told.screens:
        return ["No screen has it in its list."]
    black = [str(each.device) for each in told.examples if each.fate == Fate.BLACK]
    named = ", ".join(black) + (f" and {told.go_black - len(black)} more" if told.go_black > len(black) else "")
    lines = [
        f"{counted(told.go_black, 'screen')} would have nothing left to show: {named}." if told.go_black else "",
        f"{counted(told.fall_back, 'screen')} would be left with default media alone." if told.fall_back else "",
        f"{counted(told.go_on, 'screen')} would go on with the rest of the programme." if told.go_on else "",
    ]
    return [line for line in lines if line]


class ThrowAway(BulkAction):
    """Many into the bin at once."""

    name: ClassVar[str] = "throw_away"
    description: ClassVar[str] = "Put into the bin…"
    title: ClassVar[str] = "Put media into the bin"
    text: ClassVar[str] = "They leave every screen and every list. Their links stay, and come back with them."
    button: ClassVar[str] = "Put into the bin"
    danger: ClassVar[bool] = True
    permission: ClassVar[str] = "delete"

    def effect(self, chosen: Selection, values: Mapping[str, Any]) -> Effect:
        told = without(chosen.rows, user=chosen.user, now=chosen.now)
        links = Link.objects.visible_to(chosen.user).filter(video__in=chosen.rows.order_by().values("pk")).count()
        return Effect([f"{counted(links, 'link')} would show nothing.", *told_in_words(told)])

    def act(self, chosen: Selection, values: Mapping[str, Any]) -> str:
        done = bin_service.throw_away(chosen.rows, by=chosen.user.get_username(), now=chosen.now)
        return f"{counted(done, Video)} in the bin. Restore them there within {settings.DGX_BIN_DAYS} days."


class ThrowAwayPage:
    """A mixin of the page of media: deleting one asks with all that hangs on it, and puts it into the bin."""

    admin_site: Any
    opts: Any

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """The page that asks; POST does it."""
        page: Any = self
        video = page.get_object(request, unquote(object_id))
        if video is None:
            missing: HttpResponse = page._get_obj_does_not_exist_redirect(request, self.opts, object_id)
            return missing
        if not page.has_delete_permission(request, video):
            raise PermissionDenied
        now, chosen = timezone.now(), Video.objects.filter(pk=video.pk)
        if request.method == "POST":
            with audit.change(door=audit.Door.ADMIN, what=f"Put {video} into the bin", request=request):
                bin_service.throw_away(chosen, by=request.user.get_username(), now=now)
            text = '“{}” is in the bin. <a class="dgx-link" href="{}">Look there</a> to restore it.'
            page.message_user(request, format_html(text, video, bin_address()), messages.SUCCESS)
            return HttpResponseRedirect(reverse("admin:media_library_video_changelist"))
        links = Link.objects.visible_to(request.user).filter(video=video)
        told = without(chosen, user=request.user, now=now)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "Put into the bin",
            "object": video,
            "picture": thumbnail(video, now),
            "told": told,
            "lines": told_in_words(told),
            "tone": "bad" if told.go_black else "warn" if told.fall_back else "info",
            "days": settings.DGX_BIN_DAYS,
            "count": links.count(),
            "links": [
                (link, targets_in_words(link), window_in_words(link.window))
                for link in links.with_targets()[:SHOWN_LINKS]
            ],
        }
        return TemplateResponse(request, "media_library/throw_away.html", context)


def bin_address() -> str:
    """The page of the bin."""
    return reverse("admin:media_library_video_bin")


class BinPages:
    """A mixin of the page of media: the bin, and a page to restore one under another name."""

    admin_site: Any
    opts: Any

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view
        pages = [
            path("bin/", view(self.bin_view), name="media_library_video_bin"),
            path("bin/<int:key>/", view(self.restore_view), name="media_library_video_restore"),
        ]
        return [*pages, *super().get_urls()]  # type: ignore[misc]  # a mixin

    def bin_view(self, request: HttpRequest) -> HttpResponse:
        """What lies there; POST restores or deletes for good what is ticked, or all."""
        if not request.user.has_perm("media_library.view_video"):
            raise PermissionDenied
        if request.method == "POST":
            return self._act(request)
        now, words = timezone.now(), request.GET.get("q", "").replace("\x00", "").strip()
        rows = visible(Video.all_objects.in_bin(), request.user).filter(name__icontains=words)
        ordered = rows.annotate(uses=models.Count("links")).order_by("-binned_at", "name")
        shown = Paginator(ordered, PAGE_SIZE).get_page(request.GET.get("p"))
        context = {
            **self._context(request, "Bin"),
            "words": words,
            "page_of_rows": shown,
            "rows": [_row(video, now) for video in shown],
            "total": shown.paginator.count,
            "days": settings.DGX_BIN_DAYS,
        }
        return TemplateResponse(request, "media_library/bin.html", context)

    def restore_view(self, request: HttpRequest, key: int) -> HttpResponse:
        """Restore one, under its name or another."""
        page: Any = self
        video = _changeable(request, "change").filter(pk=key).first()
        if video is None:
            raise Http404
        name = request.POST.get("name", video.name)
        errors: Sequence[str] = ()
        if request.method == "POST":
            try:
                with audit.change(door=audit.Door.ADMIN, what=f"Restore {video} from the bin", request=request):
                    back = bin_service.restore(video, name=name)
            except Refusal as refusal:
                errors = refusal.fields.get("name", [refusal.message])
            else:
                page.message_user(request, f"“{back}” is back, with all its links.", messages.SUCCESS)
                return HttpResponseRedirect(reverse("admin:media_library_video_change", args=[back.pk]))
        context = {
            **self._context(request, f"Restore “{video}”"),
            "video": video,
            "name": name,
            "errors": errors,
            "picture": thumbnail(video, timezone.now()),
            "back": bin_address(),
        }
        return TemplateResponse(request, "media_library/restore.html", context, status=200)

    def _act(self, request: HttpRequest) -> HttpResponse:
        step = request.POST.get("step", "")
        if step == "restore":
            return self._restore(request, _ticked(request, _changeable(request, "change")))
        chosen = _changeable(request, "delete")
        if step == "delete":
            chosen = _ticked(request, chosen)
        elif step != "empty":
            raise Http404
        if "confirmed" not in request.POST:
            return self._ask_for_good(request, chosen, step)
        with audit.change(door=audit.Door.ADMIN, what="Delete media for good", request=request):
            gone = bin_service.delete_for_good(chosen)
        return self._say(request, f"Gone for good: {counted(gone, Video)}.")

    def _restore(self, request: HttpRequest, chosen: Any) -> HttpResponse:
        with audit.change(door=audit.Door.ADMIN, what="Restore media from the bin", request=request):
            back = bin_service.restore_many(chosen, now=timezone.now())
        if back.taken:
            names = ", ".join(f"“{name}”" for name in back.taken[:5])
            text = f"{names} stayed in the bin: their names are taken by now. Restore them one by one, under others."
            page: Any = self
            page.message_user(request, text, messages.WARNING)
        return self._say(request, f"Back, with their links: {counted(back.restored, Video)}.")

    def _say(self, request: HttpRequest, text: str) -> HttpResponse:
        page: Any = self
        page.message_user(request, text, messages.SUCCESS)
        return HttpResponseRedirect(bin_address())

    def _ask_for_good(self, request: HttpRequest, chosen: Any, step: str) -> HttpResponse:
        names = list(chosen.order_by("name").values_list("name", flat=True)[:25])
        context = {
            **self._context(request, "Delete for good"),
            "step": step,
            "count": chosen.count(),
            "named": names,
            "keys": request.POST.getlist("video")[:KEYS_AT_ONCE] if step == "delete" else [],
            "links": Link.objects.filter(video__in=chosen.values("pk")).count(),
            "back": bin_address(),
        }
        return TemplateResponse(request, "media_library/delete_for_good.html", context)

    def _context(self, request: HttpRequest, title: str) -> dict[str, Any]:
        may = request.user.has_perm
        return {
            **self.admin_site.each_context(request),
            "model_admin": self,
            "title": title,
            "content_title": title,
            "may_restore": may("media_library.change_video"),
            "may_delete": may("media_library.delete_video"),
        }


def _changeable(request: HttpRequest, right: str) -> Any:
    """What lies in the bin and the person may restore or delete."""
    if not request.user.has_perm(f"media_library.{right}_video"):
        raise PermissionDenied
    return changeable(Video.all_objects.in_bin(), request.user)


def _ticked(request: HttpRequest, rows: Any) -> Any:
    keys = [int(key) for key in request.POST.getlist("video")[:KEYS_AT_ONCE] if key.isascii() and key.isdigit()]
    return rows.filter(pk__in=[key for key in keys if key < 2**63])


def _row(video: Any, now: Any) -> dict[str, Any]:
    leaves = video.binned_at + timedelta(days=settings.DGX_BIN_DAYS)
    days_left = max(0, -((now - leaves) // timedelta(days=1)))
    return {"video": video, "picture": thumbnail(video, now), "ago": ago(video.binned_at, now), "days_left": days_left}
