"""What the audit keeps of shops, and of who is limited to them."""

from dgx.core.audit_triggers import track
from locations.models import Shop, ShopLimit

track(Shop, "name", "code", "address", "timezone", "latitude", "longitude", label="{row}.name")
track(ShopLimit, "user", label="(SELECT u.username FROM auth_user u WHERE u.id = {row}.user_id)")
