"""What is shown: media files, the links that put them on devices, and the placements that follow from both."""

from media_library.models.link import Link
from media_library.models.placement import Placement
from media_library.models.video import Video

__all__ = ["Link", "Placement", "Video"]
