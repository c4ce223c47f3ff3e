"""What the audit keeps of acts that change no tracked column: a session that was ended, a token that came twice."""

from typing import Any

import orjson
from django.db import connection, models

_INSERT = (
    "INSERT INTO core_changedrow (change_id, kind, object_id, action, label, fields) "
    "VALUES (dgx_change(%s), %s, %s, 'changed', %s, %s::jsonb)"
)


def note(obj: models.Model, **fields: tuple[Any, Any]) -> None:
    """Keep a change of `obj`, of a tracked kind, that no trigger sees: each field from what to what. Secrets have no
    place in it."""
    kind = obj._meta.label_lower
    with connection.cursor() as cursor:
        cursor.execute(_INSERT, [kind, kind, obj.pk, str(obj), orjson.dumps(fields).decode()])
