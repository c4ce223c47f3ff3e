"""API keys: `Authorization: Bearer dgxk_…` or `X-Api-Key: dgxk_…`."""

from datetime import timedelta
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.utils import timezone
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from dgx.core.credentials import hash_secret
from dgx.core.models import ApiKey
from dgx.core.ratelimit import count_failure

LAST_USED_STEP = timedelta(minutes=1)


def is_api_key(secret: str) -> bool:
    """It is or was a key's, though that may have ended: whoever brings it does not guess."""
    return ApiKey.objects.filter(key_hash=hash_secret(secret)).exists()


def find_api_key(secret: str) -> ApiKey | None:
    """The valid key with this secret, its user loaded, or None. Notes the use, at most once a minute."""
    now = timezone.now()
    key = ApiKey.objects.valid(now).select_related("user").filter(key_hash=hash_secret(secret)).first()
    if key and (key.last_used_at is None or now - key.last_used_at > LAST_USED_STEP):
        ApiKey.objects.filter(pk=key.pk).update(last_used_at=now)
    return key


class ApiKeyAuthentication(BaseAuthentication):
    """Authenticates a program by its API key; leaves other bearer tokens to the next class."""

    def authenticate(self, request: Request) -> tuple[AbstractBaseUser, ApiKey] | None:
        scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() not in {"bearer", "api-key"}:
            secret = request.headers.get("X-Api-Key", "")
        secret = secret.strip()
        if not secret.startswith("dgxk_"):
            return None
        key = find_api_key(secret)
        if key is None:
            if not is_api_key(secret):
                count_failure(request)
            raise AuthenticationFailed("The API key is unknown, expired or revoked.", code="api_key_invalid")
        return key.user, key

    def authenticate_header(self, request: Any) -> str:
        return 'Bearer realm="api"'
