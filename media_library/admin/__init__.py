"""The admin of media: files, links, and where both appear on other pages."""

from media_library.admin import (
    actions,
    chain,
    emergency,
    history,
    impact,
    inlines,
    link,
    lists,
    picker,
    playlist,
    rollout,
    video,
    why,
)

__all__ = [
    "actions",
    "chain",
    "emergency",
    "history",
    "impact",
    "inlines",
    "link",
    "lists",
    "picker",
    "playlist",
    "rollout",
    "video",
    "why",
]
