"""The pages of logs, and what they add to the page of a device."""

from telemetry.admin import device, log

__all__ = ["device", "log"]
