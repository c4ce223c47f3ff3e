"""The admin of shops."""

from locations.admin import shop

__all__ = ["shop"]
