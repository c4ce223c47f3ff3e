"""`manage.py simulatefleet`: devices that enrol, poll, download and report, and judge the server's answers."""

import json
import random
import signal
import sys
import tempfile
import threading
import uuid
from argparse import ArgumentParser
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from devices.models import EnrolmentKey
from devices.services.enrolment import make_enrolment_key
from dgx.protocol.simulator.books import Books
from dgx.protocol.simulator.database import enrol, faults, judged
from dgx.protocol.simulator.files import Files
from dgx.protocol.simulator.fleet import Fleet
from dgx.protocol.simulator.player import Conduct, Player
from dgx.protocol.simulator.scenery import Scenery
from dgx.protocol.simulator.wire import Wire

DEMO_TOKENS = "demo-tokens.json"
THREADS_MAX = 64
ENROL_MAX = 5_000
BULK_MAX = 100_000
BOOT_WITHIN_S = 30.0


class Command(BaseCommand):
    """Prints what happened as JSON at the end, also after SIGTERM and Ctrl-C. Exit code 1: a file's bytes were not
    those of its hash, or an answer broke a promise of the protocol."""

    help = "Run a simulated fleet against a server; print counts and latencies as JSON."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--url", required=True, help="where the server is, such as http://127.0.0.1:8005")
        parser.add_argument("--devices", type=int, default=10, help="how many, 1 to 5000; with --bulk to 100000")
        parser.add_argument("--seconds", type=float, help="how long; without it until SIGTERM or Ctrl-C")
        parser.add_argument("--interval", type=float, help="seconds between polls, in place of the server's choice")
        parser.add_argument("--flaky", type=float, default=0.0, help="share of calls that go wrong, 0 to 0.9")
        parser.add_argument("--key", help="enrolment key; without it one is made in the database of these settings")
        parser.add_argument("--bulk", action="store_true", help="make them in the database of these settings at once")
        parser.add_argument("--group", help="with --bulk: the name of the group that they belong to")
        parser.add_argument(
            "--check",
            action="store_true",
            help="ask the database of these settings at the end whether all promises held",
        )
        parser.add_argument("--demo", action="store_true", help=f"be the demo's devices, of {DEMO_TOKENS} in DGX_VAR")
        parser.add_argument("--seed", type=int, help="the same chances every time")

    def handle(self, **options: Any) -> None:
        self._check(options)
        books, stop = Books(), threading.Event()
        tokens = _tokens(options)
        count = len(tokens)
        threads = min(THREADS_MAX, count)
        wire = Wire(options["url"], books, connections=threads)
        with stopping(stop.set), tempfile.TemporaryDirectory(prefix="dgx-fleet-") as folder, self._key(options) as key:
            conduct = Conduct(options["flaky"], options["interval"], key, chatty=not options["demo"])
            files = Files(Path(folder), wire, books)
            rng = random.Random(options["seed"])  # noqa: S311 — chances of a game
            players = make_players(tokens, wire=wire, files=files, books=books, conduct=conduct, rng=rng)
            fleet = Fleet(players, books, threads=threads)
            report = fleet.run(options["seconds"], stop=stop, boot_within_s=min(BOOT_WITHIN_S, 0.02 * count))
            wire.close()
        if options["check"]:
            report["database"] = _judge(players, books)
            report["violations"] = books.as_json()["violations"]
        self.stdout.write(json.dumps(report, indent=1))
        if not books.faultless:
            sys.exit(1)

    def _check(self, options: dict[str, Any]) -> None:
        most = BULK_MAX if options["bulk"] else ENROL_MAX
        if not 1 <= options["devices"] <= most:
            raise CommandError(
                f"--devices must be from 1 to {most}{'' if options['bulk'] else ', or more with --bulk'}."
            )
        if options["bulk"] and (options["key"] or options["demo"]):
            raise CommandError("--bulk makes devices of its own: leave out --key and --demo.")
        if not 0 <= options["flaky"] <= 0.9:
            raise CommandError("--flaky must be from 0 to 0.9.")
        if options["interval"] is not None and not 0.01 <= options["interval"] <= 86_400:
            raise CommandError("--interval must be from 0.01 to 86400 seconds.")

    @contextmanager
    def _key(self, options: dict[str, Any]) -> Iterator[str | None]:
        """The key to enrol with: the given one, or one of our own that is taken back at the end."""
        if options["key"] or options["demo"] or options["bulk"]:
            yield options["key"]
            return
        self.stderr.write("No --key: making an enrolment key in the database of these settings, beside the server.")
        made, secret = _own_key(options["devices"])
        try:
            yield secret
        finally:
            made.revoke()


def _tokens(options: dict[str, Any]) -> dict[str, str | None]:
    """The fleet's names, with the tokens of those that have one already."""
    if options["demo"]:
        return demo_tokens(settings.DGX_VAR / DEMO_TOKENS)
    names = _names(options["devices"])
    return enrol(names, group=options["group"]) if options["bulk"] else dict.fromkeys(names)


def _judge(players: Sequence[Player], books: Books) -> dict[str, Any]:
    found = judged(
        [player.mobile_id for player in players],
        (log for player in players for log in player.outbox.acknowledged),
        {player.mobile_id: player.plays for player in players},
    )
    for fault in faults(found):
        books.violation(fault)
    return found


def demo_tokens(path: Path) -> dict[str, str | None]:
    """The demo's tokens by mobile_id, as `manage.py loaddemo` wrote them."""
    try:
        tokens: dict[str, str | None] = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise CommandError(f"{path} cannot be read ({error}); run manage.py loaddemo first.") from error
    if not tokens:
        raise CommandError(f"{path} names no device; run manage.py loaddemo first.")
    return tokens


def make_players(
    tokens: dict[str, str | None], *, wire: Wire, files: Files, books: Books, conduct: Conduct, rng: random.Random
) -> list[Player]:
    """A player for each mobile_id, with its token or None. The first cooler of all is too warm."""
    coolers = [name for name in sorted(tokens) if "cooler" in name]
    players = []
    for name, token in tokens.items():
        indoors = name in coolers or "sensor" in name
        scenery = Scenery.cooler(hot=name in coolers[:1]) if indoors else Scenery.screen()
        chances = random.Random(rng.getrandbits(64))  # noqa: S311
        players.append(Player(name, wire, files, books, conduct, scenery, chances, token=token))
    return players


def _names(count: int) -> list[str]:
    """Names that no earlier run had; every third device is a cooler."""
    run = uuid.uuid4().hex[:8]
    return [f"sim-{run}-{n:04}{'-cooler' if n % 3 == 0 else ''}" for n in range(count)]


def _own_key(devices: int) -> tuple[EnrolmentKey, str]:
    return make_enrolment_key(label="simulated fleet", max_uses=devices, expires_at=timezone.now() + timedelta(hours=1))


@contextmanager
def stopping(stop: Callable[[], None]) -> Iterator[None]:
    """SIGTERM and Ctrl-C end the run in order, where signals reach us: in the main thread."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    for number in before:
        signal.signal(number, lambda *_: stop())
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
