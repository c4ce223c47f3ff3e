"""The short form of `make chaos`: a system of its own, faults of a few seconds each, and not a report less.

What happens is judged by `dgx.chaos.invariants`; this holds that nothing was broken, fault by fault. Nine faults are
left to `make chaos`, for the suite's time: the web killed as a whole; Redis gone; S3 gone, slow, hanging or refusing;
no room for uploads on their way; slow heads and deaf clients. Each is like one of those here, or has a test of its own.
"""

import json
import subprocess
import sys

import pytest

from dgx.chaos.faults import FAULTS, load_themes
from dgx.tests.stack_helpers import ROOT, bare_environment

AT_MOST_S = 1200
KILLS = [
    "kill_web_workers",
    "kill_worker_children",
    "kill_worker",
    "kill_beat",
    "kill_postgres",
    "kill_a_session",
    "kill_redis",
    "kill_s3",
    "restart_postgres",
]
OTHERS = [
    "whole_server_down",
    "no_connections",
    "failing_s3",
    "full_disk",
    "slow_bodies",
    "overload",
    "half_silent",
    "two_beats",
    "device_clocks",
    "server_clock",
    "unruly_reports",
]
LEFT_TO_MAKE_CHAOS = [
    "kill_web",
    "redis_gone",
    "s3_gone",
    "slow_s3",
    "hanging_s3",
    "refusing_s3",
    "full_upload_folder",
    "slow_heads",
    "deaf_clients",
]


def test_every_fault_is_in_the_short_form_or_left_out_by_name():
    load_themes()
    assert sorted(FAULTS) == sorted([*KILLS, *OTHERS, *LEFT_TO_MAKE_CHAOS])


@pytest.mark.parametrize(
    "faults",
    [
        pytest.param(OTHERS, id="others", marks=pytest.mark.waits(170)),
        pytest.param(KILLS, id="kills", marks=pytest.mark.waits(75)),
    ],
)
def test_nothing_is_lost_whatever_breaks(faults: list[str], tmp_path):
    log = tmp_path / "processes.log"
    command = [sys.executable, "-m", "dgx.chaos", "--short", "--json", "--devices", "20", "--log", str(log), "--only"]
    run = subprocess.run(
        [*command, *faults],
        cwd=ROOT,
        env=bare_environment(),
        check=False,
        capture_output=True,
        text=True,
        timeout=AT_MOST_S,
    )
    rows = [json.loads(line) for line in run.stdout.splitlines()]
    assert {row["name"] for row in rows} == set(faults), run.stderr[-3000:]
    assert {row["name"]: row["broken"] for row in rows if row["broken"]} == {}, log.read_text()[-5000:]
    assert [row["name"] for row in rows if not row["impossible"] and row["recovery_s"] is None] == []
    assert run.returncode == 0
