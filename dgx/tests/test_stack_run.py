"""`make run` as a person meets it: from an empty folder to a site that answers, and back to nothing."""

import json
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from dgx.tests.stack_helpers import ROOT, bare_environment, is_running, pids_of, wait_until


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def stack(*arguments: str, **environment: str) -> Iterator[subprocess.Popen[str]]:
    """`python -m dgx.stack`, ended with the block."""
    with subprocess.Popen(
        [sys.executable, "-m", "dgx.stack", *arguments],
        cwd=ROOT,
        env=bare_environment(**environment),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as run:
        try:
            yield run
        finally:
            run.terminate()


def result(*arguments: str, **environment: str) -> tuple[int, str]:
    """The exit code and all that it printed, of a run that ends by itself."""
    with stack(*arguments, **environment) as run:
        printed, _ = run.communicate(timeout=120)
        return run.returncode, printed


def test_a_first_run_prepares_everything_says_where_to_go_and_stops_without_a_trace(tmp_path):
    port, var = str(free_port()), tmp_path / "var"
    with stack("run", PORT=port, DGX_VAR=str(var), DGX_DEMO="0", WEB_CONCURRENCY="1", WORKER_CONCURRENCY="1") as run:
        assert run.stdout is not None
        printed = ""
        for line in run.stdout:
            printed += line
            if "Ctrl-C" in line:
                break
        assert f"http://127.0.0.1:{port}/admin/" in printed.partition("DGX is running")[2], printed
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health") as answer:
            assert json.load(answer) == {"status": "ok"}

        code, again = result("run", PORT=port, DGX_VAR=str(tmp_path / "other"))
        assert code == 1
        assert f"Port {port} on 127.0.0.1 is taken by another program" in again
        assert not (tmp_path / "other").exists()

        pids = pids_of(var)
        assert set(pids) == {"postgres", "redis", "s3", "web", "worker", "beat"}
        run.send_signal(signal.SIGTERM)
        rest = run.stdout.read()
        assert run.wait(timeout=60) == 0, rest
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
    code, printed = result("run", PORT=port)
    assert code == 1
    assert f"PORT is '{port}': it must be a number from 1 to 65535." in printed


def test_exec_hands_its_services_to_a_command_and_its_exit_code_back():
    code = "import os, sys; print(os.environ['DATABASE_URL'][:15], os.environ['DGX_VAR']); sys.exit(3)"
    exit_code, printed = result("exec", "--", "python", "-c", code)
    url, var = printed.split()
    assert url == "postgres://dgx@"
    assert exit_code == 3
    assert not Path(var).exists()


def test_exec_without_a_command_explains_itself():
    code, printed = result("exec")
    assert code == 2
    assert printed.startswith("usage: ")
