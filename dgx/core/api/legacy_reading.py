"""Reads requests of the old routes as the old services read them: pydantic in lax mode, all problems reported at once.

Numbers and booleans are lenient ("90" is 90), strings strict. What a database could not keep (NUL, numbers beyond their
column, NaN) is a problem of the field as well.
"""

import inspect
import json
import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Annotated, Any, NoReturn, get_type_hints

import orjson
from django.http import HttpRequest, QueryDict
from django.utils import timezone
from django.utils.datastructures import MultiValueDict
from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, ValidationError, create_model

from dgx.core.errors import Refusal
from dgx.core.validators import NAME_MAX_LENGTH

Problem = dict[str, Any]
DAY_RANGE = (date(1, 1, 3), date(9999, 12, 28))
"""Days that stay within datetime's years in every timezone."""
SURROGATE = re.compile("[\ud800-\udfff]")
"""What JSON can spell, as "\\ud800", and UTF-8 cannot."""


class Unreadable(Refusal):
    """The request does not fit its route. `problems` are the entries of the answer."""

    status = 422
    code = "unreadable"

    def __init__(self, problems: Iterable[Problem]) -> None:
        super().__init__("The request does not fit the route.")
        self.problems = list(problems)


# --- values ----
def _storable(text: str) -> str:
    if "\x00" in text:
        raise ValueError("must not hold a NUL character")
    if not text.isascii() and SURROGATE.search(text):
        raise ValueError("must not hold half a surrogate pair")
    return text


def _not_blank(text: str) -> str:
    if not text.strip():
        raise ValueError("must not be blank")
    return text


def _day(text: object) -> date | None:
    if text is None or text == "":
        return None
    if not isinstance(text, str) or len(text) != 10:
        raise ValueError("must be a date, YYYY-MM-DD")
    day = date.fromisoformat(text)
    if not DAY_RANGE[0] <= day <= DAY_RANGE[1]:
        raise ValueError("must be a date that a calendar has")
    return day


Text = Annotated[str, AfterValidator(_storable)]
"""Any text that a look-up or a search may be given."""
Name = Annotated[str, Field(max_length=NAME_MAX_LENGTH), AfterValidator(_storable)]
"""A name in a body."""
NewName = Annotated[str, Field(max_length=NAME_MAX_LENGTH), AfterValidator(_storable), AfterValidator(_not_blank)]
"""A name that will be stored."""
Day = Annotated[date | None, BeforeValidator(_day)]
"""YYYY-MM-DD; empty counts as left out."""
Integer = Annotated[int, Field(ge=-(2**31), le=2**31 - 1)]
"""What an integer column keeps."""
Count = Annotated[int, Field(ge=0, le=2**31 - 1)]
AnyId = Annotated[int, Field(ge=-(2**63), le=2**63 - 1)]
Id = Annotated[int, Field(ge=1, le=2**63 - 1)]
Offset = Annotated[int, Field(ge=0, le=2**63 - 1)]


class Days(BaseModel):
    """A range of days, both part of it, in the project's timezone."""

    start_date: Day = None
    end_date: Day = None

    @property
    def start(self) -> datetime | None:
        """The first instant of the range; None: open."""
        return _midnight(self.start_date) if self.start_date else None

    @property
    def end(self) -> datetime | None:
        """The first instant after the range; None: open."""
        return _midnight(self.end_date + timedelta(days=1)) if self.end_date else None


class Page(BaseModel):
    """The pages of the device, shop, group and video lists."""

    q: Text | None = None
    limit: Annotated[int, Field(ge=1, le=100)] = 50
    offset: Offset = 0


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, timezone.get_default_timezone())


# --- a route's inputs ----
@dataclass(frozen=True)
class Inputs:
    """What a view's signature asks for: models for its path, query, body and form."""

    path: type[BaseModel] | None
    query: type[BaseModel] | None
    body: type[BaseModel] | None
    form: type[BaseModel] | None
    wants_now: bool

    @classmethod
    def of(cls, view: Callable[..., Any], names_in_path: Iterable[str]) -> "Inputs":
        """Read the signature: `query`, `body` and `form` are models, `now` is the request's instant, the rest are path
        parameters."""
        hints = get_type_hints(view, include_extras=True)
        parameters = set(inspect.signature(view).parameters)
        in_path: dict[str, Any] = {name: (hints[name], ...) for name in names_in_path if name in parameters}
        path = create_model(f"{view.__name__}_path", **in_path) if in_path else None
        return cls(path, hints.get("query"), hints.get("body"), hints.get("form"), "now" in parameters)

    def read(self, request: HttpRequest, path: Mapping[str, str]) -> dict[str, Any]:
        """The view's keyword arguments. Raises Unreadable with every problem of path, query and body."""
        problems: list[Problem] = []
        values: dict[str, Any] = {}
        if self.path:
            parsed = _checked(self.path, path, "path", problems)
            values |= dict(parsed) if parsed else {}
        if self.query:
            values["query"] = _checked(self.query, request.GET.dict(), "query", problems)
        if self.body:
            values["body"] = _read_body(self.body, request, problems)
        if self.form:
            values["form"] = _read_form(self.form, request, problems)
        if problems:
            raise Unreadable(problems)
        if self.wants_now:
            values["now"] = timezone.now()
        return values


def _checked(model: type[BaseModel], given: Any, where: str, problems: list[Problem]) -> BaseModel | None:
    try:
        return model.model_validate(given)
    except ValidationError as error:
        problems += [
            problem(entry["type"], [where, *entry["loc"]], entry["msg"], entry["input"]) for entry in error.errors()
        ]
        return None


def _read_body(model: type[BaseModel], request: HttpRequest, problems: list[Problem]) -> BaseModel | None:
    raw = request.body
    given: Any = None
    if raw and _is_json(request.META.get("CONTENT_TYPE", "")):
        try:
            given = _json(raw)
        except Unreadable as error:
            problems += error.problems
            return None
    elif raw:
        problems.append(problem("model_attributes_type", ["body"], "Input should be a JSON object"))
        return None
    if given is None:
        problems.append(problem("missing", ["body"], "Field required"))
        return None
    if not isinstance(given, dict):
        problems.append(problem("model_attributes_type", ["body"], "Input should be a JSON object"))
        return None
    return _checked(model, given, "body", problems)


def _is_json(content_type: str) -> bool:
    main, _, sub = content_type.partition(";")[0].strip().lower().partition("/")
    return not content_type or (main == "application" and (sub == "json" or sub.endswith("+json")))


def _json(raw: bytes) -> Any:
    """orjson where it can; Python's reader, which is as lenient as the old services were, where that refuses."""
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError:
        pass
    try:
        return json.loads(raw)
    except json.JSONDecodeError as error:
        _not_json(error.pos, error.msg)
    except UnicodeDecodeError as error:
        _not_json(error.start, "not UTF-8")
    except (ValueError, RecursionError):
        _not_json(0, "a number that is too long, or too many levels")


def _not_json(position: int, reason: str) -> NoReturn:
    raise Unreadable([problem("json_invalid", ["body", position], f"JSON decode error: {reason}")])


def _read_form(model: type[BaseModel], request: HttpRequest, problems: list[Problem]) -> BaseModel | None:
    """A form's fields and files; an empty field counts as left out, as the old services had it."""
    fields: QueryDict = request.POST
    files: MultiValueDict[str, Any] = request.FILES
    given: dict[str, Any] = {name: value for name, value in fields.dict().items() if value != ""}
    return _checked(model, given | {name: files[name] for name in files}, "body", problems)


def problem(kind: str, loc: list[Any], message: str, given: Any = None) -> Problem:
    """One entry of a 422. A value that JSON has no word for is left out."""
    entry: Problem = {"type": kind, "loc": loc, "msg": message}
    if _fits_json(given):
        entry["input"] = given
    return entry


def _fits_json(value: Any) -> bool:
    if isinstance(value, str):
        return value.isascii() or value.isprintable()
    if isinstance(value, int):
        return abs(value) < 2**63
    return value is None or (isinstance(value, float) and math.isfinite(value))
