"""What an operator decides on many waiting screens at once."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminTextInputWidget

from devices.models import Group, Pairing
from devices.services.enrolment import refuse_pairings
from devices.services.pairing import Naming, Plan, approve_pairings, plan
from dgx.core.admin.bulk import BulkAction, Effect, Selection, as_action, counted
from dgx.core.admin.widgets import KnownAutocomplete
from dgx.core.errors import Refusal
from dgx.core.scope import visible
from dgx.core.validators import NAME_MAX_LENGTH
from locations.models import Shop

SHOWN = 12
"""So many names are spelled out before they are given."""


class LetInForm(forms.Form):
    """Where the screens are to be, and what they are called."""

    pattern = forms.CharField(
        label="Names",
        required=False,
        max_length=NAME_MAX_LENGTH,
        widget=UnfoldAdminTextInputWidget,
        help_text="Such as “Window {n}”; {mobile_id} and {code} stand for the screen's own. Empty: as it calls itself.",
    )
    first = forms.IntegerField(
        label="First number",
        initial=1,
        min_value=0,
        max_value=1_000_000,
        widget=UnfoldAdminIntegerFieldWidget,
        help_text="What {n} counts from, in the order in which the screens asked.",
    )

    def __init__(self, page: Any, user: Any, data: Any = None) -> None:
        super().__init__(data)
        for name, model in (("group", Group), ("shop", Shop)):
            field: Any = Pairing._meta.get_field(name)
            self.fields[name] = forms.ModelChoiceField(
                visible(model._default_manager.all(), user),
                required=False,
                label=name.capitalize(),
                help_text=field.help_text,
                widget=KnownAutocomplete(field, page.admin_site),
            )
        self.order_fields(["group", "shop", "pattern", "first"])

    def clean_pattern(self) -> str:
        """The pattern, whose placeholders exist."""
        pattern: str = self.cleaned_data["pattern"]
        try:
            Naming(pattern).check()
        except Refusal as refusal:
            raise ValidationError(refusal.message) from refusal
        return pattern


def _naming(values: Mapping[str, Any]) -> Naming:
    return Naming(values["pattern"], values["first"])


class LetIn(BulkAction):
    """Lets all of them in."""

    name = "let_in"
    description = "Let in…"
    title = "Let screens in"
    text = "They come in as soon as they ask again, which they do every few seconds."
    button = "Let them in"
    needs = ("devices.add_device",)

    def form(self, page: Any, user: Any, data: Any) -> forms.Form:
        return LetInForm(page, user, data)

    def effect(self, chosen: Selection, values: Mapping[str, Any]) -> Effect:
        found = plan(chosen.rows, naming=_naming(values), now=chosen.now)
        named = [f"{pairing.code} · {pairing.mobile_id} → {name or 'without a name'}" for pairing, name in found.coming]
        if len(named) > SHOWN:
            named = [*named[:SHOWN], f"… and {len(named) - SHOWN:,} more"]
        return Effect([*_summary(found, "come in"), *named], acts=bool(found.coming))

    def act(self, chosen: Selection, values: Mapping[str, Any]) -> str:
        place = {"group": values["group"], "shop": values["shop"]}
        done = approve_pairings(chosen.rows, by=chosen.user, now=chosen.now, naming=_naming(values), **place)
        return " ".join(_summary(done, "come in as soon as they ask again"))


def _summary(found: Plan, what: str) -> Sequence[str]:
    reasons: dict[str, int] = {}
    for _pairing, reason in found.left:
        reasons[reason] = reasons.get(reason, 0) + 1
    left = [f"Left alone, {counted(number, 'screen')}: {reason}." for reason, number in reasons.items()]
    return [f"{counted(len(found.coming), 'screen')} {what}.", *left]


class Refuse(BulkAction):
    """Turns all of them down."""

    name = "refuse"
    description = "Refuse…"
    title = "Refuse screens"
    text = "They show that they were refused, and a new code once somebody starts them anew."
    button = "Refuse"
    danger = True

    def effect(self, chosen: Selection, values: Mapping[str, Any]) -> Effect:
        waiting = chosen.rows.pending(chosen.now).count()
        lines = [f"{counted(waiting, 'screen')} {'is' if waiting == 1 else 'are'} turned down."]
        if waiting < chosen.count:
            lines.append("Whoever is decided on already, or shows no code any more, stays as it is.")
        return Effect(lines, acts=waiting > 0)

    def act(self, chosen: Selection, values: Mapping[str, Any]) -> str:
        return f"Refused: {refuse_pairings(chosen.rows.pending(chosen.now), by=chosen.user)}."


ACTIONS = [as_action(LetIn()), as_action(Refuse())]
