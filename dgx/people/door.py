"""The admin's door: a name and a password, tried at the same rate as at the API's, by the same count; then, for whoever
has a second factor, its code. Nobody is logged in between the two: the session keeps who is half in, for a while."""

from typing import Any

from axes.handlers.proxy import AxesProxyHandler
from django import forms
from django.contrib import messages
from django.contrib.auth import login as let_in
from django.contrib.auth.models import User
from django.contrib.auth.views import LoginView
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views.decorators.debug import sensitive_post_parameters
from django.views.generic import FormView
from django_otp import login as note_second_factor
from unfold.forms import AuthenticationForm
from unfold.widgets import UnfoldAdminTextInputWidget

from dgx.core.api.throttles import LoginThrottle
from dgx.core.errors import Refusal, Unauthenticated
from dgx.core.lockout import LOCKED, is_locked_out
from dgx.people.proof import hold, whole_login
from dgx.people.second_factor import CODE_MAX_LENGTH, check_code, has_second_factor

HALF_IN = "people_half_in"
HALF_IN_S = 300
"""Seconds between the password and the code."""


class LoginForm(AuthenticationForm):
    """A name and a password, as often as DGX_LOGIN_RATE allows an address."""

    def clean(self) -> dict[str, Any]:
        refuse_too_many(self.request)
        try:
            cleaned: dict[str, Any] = super().clean()
        except forms.ValidationError:
            if is_locked_out(self.request):
                raise forms.ValidationError(LOCKED, code="locked_out") from None
            raise
        return cleaned


class CodeField(forms.CharField):
    """A code of an authenticator app, which phones offer by themselves, or a recovery code."""

    def __init__(self, **kwargs: Any) -> None:
        hints = {"autocomplete": "one-time-code", "autocapitalize": "none", "spellcheck": "false"}
        widget = UnfoldAdminTextInputWidget(attrs=hints)
        super().__init__(max_length=CODE_MAX_LENGTH, widget=widget, **kwargs)


class CodeForm(forms.Form):
    """The second step: a code of the person who is half in."""

    code = CodeField(label="Code", help_text="Six digits, or one of your recovery codes.")

    def __init__(self, *args: Any, request: HttpRequest, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request, self.user = request, user
        self.fields["code"].widget.attrs["autofocus"] = True
        self.device: Any = None

    def clean_code(self) -> str:
        """Finds the device that the code is of."""
        refuse_too_many(self.request)
        if not AxesProxyHandler.is_allowed(self.request, {"username": self.user.get_username()}):
            raise forms.ValidationError(LOCKED, code="locked_out")
        code: str = self.cleaned_data["code"]
        try:
            self.device = check_code(self.user, code, request=self.request)
        except Refusal as refusal:
            said = LOCKED if is_locked_out(self.request) else refusal.message
            raise forms.ValidationError(said, code=refusal.code) from None
        return code


def refuse_too_many(request: HttpRequest) -> None:
    """Raises ValidationError where the address tries more often than DGX_LOGIN_RATE allows."""
    throttle = LoginThrottle()
    if not throttle.allow_request(request, None):  # type: ignore[arg-type]  # reads META and the user alone
        wait = int(throttle.wait() or 0) + 1
        raise forms.ValidationError(f"Too many attempts. Try again in {wait} seconds.", code="throttled")


class PasswordStep(LoginView):
    """Django's; who has a second factor goes on to its code."""

    def form_valid(self, form: Any) -> HttpResponse:
        user = form.get_user()
        if not has_second_factor(user):
            return self._let_in(form)
        self.request.session.cycle_key()  # whoever gave this browser its cookie has none of what follows
        self.request.session[HALF_IN] = {
            "user": user.pk,
            "backend": user.backend,
            "hash": user.get_session_auth_hash(),
            "until": timezone.now().timestamp() + HALF_IN_S,
            "next": self.get_success_url(),
        }
        return HttpResponseRedirect(reverse("admin:login_code"))

    def _let_in(self, form: Any) -> HttpResponse:
        """At once, unless a code has become needed meanwhile, or another password."""
        try:
            with whole_login(self.request):
                hold(form.get_user(), gave_code=False)
                answer = super().form_valid(form)
                self.request.session.save()
        except Unauthenticated as refusal:
            messages.warning(self.request, refusal.message)
            return HttpResponseRedirect(reverse("admin:login"))
        return answer


class CodeStep(FormView):
    """Asks for the code and lets the person in. Whoever is not half in, or was it for too long, starts anew."""

    template_name = "dgx/people/login_code.html"
    form_class = CodeForm

    @method_decorator(sensitive_post_parameters())
    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        self.half_in = request.session.get(HALF_IN) or {}
        user = half_in(self.half_in)
        if user is None:
            return HttpResponseRedirect(reverse("admin:login"))
        self.user = user
        return super().dispatch(request, *args, **kwargs)

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "request": self.request, "user": self.user}

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Uses the code up and lets in, or neither. A wrong one is an error of the form, and its count stays."""
        with whole_login(request):
            return super().post(request, *args, **kwargs)

    def form_valid(self, form: CodeForm) -> HttpResponse:
        del self.request.session[HALF_IN]
        let_in(self.request, self.user, backend=self.half_in["backend"])
        note_second_factor(self.request, form.device)
        self.request.session.save()
        return HttpResponseRedirect(self.half_in["next"])


def half_in(kept: dict[str, Any]) -> User | None:
    """Who gave the right password a short while ago, and still could."""
    if kept.get("until", 0) < timezone.now().timestamp():
        return None
    user = User.objects.filter(pk=kept["user"], is_active=True).first()
    return user if user and user.get_session_auth_hash() == kept["hash"] else None
