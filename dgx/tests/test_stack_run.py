"""`make run` as a person meets it: from an empty folder to a site that answers, and back to nothing."""

import json
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from dgx.tests.stack_helpers import ROOT, bare_environment, is_running, pids_of, wait_until


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def stack(*arguments: str, **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "dgx.stack", *arguments],
        cwd=ROOT,
        env=bare_environment(**environment),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def output(run: subprocess.Popen[str]) -> str:
    with run:
        return run.communicate(timeout=60)[0]


def test_a_first_run_prepares_everything_says_where_to_go_and_stops_without_a_trace(tmp_path):
    port, var = str(free_port()), tmp_path / "var"
    with stack("run", PORT=port, DGX_VAR=str(var), DGX_DEMO="0", WEB_CONCURRENCY="1", WORKER_CONCURRENCY="1") as run:
        assert run.stdout is not None
        lines = []
        for line in run.stdout:
            lines.append(line)
            if "Ctrl-C" in line:
                break
        box = "".join(lines[lines.index(next(line for line in lines if "DGX is running" in line)) :])
        assert f"http://127.0.0.1:{port}/admin/" in box
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health") as answer:
            assert json.load(answer) == {"status": "ok"}

        again = output(stack("run", PORT=port, DGX_VAR=str(tmp_path / "other")))
        assert f"Port {port} on 127.0.0.1 is taken by another program" in again
        assert not (tmp_path / "other").exists()

        pids = pids_of(var)
        assert set(pids) == {"postgres", "redis", "s3", "web", "worker", "beat"}
        run.send_signal(signal.SIGTERM)
        rest = run.stdout.read()
        assert run.wait(timeout=30) == 0, rest
    wait_until(lambda: not any(map(is_running, pids.values())))
    assert not (var / "stack.env").exists()
    assert not _mentions(str(var)), "a process of this run is left"


def _mentions(var: str) -> list[str]:
    """Command lines and environments of living processes that name the folder."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if var.encode() in (process / "environ").read_bytes() + (process / "cmdline").read_bytes():
                found.append((process / "cmdline").read_text())
        except OSError:
            continue
    return found


@pytest.mark.parametrize("port", ["eighty", "0", "70000"])
def test_a_port_that_is_none_is_refused_in_words(port):
    assert f"PORT is '{port}': it must be a number from 1 to 65535." in output(stack("run", PORT=port))


def test_exec_hands_its_services_to_a_command_and_its_exit_code_back():
    code = "import os, sys; print(os.environ['DATABASE_URL'][:15], os.environ['DGX_VAR']); sys.exit(3)"
    run = stack("exec", "--", "python", "-c", code)
    url, var = output(run).split()
    assert url == "postgres://dgx@"
    assert run.returncode == 3
    assert not Path(var).exists()


def test_exec_without_a_command_explains_itself():
    run = stack("exec")
    assert output(run).startswith("usage: ")
    assert run.returncode == 2
