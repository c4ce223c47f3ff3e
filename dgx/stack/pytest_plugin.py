"""Gives the tests their services: started before the settings are read, in a folder of their own, removed at the end.

The process that pytest was started as runs them; xdist's workers inherit the environment and take a bucket and a Redis
database of their own from it, as pytest-django gives each its own PostgreSQL database.
"""

import gc
import os
from collections.abc import Generator, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from dgx.stack.execute import temporary_folder
from dgx.stack.process import StackError
from dgx.stack.services import embedded
from dgx.stack.template import in_the_making

BUCKET = "dgx-test"
MOST_WORKERS = 100
"""The most parallel workers that have a bucket and a Redis database of their own."""

GARBAGE = (10_000, 20, 20)
"""How much garbage may gather: objects of the youngest generation, and rounds of the two after it."""

SETTINGS = {
    "DGX_SECRET_KEY": "only-for-tests-" + "x" * 50,
    "DGX_DEBUG": "true",
    "DGX_DB_POOL": "false",
    "DGX_HTTPS": "false",
    "DGX_LOG_FORMAT": "text",
}


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Iterator[None]:
    """A wrapper, so that it comes before pytest-django reads the settings."""
    gc.set_threshold(*GARBAGE)
    worker = os.environ.get("PYTEST_XDIST_WORKER")
    if worker:
        _take_own_share(int(worker.removeprefix("gw")))
    elif not early_config.known_args_namespace.help and not early_config.known_args_namespace.version:
        _start(early_config)
    yield


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """What is imported and collected stays to the end: the garbage collector need not look through it meanwhile, nor
    again and again afterwards, which was measured to take a fifth of a test file's CPU time."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()
        gc.collect()
        gc.freeze()


def _start(config: pytest.Config) -> None:
    before = dict(os.environ)
    stack = ExitStack()
    config.add_cleanup(stack.close)
    stack.callback(_restore, before)
    for name in [name for name in os.environ if name.startswith("DGX_")]:
        del os.environ[name]  # a developer's own settings are not the tests' business
    var = stack.enter_context(temporary_folder())
    buckets = (BUCKET, *(f"{BUCKET}-gw{number}" for number in range(MOST_WORKERS)))
    try:
        services = stack.enter_context(embedded(var, durable=False, buckets=buckets))
    except StackError as error:
        raise pytest.UsageError(str(error)) from error
    os.environ.update(SETTINGS | services | {"DGX_VAR": str(var)})
    if getattr(config.known_args_namespace, "numprocesses", None) and "DATABASE_URL" in services:
        stack.enter_context(in_the_making(var, os.environ))


def _restore(before: dict[str, str]) -> None:
    os.environ.clear()
    os.environ.update(before)


def _take_own_share(number: int) -> None:
    """Only of our own services: one that the environment named is used as it was named."""
    stack_env = Path(os.environ["DGX_VAR"], "stack.env").read_text()
    if "S3_BUCKET=" in stack_env:
        os.environ["S3_BUCKET"] = f"{BUCKET}-gw{number}"
    if "REDIS_URL=" in stack_env:
        os.environ["REDIS_URL"] = os.environ["REDIS_URL"].partition("?")[0] + f"?db={number + 1}"
