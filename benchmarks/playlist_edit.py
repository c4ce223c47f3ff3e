"""A group's playlist is changed over the API: how long until its last device is told, and what it writes.

Nothing is pushed to devices and nothing is stored for each: the group's content version counts up, and with it the
manifest's tag of every device in it.
"""

import time
from collections.abc import Mapping

from benchmarks.client import Client
from benchmarks.core import Benchmark, Figure, at_least, at_most
from benchmarks.data import VIDEOS_EACH, api_key, make_devices, make_tokens_and_videos, number
from benchmarks.errors import BenchmarkError
from benchmarks.rig import Rig
from devices.models import Device, Group
from media_library.models import Video

EDITS = 10
"""Edits a run; the run's figure is the slowest."""
_WRITTEN = """
SELECT (SELECT count(*) FROM devices_device WHERE xmin::text::bigint >= %(since)s)
     + (SELECT count(*) FROM devices_presence WHERE xmin::text::bigint >= %(since)s)
     + (SELECT count(*) FROM media_library_linkexception WHERE xmin::text::bigint >= %(since)s)
"""
_TRANSACTION = "SELECT pg_current_xact_id()::text::bigint"


class PlaylistEdit(Benchmark):
    title = "edit of a group's playlist of 20 videos and 10,000 devices, over the API"
    figures = {
        "told": Figure("until the last device is told", "ms", at_most(100)),
        "saved": Figure("until the edit is saved", "ms"),
        "devices": Figure("devices whose manifest is new", "", at_least(10_000), sized=True),
        "rows": Figure("rows written for devices", "", at_most(0)),
    }

    def setup(self, rig: Rig) -> None:
        self.devices = rig.size(10_000, 1_000)
        self.database = rig.database()
        make_devices(self.devices, groups=1, shops=100)
        make_tokens_and_videos()
        rig.settle()
        web = rig.web(self.database)
        self.operator = Client(web, f"Bearer {api_key()}")
        self.device = Client(web, f"Device dgxd_bench-{self.devices}")
        self.address = f"/api/v1/groups/{Group.objects.get().public_id}/videos"
        self.videos = [str(public_id) for public_id in Video.objects.values_list("public_id", flat=True)]
        self._edit()

    def run(self, rig: Rig) -> Mapping[str, float]:
        before, since = _tags(), number(_TRANSACTION)
        self.operator.call("PUT", self.address, {"videos": self._next()})
        rows, changed = number(_WRITTEN, since=since), len(_tags() - before)
        edits = [self._edit() for _ in range(EDITS)]
        return {
            "told": max(told for _, told in edits),
            "saved": max(saved for saved, _ in edits),
            "devices": changed,
            "rows": rows,
        }

    def _edit(self) -> tuple[float, float]:
        """Change the playlist and poll as the last device; milliseconds until each was done."""
        videos = self._next()
        started = time.perf_counter()
        self.operator.call("PUT", self.address, {"videos": videos})
        saved = time.perf_counter()
        manifest = self.device.call("POST", "/api/v1/device/poll", {})["manifest"]
        told = time.perf_counter()
        if [item["id"] for item in manifest["items"]] != videos:
            raise BenchmarkError("the last device was not told of the edit")
        return (saved - started) * 1000, (told - started) * 1000

    def _next(self) -> list[str]:
        """Another playlist: the library, shifted on by one."""
        self.videos.append(self.videos.pop(0))
        return self.videos[:VIDEOS_EACH]


def _tags() -> set[str]:
    """The tag of what each device should hold."""
    return {device.tag for device in Device.objects.with_tag()}  # type: ignore[attr-defined]  # with_tag annotates it


BENCHMARK = PlaylistEdit
