"""Routes of the kernel: tokens, API keys and the audit."""

from dgx.core.api.auth import LoginView, LogoutView, RefreshView
from dgx.core.api.changes import ChangeView
from dgx.core.api.keys import ApiKeyView
from dgx.core.api.routers import EitherSlashRouter, either_slash

router = EitherSlashRouter()
router.register("api-keys", ApiKeyView)
router.register("changes", ChangeView)

urlpatterns = [
    either_slash("auth/token", LoginView.as_view(), "auth-login"),
    either_slash("auth/token/refresh", RefreshView.as_view(), "auth-refresh"),
    either_slash("auth/token/blacklist", LogoutView.as_view(), "auth-logout"),
    *router.urls,
]
