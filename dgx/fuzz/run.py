"""One run of schemathesis over one OpenAPI document, and what it counted and found."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from schemathesis.config import SchemathesisConfig
from schemathesis.engine import Status, events, from_schema
from schemathesis.schemas import BaseSchema

CHECKS = {
    "positive_data_acceptance": {"enabled": False},  # a fitting body may name what does not exist, or exists already
    "ensure_resource_availability": {"enabled": False},  # a 404 may also be about what the body names
    "negative_data_rejection": {"enabled": False},  # fields are read leniently: "90" is 90, as the old services had it
}


NAMED = 0.6
"""How often a call names what exists, where it could name anything."""


@dataclass(frozen=True)
class Effort:
    """How much is tried: examples for each operation, and seconds until which they are drawn anew."""

    seed: int
    examples: int
    seconds: int | None = None
    phases: tuple[str, ...] = ("examples", "coverage", "fuzzing", "stateful")


@dataclass
class Outcome:
    """Calls by status, and by operation and complaint the first call that shows it."""

    statuses: Counter[int] = field(default_factory=Counter)
    failures: dict[tuple[str, str], str] = field(default_factory=dict)
    operations: set[str] = field(default_factory=set)
    chained: int = 0
    """Calls that took what an earlier answer named."""

    @property
    def cases(self) -> int:
        return self.statuses.total()


def configuration(effort: Effort, headers: Mapping[str, str], names: Mapping[str, Sequence[str]]) -> SchemathesisConfig:
    """What schemathesis is told; `headers` are the caller's credential, `names` what exists, by where it is named."""
    every = ("examples", "coverage", "fuzzing", "stateful")
    phases: dict[str, Any] = {name: {"enabled": name in effort.phases} for name in every}
    phases["stateful"]["generation"] = {"mode": "positive"}  # a chain needs a first call that succeeds
    return SchemathesisConfig.from_dict(
        {
            "seed": effort.seed,
            "headers": dict(headers),
            "workers": 1,
            "continue-on-failure": True,
            "request-timeout": 20,
            "cache": {"enabled": False},
            "generation": {"max-examples": effort.examples, "no-shrink": True, "with-security-parameters": False},
            "checks": CHECKS,
            "phases": phases,
            "dictionaries": {_word(where): {"values": list(values)} for where, values in names.items()},
            "parameters": {where: {"dictionary": _word(where), "probability": NAMED} for where in names},
            **({"max-time": effort.seconds} if effort.seconds else {}),
        }
    )


def _word(where: str) -> str:
    return where.replace(".", "-")


def run(schema: BaseSchema) -> Outcome:
    """Call every operation of the document, with good and bad values, alone and chained, and check each answer."""
    outcome = Outcome()
    for event in from_schema(schema).execute():
        if isinstance(event, events.ScenarioFinished):
            _count(event.recorder, outcome)
        elif isinstance(event, events.NonFatalError | events.FatalError):
            what = event.value if isinstance(event, events.NonFatalError) else event.exception
            label = event.label if isinstance(event, events.NonFatalError) else "engine"
            outcome.failures.setdefault((label, type(what).__name__), str(what))
    return outcome


def _count(recorder: Any, outcome: Outcome) -> None:
    for number, interaction in recorder.interactions.items():
        node = recorder.cases.get(number)
        outcome.statuses[interaction.response.status_code if interaction.response else 0] += 1
        outcome.chained += bool(node and node.is_transition_applied)
        if node:
            outcome.operations.add(node.value.operation.label)
        for check in recorder.checks.get(number, ()):
            if check.status == Status.FAILURE:
                _note(check, recorder.label, outcome)


def _note(check: Any, label: str, outcome: Outcome) -> None:
    found = check.failure_info
    where = getattr(found.failure, "operation", label)
    outcome.failures.setdefault((where, found.failure.title), f"{found.failure.message}\n{found.code_sample}")
