"""Routes of layer 3."""

from dgx.core.api.routers import REF, EitherSlashRouter, either_slash
from media_library.api.bin import BinView
from media_library.api.devices import DeviceLinksView, DeviceManifestView
from media_library.api.emergencies import EmergencyView
from media_library.api.links import LinkView
from media_library.api.playlists import GroupVideosView
from media_library.api.uploads import UploadView
from media_library.api.views import VideoView

router = EitherSlashRouter()
router.register("videos", VideoView)
router.register("bin", BinView, basename="bin")
router.register("emergencies", EmergencyView)
router.register("links", LinkView)
router.register("uploads", UploadView)

urlpatterns = [
    either_slash(f"devices/{REF}/links", DeviceLinksView.as_view(), "device-links"),
    either_slash(f"devices/{REF}/manifest", DeviceManifestView.as_view(), "device-manifest"),
    either_slash(f"groups/{REF}/videos", GroupVideosView.as_view(), "group-videos"),
    *router.urls,
]
