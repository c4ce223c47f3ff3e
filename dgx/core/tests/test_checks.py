"""The system checks say what is wrong with a configuration, by id."""

import pytest

from dgx.core import checks


def found(check) -> list[str | None]:
    return [message.id for message in check(None)]


def test_the_configuration_of_the_tests_is_a_good_one():
    assert found(checks.check_service) + found(checks.check_ranges) + found(checks.check_rates) == []


def test_an_unknown_service_is_named(settings):
    settings.DGX_SERVICE = "toaster"
    (error,) = checks.check_service(None)
    assert (error.id, "toaster" in error.msg) == ("dgx.E001", True)


@pytest.mark.parametrize(("name", "value"), [("DGX_SWEEP_SECONDS", 0), ("DGX_MASS_SILENCE_SHARE", float("nan"))])
def test_a_number_out_of_range_is_named(settings, name, value):
    setattr(settings, name, value)
    (error,) = checks.check_ranges(None)
    assert (error.id, error.msg.startswith(f"{name} is {value}.")) == ("dgx.E002", True)


@pytest.mark.parametrize("rate", ["", "20", "0/min", "20/fortnight", "-1/min", "20/minutes"])
def test_a_rate_that_cannot_be_read_is_named(settings, rate):
    settings.REST_FRAMEWORK = {**settings.REST_FRAMEWORK, "DEFAULT_THROTTLE_RATES": {"login": rate}}
    (error,) = checks.check_rates(None)
    assert (error.id, error.msg) == ("dgx.E003", f"DGX_LOGIN_RATE is {rate!r}.")


def test_old_routes_without_a_credential_are_worth_a_warning(settings):
    assert found(checks.check_legacy_anonymous) == []
    settings.DGX_LEGACY_ANONYMOUS = True
    assert found(checks.check_legacy_anonymous) == ["dgx.W001"]


@pytest.mark.parametrize(
    ("store", "allowed"),
    [
        ("https://dgx.example:9000", ["dgx.example"]),
        ("http://DGX.example./", ["other.example", "dgx.EXAMPLE"]),
        ("https://dgx.example", [".dgx.example"]),
        ("http://10.1.2.3:8006", ["10.1.2.3", "127.0.0.1"]),
        ("http://[2001:db8::1]:8006", ["[2001:db8::1]"]),
    ],
)
def test_a_store_under_our_own_name_is_warned_of(settings, store, allowed):
    settings.S3_PUBLIC_ENDPOINT_URL, settings.ALLOWED_HOSTS = store, allowed
    (warning,) = checks.check_store_name(None)
    assert (warning.id, "a name of its own" in str(warning.hint)) == ("dgx.W002", True)


@pytest.mark.parametrize(
    ("store", "allowed"),
    [
        ("https://media.example", ["dgx.example"]),
        ("https://media.example.com", [".example.com"]),  # the names below are not all ours
        ("https://media.example", ["*"]),  # which names ours are is not known
        (None, ["dgx.example"]),  # AWS, under a name of its own
        ("http://127.0.0.1:9000", ["localhost", "127.0.0.1", "[::1]"]),  # `make run`
        ("http://localhost:9000", ["localhost"]),
    ],
)
def test_a_store_with_a_name_of_its_own_or_on_this_machine_is_fine(settings, store, allowed):
    settings.S3_PUBLIC_ENDPOINT_URL, settings.ALLOWED_HOSTS = store, allowed
    assert found(checks.check_store_name) == []
