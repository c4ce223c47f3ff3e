"""One's own new password. The old one is asked for, and can be guessed no faster than at the login: a browser that was
left open must not give it away."""

from typing import Any

from django import forms
from django.contrib.auth import authenticate
from django.contrib.auth.views import PasswordChangeView
from django.http import HttpRequest
from unfold.forms import AdminOwnPasswordChangeForm

from dgx.core.lockout import LOCKED, is_locked_out
from dgx.people.door import refuse_too_many


def check_own_password(request: HttpRequest, password: str) -> None:
    """Raises ValidationError where it is not the password of whoever is logged in, which counts as a failed login, and
    where there were too many such."""
    refuse_too_many(request)
    if authenticate(request, username=request.user.get_username(), password=password) is None:
        raise forms.ValidationError(LOCKED if is_locked_out(request) else "This is not your password.")


class NewPasswordForm(AdminOwnPasswordChangeForm):
    """Django's, whose look at the old password is counted."""

    def __init__(self, *args: Any, request: HttpRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request = request

    def clean_old_password(self) -> str:
        password: str = self.cleaned_data["old_password"]
        check_own_password(self.request, password)
        return password


class NewPasswordPage(PasswordChangeView):
    """Django's, with the form above."""

    form_class = NewPasswordForm

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "request": self.request}
