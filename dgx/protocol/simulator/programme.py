"""What a simulated device shows at an instant: its manifest's windows and layers, read as a player reads them."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from media_library.windows import Window

LAYERS = ("emergency", "regular", "default")


def showing(manifest: dict[str, Any] | None, at: datetime) -> list[dict[str, Any]]:
    """The items whose window is open: the emergency ones, else the regular ones, else the default ones."""
    if manifest is None:
        return []
    zone = ZoneInfo(manifest["timezone"])
    shown = [item for item in manifest["items"] if Window.from_json(item.get("window", {})).contains(at, zone)]
    layers = [[item for item in shown if item.get("layer", "regular") == layer] for layer in LAYERS]
    return next((items for items in layers if items), [])
