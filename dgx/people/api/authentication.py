"""Access tokens: good while their login goes on, so that what is revoked is revoked at once."""

from typing import Any

from django.contrib.auth.models import User
from rest_framework_simplejwt.authentication import JWTAuthentication
from rest_framework_simplejwt.exceptions import AuthenticationFailed, InvalidToken
from rest_framework_simplejwt.tokens import Token

from dgx.people.models import TokenLogin
from dgx.people.tokens import ENDED, TOKEN_MAX_LENGTH, count_if_guessed, login_of


class LoginTokenAuthentication(JWTAuthentication):
    """simplejwt's, which asks for the login as well, in the query that finds the person. Tokens that we never made are
    counted as guesses."""

    def authenticate(self, request: Any) -> Any:
        try:
            return super().authenticate(request)
        except AuthenticationFailed:
            count_if_guessed(" ".join(request.headers["Authorization"].split()[1:]), request=request)
            raise

    def get_validated_token(self, raw_token: bytes) -> Token:
        if len(raw_token) > TOKEN_MAX_LENGTH:
            raise InvalidToken(f"A token has {TOKEN_MAX_LENGTH} characters at most.")
        return super().get_validated_token(raw_token)

    def get_user(self, validated_token: Token) -> User:  # type: ignore[override]  # theirs may be a TokenUser
        login = TokenLogin.objects.select_related("user").filter(public_id=login_of(validated_token)).first()
        if login is None or login.ended_at is not None:
            raise InvalidToken(ENDED)
        user: User = login.user
        if not user.is_active:
            raise AuthenticationFailed("This person may not log in.", code="user_inactive")
        return user
