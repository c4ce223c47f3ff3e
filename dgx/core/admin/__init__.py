"""The admin's shared parts, and its pages for users, roles, API keys and periodic tasks."""

from dgx.core.admin import access, periodic

__all__ = ["access", "periodic"]
