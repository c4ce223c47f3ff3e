"""`python -m benchmarks`: start the services, run the benchmarks one after another, print and write the table."""

import argparse
import os
import secrets
import shutil
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from pathlib import Path

import django

from benchmarks import machine, suite
from benchmarks.errors import BenchmarkError
from benchmarks.headline import put_into
from benchmarks.load import ensure_installed
from benchmarks.rig import Rig, clean_environment
from benchmarks.table import Result, page
from dgx.stack.place import locked
from dgx.stack.process import StackError
from dgx.stack.run import ROOT, StopRequested, signals_as_exceptions
from dgx.stack.services import embedded

FOLDERS = ROOT / "var"
"""Each run has a folder of its own here: on the disk of the checkout, since /tmp is memory on many machines."""
PREFIX = "bench-"
RESULTS = Path(__file__).with_name("results.md")


def main(arguments: Sequence[str]) -> int:
    options = _options(arguments)
    try:
        ensure_installed()
        with signals_as_exceptions(), ExitStack() as stack:
            var = _own_folder(stack)
            _become_part_of(var, stack)
            return _measure(options, var)
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


def _own_folder(stack: ExitStack) -> Path:
    """A new folder, removed with `stack`; those that crashed runs left are removed now."""
    FOLDERS.mkdir(exist_ok=True)
    for left in FOLDERS.glob(f"{PREFIX}*"):
        with suppress(StackError), locked(left):  # another run's that goes on stays
            shutil.rmtree(left, ignore_errors=True)
    folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=FOLDERS))
    folder.chmod(0o711)  # PostgreSQL's user has to walk through
    stack.callback(shutil.rmtree, folder, ignore_errors=True)
    return folder


def _become_part_of(var: Path, stack: ExitStack) -> None:
    """Start the services for as long as `stack` lives, and give this process the environment that leads to them."""
    environment = clean_environment()
    services = stack.enter_context(embedded(var, environment=environment))
    given = {
        "DJANGO_SETTINGS_MODULE": "dgx.settings",
        "DGX_SECRET_KEY": secrets.token_urlsafe(50),
        "DGX_VAR": str(var),
        "DGX_HTTPS": "false",
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
    }
    os.environ.clear()
    os.environ.update(environment | services | given)


def _measure(options: argparse.Namespace, var: Path) -> int:
    rig = Rig(var, dict(os.environ), quick=options.quick)
    os.environ["DGX_DB_POOL"] = "false"  # of this process alone, which goes from database to database
    django.setup()
    suite.migrate()
    heading = machine.describe(rig.env["DATABASE_URL"], var)
    results: list[Result] = []
    try:
        results.extend(suite.measure(name, rig, options.runs) for name in options.only or suite.NAMES)
    finally:  # also what there is of a run that was stopped
        text = page(heading, results, quick=options.quick)
        print("\n" + text)
    output = options.output or (None if options.quick or options.only else RESULTS)
    if output:
        output.write_text(text)
    if output == RESULTS:
        put_into(ROOT / "README.md", results)
    return int(any(result.failure for result in results))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
