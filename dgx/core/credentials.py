"""Secrets that we hand out: made here, shown once, kept as SHA-256.

They are 256 random bits, so a plain SHA-256 is enough (no dictionary to try), and a look-up by the hash's unique index
takes the same time whatever was sent.
"""

import hashlib
import secrets

PREFIX_LENGTH = 12
"""Characters of a secret that are kept in clear, so that a person can tell one from another."""


def make_secret(kind: str) -> str:
    """A new secret such as `dgxd_…`: `kind` is one letter (d device, k API key, e enrolment key, c claim)."""
    return f"dgx{kind}_{secrets.token_urlsafe(32)}"


def hash_secret(secret: str) -> str:
    """The form that is stored: 64 hexadecimal characters."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def prefix_of(secret: str) -> str:
    """The part that may be shown again."""
    return secret[:PREFIX_LENGTH]
