"""How the cells of a CSV file become values: strictly, and with reasons that name what is allowed."""

import math
from collections.abc import Sequence
from datetime import UTC, datetime, time
from typing import Any

from django.db import models
from django.db.models import Case, F, Func, Value, When
from django.db.models.functions import Concat
from import_export.widgets import Widget

from dgx.core.scope import visible


def escaped(path: str) -> Case:
    """A text that a spreadsheet would run, or that looks as if it had been kept from that, gets one apostrophe more; so
    that taking one away gives back what was there."""
    runs = When(**{f"{path}__regex": r"^'*[=+\-@\t\r\n]"}, then=Concat(Value("'"), F(path)))
    return Case(runs, default=F(path), output_field=models.TextField())


class Cell(Widget):
    """A cell. `sql` is the field of that name as an export has it: an import reads the same value again."""

    def sql(self, name: str) -> Any:
        """The value as it is."""
        return F(name)


class TextWidget(Cell):
    """Text as it is."""

    def sql(self, name: str) -> Case:
        return escaped(name)

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> str:
        return str(value)

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> str:
        return str(value or "")


class ChoiceWidget(Cell):
    """One of some words; empty: the first of them."""

    def __init__(self, values: Sequence[str]) -> None:
        super().__init__()
        self.values = list(values)

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> str:
        word = str(value).casefold() or self.values[0]
        if word not in self.values:
            raise ValueError(f"“{value}” is not one of {', '.join(self.values)}.")
        return word

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> str:
        return str(value or "")


class WholeWidget(Cell):
    """A whole number; empty: none, or `empty`."""

    def __init__(self, empty: int | None = None) -> None:
        super().__init__()
        self.empty = empty

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> int | None:
        if not value:
            return self.empty
        try:
            number = int(value)
        except ValueError:
            raise ValueError(f"“{value}” is no whole number.") from None
        if abs(number) > 2**31 - 1:
            raise ValueError(f"“{value}” is too large.")
        return number

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> str:
        return "" if value is None else str(value)


class DecimalWidget(WholeWidget):
    """A number with a point (or a comma, as some spreadsheets write it); empty: none."""

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> Any:
        if not value:
            return None
        try:
            number = float(str(value).replace(",", "."))
        except ValueError:
            raise ValueError(f"“{value}” is no number.") from None
        if not math.isfinite(number):
            raise ValueError(f"“{value}” is no number.")
        return number


class InstantWidget(Cell):
    """A day or a time, ISO 8601; without a zone UTC. Empty: none."""

    def sql(self, name: str) -> Func:
        form = Value('YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
        return Func(F(name), form, function="to_char", output_field=models.TextField())

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> datetime | None:
        if not value:
            return None
        try:
            moment = datetime.fromisoformat(str(value))
        except ValueError:
            raise ValueError(f"“{value}” is no time such as 2026-01-31T09:30 or 2026-01-31T09:30+01:00.") from None
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> str:
        return value.astimezone(UTC).isoformat() if value else ""


class ClockWidget(Cell):
    """A time of day, 07:30; empty: none."""

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> time | None:
        if not value:
            return None
        try:
            clock = time.fromisoformat(str(value))
        except ValueError:
            raise ValueError(f"“{value}” is no time of day such as 07:30.") from None
        if clock.tzinfo:
            raise ValueError("A time of day has no zone: it is the shop's.")
        return clock

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> str:
        return value.isoformat() if value else ""


class WeekdaysWidget(Cell):
    """Days as 1 (Monday) to 7 (Sunday), with blanks between them; empty: every day."""

    def sql(self, name: str) -> Func:
        return Func(F(name), Value(" "), function="array_to_string", output_field=models.TextField())

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> list[int] | None:
        words = str(value).replace(",", " ").split()
        if any(len(word) != 1 or word not in "1234567" for word in words):
            raise ValueError(f"“{value}” are no weekdays such as 1 2 3 (1 is Monday, 7 is Sunday).")
        return sorted({int(word) for word in words}) or None

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> str:
        return " ".join(str(day) for day in value or ())


class NameWidget(Cell):
    """A row of another model by its name, of those that the person sees; empty: none. Names are looked up a chunk of
    the file at a time."""

    def __init__(self, model: type[models.Model], by: str = "name", *, required: bool = False) -> None:
        super().__init__()
        self.model, self.by, self.required = model, by, required
        self.keys: dict[str, int] = {}
        self.names: dict[int, str] = {}

    def sql(self, name: str) -> Case:
        return escaped(f"{name}__{self.by}")

    def load(self, names: Sequence[str], user: Any) -> None:
        """Look these names up; without a user, among all."""
        rows: Any = self.model._default_manager.all()
        rows = rows if user is None else visible(rows, user)
        self.keys = dict(rows.filter(**{f"{self.by}__in": set(names)}).values_list(self.by, "pk"))

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> int | None:
        if not value:
            if self.required:
                raise ValueError("It is needed.")
            return None
        if value not in self.keys:
            raise ValueError(f"There is no {self.model._meta.verbose_name} “{value}”.")
        return self.keys[value]

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> str:
        """The name of a key; asked for the few rows that a page shows."""
        if value is None:
            return ""
        if value not in self.names:
            found = self.model._default_manager.filter(pk=value).values_list(self.by, flat=True).first()
            self.names[value] = str(found or "")
        return self.names[value]
