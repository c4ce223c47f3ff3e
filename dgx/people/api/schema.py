"""Tells OpenAPI of our access tokens."""

from typing import Any

from drf_spectacular.contrib.rest_framework_simplejwt import SimpleJWTScheme


class LoginTokenScheme(SimpleJWTScheme):  # type: ignore[no-untyped-call]  # registers itself on definition
    """As simplejwt's."""

    target_class: Any = "dgx.people.api.authentication.LoginTokenAuthentication"
    name = "jwtAuth"
