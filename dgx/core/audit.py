"""Who changes something, by which door, and what for: said once around the work, kept by the database with each change.

The triggers of `dgx.core.audit_triggers` write the changes themselves, by whichever path they come; what is said here
travels to them in front of the statements that could change anything.
"""

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from typing import Any

import orjson
from django.db import connection, models
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject, empty
from psycopg.sql import Literal

from dgx.core.logs import request_id

WHAT_MAX_LENGTH = 500
_CHANGING = ("insert", "update", "delete", "with", "merge")
"""How a statement starts that could change something we track."""


class Door(models.TextChoices):
    """Ways by which changes come."""

    ADMIN = "admin", "Admin"
    ACTION = "action", "Action"
    API = "api", "API"
    LEGACY = "legacy", "Old routes"
    IMPORT = "import", "Import"
    COMMAND = "command", "Command"
    DEVICE = "device", "Device"
    SYSTEM = "system", "System"
    DATABASE = "database", "Database"
    """No door of ours: SQL that somebody typed, or code that ran outside of them all."""


@dataclass(frozen=True)
class Act:
    """What one person or program does at once: a request, an action, a command. All changes in it carry its id."""

    door: Door
    what: str = ""
    user: Any = None
    request: HttpRequest | None = None
    id: uuid.UUID = field(default_factory=uuid.uuid4)

    def said(self) -> dict[str, Any]:
        """What the database keeps of it. Who it is, is known late in a request of the API: so it is asked for here."""
        user, key = self._caller()
        return {
            "id": str(self.id),
            "door": self.door.value,
            "what": _clean(self.what)[:WHAT_MAX_LENGTH],
            "user": user.pk if user else None,
            "who": _clean(_name(user, key)),
            "address": _clean(f"{self.request.method} {self.request.path}")[:WHAT_MAX_LENGTH] if self.request else "",
            "request": request_id.get().strip("-"),
        }

    def _caller(self) -> tuple[Any, Any]:
        """The person and the API key, where they are known; asking never queries."""
        user = self.user or getattr(self.request, "user", None)
        if isinstance(user, SimpleLazyObject) and user._wrapped is empty:
            user = None
        known = user if user is not None and user.is_authenticated else None
        return known, getattr(self.request, "auth", None)


_current: ContextVar[Act | None] = ContextVar("act", default=None)


@contextmanager
def change(*, door: Door | str, what: str = "", user: Any = None, request: HttpRequest | None = None) -> Iterator[Act]:
    """Says of all changes inside by which `door` they come, `what` for (“Assign shop Lyon to 50 devices”), and by whom.

    Inside another one, as an action is in its request, it refines that one while it lasts: both are one act, and what
    is not given stays.
    """
    outer = _current.get()
    if outer is None:
        act = Act(Door(door), what, user, request)
        with entered(act), connection.execute_wrapper(_carry):
            yield act
    else:
        with entered(
            replace(
                outer,
                door=Door(door),
                what=what or outer.what,
                user=user or outer.user,
                request=request or outer.request,
            )
        ) as act:
            yield act


@contextmanager
def entered(act: Act) -> Iterator[Act]:
    """Makes `act` the present one for a while."""
    token = _current.set(act)
    try:
        yield act
    finally:
        _current.reset(token)


def describe(what: str) -> None:
    """Say of the present act what it is for, once that is known; outside of any act it says nothing."""
    act = _current.get()
    if act is not None:
        _current.set(replace(act, what=what))


def _carry(execute: Callable[..., Any], sql: str | bytes, params: Any, many: bool, context: dict[str, Any]) -> Any:
    """Puts the act in front of a statement that could change something, as a local setting of its transaction.
    Prepared statements (`dgx.core.prepared`) do not come by here; they write nothing that is tracked."""
    act, cursor = _current.get(), context["cursor"]
    if act is None or many or isinstance(sql, bytes):
        return execute(sql, params, many, context)
    if not sql.lstrip()[:6].lower().startswith(_CHANGING):
        return execute(sql, params, many, context)
    setting = Literal(orjson.dumps(act.said()).decode()).as_string()
    if params is not None:
        setting = setting.replace("%", "%%")
    result = execute(f"SELECT set_config('dgx.act', {setting}, true); {sql}", params, many, context)
    while cursor.nextset():  # to the statement's own result
        pass
    return result


def _name(user: Any, key: Any) -> str:
    """The name as text, which outlives the user; with the key's, where a program came by one."""
    if user is None:
        return ""
    name = str(user.get_username())
    return f"{name} (key {key.name})" if hasattr(key, "key_hash") else name


def _clean(text: str) -> str:
    """Without what PostgreSQL's text cannot hold."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode()
