"""The pages of logs and plays, and what they add to the pages of devices and videos."""

from telemetry.admin import actions, device, log, play, video

__all__ = ["actions", "device", "log", "play", "video"]
