"""Form widgets of the admin."""

from collections.abc import Sequence
from typing import Any

from django.contrib.admin.widgets import (
    AutocompleteSelect,
    AutocompleteSelectMultiple,
    RelatedFieldWidgetWrapper,
)
from django.forms import BaseForm, ModelForm


class KnownAutocomplete(AutocompleteSelect):
    """An autocomplete that is told the label of what is selected, so that 30 inlines are not 30 queries.

    `known` maps a key to its label; a selected key that is not in it is looked up as usual.
    """

    known: dict[str, str] = {}

    def optgroups(self, name: str, value: Sequence[Any], attr: dict[str, Any] | None = None) -> Any:
        selected = _keys(value)
        if not all(key in self.known for key in selected):
            return super().optgroups(name, selected or [""], attr)
        options = [self.create_option(name, key, self.known[key], True, 0) for key in selected]
        if not self.is_required:
            options.insert(0, self.create_option(name, "", "", False, 0))
        return [(None, options, 0)]


class KnownForm(ModelForm):
    """A page's form whose autocompletes need not look up what the row was loaded with."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        tell_known(self, self.instance)


class AutocompleteMany(AutocompleteSelectMultiple):
    """An autocomplete of several rows, which shows a form with a key that is none again instead of failing on it."""

    def optgroups(self, name: str, value: Sequence[Any], attr: dict[str, Any] | None = None) -> Any:
        return super().optgroups(name, _keys(value), attr)


def _keys(value: Sequence[Any]) -> list[str]:
    """Those of the posted values that can be a row's key."""
    return [str(v) for v in value if v is not None and str(v).isdecimal()]


def tell_known(form: BaseForm, instance: Any) -> None:
    """Give the form's autocompletes the labels of the related objects that the instance has already loaded."""
    for name, field in form.fields.items():
        widget = field.widget
        inner = widget.widget if isinstance(widget, RelatedFieldWidgetWrapper) else widget
        cached = instance._state.fields_cache.get(name)
        if isinstance(inner, KnownAutocomplete) and cached is not None:
            inner.known = {str(cached.pk): str(cached)}
