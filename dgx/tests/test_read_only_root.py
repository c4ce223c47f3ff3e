"""The image's root is read-only: web, worker and beat run where nothing can be written but one scratch folder. Without
Docker: in a mount namespace, every mount is read-only."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from dgx.stack import procfile
from dgx.stack.services import embedded
from dgx.tests.environment import ROOT
from dgx.tests.stack_helpers import bare_environment, wait_until

READ_ONLY = """
mount --bind "$SCRATCH" "$SCRATCH"
for mount in $(awk '{print $5}' /proc/self/mountinfo); do
    case $mount in "$SCRATCH" | /proc* | /sys* | /dev*) ;; *) mount -o remount,bind,ro "$mount" || exit 9 ;; esac
done
if touch "$PROBE" 2>/dev/null; then exit 9; fi
exec "$@"
"""
"""Every mount but the scratch folder's becomes read-only, then the program takes over."""
NAMESPACE = ["unshare", "--mount", "--propagation", "private"]


def can_make_mounts() -> bool:
    """Root outside of most containers; elsewhere the kernel refuses."""
    if shutil.which("unshare") is None:
        return False
    asked = subprocess.run([*NAMESPACE, "mount", "--bind", "/tmp", "/tmp"], capture_output=True, check=False)  # noqa: S108
    return asked.returncode == 0


@pytest.fixture
def programs(tmp_path):
    """Starts a program in the namespace; all are ended."""
    started = []
    scratch = tmp_path / "scratch"
    scratch.mkdir()

    def start(name, argv, env):
        where = {"SCRATCH": str(scratch), "TMPDIR": str(scratch), "PROBE": str(ROOT / "written")}
        command = [*NAMESPACE, "sh", "-c", READ_ONLY, "sh", *argv]
        with (tmp_path / f"{name}.log").open("wb") as log:
            started.append(
                subprocess.Popen(command, cwd=ROOT, env={**env, **where}, stdout=log, stderr=log, process_group=0)
            )
        return started[-1]

    yield start
    for child in started:
        os.killpg(child.pid, signal.SIGTERM)
    for child in started:
        try:
            child.wait(15)
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def call(url, *, method="GET", body=None, headers=None):
    request = urllib.request.Request(url, data=body, headers=headers or {}, method=method)  # noqa: S310 — our own address
    with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310
        return answer.read().decode()


@pytest.mark.skipif(not can_make_mounts(), reason="this user may not make a mount namespace")
def test_web_worker_and_beat_run_on_a_read_only_root(tmp_path, programs):
    tmp_path.parent.chmod(0o711)
    with embedded(tmp_path / "var", durable=False, environment=bare_environment()) as services:
        port = free_port()
        env = bare_environment(
            **services,
            DGX_SECRET_KEY="x" * 60,
            DGX_HTTPS="false",
            DGX_VAR=str(tmp_path / "var"),
            PORT=str(port),
            WEB_CONCURRENCY="1",
            WORKER_CONCURRENCY="1",
            PYTHONDONTWRITEBYTECODE="1",
            PYTHONWARNINGS="ignore:You're running the worker with superuser privileges",
            PATH=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        )
        key = prepared(env)
        for name, command in procfile.read(ROOT / "Procfile").items():
            programs(name, procfile.arguments(command, env), env)
        wait_until(lambda: answers(f"http://127.0.0.1:{port}/ready"), seconds=60)
        video = uploaded(f"http://127.0.0.1:{port}/api/v1/videos/", key)
        wait_until(lambda: json.loads(call(video, headers={"X-Api-Key": key}))["thumbnail_url"], seconds=60)
        wait_until(lambda: "Sending due task" in (tmp_path / "beat.log").read_text(), seconds=60)
        logs = "".join((tmp_path / f"{name}.log").read_text() for name in ("web", "worker", "beat"))
    assert "Read-only file system" not in logs
    assert "Traceback" not in logs


def prepared(env) -> str:
    """The key of an administrator, after the migrations, which run outside."""
    subprocess.run([sys.executable, "manage.py", "migrate", "--verbosity", "0"], cwd=ROOT, env=env, check=True)
    code = (
        "from django.contrib.auth.models import User; from dgx.core.models import ApiKey; "
        "print(ApiKey.issue(user=User.objects.create_superuser('root'), name='a', scope='write')[1])"
    )
    made = subprocess.run(
        [sys.executable, "manage.py", "shell", "--verbosity", "0", "--command", code],
        cwd=ROOT,
        env=env,
        check=True,
        capture_output=True,
        text=True,
    )
    return made.stdout.strip()


def answers(url) -> bool:
    try:
        return bool(call(url))
    except OSError:
        return False


def uploaded(url, key) -> str:
    """The address of a picture that is larger than what is held in memory, so it goes through the scratch folder."""
    from media_library.tests.files import image

    picture = image() + bytes(3 * 1024**2)
    head = b'--b\r\nContent-Disposition: form-data; name="name"\r\n\r\nposter\r\n'
    file = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\nContent-Type: image/png\r\n\r\n'
    body = head + file + picture + b"\r\n--b--\r\n"
    headers = {"X-Api-Key": key, "Content-Type": "multipart/form-data; boundary=b"}
    answer = call(url, method="POST", body=body, headers=headers)
    return f"{url}{json.loads(answer)['id']}/"
