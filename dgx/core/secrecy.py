"""Takes secrets out of what is written for people: log lines, and (in `error_pages`) the pages that DEBUG shows.

Nothing of ours writes a secret on purpose. This is for what others put into a message or a traceback: an address with
its password, a statement with its values, a request's headers.
"""

import re
from functools import cache
from urllib.parse import quote, unquote, urlsplit

from django.conf import settings
from django.utils.html import escape

STARS = "********************"
SHORTEST = 6
"""Shorter ones would be found in ordinary words."""
SHAPES = (
    (re.compile(r"\bdgx[a-z]_[\w-]{20,}"), STARS),  # what `dgx.core.credentials` makes
    (re.compile(r"\beyJ[\w-]+\.eyJ[\w-]+\.[\w-]+"), STARS),  # a JWT
    (re.compile(r"(X-Amz-Signature=)[0-9a-f]+", re.IGNORECASE), rf"\1{STARS}"),
    (re.compile(r"(://[^\s/@:'\"<>]*:)[^\s/@'\"<>]+(?=@)"), rf"\1{STARS}"),  # an address' password
    (re.compile(r"(\b(?:sessionid|csrftoken)=)\w+"), rf"\1{STARS}"),
)
STATEMENT = re.compile(r"^(LINE \d+: )(.*)$", re.MULTILINE)
"""Where PostgreSQL shows a part of a statement that failed; its texts are somebody's values."""


def redact(text: str, *, more: tuple[str, ...] = ()) -> str:
    """The text without our settings' secrets, without what looks like a secret of ours, and without those of `more`."""
    for value in (*_of_settings(), *_spellings(more)):
        text = text.replace(value, STARS)
    for shape, instead in SHAPES:
        text = shape.sub(instead, text)
    return STATEMENT.sub(lambda found: found[1] + re.sub(r"'[^']*('|$)", "'…'", found[2]), text)


@cache
def _of_settings() -> tuple[str, ...]:
    """Passwords and keys of the configuration, in each way in which they are written."""
    given = [
        settings.SECRET_KEY,
        settings.S3_SECRET_ACCESS_KEY,
        unquote(urlsplit(settings.REDIS_URL).password or ""),
        *(database["PASSWORD"] for database in settings.DATABASES.values()),
    ]
    return _spellings(tuple(given))


def _spellings(values: tuple[str, ...]) -> tuple[str, ...]:
    """The longest first, so that none leaves the rest of another."""
    worth = {value for value in values if value and len(value) >= SHORTEST}
    spelled = worth | {escape(value) for value in worth} | {quote(value, safe="") for value in worth}
    return tuple(sorted(spelled, key=len, reverse=True))
