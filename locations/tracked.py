"""What the audit keeps of shops."""

from dgx.core.audit_triggers import track
from locations.models import Shop

track(Shop, "name", "code", "address", "timezone", "latitude", "longitude", label="{row}.name")
