"""A person with a second factor, and the codes that their app shows."""

from collections.abc import Callable
from typing import NamedTuple

import jwt
import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from django_otp.oath import TOTP

from dgx.people.models import Authenticator, secret_of
from dgx.people.second_factor import make_codes, new_key

PASSWORD = "correct horse battery"
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"


class Protected(NamedTuple):
    """Somebody with a second factor."""

    user: User
    key: str
    codes: list[str]

    def shown(self) -> str:
        """What their app shows now."""
        return code_of(self.key)

    @property
    def login(self) -> dict[str, str]:
        """The first step."""
        return {"username": self.user.username, "password": PASSWORD}


def code_of(key: str, *, steps: int = 0) -> str:
    """What an app with this key shows now, or so many steps of 30 seconds later."""
    totp = TOTP(secret_of(key))
    totp.time = timezone.now().timestamp() + 30 * steps
    return f"{totp.token():06d}"


def wrong(code: str) -> str:
    """A code that is not this one."""
    return f"{(int(code) + 500_000) % 1_000_000:06d}"


def forged(token: object) -> str:
    """The same claims, signed by somebody else."""
    claims = jwt.decode(str(token), options={"verify_signature": False})
    return jwt.encode(claims, "a key of which nobody but the forger knows", algorithm="HS256")


@pytest.fixture
def protect(db: None) -> Callable[[User], Protected]:
    """Gives a person a second factor."""

    def give(user: User) -> Protected:
        key = new_key()
        Authenticator.objects.create(user=user, key=key, name=Authenticator.NAME, confirmed=True)
        return Protected(user, key, make_codes(user))

    return give


@pytest.fixture
def protected(admin_user: User, protect: Callable[[User], Protected]) -> Protected:
    """The administrator, with a second factor."""
    return protect(admin_user)


@pytest.fixture
def visitor() -> Callable[..., Client]:
    """A browser; give it a person to be logged in, and its User-Agent."""

    def make(user: User | None = None, agent: str = FIREFOX) -> Client:
        client = Client(headers={"User-Agent": agent})
        if user is not None:
            client.post("/admin/login/", {"username": user.username, "password": PASSWORD})
        return client

    return make
