"""`manage.py loaddemo`: puts the demo's chain into the database and its media into the store; harmless to repeat."""

import json
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.base import File
from django.core.management.base import BaseCommand
from django.db import transaction
from django.utils import timezone

from devices.models import Device, DeviceToken, Group
from devices.services.enrolment import issue_token
from dgx.core.credentials import hash_secret
from dgx.demo import chain
from locations.models import Shop
from media_library.models import Link, Video
from media_library.services.uploads import upload_video

TOKENS = "demo-tokens.json"
"""In the data folder: the tokens of the demo's devices by mobile_id, for the simulated fleet."""


class Command(BaseCommand):
    help = "Load the demo: 3 shops, 3 groups, 12 devices, 8 media files and what plays where. Harmless to repeat."

    def handle(self, **options: Any) -> None:
        videos = {name: _video(name) for name in chain.VIDEOS}
        with transaction.atomic():
            places = {name: Shop.objects.get_or_create(name=name, defaults=row)[0] for name, row in chain.SHOPS.items()}
            groups = {name: Group.objects.get_or_create(name=name)[0] for name in chain.GROUPS}
            devices = {row.mobile_id: _device(row, places, groups) for row in chain.DEVICES}
            for row in chain.LINKS:
                Link.objects.get_or_create(
                    video=videos[row.video],
                    group=groups[row.group] if row.group else None,
                    shop=places[row.shop] if row.shop else None,
                    device=devices[row.device] if row.device else None,
                    defaults={"display_order": row.order, **row.window},
                )
            _keep_tokens(settings.DGX_VAR / TOKENS, devices)
        self.stdout.write(
            f"Loaded the demo: {len(places)} shops, {len(groups)} groups, {len(devices)} devices, {len(videos)} media."
        )


def _video(name: str) -> Video:
    filename, fields = chain.VIDEOS[name]
    existing = Video.objects.named(name).first()
    if existing:
        return existing
    with (chain.MEDIA / filename).open("rb") as file:
        return upload_video(file=File(file, name=filename), name=name, original_name=filename, **fields)


def _device(row: chain.DemoDevice, places: dict[str, Shop], groups: dict[str, Group]) -> Device:
    details = {
        "name": row.name,
        "kind": row.kind,
        "shop": places[row.shop],
        "group": groups[row.group] if row.group else None,
        "screen": row.screen,
    }
    return Device.objects.get_or_create(mobile_id=row.mobile_id, defaults=details)[0]


def _keep_tokens(path: Path, devices: dict[str, Device]) -> None:
    """Write a working token of each device; those in the file that still work stay."""
    known: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
    tokens = {name: _working(device, known.get(name)) or issue_token(device) for name, device in devices.items()}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.write_text(json.dumps(tokens, indent=1))


def _working(device: Device, token: str | None) -> str | None:
    valid = DeviceToken.objects.valid(timezone.now()).filter(device=device)
    return token if token and valid.filter(token_hash=hash_secret(token)).exists() else None
