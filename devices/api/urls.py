"""Routes of layer 2."""

from devices.api.enrolment import EnrolmentKeyView, PairingView
from devices.api.views import DeviceView, GroupView
from dgx.core.api.routers import EitherSlashRouter

router = EitherSlashRouter()
router.register("devices", DeviceView)
router.register("groups", GroupView)
router.register("pairings", PairingView)
router.register("enrolment-keys", EnrolmentKeyView)

urlpatterns = router.urls
