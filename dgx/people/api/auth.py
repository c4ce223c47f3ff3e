"""Tokens for programs and pages: a name, a password and, where the person has a second factor, a code give an access
and a refresh token (JWT)."""

from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_serializer
from rest_framework import serializers
from rest_framework.exceptions import AuthenticationFailed, Throttled
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework_simplejwt.exceptions import InvalidToken
from rest_framework_simplejwt.serializers import (
    TokenBlacklistSerializer,
    TokenObtainPairSerializer,
    TokenRefreshSerializer,
)
from rest_framework_simplejwt.views import TokenBlacklistView, TokenObtainPairView, TokenRefreshView

from dgx.core.api.serializers import StrictFields
from dgx.core.api.throttles import LoginThrottle, RefreshThrottle
from dgx.core.lockout import LOCKED, is_locked_out, lock_s
from dgx.people.proof import hold, whole_login
from dgx.people.second_factor import CODE_MAX_LENGTH, CodeRefused, check_at_api, refuse_missing
from dgx.people.tokens import (
    TOKEN_MAX_LENGTH,
    RefreshToken,
    ReusedTokenError,
    begin,
    count_if_guessed,
    end,
    end_reused,
    touch,
)

ACCESS = "eyJhbGciOiJIUzI1NiJ9.eyJ1c2VyX2lkIjoiMSJ9.c2lnbmF0dXJl"
REFRESH = "eyJhbGciOiJIUzI1NiJ9.eyJqdGkiOiI0MiJ9.c2lnbmF0dXJl"
USERNAME_MAX_LENGTH = User._meta.get_field("username").max_length


@extend_schema_serializer(
    examples=[OpenApiExample("tokens", {"access": ACCESS, "refresh": REFRESH}, response_only=True)]
)
class TokensSerializer(serializers.Serializer[Any]):
    """An access token for `Authorization: Bearer`, and the refresh token that gives the next one."""

    access = serializers.CharField()
    refresh = serializers.CharField()


@extend_schema_serializer(examples=[OpenApiExample("login", {"username": "admin", "password": "…"}, request_only=True)])
class LoginRequestSerializer(serializers.Serializer[Any]):
    """Who logs in."""

    username = serializers.CharField(max_length=USERNAME_MAX_LENGTH)
    password = serializers.CharField()
    code = serializers.CharField(
        required=False,
        max_length=CODE_MAX_LENGTH,
        help_text="What the person's authenticator app shows, or a recovery code; for those who have a second factor.",
    )


@extend_schema_serializer(examples=[OpenApiExample("refresh", {"refresh": REFRESH}, request_only=True)])
class RefreshRequestSerializer(serializers.Serializer[Any]):
    """A refresh token that is still good."""

    refresh = serializers.CharField(max_length=TOKEN_MAX_LENGTH)


class LoginSerializer(StrictFields, TokenObtainPairSerializer):
    """simplejwt's, without unknown fields, with a code, and with tokens of a login."""

    code = serializers.CharField(required=False, max_length=CODE_MAX_LENGTH, write_only=True)
    token_class = RefreshToken
    _code = ""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"] = serializers.CharField(max_length=USERNAME_MAX_LENGTH, write_only=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, str]:
        self._code = attrs.get("code", "")
        with whole_login(self.context["request"]):
            return super().validate(attrs)

    def get_token(self, user: User) -> RefreshToken:  # type: ignore[override]  # the library's is a class method
        """The first refresh token of a new login, once the code is right."""
        request = self.context["request"]  # on which django-axes notes a lock
        hold(user, gave_code=check_at_api(user, self._code, request=request))
        return begin(user, request=request._request)


class RefreshSerializer(StrictFields, TokenRefreshSerializer):
    """simplejwt's, without unknown fields; reading the token locks its login until the next one is made. A login of
    before its person had to have a second factor goes no further without."""

    refresh = serializers.CharField(max_length=TOKEN_MAX_LENGTH)
    token_class = RefreshToken

    def validate(self, attrs: dict[str, Any]) -> dict[str, str]:
        with transaction.atomic():
            tokens: dict[str, str] = super().validate(attrs)
            login = touch(tokens["refresh"], request=self.context["request"]._request)
            refuse_missing(login.user)
        return tokens


class LogoutSerializer(StrictFields, TokenBlacklistSerializer):
    """simplejwt's, without unknown fields; the login ends, and its access tokens with it."""

    refresh = serializers.CharField(max_length=TOKEN_MAX_LENGTH, write_only=True)
    token_class = RefreshToken

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        with transaction.atomic():
            end(attrs["refresh"])
        return {}


class LoginView(TokenObtainPairView):
    """A name and a password for a pair of tokens."""

    serializer_class = LoginSerializer
    throttle_classes = [LoginThrottle]

    @extend_schema(
        operation_id="auth_login",
        summary="Log in: a name, a password and, if you have a second factor, its code for a pair of tokens",
        request=LoginRequestSerializer,
        responses=TokensSerializer,
    )
    def post(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        try:
            return super().post(request, *args, **kwargs)
        except (AuthenticationFailed, CodeRefused):
            if is_locked_out(request):
                raise Throttled(wait=lock_s(), detail=LOCKED) from None
            raise


class OfLogin:
    """A mixin of the views that take a refresh token: one that comes a second time ends its login, one that we never
    made is counted as a guess."""

    def post(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        try:
            answer: Response = super().post(request, *args, **kwargs)  # type: ignore[misc]  # a mixin
        except InvalidToken as error:
            if isinstance(error.__cause__, ReusedTokenError):
                end_reused(error.__cause__.login, request=request._request)
            sent: Any = request.data  # an object: it was read
            count_if_guessed(str(sent["refresh"]).strip(), request=request._request)
            raise
        return answer


class RefreshView(OfLogin, TokenRefreshView):
    """The next pair of tokens; each refresh token works once."""

    serializer_class = RefreshSerializer
    throttle_classes = [RefreshThrottle]

    @extend_schema(
        operation_id="auth_refresh",
        summary="The next pair of tokens; a refresh token works once, a second use ends its login",
        request=RefreshRequestSerializer,
        responses=TokensSerializer,
    )
    def post(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().post(request, *args, **kwargs)


class LogoutView(OfLogin, TokenBlacklistView):
    """Ends the login of a refresh token."""

    serializer_class = LogoutSerializer
    throttle_classes = [RefreshThrottle]

    @extend_schema(
        operation_id="auth_logout",
        summary="Log out: the refresh token and the access tokens of its login stop working",
        request=RefreshRequestSerializer,
        responses={204: None},
    )
    def post(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        super().post(request, *args, **kwargs)
        return Response(status=204)
