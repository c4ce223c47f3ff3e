"""The Procfile, and the supervisor that keeps its processes running."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from dgx.stack import procfile
from dgx.stack.process import StackError
from dgx.tests.stack_helpers import ROOT, bare_environment, is_running, pids_of, wait_until

SUPERVISE = """
import os, sys
from pathlib import Path
from dgx.stack.console import Console
from dgx.stack.run import StopRequested, signals_as_exceptions
from dgx.stack.supervisor import Supervisor

records = Path(sys.argv[1]) / "run"
records.mkdir()
supervisor = Supervisor(os.environ, Path("/"), records, Console())
for number, command in enumerate(sys.argv[2:]):
    supervisor.add(f"p{number}", ["sh", "-c", command])
try:
    with signals_as_exceptions():
        supervisor.run(every_turn=lambda: None)
except StopRequested:
    supervisor.stop()
"""


@contextmanager
def supervise(folder: Path, *commands: str) -> Iterator[subprocess.Popen[str]]:
    """A supervisor of shell commands in a process of its own, killed at the latest with the block."""
    with subprocess.Popen(
        [sys.executable, "-c", SUPERVISE, str(folder), *commands],
        cwd=ROOT,
        env=bare_environment(),
        stdout=subprocess.PIPE,
        text=True,
    ) as run:
        try:
            yield run
        finally:
            run.kill()


def lines_until(run: subprocess.Popen[str], text: str) -> list[str]:
    lines = []
    assert run.stdout is not None
    for line in run.stdout:
        lines.append(line.rstrip("\n"))
        if text in line:
            return lines
    raise AssertionError(f"{text!r} was never printed, only {lines}")


def test_the_procfile_of_the_project_names_its_processes():
    assert list(procfile.read(ROOT / "Procfile")) == ["web", "worker", "beat"]


def test_a_command_takes_its_variables_and_their_defaults_from_the_environment():
    words = procfile.arguments("serve --port ${PORT:-8005} '--name=$NAME here' $NAME", {"NAME": "a b"})
    assert words == ["serve", "--port", "8005", "--name=a b here", "a b"]


def test_a_variable_that_is_not_set_is_named():
    with pytest.raises(StackError, match=r"uses \$PORT, which is not set"):
        procfile.arguments("serve $PORT", {})


@pytest.mark.parametrize(
    ("text", "complaint"),
    [("web serve", "line 1: expected `name: command`"), ("# a\n\na: x\na: y\n", "line 4: a is there twice")],
)
def test_a_line_that_cannot_be_read_is_named(tmp_path, text, complaint):
    (tmp_path / "Procfile").write_text(text)
    with pytest.raises(StackError, match=complaint):
        procfile.read(tmp_path / "Procfile")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_stops_everything_and_what_it_started_and_exits_0(tmp_path, number):
    with supervise(tmp_path, "sleep 600 & echo up; wait", "echo up; exec sleep 600") as run:
        lines_until(run, "up")
        lines_until(run, "up")
        pids = [*pids_of(tmp_path).values()]
        pids += [int(pid) for each in pids for pid in _children(each)]
        assert len(pids) == 3
        run.send_signal(number)
        assert run.wait(timeout=60) == 0
    wait_until(lambda: not any(map(is_running, pids)))


def test_a_process_that_does_not_listen_is_killed_after_the_grace():
    from dgx.stack.process import spawn

    child = spawn("deaf", ["sh", "-c", "trap '' TERM; echo up; while :; do sleep 1; done"], env=dict(os.environ))
    assert child.popen.stdout is not None
    assert child.popen.stdout.readline() == b"up\n"
    assert child.stop(grace=0.1) == -signal.SIGKILL


def test_a_process_that_dies_is_announced_and_started_again_ever_later(tmp_path):
    with supervise(tmp_path, "echo born; exit 7") as run:
        lines = lines_until(run, "again in 2 s")
        run.send_signal(signal.SIGTERM)
        assert run.wait(timeout=60) == 0
    assert lines == [
        "       p0 | born",
        "       p0 | stopped by itself (exit code 7); it is started again in 1 s",
        "       p0 | born",
        "       p0 | stopped by itself (exit code 7); it is started again in 2 s",
    ]


def test_killing_the_supervisor_ends_what_it_supervised(tmp_path):
    with supervise(tmp_path, "echo up; exec sleep 600") as run:
        lines_until(run, "up")
        pids = pids_of(tmp_path).values()
        run.kill()
    wait_until(lambda: not any(map(is_running, pids)))


def _children(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
