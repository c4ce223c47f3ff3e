"""The admin's door: passwords are tried at the same rate as at the API's, by the same count, and names are locked."""

from typing import Any

from django import forms
from django.contrib import admin
from unfold.forms import AuthenticationForm

from dgx.core.api.auth import LoginThrottle
from dgx.core.lockout import LOCKED, is_locked_out


class LoginForm(AuthenticationForm):
    """A name and a password, as often as DGX_LOGIN_RATE allows an address."""

    def clean(self) -> dict[str, Any]:
        throttle = LoginThrottle()
        if not throttle.allow_request(self.request, self):  # reads META and the user alone
            wait = int(throttle.wait() or 0) + 1
            raise forms.ValidationError(f"Too many attempts. Try again in {wait} seconds.", code="throttled")
        try:
            cleaned: dict[str, Any] = super().clean()
        except forms.ValidationError:
            if is_locked_out(self.request):
                raise forms.ValidationError(LOCKED, code="locked_out") from None
            raise
        return cleaned


admin.site.login_form = LoginForm
