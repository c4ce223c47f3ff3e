"""The admin of media: files, links, and where both appear on other pages."""

from media_library.admin import history, inlines, link, playlist, video, why

__all__ = ["history", "inlines", "link", "playlist", "video", "why"]
