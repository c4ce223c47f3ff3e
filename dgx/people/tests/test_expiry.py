"""What ran out is deleted, and nothing else."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from rest_framework_simplejwt.token_blacklist.models import OutstandingToken

from dgx.people.models import Session, TokenLogin
from dgx.people.tasks import clear_expired
from dgx.people.tokens import begin

pytestmark = pytest.mark.django_db


def test_sessions_tokens_and_logins_that_ran_out_are_deleted(django_user_model: type[User]):
    now, user = timezone.now(), django_user_model.objects.create_user("ann")
    for name, days in (("old", -1), ("good", 1)):
        Session.objects.create(session_key=name, session_data="", expire_date=now + timedelta(days=days))
    old, good = begin(user), begin(user)
    old.blacklist()
    OutstandingToken.objects.filter(jti=old["jti"]).update(expires_at=now - timedelta(days=1))
    TokenLogin.objects.filter(public_id=old["login"]).update(last_used_at=now - timedelta(days=15))
    assert clear_expired() == {"sessions": 1, "tokens": 1, "logins": 1}
    assert [session.session_key for session in Session.objects.all()] == ["good"]
    assert [token.jti for token in OutstandingToken.objects.all()] == [good["jti"]]
    assert [str(login.public_id) for login in TokenLogin.objects.all()] == [good["login"]]
    assert clear_expired() == {"sessions": 0, "tokens": 0, "logins": 0}
