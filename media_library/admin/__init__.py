"""The admin of media: files, links, and where both appear on other pages."""

from media_library.admin import actions, history, inlines, link, playlist, video, why

__all__ = ["actions", "history", "inlines", "link", "playlist", "video", "why"]
