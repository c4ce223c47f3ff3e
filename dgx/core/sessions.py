"""Django's sessions in the database, which look up no key that they could not have made."""

import re

from django.contrib.sessions.backends import db

KEY = re.compile(r"[a-z0-9]{8,40}")


class SessionStore(db.SessionStore):
    """A cookie can hold anything, a NUL too, that PostgreSQL cannot even compare with: such a key is nobody's."""

    def _validate_session_key(self, key: str) -> bool:
        return bool(key) and KEY.fullmatch(key) is not None
