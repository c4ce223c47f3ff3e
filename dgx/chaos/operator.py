"""An operator at work: uploads media, puts the newest on every device and last in the playlist, changes a video; keeps
books of what held."""

import hashlib
import io
import itertools
import os
import random
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from PIL import Image

from dgx.chaos.calls import Call, Caller, NoAnswer

MODERN, OLD = ("/api/v1/videos", "name"), ("/upload_video", "video_name")
"""Where a form with a file is posted to, and what it calls the name."""
FILM = Path(__file__).resolve().parents[1] / "demo" / "media" / "coffee-bar.mp4"
EVERY_S = 0.4
SMALL, LARGE = 48, 160
"""Pixels of a picture's side. A large one has 77 KB: a download that breaks off leaves something to go on from."""


class Possible:
    """The values that something may have: the confirmed one, and those sent since whose answer was never heard."""

    def __init__(self, value: Any) -> None:
        self.values = [value]

    def sent(self, value: Any, *, confirmed: bool) -> None:
        """It was asked for."""
        self.values = [value] if confirmed else [*self.values, value]


class Operator:
    """A thread that works until `stop()`; whoever wants it quiet for a while uses `resting()`."""

    def __init__(self, caller: Caller, group: str, devices: Sequence[str]) -> None:
        self.caller, self._group, self._devices = caller, group, devices
        self.uploads: dict[str, str] = {}
        """SHA-256 of the files whose upload was confirmed, by name."""
        self.newest = ""
        """The id of the last file whose upload was confirmed."""
        self.on_all: dict[str, bool] = {}
        """Videos that were put on every device by one call each: True while they must be there, False where the call
        was never confirmed or a playlist may have taken them away since."""
        self.playlist = Possible([])
        self.duration = Possible(10)
        self.video = ""
        self.done = {"upload": 0, "links": 0, "change": 0, "playlist": 0}
        self._playlists: list[list[str]] = []
        self._numbers = itertools.count(1)
        self._awake, self._stopped = threading.Lock(), threading.Event()
        self._thread = threading.Thread(target=self._work, name="operator", daemon=True)

    def set_up(self, files: int) -> None:
        """Upload the files that the two playlists are made of, and begin to work."""
        ids = [self.post(picture(seed)).body["id"] for seed in range(files)]
        self._playlists = [ids[: files * 2 // 3], list(reversed(ids[files // 3 :]))]
        self.video = ids[0]
        self._thread.start()

    def stop(self) -> None:
        """Come to an end."""
        self._stopped.set()
        self._thread.join()

    @contextmanager
    def resting(self) -> Iterator[None]:
        """No call is under way and none begins."""
        with self._awake:
            yield

    def upload(self, data: bytes, suffix: str = ".png") -> bool:
        """Upload these bytes under a new name; was it confirmed?"""
        try:
            return self.post(data, suffix).done
        except NoAnswer:
            return False

    def post(self, data: bytes, suffix: str = ".png", door: tuple[str, str] = MODERN) -> Call:
        """Upload these bytes under a new name. Raises NoAnswer."""
        path, field = door
        name = self.new_name(suffix)
        call = self.caller.call("upload", "POST", path, form={field: name, "file": (name, data)})
        if call.done and door == MODERN:
            self.newest = call.body["id"]
        return self.note(name, data, call)

    def new_name(self, suffix: str) -> str:
        """One that no other upload has."""
        return f"chaos {next(self._numbers):05}{suffix}"

    def note(self, name: str, data: bytes, call: Call) -> Call:
        """Keep in the books that an upload has come to its end, if it has."""
        if call.done:
            self.uploads[name] = hashlib.sha256(data).hexdigest()
            self.done["upload"] += 1
        return call

    def _work(self) -> None:
        for turn in itertools.count():
            if self._stopped.wait(EVERY_S):
                return
            with self._awake:
                try:
                    self._do(turn)
                except NoAnswer:
                    continue

    def _do(self, turn: int) -> None:
        match turn % 4:
            case 0:
                self.post(picture(turn, side=LARGE))
            case 1:
                self._put_on_all(self.newest)
            case 2:
                self._change(1 + turn % 600)
            case _:
                self._set_playlist([*self._playlists[turn // 4 % 2], self.newest])

    def _put_on_all(self, video: str) -> None:
        """Link it to every device by one call, once: all of the links come to be, or none."""
        if video in self.on_all:
            return
        self.on_all[video] = False
        links = [{"video": video, "device": f"mobile_id:{name}"} for name in self._devices]
        answer = self.caller.call("links", "POST", "/api/v1/links/bulk", json_body={"links": links})
        self.on_all[video] = answer.done
        self.done["links"] += answer.done

    def _set_playlist(self, videos: Sequence[str]) -> None:
        """It takes other videos off the group's devices, too."""
        self.on_all = dict.fromkeys(self.on_all, False)
        different = list(dict.fromkeys(videos))
        path = f"/api/v1/groups/{self._group}/videos"
        self._send("playlist", self.playlist, different, "PUT", path, json_body={"videos": different})

    def _change(self, seconds: int) -> None:
        path = f"/api/v1/videos/{self.video}"
        self._send("change", self.duration, seconds, "PATCH", path, json_body={"display_duration": seconds})

    def _send(self, kind: str, kept: Possible, value: Any, *call: str, json_body: Any) -> None:
        try:
            answer = self.caller.call(kind, *call, json_body=json_body)
        except NoAnswer:
            kept.sent(value, confirmed=False)
            raise
        kept.sent(value, confirmed=answer.done)
        self.done[kind] += answer.done


def picture(seed: int, side: int = SMALL) -> bytes:
    """A PNG of noise that no other is like: about three bytes for each of its side x side pixels."""
    chances = random.Random(f"{seed}-{os.urandom(8).hex()}")  # noqa: S311 — a picture
    buffer = io.BytesIO()
    Image.frombytes("RGB", (side, side), chances.randbytes(side * side * 3)).save(buffer, "PNG")
    return buffer.getvalue()


def film(padding: int = 0) -> bytes:
    """A film that no other is like, made `padding` bytes longer by a box that players skip."""
    data = os.urandom(16 + padding)
    return FILM.read_bytes() + (8 + len(data)).to_bytes(4, "big") + b"free" + data
