"""What an operator does to many devices at once: where they are, how often they report, whether they may come in."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db.models import Count, F, FloatField, Q, Sum, Value
from django.db.models.functions import Cast, Coalesce
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldBooleanSwitchWidget

from devices.models import Device, Group
from devices.models.device import MISSED_REPORTS_RANGE, REPORT_INTERVAL_RANGE
from devices.services import enrolment, rotation
from dgx.core.admin.bulk import BulkAction, Effect, Selection, as_action, counted
from dgx.core.admin.steps import show_secrets
from dgx.core.admin.widgets import KnownAutocomplete
from dgx.core.csv_export import csv_response
from dgx.core.scope import is_limited, visible
from locations.models import Shop

SHOWN_SECRETS = 50
"""So many new tokens stand on a page; more come as a file."""
TOKENS_AT_ONCE = 100_000

NOT_ONLINE = Q(presence__is_online=False)


class PlaceForm(forms.Form):
    """Chooses a group or a shop; empty takes the devices out of theirs, which those limited to shops cannot do."""

    def __init__(self, page: Any, field: str, user: Any, data: Any = None) -> None:
        super().__init__(data)
        model: type[Group | Shop] = Group if field == "group" else Shop
        required = field == "shop" and is_limited(user)
        self.fields["target"] = forms.ModelChoiceField(
            visible(model._default_manager.all(), user),
            required=required,
            label=field.capitalize(),
            help_text="" if required else f"Empty: out of any {field}.",
            widget=KnownAutocomplete(Device._meta.get_field(field), page.admin_site),
        )


class Assign(BulkAction):
    """Puts devices into a group or a shop."""

    button = "Assign"

    def __init__(self, field: str) -> None:
        self.field = field
        self.name = f"assign_{field}"  # type: ignore[misc]  # of this one: a group or a shop
        self.description = f"Assign a {field}…"  # type: ignore[misc]  # likewise
        self.title = f"Assign a {field}"  # type: ignore[misc]  # likewise
        self.text = f"These devices join the {field} that you choose and play what is linked to it."  # type: ignore[misc]

    def form(self, page: Any, user: Any, data: Any) -> forms.Form:
        return PlaceForm(page, self.field, user, data)

    def effect(self, chosen: Selection, values: Mapping[str, Any]) -> Effect:
        target = values["target"]
        there = Q(**{self.field: target} if target else {f"{self.field}__isnull": True})
        found = chosen.rows.aggregate(
            there=Count("pk", filter=there),
            outside=Count("pk", filter=~there & Q(**{f"{self.field}__isnull": True})),
            places=Count(self.field, distinct=True, filter=~there),
            silent=Count("pk", filter=~there & NOT_ONLINE),
        )
        moving = chosen.count - found["there"]
        if not moving:
            return Effect(["They are there already."], acts=False)
        where = str(target) if target else f"no {self.field}"
        lines = [f"{counted(moving, Device)} {_move(moving)} to {where}{self._origin(moving, found)}."]
        if found["there"]:
            lines.append(f"{counted(found['there'], Device)} {_are(found['there'])} there already.")
        lines.append("Whoever moves fetches the programme anew with the next report.")
        return Effect([*lines, *silent_line(found["silent"])])

    def _origin(self, moving: int, found: Mapping[str, int]) -> str:
        """Where they come from: “ from 12 groups”, “ from 1 group and 3 from none”."""
        parts = [f"from {counted(found['places'], self.field)}"] if found["places"] else []
        if found["outside"]:
            parts.append(f"{found['outside']:,} from no {self.field}" if parts else f"from no {self.field}")
        return " " + ", ".join(parts) if parts else ""

    def act(self, chosen: Selection, values: Mapping[str, Any]) -> str:
        target = values["target"]
        stay = Q(**{self.field: target} if target else {f"{self.field}__isnull": True})
        moved = chosen.rows.exclude(stay).assign(**{self.field: target})
        there = chosen.count - moved
        also = f" {counted(there, Device)} had been there already." if there else ""
        return f"{counted(moved, Device)} {_are(moved)} now in {target or f'no {self.field}'}.{also}"


class IntervalForm(forms.Form):
    """How often devices report. Empty fields stay as they are; the box takes both from the group again."""

    report_interval_s = forms.IntegerField(
        label="Report interval (s)",
        required=False,
        min_value=REPORT_INTERVAL_RANGE[0],
        max_value=REPORT_INTERVAL_RANGE[1],
        widget=UnfoldAdminIntegerFieldWidget,
        help_text="Seconds between two reports, 1 to 86400. Empty: as it is.",
    )
    missed_reports = forms.IntegerField(
        required=False,
        min_value=MISSED_REPORTS_RANGE[0],
        max_value=MISSED_REPORTS_RANGE[1],
        widget=UnfoldAdminIntegerFieldWidget,
        help_text="Reports that may be missed before a device counts as offline, 1 to 1000. Empty: as it is.",
    )
    inherit = forms.BooleanField(
        label="As the group",
        required=False,
        widget=UnfoldBooleanSwitchWidget,
        help_text="Forget the devices' own numbers; those of their group count again.",
    )

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        numbers = [values.get(name) for name in ("report_interval_s", "missed_reports")]
        if values.get("inherit") and any(numbers):
            raise ValidationError("Give numbers, or take them from the group, not both.")
        if not self.errors and not values.get("inherit") and not any(numbers):
            raise ValidationError("Give at least one number, or take both from the group.")
        return values


def _reporting(values: Mapping[str, Any]) -> dict[str, int | None]:
    """The columns to write."""
    if values["inherit"]:
        return {"report_interval_s": None, "missed_reports": None}
    return {name: values[name] for name in ("report_interval_s", "missed_reports") if values[name]}


class SetIntervals(BulkAction):
    """Says how often devices report."""

    name = "set_intervals"
    description = "Set report intervals…"
    title = "Set report intervals"
    text = "How often these devices report, and how many reports they may miss before they count as offline."
    button = "Set"

    def form(self, page: Any, user: Any, data: Any) -> forms.Form:
        return IntervalForm(data)

    def effect(self, chosen: Selection, values: Mapping[str, Any]) -> Effect:
        new = _reporting(values)
        found = chosen.rows.aggregate(
            same=Count("pk", filter=Q(**new)),
            before=Sum(1 / Cast(_interval(F("report_interval_s")), FloatField())),
            after=Sum(1 / Cast(_interval(new.get("report_interval_s", F("report_interval_s"))), FloatField())),
            silent=Count("pk", filter=NOT_ONLINE),
        )
        changing = chosen.count - found["same"]
        if not changing:
            return Effect(["They are set so already."], acts=False)
        lines = [f"{counted(changing, Device)} {'changes' if changing == 1 else 'change'}."]
        if "report_interval_s" in new:
            lines.append(f"Together they report {_rate(found['after'])}; now it is {_rate(found['before'])}.")
        return Effect([*lines, "A device is told its interval in the answer to its next report."])

    def act(self, chosen: Selection, values: Mapping[str, Any]) -> str:
        new = _reporting(values)
        changed = chosen.rows.exclude(Q(**new)).set_reporting(**new)
        return f"Report intervals set for {counted(changed, Device)}."


def _interval(own: F | int | None) -> Coalesce:
    """Seconds between two reports: the device's own, else its group's, else the setting."""
    return Coalesce(own, F("group__report_interval_s"), Value(settings.DGX_REPORT_INTERVAL_S))


def _rate(reports: float | None) -> str:
    """“11.5 times a second”, “2.3 times a minute”."""
    per_second = reports or 0
    return f"{per_second:,.1f} times a second" if per_second >= 1 else f"{per_second * 60:,.1f} times a minute"


class Retire(BulkAction):
    """Takes devices out of service."""

    name = "retire"
    description = "Retire…"
    title = "Retire devices"
    text = "Their tokens stop working at once; their history stays. They can be re-paired later."
    button = "Retire"
    danger = True

    def effect(self, chosen: Selection, values: Mapping[str, Any]) -> Effect:
        found = chosen.rows.aggregate(
            retired=Count("pk", filter=Q(state=Device.State.RETIRED)),
            online=Count("pk", filter=~Q(state=Device.State.RETIRED) & Q(presence__is_online=True)),
        )
        going = chosen.count - found["retired"]
        if not going:
            return Effect(["They are retired already."], acts=False)
        lines = [f"{counted(going, Device)} {'is' if going == 1 else 'are'} retired."]
        if found["online"]:
            lines.append(f"{of_them(found['online'])} online now and will be refused.")
        if found["retired"]:
            lines.append(f"{counted(found['retired'], Device)} {_are(found['retired'])} retired already.")
        return Effect(lines)

    def act(self, chosen: Selection, values: Mapping[str, Any]) -> str:
        return f"Retired: {enrolment.retire(chosen.rows, now=chosen.now):,}."


class AllowPairing(BulkAction):
    """Lets devices come in once more."""

    name = "allow_pairing"
    description = "Allow re-pairing…"
    title = "Allow re-pairing"
    text = "Their tokens stop working at once; each may come in again by a pairing code or an enrolment key."
    button = "Allow"
    danger = True

    def effect(self, chosen: Selection, values: Mapping[str, Any]) -> Effect:
        online = chosen.rows.filter(presence__is_online=True).count()
        lines = [f"{chosen.nouns} may come in again."]
        if online:
            lines.append(f"{of_them(online)} online now and will be refused until then.")
        return Effect(lines)

    def act(self, chosen: Selection, values: Mapping[str, Any]) -> str:
        return f"May be paired again: {enrolment.allow_pairing(chosen.rows, now=chosen.now):,}."


class RotateTokens(BulkAction):
    """New tokens: a few are shown on the next page, many come as a file, and nothing of them is kept."""

    name = "rotate_token"
    description = "Rotate token…"
    title = "Rotate tokens"
    text = "Each gets a new token, shown or downloaded this once. The old one works for 24 hours more."
    button = "Make new tokens"

    def effect(self, chosen: Selection, values: Mapping[str, Any]) -> Effect:
        retired = chosen.rows.filter(state=Device.State.RETIRED).count()
        number = chosen.count - retired
        if number > TOKENS_AT_ONCE:
            return Effect([f"At most {TOKENS_AT_ONCE:,} tokens at once; these are {number:,}."], acts=False)
        lines = [f"{counted(number, 'new token')} {'is' if number == 1 else 'are'} made."] if number else []
        if retired:
            lines.append(
                f"{counted(retired, Device)} {_are(retired)} retired and {'gets' if retired == 1 else 'get'} none."
            )
        if number > SHOWN_SECRETS:
            lines.append("They come as a file (CSV: mobile_id, name, token), this once: keep it safe, then delete it.")
        return Effect(lines, acts=number > 0)

    def act(self, chosen: Selection, values: Mapping[str, Any]) -> Any:
        if chosen.count > TOKENS_AT_ONCE:
            return f"At most {TOKENS_AT_ONCE:,} tokens at once. No token was changed."
        return rotation.rotate_tokens(chosen.rows, now=chosen.now)

    def answer(self, page: Any, request: HttpRequest, done: Any) -> HttpResponseBase | None:
        if isinstance(done, str) or not done:
            return super().answer(page, request, done or "A retired device gets no token; no token was made.")
        if len(done) > SHOWN_SECRETS:
            return _token_file(done)
        text = "Put each on its device. They are shown this once; the old ones stop working in 24 hours."
        secrets = [(f"{row.name} ({row.mobile_id})" if row.name else row.mobile_id, row.token) for row in done]
        return show_secrets(request, page, title="Copy the new tokens now", text=text, secrets=secrets)


def _token_file(made: Sequence[rotation.NewToken]) -> HttpResponseBase:
    """A download that no cache keeps."""
    answer = csv_response("device-tokens.csv", ("mobile_id", "name", "token"), made)
    answer["Cache-Control"] = "no-store, private"
    return answer


def silent_line(number: int) -> list[str]:
    """Those that cannot be told now."""
    if not number:
        return []
    return [f"{of_them(number)} not online and will follow with the next report."]


def of_them(number: int) -> str:
    """“1 of them is”, “230 of them are”."""
    return f"{number:,} of them {_are(number)}"


def _are(number: int) -> str:
    return "is" if number == 1 else "are"


def _those(number: int) -> str:
    return "that one" if number == 1 else "those"


def _move(number: int) -> str:
    return "moves" if number == 1 else "move"


assign_group = as_action(Assign("group"))
assign_shop = as_action(Assign("shop"))
set_intervals = as_action(SetIntervals())
retire = as_action(Retire())
allow_pairing = as_action(AllowPairing())
rotate_token = as_action(RotateTokens())
