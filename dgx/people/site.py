"""The admin's site: unfold's, with a door of two steps, a page of one's own account, and no way past the second factor
for those who must have one."""

from collections.abc import Callable
from typing import Any

from django.contrib.auth import REDIRECT_FIELD_NAME
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from unfold.sites import UnfoldAdminSite

from dgx.people import account
from dgx.people.door import CodeStep, LoginForm, PasswordStep
from dgx.people.password import NewPasswordPage
from dgx.people.second_factor import lacks_second_factor


class Site(UnfoldAdminSite):
    """What `django.contrib.admin.site` is here."""

    login_form = LoginForm

    def extra_urls(self) -> list[URLPattern]:
        """The second step of the login, and the pages of one's own account."""
        pages: list[tuple[str, Callable[..., Any], str]] = [
            ("account/", account.overview, "account"),
            ("account/end/", account.end, "account_end"),
            ("account/second-factor/", account.second_factor, "account_second_factor"),
            ("account/second-factor/off/", account.second_factor_off, "account_second_factor_off"),
            ("account/recovery-codes/", account.recovery_codes, "account_recovery_codes"),
        ]
        door = path("login/code/", never_cache(self.login_code), name="login_code")
        return [door, *(path(route, self.admin_view(view), name=name) for route, view, name in pages)]

    def admin_view(self, view: Callable[..., Any], cacheable: bool = False) -> Any:
        """As Django's; but whoever lacks a second factor that they must have gets to where they set it up, and nowhere
        else."""

        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if lacks_second_factor(request) and self.has_permission(request) and request.path not in _open_without():
                return HttpResponseRedirect(reverse("admin:account_second_factor"))
            answer: HttpResponse = inner(request, *args, **kwargs)
            return answer

        inner = super().admin_view(view, cacheable)
        guarded.__dict__.update(inner.__dict__)
        return guarded

    @method_decorator(never_cache)
    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """As Django's, with a second step behind it."""
        index = reverse("admin:index", current_app=self.name)
        if request.method == "GET" and self.has_permission(request):
            return HttpResponseRedirect(index)
        context = {
            **self.each_context(request),
            "title": "Log in",
            "subtitle": None,
            "app_path": request.get_full_path(),
            "username": request.user.get_username(),
            **({} if {*request.GET, *request.POST} & {REDIRECT_FIELD_NAME} else {REDIRECT_FIELD_NAME: index}),
            **(extra_context or {}),
        }
        request.current_app = self.name
        step = PasswordStep.as_view(
            extra_context=context, authentication_form=self.login_form, template_name="admin/login.html"
        )
        answer: HttpResponse = step(request)  # type: ignore[assignment]  # no stream
        return answer

    def login_code(self, request: HttpRequest) -> HttpResponse:
        """The second step."""
        context = {**self.each_context(request), "title": "Your code", "app_path": request.get_full_path()}
        answer: HttpResponse = CodeStep.as_view(extra_context=context)(request)  # type: ignore[assignment]  # likewise
        return answer

    def password_change(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """As Django's, with a form that counts wrong old passwords."""
        context = {**self.each_context(request), **(extra_context or {})}
        done = reverse("admin:password_change_done", current_app=self.name)
        request.current_app = self.name
        answer: HttpResponse = NewPasswordPage.as_view(success_url=done, extra_context=context)(request)  # type: ignore[assignment]  # no stream
        return answer


def _open_without() -> set[str]:
    """Addresses of the admin that whoever lacks the second factor may open: where it is set up, and the way out."""
    names = ("account_second_factor", "logout", "jsi18n", "password_change", "password_change_done")
    return {reverse(f"admin:{name}") for name in names}
