"""What the audit keeps of devices, groups and credentials: what people decide, without reports and hashes."""

from devices.models.credentials import DeviceToken, EnrolmentKey, Pairing
from devices.models.device import Device, Group
from dgx.core.audit_triggers import track

track(Group, "name", "report_interval_s", "missed_reports", label="{row}.name")
track(
    Device,
    "mobile_id",
    "name",
    "kind",
    "state",
    "group",
    "shop",
    "notes",
    "report_interval_s",
    "missed_reports",
    label="CASE WHEN {row}.name = '' THEN {row}.mobile_id ELSE {row}.name || ' (' || {row}.mobile_id || ')' END",
)
track(
    DeviceToken,
    "device",
    "prefix",
    "expires_at",
    "revoked_at",
    label="coalesce((SELECT d.mobile_id FROM devices_device d WHERE d.id = {row}.device_id) || ' · ', '') "
    "|| {row}.prefix || '…'",
)
track(EnrolmentKey, "label", "prefix", "group", "shop", "expires_at", "max_uses", "revoked_at", label="{row}.label")
track(
    Pairing,
    "state",
    "group",
    "shop",
    "device",
    "decided_by",
    label="{row}.mobile_id",
    verbs=["update"],  # anybody may ask to come in, and what nobody answered is deleted; what was decided counts
)
