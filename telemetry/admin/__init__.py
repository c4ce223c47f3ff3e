"""The pages of logs and plays, and what they add to the pages of devices, shops and videos."""

from telemetry.admin import actions, device, log, play, shop, video

__all__ = ["actions", "device", "log", "play", "shop", "video"]
