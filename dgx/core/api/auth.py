"""Tokens for programs and pages: a name and a password give an access and a refresh token (JWT)."""

import logging
from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_serializer
from redis.exceptions import RedisError
from rest_framework import serializers
from rest_framework.exceptions import AuthenticationFailed, Throttled
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import AnonRateThrottle
from rest_framework.views import APIView
from rest_framework_simplejwt.serializers import (
    TokenBlacklistSerializer,
    TokenObtainPairSerializer,
    TokenRefreshSerializer,
)
from rest_framework_simplejwt.views import TokenBlacklistView, TokenObtainPairView, TokenRefreshView

from dgx.core.api.serializers import StrictFields
from dgx.core.lockout import LOCKED, is_locked_out, lock_s

logger = logging.getLogger(__name__)

ACCESS = "eyJhbGciOiJIUzI1NiJ9.eyJ1c2VyX2lkIjoiMSJ9.c2lnbmF0dXJl"
REFRESH = "eyJhbGciOiJIUzI1NiJ9.eyJqdGkiOiI0MiJ9.c2lnbmF0dXJl"


class OpenWithoutRedis(AnonRateThrottle):
    """A limit by address that stands open while Redis is gone: a limit is no reason to lock everybody out."""

    def allow_request(self, request: Request, view: APIView) -> bool:
        try:
            return super().allow_request(request, view)
        except RedisError as error:
            logger.warning("rate limits stand open, Redis does not answer: %s", error)
            return True


class LoginThrottle(OpenWithoutRedis):
    """Passwords are tried at the rate that DGX_LOGIN_RATE allows an address."""

    scope = "login"


class RefreshThrottle(OpenWithoutRedis):
    """Refreshing is cheap and legitimate; many programs may share an address."""

    scope = "refresh"


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

    username = serializers.CharField()
    password = serializers.CharField()


@extend_schema_serializer(examples=[OpenApiExample("refresh", {"refresh": REFRESH}, request_only=True)])
class RefreshRequestSerializer(serializers.Serializer[Any]):
    """A refresh token that is still good."""

    refresh = serializers.CharField()


class LoginSerializer(StrictFields, TokenObtainPairSerializer):
    """simplejwt's, without unknown fields."""


class RefreshSerializer(StrictFields, TokenRefreshSerializer):
    """simplejwt's, without unknown fields."""


class LogoutSerializer(StrictFields, TokenBlacklistSerializer):
    """simplejwt's, without unknown fields."""


class LoginView(TokenObtainPairView):
    """A name and a password for a pair of tokens."""

    serializer_class = LoginSerializer
    throttle_classes = [LoginThrottle]

    @extend_schema(
        operation_id="auth_login",
        summary="Log in: a name and a password for a pair of tokens",
        request=LoginRequestSerializer,
        responses=TokensSerializer,
    )
    def post(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        try:
            return super().post(request, *args, **kwargs)
        except AuthenticationFailed:
            if is_locked_out(request):
                raise Throttled(wait=lock_s(), detail=LOCKED) from None
            raise


class RefreshView(TokenRefreshView):
    """The next pair of tokens; each refresh token works once."""

    serializer_class = RefreshSerializer
    throttle_classes = [RefreshThrottle]

    @extend_schema(
        operation_id="auth_refresh",
        summary="The next pair of tokens; a refresh token works once",
        request=RefreshRequestSerializer,
        responses=TokensSerializer,
    )
    def post(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().post(request, *args, **kwargs)


class LogoutView(TokenBlacklistView):
    """Takes a refresh token back."""

    serializer_class = LogoutSerializer
    throttle_classes = [RefreshThrottle]

    @extend_schema(
        operation_id="auth_logout",
        summary="Log out: the refresh token stops working",
        request=RefreshRequestSerializer,
        responses={204: None},
    )
    def post(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        super().post(request, *args, **kwargs)
        return Response(status=204)
