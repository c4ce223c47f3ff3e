"""Devices out of a CSV file, as the admin imports them: the dry run that judges each row, then the import."""

import time
from collections.abc import Mapping

from benchmarks.core import Benchmark, Figure, at_most
from benchmarks.data import count, make_devices
from benchmarks.errors import BenchmarkError
from benchmarks.rig import Rig
from devices.resources import DeviceResource
from dgx.core.csv_import import import_csv, preview

GROUPS, SHOPS = 500, 2_000


class CsvImport(Benchmark):
    title = "import of 100,000 devices from a CSV file, with its dry run"
    figures = {
        "seconds": Figure("dry run and import", "s", at_most(120), sized=True),
        "dry_run": Figure("the dry run alone", "s"),
        "again": Figure("dry run and import of the same devices, all changed", "s", at_most(120), sized=True),
    }
    runs = 3

    def setup(self, rig: Rig) -> None:
        self.devices = rig.size(100_000, 5_000)

    def run(self, rig: Rig) -> Mapping[str, float]:
        rig.database()
        make_devices(1, groups=GROUPS, shops=SHOPS)
        rig.settle()
        dry_run, real = _import(_file(self.devices, "Screen"))
        again = sum(_import(_file(self.devices, "Panel")))
        if count("devices_device") != self.devices + 1:
            raise BenchmarkError("the import left rows behind")
        return {"seconds": dry_run + real, "dry_run": dry_run, "again": again}


def _file(devices: int, word: str) -> bytes:
    rows = (
        f"csv-{n:06},{word} {n},player,group-{1 + n % GROUPS},shop-{1 + n % SHOPS},Beside the till\n"
        for n in range(devices)
    )
    return ("mobile_id,name,kind,group,shop,notes\n" + "".join(rows)).encode()


def _import(data: bytes) -> tuple[float, float]:
    """Seconds that the dry run took, and the import."""
    began = time.perf_counter()
    seen = preview(DeviceResource, data, user=None)
    between = time.perf_counter()
    done = import_csv(DeviceResource, data, user=None, name="devices.csv")
    if done.refusals or done.counts["wrong"] or seen.counts != done.counts:
        raise BenchmarkError(f"the import was refused: {done.refusals} {done.counts}")
    return between - began, time.perf_counter() - between


BENCHMARK = CsvImport
