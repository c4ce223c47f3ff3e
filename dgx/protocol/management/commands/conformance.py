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
from dgx.protocol.conformance.verdicts import Verdicts

PATIENCE_SHARE = 5
"""A step may take this part of the whole time."""


class Command(BaseCommand):
    """Needs no database. Exit code 1: a check failed, or a required one was not seen."""

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
            say=lambda words: self.stderr.write(f"step: {words}"),
        )
        with self._server(options, scenario):
            self.stderr.write(f"Point the player at {url} (the browser player: {url}/player/).")
            self._run(scenario, options["seconds"])
        self._report(scenario.verdicts, as_json=options["json"])
        if not scenario.verdicts.conforming:
            sys.exit(1)

    def _check(self, options: dict[str, Any]) -> None:
        if not 1 <= options["seconds"] <= 86_400:
            raise CommandError("--seconds must be from 1 to 86400.")
        if not 0.1 <= options["interval"] <= 60:
            raise CommandError("--interval must be from 0.1 to 60 seconds.")
        if options["port"] is not None and not 0 <= options["port"] <= 65_535:
            raise CommandError("--port must be from 0 to 65535.")

    def _server(self, options: dict[str, Any], scenario: Scenario) -> Server:
        try:
            return Server(listening_address(options["url"], options["port"]), scenario)
        except OSError as error:
            raise CommandError(f"The server cannot listen there: {error}.") from error

    def _run(self, scenario: Scenario, seconds: float) -> None:
        try:
            scenario.run(seconds)
        except KeyboardInterrupt:
            self.stderr.write("Stopped: what was seen so far counts.")

    def _report(self, verdicts: Verdicts, *, as_json: bool) -> None:
        told = {"conforming": verdicts.conforming, "checks": verdicts.as_json()}
        self.stdout.write(json.dumps(told, indent=1) if as_json else verdicts.table())


def listening_address(url: str, port: int | None) -> tuple[str, int]:
    """Where to listen for a player that calls `url`: its own address where it is one, else every interface."""
    try:
        parts = urlsplit(url)
        announced = parts.port
    except ValueError as error:
        raise CommandError(f"--url {url} cannot be read: {error}.") from error
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise CommandError("--url must be an address such as http://192.168.1.20:8765.")
    host = "127.0.0.1" if parts.hostname == "localhost" else parts.hostname
    try:
        ipaddress.IPv4Address(host)
    except ValueError:
        host = "0.0.0.0"  # noqa: S104 — a name may be any of our interfaces
    return host, port if port is not None else announced or {"http": 80, "https": 443}[parts.scheme]
