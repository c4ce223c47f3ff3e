"""Secrets that we hand out: random, kept as hashes alone, and looked up in a way that tells nothing by its time."""

import re

import pytest
from django.apps import apps

from dgx.core.credentials import PREFIX_LENGTH, hash_secret, make_secret, prefix_of
from dgx.tests.environment import ROOT

HOLDERS = {
    "core.ApiKey": "key_hash",
    "devices.DeviceToken": "token_hash",
    "devices.EnrolmentKey": "key_hash",
    "devices.Pairing": "claim_hash",
}


def test_a_secret_has_256_random_bits_behind_its_kind():
    made = {make_secret("d") for _ in range(2000)}
    assert len(made) == 2000
    assert all(re.fullmatch(r"dgxd_[\w-]{43}", secret) for secret in made)


def test_the_part_that_is_shown_again_leaves_two_hundred_bits_unknown():
    secret = make_secret("k")
    assert prefix_of(secret) == secret[:PREFIX_LENGTH]
    assert (43 - (PREFIX_LENGTH - len("dgxk_"))) * 6 >= 200


@pytest.mark.parametrize("place", [0, 20, 42])
def test_a_guess_that_is_nearly_right_looks_up_something_else_altogether(place):
    """What the database compares are hashes, so how long it takes says nothing about how much of a guess is right."""
    secret = make_secret("d")
    at = len("dgxd_") + place
    guess = secret[:at] + ("A" if secret[at] != "A" else "B") + secret[at + 1 :]
    pairs = zip(hash_secret(secret), hash_secret(guess), strict=True)
    assert sum(a == b for a, b in pairs) < 32
    assert hash_secret(secret)[:8] != hash_secret(guess)[:8]


@pytest.mark.parametrize(("model", "field"), HOLDERS.items())
def test_a_secret_is_found_by_the_unique_index_of_its_hash(model, field):
    column = apps.get_model(model)._meta.get_field(field)
    assert (column.unique, column.max_length) == (True, 64)


def test_every_model_that_keeps_a_secret_is_in_this_table():
    found = {
        model._meta.label
        for model in apps.get_models()
        if any(field.name.endswith("_hash") for field in model._meta.get_fields())
        and model._meta.app_label in {"core", "locations", "devices", "media_library", "telemetry"}
        and not model._meta.proxy
    }
    assert found == set(HOLDERS)


def test_no_module_compares_a_secret_itself():
    """Python's own == would tell by its time how much of it is right."""
    compared = re.compile(
        r"(?:token|secret|key|claim)_hash\s*(?:==|!=)|hash_secret\([^)]*\)\s*(?:==|!=)|(?:==|!=)\s*hash_secret"
    )
    apps_of_ours = [ROOT / name for name in ("dgx", "locations", "devices", "media_library", "telemetry")]
    sources = [path for app in apps_of_ours for path in app.rglob("*.py") if "tests" not in path.parts]
    assert [path.name for path in sources if compared.search(path.read_text())] == []
