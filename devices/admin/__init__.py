"""The admin of devices: devices, groups, credentials, pairing and presence."""

from devices.admin import credentials, device, group, history, pairing, presence, shop

__all__ = ["credentials", "device", "group", "history", "pairing", "presence", "shop"]
