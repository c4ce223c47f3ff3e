"""The image runs as a user without rights on a read-only root: web, worker and beat run as nobody, without
capabilities, where nothing can be written but one scratch folder. There is no Docker where the tests run: a mount
namespace stands for the container, and the Dockerfile is read, not built."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import urllib.request
from contextlib import suppress
from pathlib import Path

import pytest

from dgx.stack import procfile
from dgx.stack.services import embedded
from dgx.tests import nobody
from dgx.tests.environment import ROOT
from dgx.tests.stack_helpers import bare_environment, wait_until
from dgx.tests.test_deployment import DOCKERFILE, OURS, SERVICES, final_stage

READ = [ROOT, Path(sys.prefix), Path(sys.base_prefix)]
NO_RIGHTS = {
    **dict.fromkeys(("Uid", "Gid"), " ".join([str(nobody.NOBODY)] * 4)),
    "Groups": "",
    **dict.fromkeys(("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"), "0" * 16),
    "NoNewPrivs": "1",
}
"""As /proc says it."""


def why_not() -> str:
    """Why this machine cannot play the container; empty: it can."""
    if os.geteuid() != 0 or not all(map(shutil.which, ("unshare", "setpriv"))):
        return "only root, with unshare and setpriv, can start a program as nobody on a read-only root"
    tried = [*nobody.NAMESPACE, "sh", "-c", 'mount --bind /tmp /tmp && exec "$@"', "sh", *nobody.AS_NOBODY, "true"]
    if subprocess.run(tried, capture_output=True, check=False).returncode != 0:
        return "the kernel lets this root make no mount namespace, or drop no capabilities"
    if not all(path.stat().st_mode & 0o004 for path in (*READ, ROOT / "manage.py")):
        return "nobody may not read the files of this checkout, or of its Python"
    return ""


WHY_NOT = why_not()


@pytest.fixture
def scratch(tmp_path):
    """As the image has it: nobody's, and nobody else's."""
    folder = tmp_path / "scratch"
    folder.mkdir(mode=0o700)
    os.chown(folder, nobody.NOBODY, nobody.NOBODY)
    return folder


@pytest.fixture
def programs(tmp_path, scratch):
    """Starts a program as nobody, who also reads `more`; all are ended."""
    started = []

    def start(name, argv, env, more):
        places = [str(scratch), ":".join(map(str, (*READ, more)))]
        command = [*nobody.NAMESPACE, sys.executable, nobody.__file__, *places, *argv]
        with (tmp_path / f"{name}.log").open("wb") as log:
            started.append(subprocess.Popen(command, cwd=ROOT, env=env, stdout=log, stderr=log, process_group=0))
        return started[-1]

    yield start
    for child in started:
        with suppress(ProcessLookupError):
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


def rights(group: int) -> list[dict[str, str]]:
    """Who the processes of a group are and what they may."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(ProcessLookupError, FileNotFoundError):  # it ended meanwhile
            if os.getpgid(int(folder.name)) == group:
                said = dict(line.split(":", 1) for line in (folder / "status").read_text().splitlines())
                found.append({name: " ".join(said[name].split()) for name in NO_RIGHTS})
    return found


@pytest.mark.skipif(bool(WHY_NOT), reason=WHY_NOT)
def test_web_worker_and_beat_run_as_nobody_on_a_read_only_root(tmp_path, scratch, programs):
    tmp_path.parent.chmod(0o711)
    with embedded(tmp_path / "var", durable=False, environment=bare_environment()) as services:
        port = free_port()
        env = bare_environment(
            **services,
            DGX_SECRET_KEY="x" * 60,
            DGX_HTTPS="false",
            DGX_VAR=str(scratch),
            TMPDIR=str(scratch),
            HOME=str(ROOT),
            PORT=str(port),
            WEB_CONCURRENCY="1",
            WORKER_CONCURRENCY="1",
            PYTHONDONTWRITEBYTECODE="1",
            PATH=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        )
        key = prepared(env)
        sockets = Path((tmp_path / "var" / "run" / "sockets").read_text())
        (sockets / "redis.sock").chmod(0o777)  # it is root's, who is not nobody; the folder is closed to others
        commands = {name: procfile.arguments(line, env) for name, line in procfile.read(ROOT / "Procfile").items()}
        started = [programs(name, argv, env, sockets) for name, argv in commands.items()]
        wait_until(lambda: answers(f"http://127.0.0.1:{port}/ready"), seconds=60)
        video = uploaded(f"http://127.0.0.1:{port}/api/v1/videos/", key)
        wait_until(lambda: json.loads(call(video, headers={"X-Api-Key": key}))["thumbnail_url"], seconds=60)
        wait_until(lambda: "Sending due task" in (tmp_path / "beat.log").read_text(), seconds=60)
        logs = "".join((tmp_path / f"{name}.log").read_text() for name in commands)
        held = [rights(child.pid) for child in started]
    assert set(commands) == {"web", "worker", "beat"}
    assert all(held)
    assert [each for found in held for each in found if each != NO_RIGHTS] == []
    assert [words for words in ("Read-only file system", "Permission denied", "Traceback") if words in logs] == []


def test_the_image_gives_no_more_than_that():
    [user] = re.findall(r"useradd (.+?) dgx\b", DOCKERFILE)
    assert re.findall(r"--uid (\d+)", user) == ["10001"]
    assert "install --directory --owner dgx --group dgx --mode 700 /scratch" in final_stage()
    assert "--chown" not in DOCKERFILE  # the code is root's: its own user cannot change it, read-only or not
    for name in OURS:
        service = SERVICES[name]
        assert (service["read_only"], service["cap_drop"]) == (True, ["ALL"])
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert {"user", "cap_add", "privileged", "devices", "pid", "network_mode"} & set(service) == set()


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
