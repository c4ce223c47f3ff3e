"""The demo's chain: three shops on three clocks, three groups, twelve devices and what they play."""

from dataclasses import dataclass, field
from datetime import time
from pathlib import Path
from typing import Any

from devices.models import Device

MEDIA = Path(__file__).parent / "media"

SHOPS: dict[str, dict[str, Any]] = {
    "Lisbon Baixa": {
        "code": "HH-LIS",
        "address": "Rua da Prata 114\n1100-420 Lisboa\nPortugal",
        "timezone": "Europe/Lisbon",
        "latitude": 38.7106,
        "longitude": -9.1366,
    },
    "Berlin Mitte": {
        "code": "HH-BER",
        "address": "Oranienburger Straße 32\n10117 Berlin\nGermany",
        "timezone": "Europe/Berlin",
        "latitude": 52.5246,
        "longitude": 13.3941,
    },
    "Toronto Queen West": {
        "code": "HH-YYZ",
        "address": "401 Queen Street West\nToronto ON M5V 2A5\nCanada",
        "timezone": "America/Toronto",
        "latitude": 43.6487,
        "longitude": -79.3954,
    },
}

GROUPS = ("Window screens", "Menu boards", "Cooler doors")

VIDEOS: dict[str, tuple[str, dict[str, Any]]] = {
    "Coffee bar": ("coffee-bar.mp4", {}),
    "Fresh produce": ("fresh-produce.mp4", {}),
    "Weekend sale": ("weekend-sale.mp4", {}),
    "Opening hours": ("opening-hours.png", {"fit_mode": "contain", "display_duration": 8}),
    "Bakery": ("bakery.jpg", {"display_duration": 12}),
    "Cold brew": ("cold-brew.webp", {"display_duration": 10}),
    "Price list": ("price-list.pdf", {"fit_mode": "contain", "display_duration": 20}),
    "Menu board": ("menu-board.html", {"display_duration": 30}),
}
"""The file and the settings of each video, by its name."""


@dataclass(frozen=True)
class DemoDevice:
    """A device of the chain; `shop` and `group` are names."""

    mobile_id: str
    name: str
    shop: str
    group: str | None = None
    kind: Device.Kind = Device.Kind.PLAYER
    screen: str = ""


def _players(code: str, city: str, shop: str) -> tuple[DemoDevice, ...]:
    return (
        DemoDevice(f"demo-{code}-window", f"{city}, window", shop, "Window screens", screen="1920x1080"),
        DemoDevice(f"demo-{code}-menu", f"{city}, menu board", shop, "Menu boards", screen="1920x1080"),
        DemoDevice(f"demo-{code}-cooler", f"{city}, cooler door", shop, "Cooler doors", screen="720x1280"),
    )


DEVICES = (
    *_players("lis", "Lisbon", "Lisbon Baixa"),
    *_players("ber", "Berlin", "Berlin Mitte"),
    *_players("yyz", "Toronto", "Toronto Queen West"),
    DemoDevice("demo-lis-camera", "Lisbon, entrance camera", "Lisbon Baixa", kind=Device.Kind.CAMERA),
    DemoDevice("demo-ber-sensor", "Berlin, cold room sensor", "Berlin Mitte", kind=Device.Kind.SENSOR),
    DemoDevice("demo-yyz-gateway", "Toronto, tag gateway", "Toronto Queen West", kind=Device.Kind.GATEWAY),
)


@dataclass(frozen=True)
class DemoLink:
    """A video on a group, a shop or a device, all by name; orders are distinct wherever two links meet."""

    video: str
    order: int
    group: str | None = None
    shop: str | None = None
    device: str | None = None
    window: dict[str, Any] = field(default_factory=dict)


LINKS = (
    DemoLink("Coffee bar", 10, group="Window screens"),
    DemoLink("Bakery", 20, group="Window screens"),
    DemoLink("Weekend sale", 30, group="Window screens", window={"weekdays": [5, 6, 7]}),
    DemoLink("Menu board", 10, group="Menu boards"),
    DemoLink("Price list", 20, group="Menu boards"),
    DemoLink("Fresh produce", 10, group="Cooler doors"),
    DemoLink("Cold brew", 20, group="Cooler doors"),
    DemoLink("Opening hours", 40, shop="Berlin Mitte"),
    DemoLink("Opening hours", 45, shop="Toronto Queen West"),
    DemoLink("Coffee bar", 50, device="demo-lis-menu", window={"start_time": time(7), "end_time": time(11)}),
    DemoLink("Fresh produce", 55, device="demo-yyz-window"),
)
