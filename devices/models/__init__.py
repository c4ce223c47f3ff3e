"""What is there: devices, their groups, their credentials and their presence."""

from devices.models import tracked  # noqa: F401 — puts the audit on them
from devices.models.credentials import DeviceToken, EnrolmentKey, Pairing
from devices.models.device import Device, Group
from devices.models.presence import FleetEvent, Presence, PresenceFlip, SweepState
from devices.models.sample import FleetSample

__all__ = [
    "Device",
    "DeviceToken",
    "EnrolmentKey",
    "FleetEvent",
    "FleetSample",
    "Group",
    "Pairing",
    "Presence",
    "PresenceFlip",
    "SweepState",
]
