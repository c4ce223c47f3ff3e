"""The admin of media: files, links, and where both appear on other pages."""

from media_library.admin import inlines, link, playlist, video, why

__all__ = ["inlines", "link", "playlist", "video", "why"]
