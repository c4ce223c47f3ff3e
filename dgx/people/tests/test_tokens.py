"""Whose a token is: ours, whatever became of it, or somebody's who guesses."""

from base64 import urlsafe_b64encode

import pytest
from django.contrib.auth.models import User
from hypothesis import given
from hypothesis import strategies as st

from dgx.people.tests.conftest import forged
from dgx.people.tokens import TOKEN_MAX_LENGTH, begin, is_ours


@pytest.mark.django_db
def test_ours_is_what_we_signed(admin_user: User):
    tokens = begin(admin_user)
    for token in (tokens, tokens.access_token):
        assert is_ours(str(token))
        assert not is_ours(forged(token))


@pytest.mark.django_db
def test_a_token_of_ours_is_far_from_too_long(admin_user: User):
    assert len(str(begin(admin_user))) < TOKEN_MAX_LENGTH - 100


def headed(header: bytes) -> str:
    """What begins as a token does."""
    return f"{urlsafe_b64encode(header).decode()}.a.b"


@given(st.one_of(st.text(max_size=600), st.binary(max_size=380).map(headed)))
def test_nothing_else_is_ours_and_nothing_is_a_fault(token: str):
    assert is_ours(token) is False
