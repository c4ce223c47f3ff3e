"""The short form of `make chaos`: a system of its own, faults of a few seconds each, and not a report less.

What happens is judged by `dgx.chaos.invariants`; this holds that nothing was broken, fault by fault.
"""

import json
import subprocess
import sys

import pytest

from dgx.tests.stack_helpers import ROOT, bare_environment

AT_MOST_S = 400
KILLS = [
    "kill_web_workers",
    "kill_worker_children",
    "kill_worker",
    "kill_postgres",
    "kill_a_session",
    "kill_redis",
    "kill_s3",
]
OTHERS = [
    "whole_server_down",
    "no_connections",
    "failing_s3",
    "full_disk",
    "slow_bodies",
    "half_silent",
    "two_beats",
    "unruly_reports",
]


@pytest.mark.parametrize("faults", [KILLS, OTHERS], ids=["kills", "others"])
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
