"""`python -m benchmarks`: start the services, run the benchmarks one after another, print and write the table."""

import argparse
import os
import secrets
import shutil
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import django

from benchmarks import machine, suite
from benchmarks.errors import BenchmarkError
from benchmarks.load import ensure_installed
from benchmarks.rig import Rig, clean_environment
from benchmarks.table import Result, page
from dgx.stack.process import StackError
from dgx.stack.run import ROOT, StopRequested, signals_as_exceptions
from dgx.stack.services import embedded

VAR = ROOT / "var" / "bench"
"""Where the data lie while it runs: on the disk of the checkout, since /tmp is memory on many machines."""
RESULTS = Path(__file__).with_name("results.md")


def main(arguments: Sequence[str]) -> int:
    options = _options(arguments)
    try:
        ensure_installed()
        with signals_as_exceptions(), ExitStack() as stack:
            stack.callback(shutil.rmtree, VAR, ignore_errors=True)
            _become_part_of(stack)
            return _measure(options)
    except StopRequested:
        print("stopped", file=sys.stderr)
        return 130
    except (BenchmarkError, StackError) as error:
        print(f"\n{error}", file=sys.stderr)
        return 1


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="smaller data, shorter loads, one run each")
    parser.add_argument("--runs", type=int, metavar="N", help="runs of each benchmark in place of its own number")
    parser.add_argument("--only", nargs="+", choices=suite.NAMES, metavar="NAME", help=", ".join(suite.NAMES))
    parser.add_argument("--output", type=Path, metavar="FILE", help="where to write the table; by default results.md")
    return parser.parse_args(arguments)


def _become_part_of(stack: ExitStack) -> None:
    """Start the services for as long as `stack` lives, and give this process the environment that leads to them."""
    environment = clean_environment()
    services = stack.enter_context(embedded(VAR, environment=environment))
    given = {
        "DJANGO_SETTINGS_MODULE": "dgx.settings",
        "DGX_SECRET_KEY": secrets.token_urlsafe(50),
        "DGX_VAR": str(VAR),
        "DGX_HTTPS": "false",
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
    }
    os.environ.clear()
    os.environ.update(environment | services | given)


def _measure(options: argparse.Namespace) -> int:
    rig = Rig(VAR, dict(os.environ), quick=options.quick)
    os.environ["DGX_DB_POOL"] = "false"  # of this process alone, which goes from database to database
    django.setup()
    suite.migrate()
    heading = machine.describe(rig.env["DATABASE_URL"], VAR)
    results: list[Result] = []
    try:
        results.extend(suite.measure(name, rig, options.runs) for name in options.only or suite.NAMES)
    finally:  # also what there is of a run that was stopped
        text = page(heading, results, quick=options.quick)
        print("\n" + text)
    output = options.output or (None if options.quick or options.only else RESULTS)
    if output:
        output.write_text(text)
    return int(any(result.failure for result in results))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
