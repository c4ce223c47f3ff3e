"""What is examined, how each check came out, and the table and JSON that tell it."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Outcome(StrEnum):
    """How a check came out."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_SEEN = "not seen"


@dataclass
class Check:
    """One thing that a player has to do. One that is not `required` may stay unseen."""

    name: str
    title: str
    required: bool = True
    outcome: Outcome = Outcome.NOT_SEEN
    evidence: str = ""

    def as_json(self) -> dict[str, Any]:
        """The check as --json prints it."""
        return {
            "check": self.name,
            "title": self.title,
            "required": self.required,
            "outcome": self.outcome.value,
            "evidence": self.evidence,
        }


def all_checks() -> list[Check]:
    """The checks in the order of the examination."""
    return [
        Check("enrolment", "comes in with a key, or shows a code and claims its token; keeps the token"),
        Check("well_formed", "sends only what the protocol knows"),
        Check("first_set", "fetches the first manifest's files and names its tag when it has them all"),
        Check("resume", "goes on with Range where a download was cut, and looks at the Content-Range of what comes"),
        Check("unknown_fields", "ignores fields of an answer that it does not know"),
        Check("retry_after", "waits as long as a 429 says"),
        Check(
            "lost_answer",
            "sends a report whose answer was lost again, unchanged, under its boot_id and seq, and no other",
        ),
        Check("clock_skew", "polls on, and keeps what it holds, when the server's time jumps"),
        Check("expired_address", "asks for the manifest again when an address is refused"),
        Check("bad_hash", "does not hold a file whose bytes are not those of its hash, and fetches it again"),
        Check("old_set", "keeps the old set until the new one is complete"),
        Check("no_second_download", "does not fetch again what it holds"),
        Check("layers", "shows an emergency at once and until its end, then the regular again", required=False),
        Check("pace", "polls when poll_after_s says, neither much sooner nor much later"),
        Check("revoked_token", "stops when its token is revoked: re-enrols or waits"),
        Check("plays", "counts proof of play in totals that only grow", required=False),
    ]


class Verdicts:
    """The checks by name. The first failure of a check stays; a pass can still become a failure."""

    def __init__(self) -> None:
        self._checks = {check.name: check for check in all_checks()}

    def passed(self, name: str, evidence: str) -> None:
        """The player did it, as the evidence tells."""
        check = self._checks[name]
        if check.outcome is Outcome.NOT_SEEN:
            check.outcome, check.evidence = Outcome.PASSED, evidence

    def failed(self, name: str, evidence: str) -> None:
        """The player did something else."""
        check = self._checks[name]
        if check.outcome is not Outcome.FAILED:
            check.outcome, check.evidence = Outcome.FAILED, evidence

    def noted(self, name: str, evidence: str) -> None:
        """Why it could not be seen yet."""
        if self._checks[name].outcome is Outcome.NOT_SEEN:
            self._checks[name].evidence = evidence

    def outcome(self, name: str) -> Outcome:
        """How the check stands."""
        return self._checks[name].outcome

    @property
    def conforming(self) -> bool:
        """Nothing failed, and everything that is required was seen."""
        outcomes = [(check.outcome, check.required) for check in self._checks.values()]
        return all(out is Outcome.PASSED or (out is Outcome.NOT_SEEN and not needed) for out, needed in outcomes)

    def summary(self) -> str:
        """One line: whether the player conforms, and how many checks came out how."""
        told = [(check.outcome, check.required) for check in self._checks.values()]
        counts = [f"{sum(outcome is each for outcome, _ in told)} {each}" for each in (Outcome.PASSED, Outcome.FAILED)]
        unseen = [required for outcome, required in told if outcome is Outcome.NOT_SEEN]
        optional = f" ({unseen.count(False)} of them optional)" if unseen else ""
        verdict = "The player conforms" if self.conforming else "The player does not conform"
        return f"{verdict}: of {len(told)} checks {', '.join(counts)}, {len(unseen)} {Outcome.NOT_SEEN}{optional}."

    def as_json(self) -> list[dict[str, Any]]:
        """All checks, in order."""
        return [check.as_json() for check in self._checks.values()]

    def table(self) -> str:
        """All checks as lines of text: name, outcome, evidence. What was expected stands below those that failed; where
        none did, below those that were not seen."""
        width = max(len(name) for name in self._checks)
        outcomes = {check.outcome for check in self._checks.values()}
        to_mend = Outcome.FAILED if Outcome.FAILED in outcomes else Outcome.NOT_SEEN
        lines = [f"{'check':{width}}  {'outcome':8}  evidence"]
        for check in self._checks.values():
            lines.append(f"{check.name:{width}}  {check.outcome:8}  {check.evidence or '-'}")
            if check.outcome is to_mend:
                expected = "expected" if check.required else "optional"
                lines.append(f"{'':{width}}  {'':8}  {expected}: it {check.title}")
        return "\n".join(lines)
