"""Adds to the pages of devices, groups and shops: videos put on many of them at once, and taken off."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.db.models import Count
from unfold.widgets import UnfoldBooleanSwitchWidget

from devices.admin import device, group, shop  # noqa: F401 — register the pages that are extended here
from devices.models import Device, Group
from dgx.core.admin.base import extend
from dgx.core.admin.bulk import BulkAction, Effect, Selection, as_action, counted
from dgx.core.admin.widgets import AutocompleteMany
from dgx.core.scope import visible
from locations.models import Shop
from media_library.models import Link, Video
from media_library.services import bulk_links

VIDEOS_AT_ONCE = 50
LINKS_AT_ONCE = 1_000_000


class VideosForm(forms.Form):
    """Chooses the media."""

    def __init__(self, page: Any, user: Any, data: Any = None) -> None:
        super().__init__(data)
        self.fields["videos"] = forms.ModelMultipleChoiceField(
            visible(Video.objects.all(), user),
            label="Media",
            help_text=f"At most {VIDEOS_AT_ONCE}; they are added in the order of their names.",
            widget=AutocompleteMany(Link._meta.get_field("video"), page.admin_site),
        )

    def clean_videos(self) -> Any:
        videos = self.cleaned_data["videos"]
        if videos.count() > VIDEOS_AT_ONCE:
            raise forms.ValidationError(f"At most {VIDEOS_AT_ONCE} at once.")
        return videos


class RemovalForm(VideosForm):
    """Chooses the media, and what becomes of those that a device has through its group or shop."""

    def __init__(self, page: Any, user: Any, data: Any = None) -> None:
        super().__init__(page, user, data)
        self.fields["videos"].help_text = f"At most {VIDEOS_AT_ONCE}."
        self.fields["everywhere"] = forms.BooleanField(
            required=False,
            label="Also those that come through a group or a shop",
            help_text="These devices are excepted from the links of their groups and shops; other devices are not.",
            widget=UnfoldBooleanSwitchWidget,
        )


class AddVideos(BulkAction):
    """Puts videos behind what each of the selected has."""

    name = "add_videos"
    description = "Add media…"
    title = "Add media"
    text = "The media that you choose are put behind what these play already. They are part of the daily programme."
    button = "Add"
    needs = ("media_library.add_link",)
    permission = "view"

    def form(self, page: Any, user: Any, data: Any) -> forms.Form:
        return VideosForm(page, user, data)

    def effect(self, chosen: Selection, values: Mapping[str, Any]) -> Effect:
        videos = values["videos"]
        number = videos.count()
        there = bulk_links.links_exactly_to(chosen.rows).filter(video__in=videos).count()
        made = chosen.count * number - there
        if made > LINKS_AT_ONCE:
            return Effect([f"At most {LINKS_AT_ONCE:,} links at once; these would be {made:,}."], acts=False)
        if not made:
            return Effect(["All of it is there already."], acts=False)
        lines = [f"{counted(made, Link)} {'is' if made == 1 else 'are'} made: {_each(number, chosen)}."]
        if there:
            lines.append(f"{counted(there, Link)} {'is' if there == 1 else 'are'} there already.")
        return Effect([*lines, *_reached(chosen)])

    def act(self, chosen: Selection, values: Mapping[str, Any]) -> str:
        return f"{counted(bulk_links.add_videos(chosen.rows, values['videos']), Link)} made."


class RemoveVideos(BulkAction):
    """Takes videos off the selected."""

    name = "remove_videos"
    description = "Remove media…"
    title = "Remove media"
    text = "The media that you choose go from the daily programme of these."
    button = "Remove"
    danger = True
    needs = ("media_library.delete_link",)
    permission = "view"

    def form(self, page: Any, user: Any, data: Any) -> forms.Form:
        return RemovalForm(page, user, data) if page.model is Device else VideosForm(page, user, data)

    def effect(self, chosen: Selection, values: Mapping[str, Any]) -> Effect:
        links = bulk_links.links_of(chosen.rows).filter(video__in=values["videos"]).count()
        wide, lines = self._through_others(chosen, values)
        acts = bool(links or (wide and values.get("everywhere")))
        gone = [f"{counted(links, Link)} {'is' if links == 1 else 'are'} deleted."] if links else []
        if not acts:
            return Effect([*lines, "None of these has a link of its own to them."], acts=False)
        return Effect([*gone, *lines, *_reached(chosen)])

    def _through_others(self, chosen: Selection, values: Mapping[str, Any]) -> tuple[int, list[str]]:
        """How many devices have them through others, and what becomes of that."""
        if chosen.rows.model is not Device:
            return 0, []
        found = bulk_links.through_others(chosen.rows, values["videos"])
        number = found.aggregate(n=Count("device", distinct=True))["n"]
        if not number:
            return 0, []
        verb = "are excepted from" if values["everywhere"] else "go on to play them through"
        return number, [f"{counted(number, Device)} {verb} links of their groups, shops or the chain."]

    def act(self, chosen: Selection, values: Mapping[str, Any]) -> str:
        gone = bulk_links.remove_videos(chosen.rows, values["videos"])
        said = f"{counted(gone, Link)} deleted."
        if values.get("everywhere"):
            made = bulk_links.except_from_others(chosen.rows, values["videos"])
            said += f" {counted(made, 'exception')} made."
        return said


def _each(videos: int, chosen: Selection) -> str:
    """How the number comes about; for devices, what would be less."""
    said = f"{videos:,} for each of {chosen.nouns}"
    return f"{said} (a link of their group or shop would be {videos:,} in all)" if chosen.rows.model is Device else said


def _reached(chosen: Selection) -> list[str]:
    """The devices of groups and shops; for devices nothing, since they were named."""
    field = chosen.rows.model._meta.model_name
    if field == "device":
        return []
    number = Device.objects.active().filter(**{f"{field}__in": chosen.rows.order_by().values("pk")}).count()
    return [f"{counted(number, Device)} will fetch a new programme with their next report."]


add_videos = as_action(AddVideos())
remove_videos = as_action(RemoveVideos())

for model in (Device, Group, Shop):
    extend(model, actions=[add_videos, remove_videos])
