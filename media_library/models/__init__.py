"""What is shown: media files, the links that put them on devices, and the placements that follow from both; and what is
on its way into the store and out of it."""

from media_library.models.departing import DepartingObject
from media_library.models.emergency import Emergency
from media_library.models.link import Link
from media_library.models.placement import Placement
from media_library.models.upload import Upload
from media_library.models.video import Video

__all__ = ["DepartingObject", "Emergency", "Link", "Placement", "Upload", "Video"]
