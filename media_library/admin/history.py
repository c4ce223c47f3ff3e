"""Adds their latest changes to the pages of media and links."""

from dgx.core.admin.base import extend
from dgx.core.admin.history_panel import changes_panel
from dgx.core.audit_words import spell_with
from media_library.admin import link, video  # noqa: F401 — registers the pages that are extended here
from media_library.admin.forms import WEEKDAYS
from media_library.models import Link, Video

_DAYS = dict(WEEKDAYS)

for model in (Link, Video):
    extend(model, panels=[changes_panel(model, tab="Changes")])
spell_with("media_library.link", "weekdays", lambda days: ", ".join(str(_DAYS.get(day, day)) for day in days))
