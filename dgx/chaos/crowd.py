"""The simulated fleet under faults: two halves with a line each to the server, and books that are read as it runs."""

import random
import threading
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from dgx.protocol.management.commands.simulatefleet import make_players
from dgx.protocol.simulator.books import Books
from dgx.protocol.simulator.files import Files
from dgx.protocol.simulator.fleet import Fleet
from dgx.protocol.simulator.player import Conduct, Player
from dgx.protocol.simulator.plays import Plays
from dgx.protocol.simulator.wire import Wire

THREADS = 16
BOOT_WITHIN_S = 2.0
POLLS_EVERY_S = 1.0


class Crowd:
    """Players of these tokens, half of them at each of the two addresses."""

    def __init__(self, tokens: dict[str, str | None], urls: tuple[str, str], folder: Path, back_off_s: float) -> None:
        self.books = Books()
        self._conduct = Conduct(interval_s=POLLS_EVERY_S, plays_every_s=5, back_off_max_s=back_off_s)
        self._wires = [Wire(url, self.books, connections=THREADS) for url in urls]
        files = Files(folder, self._wires[0], self.books)
        names = sorted(tokens)
        self.halves = [
            make_players(
                {name: tokens[name] for name in names[number::2]},
                wire=wire,
                files=files,
                books=self.books,
                conduct=self._conduct,
                rng=random.Random(number),  # noqa: S311 — chances of a game
            )
            for number, wire in enumerate(self._wires)
        ]
        self.players = [player for half in self.halves for player in half]
        self._fleet = Fleet(self.players, self.books, threads=THREADS)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="crowd", daemon=True)

    def start(self) -> None:
        """Boot all within BOOT_WITHIN_S seconds."""
        self._thread.start()

    def stop(self) -> None:
        """Come to rest."""
        self._stop.set()
        self._thread.join()
        for wire in self._wires:
            wire.close()

    def acknowledged(self) -> dict[str, int]:
        """How many logs of each device were confirmed so far."""
        return {player.mobile_id: len(player.outbox.acknowledged) for player in self.players}

    def confirmed_logs(self) -> list[str]:
        """The names of all confirmed logs."""
        return [log for player in self.players for log in list(player.outbox.acknowledged)]

    def plays(self) -> dict[str, Plays]:
        """What each device counted and what of it was confirmed, by its name."""
        return {player.mobile_id: player.plays for player in self.players}

    def behave(self, players: Iterable[Player], **conduct: Any) -> None:
        """Change how these behave; without values as in the beginning."""
        for player in players:
            player.conduct = replace(self._conduct, **conduct)

    def complaints(self) -> Counter[str]:
        """Broken promises of the protocol, faults of the server, refusals without Retry-After, calls that hung; each
        with how often so far."""
        told = self.books.as_json()
        bad = {name: number for name, number in told["counts"].items() if _is_bad(name)}
        return Counter(told["violations"]) + Counter(bad)

    def interrupted(self) -> int:
        """Calls that did not come through, and were made again."""
        counts = self.books.as_json()["counts"]
        return sum(number for name, number in counts.items() if name.startswith("interrupted: poll"))

    def downloads(self) -> tuple[int, int]:
        """How many downloads did not come to their end, and how many went on where one had broken off."""
        counts = self.books.as_json()["counts"]
        broken = sum(number for name, number in counts.items() if name.startswith("interrupted: download"))
        return broken, counts.get("downloads_resumed", 0)

    def _run(self) -> None:
        self._fleet.run(None, stop=self._stop, boot_within_s=BOOT_WITHIN_S)


def _is_bad(name: str) -> bool:
    """Of the reasons why a call did not come through: no answer in time, a fault, a refusal without Retry-After."""
    if not name.startswith("interrupted: ") or name.startswith("interrupted: download"):
        return False
    reason = name.rpartition(": ")[2]
    return reason == "TimeoutError" or reason.startswith("500") or reason.endswith("without Retry-After")
