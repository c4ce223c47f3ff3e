"""Actions on any number of rows. The selection stays in the database, the effect is shown in numbers before anything
happens, and what happens is one transaction and one audited change, by as many statements for one row as for many."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import connection, models
from django.db.models.expressions import RawSQL
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone

from dgx.core import audit
from dgx.core.admin.steps import ask, is_confirmed
from dgx.core.errors import Forbidden, Refusal
from dgx.core.scope import changeable, is_limited, manager_of, visible
from dgx.core.transactions import atomic_retried

_TABLE = "dgx_selection"


@dataclass(frozen=True)
class Selection:
    """The rows that a person selected and may change (or see, where nothing is changed), as a query."""

    rows: Any
    count: int
    user: Any
    now: datetime
    beyond: int = 0
    """Selected rows that the person sees and may not change: they are left alone."""

    @property
    def nouns(self) -> str:
        """“1 device”, “230 devices”."""
        return counted(self.count, self.rows.model)


@dataclass(frozen=True)
class Effect:
    """What an action would do, a sentence a line. `acts`: there is anything to do at all."""

    lines: Sequence[str] = ()
    acts: bool = True


class BulkAction:
    """What can be done to many rows. Subclasses say what it would do (`effect`) and do it (`act`), both from a query.

    `name` is the action's in the form; `description` stands in the menu; `needs` are permissions besides that of the
    page, which is to view it where nothing `changes`.
    """

    name: ClassVar[str]
    description: ClassVar[str]
    title: ClassVar[str]
    text: ClassVar[str]
    button: ClassVar[str]
    danger: ClassVar[bool] = False
    changes: ClassVar[bool] = True
    needs: ClassVar[Sequence[str]] = ()
    permission: ClassVar[str] = "change"

    def form(self, page: Any, user: Any, data: Any) -> forms.Form | None:
        """What the person has to choose first; None: nothing."""
        return None

    def effect(self, chosen: Selection, values: Mapping[str, Any]) -> Effect:
        """What would happen to these rows."""
        raise NotImplementedError

    def act(self, chosen: Selection, values: Mapping[str, Any]) -> str | HttpResponseBase:
        """Do it; returns what was done in words, or what the person is to see. Rows are locked and stay the same
        for all statements. Raises Refusal."""
        raise NotImplementedError

    def answer(self, page: Any, request: HttpRequest, done: Any) -> HttpResponseBase | None:
        """What follows `act`: the list, saying what was done."""
        if isinstance(done, HttpResponseBase):
            return done
        page.message_user(request, done, messages.SUCCESS)
        return None


def as_action(bulk: BulkAction) -> Callable[..., HttpResponseBase | None]:
    """The action as an admin page lists it."""

    def action(page: Any, request: HttpRequest, queryset: Any) -> HttpResponseBase | None:
        return run(bulk, page, request, queryset)

    action.__name__ = bulk.name
    action.needs = tuple(bulk.needs)  # type: ignore[attr-defined]  # PageAdmin reads it
    made: Callable[..., HttpResponseBase | None] = admin.action(
        action, description=bulk.description, permissions=[bulk.permission]
    )
    return made


def run(bulk: BulkAction, page: Any, request: HttpRequest, queryset: Any) -> HttpResponseBase | None:
    """Ask for what has to be chosen, show the effect, act: whichever is next."""
    if not request.user.has_perms(bulk.needs):
        raise PermissionDenied
    chosen = _selection(bulk, page, request, queryset)
    filled = is_confirmed(request) or "chosen" in request.POST
    form = bulk.form(page, request.user, request.POST if filled else None)
    question = _Question(bulk, page, request, chosen, form)
    try:
        if form is not None and not form.is_valid():
            return question.choose()
        values = form.cleaned_data if form else {}
        if not is_confirmed(request):
            return question.confirm(bulk.effect(chosen, values))
        return bulk.answer(page, request, _act(bulk, request, chosen, values))
    except Refusal as refusal:
        page.message_user(request, refusal.message, messages.ERROR)
        return None


@dataclass(frozen=True)
class _Question:
    """The pages before an action."""

    bulk: BulkAction
    page: Any
    request: HttpRequest
    chosen: Selection
    form: forms.Form | None

    def choose(self) -> HttpResponseBase:
        """Asks what has to be chosen."""
        return self._ask(chosen=False)

    def confirm(self, effect: Effect) -> HttpResponseBase:
        """Shows the effect and asks whether to go on."""
        beyond = self.chosen.beyond
        left = [f"{beyond:,} of the selected reach beyond your shops and are left alone."] if beyond else []
        acts = effect.acts and self.chosen.count > 0
        return self._ask(chosen=True, effect=[*effect.lines, *left], acts=acts)

    def _ask(self, **more: Any) -> HttpResponseBase:
        words = {name: getattr(self.bulk, name) for name in ("title", "text", "button", "danger")}
        rows = self.chosen.rows
        return ask(self.request, self.page, rows, action=self.bulk.name, form=self.form, **words, **more)


def _selection(bulk: BulkAction, page: Any, request: HttpRequest, queryset: Any) -> Selection:
    """Of the rows that the page showed, those that may be changed; the page's joins and annotations stay inside."""
    rows, user = manager_of(page.model).filter(pk__in=queryset.order_by().values("pk")), request.user
    allowed = changeable(rows, user) if bulk.changes else visible(rows, user)
    count = allowed.count()
    beyond = rows.count() - count if is_limited(user) else 0
    return Selection(allowed, count, user, timezone.now(), beyond)


def _act(bulk: BulkAction, request: HttpRequest, chosen: Selection, values: Mapping[str, Any]) -> Any:
    if not bulk.changes:
        return bulk.act(chosen, values)

    @atomic_retried
    def at_once() -> Any:
        with frozen(chosen) as same:
            done = bulk.act(same, values)
            _refuse_beyond_limit(same)
            return done

    with audit.change(door=audit.Door.ACTION, what=f"{bulk.title}: {chosen.nouns}", request=request):
        return at_once()


@contextmanager
def frozen(chosen: Selection) -> Iterator[Selection]:
    """The selection as it is now, locked in the order of the database's own triggers. A filter that the action itself
    changes, such as a status, would else select other rows with each statement."""
    rows = chosen.rows.order_by("pk").values("pk").select_for_update(no_key=True, of=("self",))
    sql, params = rows.query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(
            f"DROP TABLE IF EXISTS {_TABLE}; CREATE TEMPORARY TABLE {_TABLE} (key) ON COMMIT DROP AS {sql}; "
            f"ANALYZE {_TABLE}",
            params,
        )
        cursor.execute(f"SELECT count(*) FROM {_TABLE}")  # noqa: S608 — a constant
        count = int(cursor.fetchone()[0])
    # by its full name: a bare one that the table lacks would be read as the outer table's, and select everything
    keys = RawSQL(f"SELECT {_TABLE}.key FROM {_TABLE}", [])  # noqa: S608, S611 — constants
    same = manager_of(chosen.rows.model).filter(pk__in=keys)
    yield Selection(same, count, chosen.user, chosen.now)


def _refuse_beyond_limit(chosen: Selection) -> None:
    """Nobody moves rows out of their own shops."""
    if is_limited(chosen.user) and changeable(chosen.rows, chosen.user).count() != chosen.count:
        raise Forbidden("You are limited to some shops; this would take rows out of them.")


def counted(number: int, model: type[models.Model] | str) -> str:
    """“1 device”, “230 devices”; of a word given as text, the plural with an s."""
    if isinstance(model, str):
        return f"{number:,} {model}{'' if number == 1 else 's'}"
    word = model._meta.verbose_name if number == 1 else model._meta.verbose_name_plural
    return f"{number:,} {word}"
