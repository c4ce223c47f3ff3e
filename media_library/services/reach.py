"""Why a device plays what it plays: every link that reaches it, and for a video reached twice which of them counts."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from devices.models import Device
from media_library.models import Placement, Video
from media_library.services.resolver import playing_at, resolved, zone_of


@dataclass(frozen=True)
class Reach:
    """A placement with its reason. `shadowed_by`: the link that shows the same video in this one's stead."""

    placement: Placement
    shadowed_by: UUID | None
    playing_now: bool

    @property
    def primary(self) -> bool:
        """This link counts for its video."""
        return self.shadowed_by is None

    @property
    def through(self) -> str:
        """The link's most specific target: device, group or shop."""
        return Placement.Breadth(self.placement.breadth).name.lower()


def reach(device: Device, *, at: datetime) -> list[Reach]:
    """All that reaches the device, in the order of play; load the device with its shop."""
    placements = list(Placement.objects.on(device).select_related("link", "video").in_play_order())
    counting = {placement.video_id: placement for placement in resolved(placements)}
    ready = [placement for placement in counting.values() if placement.video.state == Video.State.READY]
    playing = {placement.link_id for placement in playing_at(ready, at, zone_of(device))}
    return [
        Reach(
            placement,
            None if counting[placement.video_id] is placement else counting[placement.video_id].link.public_id,
            placement.link_id in playing,
        )
        for placement in placements
    ]
