"""Routes of tokens."""

from dgx.core.api.routers import either_slash
from dgx.people.api.auth import LoginView, LogoutView, RefreshView

urlpatterns = [
    either_slash("auth/token", LoginView.as_view(), "auth-login"),
    either_slash("auth/token/refresh", RefreshView.as_view(), "auth-refresh"),
    either_slash("auth/token/blacklist", LogoutView.as_view(), "auth-logout"),
]
