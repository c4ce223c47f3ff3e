"""What the fault of a store that hangs complains of."""

import time
from collections import Counter
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from dgx.chaos import stores
from dgx.chaos.calls import Call, NoAnswer


@pytest.fixture(autouse=True)
def _impatient(monkeypatch):
    for name in ("PAUSE_S", "TAKEN_WITHIN_S"):
        monkeypatch.setattr(stores, name, 0.01)


def stage(**parts: Any) -> Any:
    found: Counter[str] = Counter()
    return SimpleNamespace(found=found, complain=lambda sentence: found.update([sentence]), **parts)


def answered(status: int, seconds: float = 5.0) -> Any:
    return lambda: Call("upload", status, seconds, "5", None)


@pytest.mark.parametrize(
    ("call", "complaint"),
    [
        (answered(503), []),
        (answered(201), ["upload was answered 201 while the store hung"]),
        (answered(503, seconds=26.0), ["upload was refused after 26 s"]),
    ],
)
def test_whoever_needs_the_store_is_refused_and_in_time(call, complaint):
    on = stage()
    assert stores._refused(on, call, time.monotonic() + 0.005) >= 1
    assert list(on.found) == complaint


@pytest.mark.parametrize(
    ("answers", "complaint"),
    [
        ([answered(200)()], []),
        ([answered(503)()], ["somebody who needs no store was refused"]),
        ([NoAnswer("cut")], ["somebody who needs no store was not answered"]),
    ],
)
def test_whoever_needs_no_store_is_answered(answers, complaint):
    on = stage(operator=SimpleNamespace(caller=SimpleNamespace(call=lambda *_: _next(answers))))
    stores._answered(on, time.monotonic() + 0.005)
    assert list(on.found) == complaint


def test_whoever_needs_no_store_does_not_wait_for_it(monkeypatch):
    monkeypatch.setattr(stores, "ANSWERS_WITHIN_S", -1.0)
    on = stage(operator=SimpleNamespace(caller=SimpleNamespace(call=lambda *_: answered(200)())))
    stores._answered(on, time.monotonic() + 0.005)
    assert list(on.found) == ["somebody who needs no store waited 0 s for an answer"]


def _next(answers: list[Call | NoAnswer]) -> Call:
    if isinstance(answers[0], NoAnswer):
        raise answers[0]
    return answers[0]


def test_what_was_sent_before_has_to_be_completed_afterwards(monkeypatch):
    answers: Iterator[Call | NoAnswer] = iter([NoAnswer("cut"), answered(503)(), answered(202)()])

    def complete() -> Call:
        answer = next(answers)
        if isinstance(answer, NoAnswer):
            raise answer
        return answer

    completed, never = stage(), stage()
    stores._completed(never, answered(503))
    monkeypatch.setattr(stores, "TAKEN_WITHIN_S", 5.0)
    stores._completed(completed, complete)
    assert list(completed.found) == []
    assert list(never.found) == ["an upload was not completed within 0 s of the store's return"]
