"""Forms of media and links: the upload is the last step of validation, weekdays are boxes, orders are distinct."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms import BaseModelFormSet
from unfold.forms import PaginationInlineFormSet
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminFileFieldWidget,
    UnfoldAdminIntegerFieldWidget,
)

from dgx.core.admin.widgets import tell_known
from dgx.core.errors import Refusal
from media_library.models import Link, Video
from media_library.services import uploads
from media_library.services.ordering import next_order, refuse_taken

WEEKDAYS = [(1, "Mon"), (2, "Tue"), (3, "Wed"), (4, "Thu"), (5, "Fri"), (6, "Sat"), (7, "Sun")]
SHOWN_HOW = ("rotation", "fit_mode", "display_duration")


class VideoForm(forms.ModelForm):
    """A media file. Only the store can say whether bytes are acceptable, so the upload runs once everything else holds,
    and its refusals are errors of this form."""

    upload = forms.FileField(
        label="File",
        widget=UnfoldAdminFileFieldWidget,
        help_text="Video, image, HTML page or PDF. What it is follows from its content, not from its name.",
    )

    class Meta:
        model = Video
        fields = ["name", *SHOWN_HOW]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk and "upload" in self.fields:
            self.fields["upload"].required = False
            self.fields["upload"].label = "Replace the file"

    def clean_name(self) -> str:
        """Unique, as the model says; its own check needs to know about the bin, which is no field of this form."""
        name: str = self.cleaned_data["name"]
        if uploads.is_taken(name, but_for=self.instance):
            raise ValidationError(f"There is already a video named “{name}”.", code="unique")
        return name

    def full_clean(self) -> None:
        super().full_clean()
        if self.is_bound and not self.errors and self.cleaned_data.get("upload"):
            self._store(self.cleaned_data["upload"])

    def _store(self, file: Any) -> None:
        values = self.cleaned_data
        try:
            if self.instance.pk:
                uploads.replace_file(self.instance, file=file, original_name=file.name)
            else:
                shown = {name: values[name] for name in SHOWN_HOW}
                self.instance = uploads.upload_video(file=file, name=values["name"], original_name=file.name, **shown)
        except Refusal as refusal:
            self._refuse(refusal)

    def _refuse(self, refusal: Refusal) -> None:
        """Each message at its field; what concerns the bytes, or none of our fields, at the file."""
        for name, messages in (refusal.fields or {"upload": [refusal.message]}).items():
            self.add_error(name if name in self.fields else "upload", list(messages))


class LinkForm(forms.ModelForm):
    """A link. Without an order it goes behind the others of its target."""

    display_order = forms.IntegerField(
        required=False,
        widget=UnfoldAdminIntegerFieldWidget,
        min_value=-(2**31),
        max_value=2**31 - 1,
        help_text="Lower plays first. Empty: behind the others.",
    )
    weekdays = forms.TypedMultipleChoiceField(
        choices=WEEKDAYS,
        coerce=int,
        empty_value=None,
        required=False,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text="On the shop's clock. None ticked: every day.",
    )

    class Meta:
        model = Link
        fields = [
            *("video", "device", "group", "shop", "display_order"),
            *("valid_from", "valid_until", "weekdays", "start_time", "end_time"),
        ]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.instance.pk:
            self.initial.pop("display_order", None)
        tell_known(self, self.instance)

    def _get_validation_exclusions(self) -> set[str]:
        """The layer is always there, also where no field shows it: a link is unique within its layer."""
        return super()._get_validation_exclusions() - {"layer"}  # type: ignore[misc,no-any-return]  # Django's hook

    def _post_clean(self) -> None:
        """An order that was left empty is found once the targets are on the instance."""
        self.order_is_open = "display_order" not in self.errors and self.cleaned_data.get("display_order") is None
        if self.order_is_open:
            self.cleaned_data["display_order"] = self.instance.display_order
        super()._post_clean()  # type: ignore[misc]  # Django's hook after the fields; the stubs leave it out
        if self.order_is_open and not self.instance.pk and not self.errors:
            self.instance.display_order = next_order(self.instance)


class LoneLinkForm(LinkForm):
    """A link on a page of its own: the others of its list are not in the form, so its place is looked up."""

    def _post_clean(self) -> None:
        super()._post_clean()
        places = {"display_order", "device", "group", "shop"}
        if self.errors or self.order_is_open or not places & set(self.changed_data):
            return
        try:
            refuse_taken(self.instance)
        except Refusal as refusal:
            self.add_error("display_order", refusal.message)


class LinkList:
    """A mixin of formsets: the links of one list, a layer of one set of targets. Their orders are distinct, so that
    what plays first is nobody's guess, and so are the videos of each set of targets."""

    layer: str = Link.Layer.REGULAR

    @classmethod
    def get_default_prefix(cls) -> str:
        prefix: str = super().get_default_prefix()  # type: ignore[misc]  # a mixin of formsets
        return prefix if cls.layer == Link.Layer.REGULAR else f"{prefix}-{cls.layer}"

    def _construct_form(self, i: int, **kwargs: Any) -> Any:
        """A new link is of the list's layer before it is validated."""
        form = super()._construct_form(i, **kwargs)  # type: ignore[misc]  # as above
        if form.instance.pk is None:
            form.instance.layer = self.layer
        return form

    def clean(self) -> None:
        super().clean()  # type: ignore[misc]  # as above
        formset: Any = self
        if any(formset.errors):
            return
        self._refuse_twins()
        used: set[int] = set()
        for form in sorted(self._kept(), key=lambda form: (form.order_is_open, form.has_changed())):
            order = form.instance.display_order
            while form.order_is_open and order in used:
                order += 1
            if order in used and form.has_changed():
                form.add_error("display_order", f"Another link of this list has the order {order}.")
            form.instance.display_order = order
            used.add(order)

    def _refuse_twins(self) -> None:
        """All links of the list are in the formset, so nothing need be looked up."""
        seen: set[tuple[int | None, ...]] = set()
        for form in sorted(self._kept(), key=lambda form: form.has_changed()):
            link = form.instance
            what = (link.video_id, link.device_id, link.group_id, link.shop_id)
            if what in seen:
                form.add_error("video", "This video is already linked to just that.")
            seen.add(what)

    def _kept(self) -> list[Any]:
        formset: Any = self
        gone = formset.deleted_forms
        return [form for form in formset.forms if form not in gone and (form.instance.pk or form.has_changed())]


class LinkFormSet(LinkList, PaginationInlineFormSet):
    """The links of a device, a group or a shop."""


class ChainLinkFormSet(LinkList, BaseModelFormSet):
    """The links of the whole chain, which no column points at."""

    def __init__(self, *args: Any, instance: Any = None, save_as_new: bool = False, **kwargs: Any) -> None:
        self.instance = instance
        super().__init__(*args, **kwargs)

    @classmethod
    def get_default_prefix(cls) -> str:
        return "links-default"
