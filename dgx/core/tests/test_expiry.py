"""What ran out is deleted, and nothing else."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.utils import timezone
from rest_framework_simplejwt.token_blacklist.models import OutstandingToken
from rest_framework_simplejwt.tokens import RefreshToken

from dgx.core.tasks import clear_expired

pytestmark = pytest.mark.django_db


def test_sessions_and_refresh_tokens_that_ran_out_are_deleted(django_user_model: type[User]):
    now, user = timezone.now(), django_user_model.objects.create_user("ann")
    for name, days in (("old", -1), ("good", 1)):
        Session.objects.create(session_key=name, session_data="", expire_date=now + timedelta(days=days))
    old, good = RefreshToken.for_user(user), RefreshToken.for_user(user)
    old.blacklist()
    OutstandingToken.objects.filter(jti=old["jti"]).update(expires_at=now - timedelta(days=1))
    assert clear_expired() == {"sessions": 1, "tokens": 1}
    assert [session.session_key for session in Session.objects.all()] == ["good"]
    assert [token.jti for token in OutstandingToken.objects.all()] == [good["jti"]]
    assert clear_expired() == {"sessions": 0, "tokens": 0}
