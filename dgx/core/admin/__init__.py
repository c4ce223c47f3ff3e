"""The admin's shared parts, its door, and its pages for users, roles, API keys and periodic tasks."""

from dgx.core.admin import access, changes, periodic

__all__ = ["access", "changes", "periodic"]
