"""The same work by several threads at once."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Result = TypeVar("Result")


def together(number: int, work: Callable[[int], Result]) -> list[Result]:
    """Let each of so many threads work; returns what they returned, and raises what one of them raised."""
    with ThreadPoolExecutor(number) as threads:
        return list(threads.map(work, range(number)))
