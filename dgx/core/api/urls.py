"""Routes of the kernel: API keys and the audit."""

from dgx.core.api.changes import ChangeView
from dgx.core.api.keys import ApiKeyView
from dgx.core.api.routers import EitherSlashRouter

router = EitherSlashRouter()
router.register("api-keys", ApiKeyView)
router.register("changes", ChangeView)

urlpatterns = router.urls
