"""A small disk that is full to the last byte, and has room again afterwards."""

import errno

import pytest

from dgx.chaos.disks import small_disk
from dgx.chaos.faults import Impossible


def test_a_full_disk_takes_nothing_until_it_is_emptied(tmp_path):
    with small_disk(tmp_path / "disk", megabytes=1) as disk:
        if disk.reason:
            pytest.skip(disk.reason)
        with disk.full(), pytest.raises(OSError, match="No space") as refused:
            (disk.folder / "more").write_bytes(b"x")
        assert refused.value.errno == errno.ENOSPC
        (disk.folder / "more").write_bytes(b"x" * 100_000)
    assert list((tmp_path / "disk").iterdir()) == []


def test_where_no_disk_can_be_made_the_fault_says_why(tmp_path, monkeypatch):
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    with (
        small_disk(tmp_path / "disk", megabytes=1) as disk,
        pytest.raises(Impossible, match="only root can make a small disk"),
        disk.full(),
    ):
        pass
