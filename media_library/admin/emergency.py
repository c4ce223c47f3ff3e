"""The pages of emergencies: what runs, with a countdown and “End now”; starting one; what there was."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.widgets import AutocompleteSelectMultiple
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils import timezone
from django.utils.safestring import SafeString
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget, UnfoldBooleanSwitchWidget

from devices.models import Device, Group
from dgx.core.admin.base import Panel, ReadOnlyAdmin, extend
from dgx.core.admin.confirm import Question, confirm_page, is_confirmed
from dgx.core.admin.steps import list_address
from dgx.core.admin.words import ago, badge
from dgx.core.audit import describe
from dgx.core.errors import Refusal
from dgx.core.scope import is_limited
from dgx.core.validators import no_nul, validate_not_blank
from locations.models import Chain, Shop
from media_library.admin import chain  # noqa: F401 — registers the page that is extended here
from media_library.admin.impact import in_words
from media_library.admin.picker import chosen, fragment, grid
from media_library.models import Emergency, Link, Video
from media_library.services.emergency import LASTS_AT_MOST, Scope, end, start

MANAGE = "media_library.manage_emergencies"
RUNNING_SHOWN = 50
NAMED = 6
"""So many places or videos are named in a line; the others are counted."""
LASTS = [
    (15, "15 minutes"),
    (30, "30 minutes"),
    (60, "1 hour"),
    (120, "2 hours"),
    (240, "4 hours"),
    (480, "8 hours"),
    (1440, "1 day"),
    (10080, "1 week"),
]


class Places(AutocompleteSelectMultiple):
    """Many of what completes a link's target; what is no key of one is an error of the form and not shown again."""

    def optgroups(self, name: str, value: Any, attr: Any = None) -> Any:
        return super().optgroups(name, [key for key in value if str(key).isdecimal()], attr)


class StartForm(forms.Form):
    """What a person says to start one; the videos come from the grid below it."""

    name = forms.CharField(
        max_length=200,
        validators=[no_nul, validate_not_blank],
        widget=UnfoldAdminTextInputWidget,
        help_text="What it is, such as “Water cut off”. Your colleagues see it.",
    )
    everywhere = forms.BooleanField(
        required=False,
        widget=UnfoldBooleanSwitchWidget,
        label="On every screen",
        help_text="Else in the places that you choose.",
    )
    shops = forms.ModelMultipleChoiceField(Shop.objects.none(), required=False)
    groups = forms.ModelMultipleChoiceField(Group.objects.none(), required=False)
    devices = forms.ModelMultipleChoiceField(Device.objects.none(), required=False, label="Single screens")
    lasts = forms.TypedChoiceField(
        choices=LASTS,
        coerce=int,
        initial=60,
        widget=UnfoldAdminSelectWidget,
        label="For how long",
        help_text="Then every screen goes back to its own programme by itself, also one that is offline.",
    )
    until = forms.DateTimeField(
        required=False,
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S"],
        widget=UnfoldAdminTextInputWidget(attrs={"type": "datetime-local"}),
        label="Or until (UTC)",
        help_text=f"An exact end on the clock of UTC, at most {LASTS_AT_MOST.days} days from now; it counts if given.",
    )

    def __init__(self, page: Any, user: Any, data: Any = None) -> None:
        super().__init__(data)
        for name, model in (("shops", Shop), ("groups", Group), ("devices", Device)):
            field: Any = self.fields[name]
            field.queryset = model.objects.changeable_by(user)
            field.widget = Places(Link._meta.get_field(name[:-1]), page.admin_site)
            field.widget.choices = field.choices
        if is_limited(user):
            del self.fields["everywhere"]

    def scope(self) -> Scope:
        """Whose screens."""
        given = self.cleaned_data
        if given.get("everywhere"):
            return Scope(whole_chain=True)
        return Scope(shops=list(given["shops"]), groups=list(given["groups"]), devices=list(given["devices"]))

    def ends(self, now: datetime) -> datetime:
        """When it is over."""
        until: datetime | None = self.cleaned_data["until"]
        return until.replace(tzinfo=UTC) if until else now + timedelta(minutes=self.cleaned_data["lasts"])

    def refuse(self, refusal: Refusal) -> None:
        """Each message at its field, the others above the form."""
        for name, said in (refusal.fields or {"": [refusal.message]}).items():
            self.add_error(name if name in self.fields else None, list(said))


@admin.register(Emergency)
class EmergencyAdmin(ReadOnlyAdmin):
    """What takes screens over, and what did."""

    list_display = ["name", "state", "where", "screens", "created_at", "started_by", "over"]
    list_select_related = ["started_by"]
    search_fields = ["name"]
    list_before_template = "media_library/emergencies.html"
    fields = ["name", "where", "what", "screens", "created_at", "started_by", "until", "ended_at", "ended_by"]
    readonly_fields = ["where", "what"]

    def get_urls(self) -> list[Any]:
        guard = self.admin_site.admin_view
        return [
            path("start/", guard(self.start_view), name="media_library_emergency_start"),
            path("<path:object_id>/end/", guard(self.end_view), name="media_library_emergency_end"),
            *super().get_urls(),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        now = timezone.now()
        running = Emergency.objects.visible_to(request.user).running(now).select_related("started_by")
        shown = {
            "running": _cards(list(running[:RUNNING_SHOWN]), now, request.user),
            "may_manage": request.user.has_perm(MANAGE),
        }
        response: HttpResponse = super().changelist_view(request, {**shown, **(extra_context or {})})
        return response

    def start_view(self, request: HttpRequest) -> HttpResponse:
        """The form; then what it would do; then it is done."""
        _refuse_without_right(request)
        now = timezone.now()
        if request.method != "POST":
            return fragment(request, now) or self._start_page(request, StartForm(self, request.user), [], now)
        form, videos = StartForm(self, request.user, request.POST), chosen(request)
        if form.is_valid() and not videos:
            form.add_error(None, "Choose at least one video.")
        if form.is_valid():
            answer = self._started(request, form, videos, now) if is_confirmed(request) else None
            if answer or form.is_valid():
                return answer or confirm_page(request, self, _question(form, videos, request.user, now))
        return self._start_page(request, form, videos, now)

    def _started(
        self, request: HttpRequest, form: StartForm, videos: Sequence[Video], now: datetime
    ) -> HttpResponse | None:
        """The list of what runs; None where it was refused, which the form says."""
        name, scope = form.cleaned_data["name"], form.scope()
        describe(f"Start emergency {name}")
        try:
            made = start(name=name, scope=scope, videos=videos, until=form.ends(now), by=request.user, now=now)
        except Refusal as refusal:
            form.refuse(refusal)
            return None
        self.message_user(request, f"“{made.name}” has {made.screens} screens until {_utc(made.until)}.")
        return HttpResponseRedirect(list_address(self))

    def _start_page(
        self, request: HttpRequest, form: StartForm, videos: Sequence[Video], now: datetime
    ) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            **grid(request, now),
            "opts": self.opts,
            "title": "Start an emergency",
            "form": form,
            "media": self.media + form.media,
            "order": ",".join(str(video.public_id) for video in videos),
            "chosen_names": [[str(video.public_id), video.name] for video in videos],
            "back": list_address(self),
        }
        return TemplateResponse(request, "media_library/emergency_start.html", context)

    def end_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Gives the screens back now."""
        _refuse_without_right(request)
        emergency: Any = self.get_object(request, object_id)
        if emergency is None:
            raise Http404("There is no such emergency.")
        if request.method != "POST" or not is_confirmed(request):
            lines = [f"Its {emergency.screens} screens go back to their own programme with their next reports."]
            return confirm_page(request, self, Question(f"End “{emergency.name}” now?", lines, "End now", danger=True))
        describe(f"End emergency {emergency.name}")
        try:
            end(emergency, by=request.user, now=timezone.now())
        except Refusal as refusal:
            self.message_user(request, refusal.message, messages.ERROR)
        else:
            self.message_user(request, f"“{emergency.name}” is over.", messages.SUCCESS)
        return HttpResponseRedirect(list_address(self))

    @admin.display(description="state")
    def state(self, obj: Emergency) -> SafeString:
        return badge("bad", "Running") if obj.is_running(timezone.now()) else badge("calm", "Over")

    @admin.display(description="where")
    def where(self, obj: Emergency) -> str:
        if obj.whole_chain:
            return "Everywhere"
        parts = (("shop", obj.shops), ("group", obj.groups), ("screen", obj.devices))
        return ", ".join(f"{len(ids)} {noun}{'' if len(ids) == 1 else 's'}" for noun, ids in parts if ids)

    @admin.display(description="over", ordering="until")
    def over(self, obj: Emergency) -> str:
        how = "ended by hand" if obj.ended_at else "by itself"
        return f"{_utc(obj.over_at)}, {how}" if not obj.is_running(timezone.now()) else f"will be {_utc(obj.until)}"

    @admin.display(description="shows")
    def what(self, obj: Emergency) -> str:
        names = dict(Video.all_objects.filter(public_id__in=obj.videos).values_list("public_id", "name"))
        return ", ".join(names.get(each, "a deleted video") for each in obj.videos)


def _cards(running: Sequence[Emergency], now: datetime, user: Any) -> list[dict[str, Any]]:
    """Those that run, as their cards need them; a fixed number of statements. What a person does not see is counted and
    not named."""
    shops = _names(Shop.objects.visible_to(user), [key for each in running for key in each.shops])
    groups = _names(Group.objects.visible_to(user), [key for each in running for key in each.groups])
    devices = _names(Device.objects.visible_to(user), [key for each in running for key in each.devices])
    videos = _names(Video.all_objects.visible_to(user), [key for each in running for key in each.videos])
    names = shops | groups | devices
    return [
        {
            "emergency": each,
            "where": _listed([*each.shops, *each.groups, *each.devices], names, "places") or "Everywhere",
            "what": _listed(each.videos, videos, "videos that are gone"),
            "since": ago(each.created_at, now),
            "until": _utc(each.until),
        }
        for each in running
    ]


def _names(rows: Any, ids: Sequence[UUID]) -> dict[UUID, str]:
    return {row.public_id: str(row) for row in rows.filter(public_id__in=ids)} if ids else {}


def _listed(ids: Sequence[UUID], names: Mapping[UUID, str], unnamed: str) -> str:
    """“a, b and 3 more”; `unnamed` says what they are, where none of them can be named."""
    known = [names[key] for key in ids if key in names][:NAMED]
    more = len(ids) - len(known)
    return ", ".join(known) + (f" and {more} more" if more and known else f"{more} {unnamed}" if more else "")


def _question(form: StartForm, videos: Sequence[Video], user: Any, now: datetime) -> Question:
    scope = form.scope()
    found = scope.screens(user)
    ends = form.ends(now)
    where = "Everywhere." if scope.whole_chain else f"Where: {scope.in_words()}."
    lines = [
        f"{where} Until {_utc(ends)}, then each screen reverts by itself.",
        "They show, in turn: " + ", ".join(video.name for video in videos) + ".",
    ]
    if found["offline"]:
        lines.append(f"{found['offline']} of them are offline and show it only if they come back in time.")
    return Question(f"Take over {in_words(found)}?", lines, f"Take over {found['total']} screens", danger=True)


def _utc(at: datetime) -> str:
    return f"{at.astimezone(UTC):%-d %b %Y %H:%M} UTC"


def _refuse_without_right(request: HttpRequest) -> None:
    if not request.user.has_perm(MANAGE):
        raise PermissionDenied


def emergencies_panel(place: Any, now: datetime, user: Any) -> Mapping[str, Any]:
    """What runs on screens of this place."""
    fields = {Group: "group", Shop: "shop"}
    given = {fields[type(place)]: place.public_id} if type(place) in fields else {}
    running = Emergency.objects.visible_to(user).running(now).touching(**given)
    return {"running": [(each, _utc(each.until)) for each in running[:NAMED]]}


PANEL = Panel("media_library/panel_emergencies.html", emergencies_panel, "media_library.view_emergency")
for model in (Group, Shop, Chain):
    extend(model, panels=[PANEL])
