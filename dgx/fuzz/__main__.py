"""`python -m dgx.fuzz`: both OpenAPI documents against a running stack, for so many seconds.

A run with everybody for the usual time or longer has to come to 20,000 cases, else it has shown less than it says.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import django

if TYPE_CHECKING:
    from dgx.fuzz.run import Outcome

SECONDS = 1200
LEAST = 20_000
"""Cases of a whole run."""


def main(arguments: Sequence[str]) -> int:
    options = parsed(arguments)
    django.setup()
    return _web(options)


def parsed(arguments: Sequence[str]) -> argparse.Namespace:
    """What the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m dgx.fuzz", description=__doc__)
    parser.add_argument("--seconds", type=int, default=SECONDS, metavar="N")
    parser.add_argument("--seed", type=int, default=1, metavar="N")
    parser.add_argument("--examples", type=int, default=100, metavar="N", help="for each operation, in each round")
    parser.add_argument("--callers", nargs="+", metavar="NAME", help="administrator, editor, device, nobody")
    parser.add_argument("--logs", type=Path, default=Path("var/fuzz"), metavar="FOLDER")
    return parser.parse_args(arguments)


def least_of(options: argparse.Namespace) -> int:
    """How many cases the run has to come to: a part of a run may have any number."""
    return 0 if options.callers or options.seconds < SECONDS else LEAST


def _web(options: argparse.Namespace) -> int:
    from django.core.management import call_command  # noqa: PLC0415 — after django.setup

    from dgx.fuzz.run import Effort  # noqa: PLC0415
    from dgx.fuzz.web import fuzz, served  # noqa: PLC0415
    from dgx.fuzz.world import make_world  # noqa: PLC0415

    options.logs.mkdir(parents=True, exist_ok=True)
    call_command("migrate", verbosity=0)
    world = make_world()
    effort = Effort(options.seed, options.examples, options.seconds)
    with served(options.logs) as url:
        found = fuzz(url, world, options.callers or list(world.callers), effort)
        return tell(found, least=least_of(options))


def tell(found: "Iterable[tuple[str, str, Outcome]]", *, least: int) -> int:
    """Say what was found as it comes; returns the exit code, which is 1 for a complaint or fewer cases than `least`."""
    total: Counter[str] = Counter()
    for caller, document, outcome in found:
        statuses = ", ".join(f"{status}: {count}" for status, count in sorted(outcome.statuses.items()))
        print(
            f"{caller}, {document}: {outcome.cases} cases over {len(outcome.operations)} operations, "
            f"{outcome.chained} chained, {len(outcome.failures)} complaints ({statuses})",
            flush=True,
        )
        total.update(cases=outcome.cases, complaints=len(outcome.failures))
        for (operation, title), text in outcome.failures.items():
            print(f"\n  {operation}: {title}\n    " + text.replace("\n", "\n    "))
    print(f"{total['cases']} cases, {total['complaints']} complaints")
    if total["cases"] < least:
        print(f"Fewer than the {least:,} cases of a whole run: this machine needs more time, --seconds {2 * SECONDS}.")
    return 1 if total["complaints"] or total["cases"] < least else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
