"""Routes of layer 1."""

from dgx.core.api.routers import EitherSlashRouter
from locations.api.views import ShopView

router = EitherSlashRouter()
router.register("shops", ShopView)

urlpatterns = router.urls
