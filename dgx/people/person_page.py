"""The page behind a person's own: by what they are logged in, and their second factor, for whoever may change them."""

from typing import Any

from django.contrib import messages
from django.contrib.admin.utils import unquote
from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from unfold.decorators import action as button

from dgx.core.admin.confirm import Question, confirm_page, is_confirmed
from dgx.people import second_factor as factor
from dgx.people.access import access_of
from dgx.people.account import end_named, page


class AccessPage:
    """A mixin of the page of people: a button, the page behind it, and no way to one's own password past the old."""

    def has_access_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        """Whoever may change the person."""
        people: Any = self
        person = people.get_object(request, unquote(str(object_id)))
        return person is not None and people.has_change_permission(request, person)

    @button(description="Sessions and second factor", url_path="access", icon="devices", permissions=["access"])
    def access(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """GET shows it; POST ends what it names, or asks before it takes the second factor away."""
        people: Any = self
        person = people.get_object(request, unquote(object_id))
        if person is None:
            raise Http404(f"There is no person {object_id}.")
        if person.pk == request.user.pk:
            return HttpResponseRedirect(reverse("admin:account"))
        if _is_to_be_asked(person, request):
            return confirm_page(request, people, _question(person))
        if request.method == "POST":
            messages.add_message(request, *_done(person, request))
            return HttpResponseRedirect(request.path)
        return _shown(people, request, person)

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:  # noqa: A002 — Django's name
        """Django's page for somebody else's new password; one's own is changed where the old one is asked for."""
        people: Any = self
        person = people.get_object(request, unquote(id))
        if person is not None and person.pk == request.user.pk:
            return HttpResponseRedirect(reverse("admin:password_change"))
        answer: HttpResponse = super().user_change_password(request, id, form_url)  # type: ignore[misc]  # a mixin
        return answer


def _is_to_be_asked(person: User, request: HttpRequest) -> bool:
    return "second_factor" in request.POST and not is_confirmed(request) and factor.has_second_factor(person)


def _question(person: User) -> Question:
    must = factor.must_have_second_factor(person)
    lines = [
        f"The authenticator app of {person} and the recovery codes left ({factor.codes_left(person)}) stop working.",
        "At the next login they have to set up a new one." if must else "The password alone lets them in then.",
        "They are logged out everywhere: all browsers, and all programs that logged in with the password.",
        f"Who has the password of {person} needs nothing else then: make sure that it is really {person} who asks.",
    ]
    return Question(f"Take the second factor of {person} away?", lines, "Take it away", danger=True)


def _done(person: User, request: HttpRequest) -> tuple[int, str]:
    if "second_factor" not in request.POST:
        return end_named(person, request)
    if factor.turn_off(person):
        return messages.SUCCESS, f"{person} logs in with the password alone, and is logged out everywhere."
    return messages.WARNING, f"{person} has no second factor."


def _shown(people: Any, request: HttpRequest, person: User) -> HttpResponse:
    now = timezone.now()
    context = {
        "opts": people.opts,
        "original": person,
        "title": f"Sessions and second factor of {person}",
        "person": person,
        "access": access_of(person, now=now),
        "current": "",
        "has_factor": factor.has_second_factor(person),
        "must_have": factor.must_have_second_factor(person),
        "end_address": request.path,
        "back": reverse("admin:auth_user_change", args=[person.pk]),
        "now": now,
    }
    return page(request, "dgx/people/person.html", context)
