"""`manage.py conformance`: plays the server for one player, with tricks, and judges what the player does."""

import ipaddress
import json
import sys
from argparse import ArgumentParser
from typing import Any
from urllib.parse import urlsplit

from django.core.management.base import BaseCommand, CommandError

from dgx.protocol.conformance.scenario import Scenario
from dgx.protocol.conformance.server import Server
from dgx.protocol.management.commands.simulatefleet import stopping

PATIENCE_SHARE = 5
"""A step may take this part of the whole time."""
INTERVALS_MIN = 30
"""The examination of a good player takes some 25 polls."""
IMPOSSIBLE = 2
"""Exit code, as for options that cannot be read."""


class Command(BaseCommand):
    """Needs no database. Exit code 0: the player conforms; 1: a check failed, or a required one was not seen; 2: there
    was no examination."""

    help = "Examine a player: point it at this server; a table says how it keeps to the device protocol."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--url",
            default="http://127.0.0.1:8765",
            help="where the player finds this server; also announced in the manifest's addresses",
        )
        parser.add_argument("--port", type=int, help="the port to listen on, where a proxy stands at --url")
        parser.add_argument("--seconds", type=float, default=300, help="how long at most (1 to 86400)")
        parser.add_argument("--interval", type=float, default=2, help="poll_after_s, in seconds (0.1 to 60)")
        parser.add_argument("--mobile-id", help="the player to examine; without it the first one that enrols")
        parser.add_argument("--key", help="the enrolment key to accept; without it any key is good")
        parser.add_argument("--json", action="store_true", help="print the checks as JSON, not as a table")

    def handle(self, **options: Any) -> None:
        self._check(options)
        url = options["url"].rstrip("/")
        scenario = Scenario(
            base_url=url,
            interval_s=options["interval"],
            patience_s=options["seconds"] / PATIENCE_SHARE,
            mobile_id=options["mobile_id"],
            key=options["key"],
            say=lambda words: self._say(f"step: {words}"),
        )
        with stopping(scenario.stop), self._server(options, scenario):
            self._say(f"Point the player at {url} (the browser player: {url}/player/?key=any).")
            scenario.run(options["seconds"])
        self._report(scenario, as_json=options["json"])
        if not scenario.verdicts.conforming:
            sys.exit(1)

    def _say(self, words: str) -> None:
        self.stderr.write(words)
        self.stderr.flush()

    def _check(self, options: dict[str, Any]) -> None:
        seconds, interval, port = options["seconds"], options["interval"], options["port"]
        if not 1 <= seconds <= 86_400:
            raise _impossible("--seconds must be from 1 to 86400.")
        if not 0.1 <= interval <= 60:
            raise _impossible("--interval must be from 0.1 to 60 seconds.")
        if seconds < INTERVALS_MIN * interval:
            least = f"{INTERVALS_MIN * interval:g} for --interval {interval:g}"
            raise _impossible(f"--seconds must be at least {INTERVALS_MIN} times --interval: {least}.")
        if port is not None and not 1 <= port <= 65_535:
            raise _impossible("--port must be from 1 to 65535.")

    def _server(self, options: dict[str, Any], scenario: Scenario) -> Server:
        host, port = listening_address(options["url"], options["port"])
        try:
            return Server((host, port), scenario)
        except OSError as error:
            why = f"The server cannot listen on port {port} of {host}: {error.strerror or error}."
            raise _impossible(f"{why} Choose another port, in --url or with --port.") from error

    def _report(self, scenario: Scenario, *, as_json: bool) -> None:
        verdicts, ended = scenario.verdicts, scenario.why_ended
        summary = f"{f'Ended early: {ended}. ' if ended else ''}{verdicts.summary()}"
        if not scenario.was_called:
            summary = f"No player came. Does it reach {scenario.stage.base_url} from where it runs? {summary}"
        if as_json:
            told = {"conforming": verdicts.conforming, "summary": summary, "checks": verdicts.as_json()}
            self.stdout.write(json.dumps(told, indent=1))
        else:
            self.stdout.write(f"{verdicts.table()}\n\n{summary}")


def listening_address(url: str, port: int | None) -> tuple[str, int]:
    """Where to listen for a player that calls `url`: at its own address where it is one, else on every interface."""
    try:
        parts = urlsplit(url)
        announced = parts.port
    except ValueError as error:
        raise _impossible(f"--url {url} cannot be read: {error}.") from error
    if parts.scheme not in {"http", "https"} or not parts.hostname or announced == 0:
        raise _impossible("--url must be an address such as http://192.168.1.20:8765.")
    if parts.path.strip("/") or parts.query or parts.fragment or parts.username is not None:
        raise _impossible("--url must be an address without a path, such as http://192.168.1.20:8765.")
    if parts.scheme == "https" and port is None:
        raise _impossible("--url with https needs --port: the examination speaks HTTP, behind a proxy that ends TLS.")
    host = "127.0.0.1" if parts.hostname == "localhost" else parts.hostname
    try:
        ipaddress.ip_address(host)
    except ValueError:
        host = "0.0.0.0"  # noqa: S104 — a name may be any of our interfaces
    return host, port if port is not None else announced or 80


def _impossible(why: str) -> CommandError:
    return CommandError(why, returncode=IMPOSSIBLE)
