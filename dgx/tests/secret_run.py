"""DGX as a whole (web, web with DEBUG, worker, beat) with known secrets, used in every way, also in wrong ones."""

import json
import os
import secrets
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import psycopg
import urllib3

from dgx.stack import procfile, redis
from dgx.tests.stack_helpers import ROOT, bare_environment, services_in_another_process, wait_until
from dgx.tests.test_stack_run import free_port
from media_library.tests import files

HTTP = urllib3.PoolManager(retries=False, timeout=30)
CONFIGURED = ("secret key", "database password", "redis password", "s3 secret key", "admin password")


@dataclass
class Run:
    """The processes' logs, each secret that was used by what it is, and what was answered and exported."""

    folder: Path
    secrets: dict[str, str]
    env: dict[str, str]
    answers: list[tuple[str, str]] = field(default_factory=list)
    exports: list[tuple[str, str]] = field(default_factory=list)

    def note(self, what: str, value: str) -> str:
        """Remember a secret that came up."""
        self.secrets[f"{what} {len(self.secrets)}"] = value
        return value

    def send(self, base: str, method: str, path: str, body: Any = None, **headers: str) -> urllib3.BaseHTTPResponse:
        """One request, with a JSON body or a form; refusals and faults are kept."""
        if isinstance(body, dict) and headers.get("Content-Type", "").startswith("application/x-www-form"):
            body = urlencode(body)
        elif body is not None:
            body = body if isinstance(body, str) else json.dumps(body)
            headers = {"Content-Type": "application/json", **headers}
        answer = HTTP.request(method, base + path, body=body, headers=headers, redirect=False)
        if answer.status >= 400:
            self.answers.append((f"{method} {path} {answer.status}", answer.data.decode(errors="replace")))
        return answer

    def logs(self) -> dict[str, str]:
        """What each process wrote."""
        return {path.stem: path.read_text(errors="replace") for path in self.folder.glob("*.log")}

    def query(self, statement: str) -> list[Any]:
        """Rows of the database."""
        with psycopg.connect(self.env["DATABASE_URL"], autocommit=True) as connection:
            answer = connection.execute(statement)
            return answer.fetchall() if answer.description else []


@contextmanager
def running(folder: Path) -> Iterator[tuple[Run, str, str]]:
    """The run, and the addresses of the web without and with DEBUG."""
    known = {name: secrets.token_urlsafe(24) for name in CONFIGURED}
    with ExitStack() as stack:
        stack.enter_context(services_in_another_process(folder / "var"))
        services = dict(line.split("=", 1) for line in (folder / "var" / "stack.env").read_text().split("\n") if line)
        env = _environment(folder, known, services)
        run = Run(folder, known, env)
        stack.enter_context(_redis(folder, env["REDIS_PORT"], known["redis password"]))
        _manage(env, "migrate", "--verbosity", "0")
        _manage(env, "createsuperuser", "--noinput", "--username", "root", "--email", "root@example.com")
        plain, debug = (str(free_port()) for _ in range(2))
        for name, process, more in (
            ("web", "web", {"PORT": plain}),
            ("web-debug", "web", {"PORT": debug, "DGX_DEBUG": "true", "DGX_HTTPS": "false"}),
            ("worker", "worker", {}),
            ("beat", "beat", {}),
        ):
            stack.enter_context(_process(folder / f"{name}.log", process, env | more))
        addresses = f"http://127.0.0.1:{plain}", f"http://127.0.0.1:{debug}"
        wait_until(lambda: all(map(_answers, addresses)), seconds=120)
        yield run, *addresses


def _environment(folder: Path, known: dict[str, str], services: Mapping[str, str]) -> dict[str, str]:
    """Settings for all processes; two secrets come as files."""
    key_file, s3_file = folder / "secret_key", folder / "s3_secret"
    key_file.write_text(known["secret key"])
    known["s3 secret key"] = services["S3_SECRET_ACCESS_KEY"]
    s3_file.write_text(known["s3 secret key"])
    port = str(free_port())
    given = {name: value for name, value in services.items() if name not in {"S3_SECRET_ACCESS_KEY", "REDIS_URL"}}
    database = given["DATABASE_URL"].replace("://dgx@", f"://dgx:{known['database password']}@")
    return bare_environment(
        **given
        | {
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "DGX_VAR": str(folder / "nothing"),
            "DJANGO_SETTINGS_MODULE": "dgx.tests.secret_settings",
            "DATABASE_URL": database,
            "REDIS_PORT": port,
            "REDIS_URL": f"redis://:{known['redis password']}@127.0.0.1:{port}/0",
            "DGX_SECRET_KEY_FILE": str(key_file),
            "S3_SECRET_ACCESS_KEY_FILE": str(s3_file),
            "DJANGO_SUPERUSER_PASSWORD": known["admin password"],
            "DGX_HTTPS": "false",
            "DGX_LOG_LEVEL": "INFO",
            "WEB_CONCURRENCY": "1",
            "WORKER_CONCURRENCY": "1",
        }
    )


@contextmanager
def _redis(folder: Path, port: str, password: str) -> Iterator[None]:
    config = folder / "redis.conf"
    config.write_text(f"port {port}\nbind 127.0.0.1\nrequirepass {password}\nsave ''\ndir {folder}\n")
    with (
        (folder / "redis.out").open("wb") as output,
        subprocess.Popen([redis.program(), str(config)], stdout=output, stderr=output) as server,
    ):
        try:
            yield
        finally:
            server.terminate()


@contextmanager
def _process(log: Path, name: str, env: dict[str, str]) -> Iterator[None]:
    command = procfile.arguments(procfile.read(ROOT / "Procfile")[name], env)
    with (
        log.open("wb") as output,
        subprocess.Popen(command, cwd=ROOT, env=env, stdout=output, stderr=subprocess.STDOUT) as process,
    ):
        try:
            yield
        finally:
            process.terminate()


def _manage(env: dict[str, str], *arguments: str) -> None:
    subprocess.run([sys.executable, "manage.py", *arguments], cwd=ROOT, env=env, check=True, timeout=180)


def _answers(address: str) -> bool:
    try:
        return HTTP.request("GET", f"{address}/health").status == 200
    except urllib3.exceptions.HTTPError:
        return False


def live(run: Run, base: str, mark: str) -> None:
    """A day in short: people log in, keys are made and used, screens come in, files go up; much of it goes wrong."""
    bearer = _people(run, base)
    key = _keys(run, base, bearer)
    _devices(run, base, bearer, mark)
    _files(run, base, key, mark)
    _exports(run, base, bearer)


def _people(run: Run, base: str) -> str:
    password = run.secrets["admin password"]
    wrong = run.note("wrong password", secrets.token_urlsafe(24))
    run.send(base, "POST", "/api/v1/auth/token", {"username": "root", "password": wrong})
    run.send(base, "POST", "/api/v1/auth/token", {"username": "root", "password": wrong, "x": wrong})
    run.send(base, "POST", "/api/v1/auth/token", f'{{"username": "root", "password": "{wrong}"')
    answer = run.send(base, "POST", "/api/v1/auth/token", {"username": "root", "password": password})
    tokens = json.loads(answer.data)
    access, refresh = run.note("access token", tokens["access"]), run.note("refresh token", tokens["refresh"])
    renewed = json.loads(run.send(base, "POST", "/api/v1/auth/token/refresh", {"refresh": refresh}).data)
    run.note("refresh token", renewed.get("refresh", ""))
    run.send(base, "POST", "/api/v1/auth/token/refresh", {"refresh": refresh})  # used twice
    answer = run.send(base, "POST", "/api/v1/auth/token", {"username": "root", "password": password})
    access = run.note("access token", json.loads(answer.data)["access"])
    log_in(run, base, wrong)
    log_in(run, base, password)
    return f"Bearer {access}"


def log_in(run: Run, base: str, password: str) -> str:
    """Through the admin's form; the cookies that came of it, as a header."""
    cookies = SimpleCookie()
    page = run.send(base, "GET", "/admin/login/")
    cookies.load(page.headers.get("Set-Cookie", ""))
    form = {"username": "root", "password": password, "csrfmiddlewaretoken": cookies["csrftoken"].value}
    answer = run.send(
        base,
        "POST",
        "/admin/login/?next=/admin/",
        form,
        Cookie=f"csrftoken={cookies['csrftoken'].value}",
        **{"Content-Type": "application/x-www-form-urlencoded", "Referer": f"{base}/admin/login/"},
    )
    for line in answer.headers.getlist("Set-Cookie"):
        cookies.load(line)
    if "sessionid" in cookies:
        run.note("session", cookies["sessionid"].value)
    return "; ".join(f"{name}={morsel.value}" for name, morsel in cookies.items())


def _keys(run: Run, base: str, bearer: str) -> str:
    made = json.loads(
        run.send(base, "POST", "/api/v1/api-keys", {"name": "till", "scope": "write"}, Authorization=bearer).data
    )
    key = run.note("API key", made["secret"])
    run.send(base, "GET", "/api/v1/devices", Authorization=f"Bearer {key}")
    run.send(base, "GET", "/api/v1/nothing", Authorization=f"Bearer {key}")
    run.send(base, "GET", "/api/v1/devices", Authorization=f"Bearer {key[:-1]}!")
    run.send(base, "GET", f"/api/v1/devices?key={key}", Authorization=f"Bearer {key}")
    return f"Bearer {key}"


def _devices(run: Run, base: str, bearer: str, mark: str) -> None:
    made = run.send(base, "POST", "/api/v1/enrolment-keys", {"label": f"opening {mark}"}, Authorization=bearer)
    key = run.note("enrolment key", json.loads(made.data)["secret"])
    enrol = "/api/v1/device/enrol"
    answer = run.send(base, "POST", enrol, {"mobile_id": f"s-{mark}", "enrolment_key": key})
    token = run.note("device token", json.loads(answer.data)["token"])
    run.send(base, "POST", enrol, {"mobile_id": f"t-{mark}", "enrolment_key": key + "x"})
    run.send(base, "POST", enrol, {"mobile_id": f"t-{mark}", "enrolment_key": key, "surplus": key})
    poll = "/api/v1/device/poll"
    run.send(base, "POST", poll, {"boot_id": "b", "seq": 1}, Authorization=f"Device {token}")
    run.send(base, "POST", poll, {"boot_id": token, "seq": "x"}, Authorization=f"Device {token}")
    run.send(base, "POST", poll, "{", Authorization=f"Device {token}")
    run.send(base, "POST", poll, {}, Authorization=f"Device {token}x")
    run.send(base, "GET", "/api/v1/device/manifest", Authorization=f"Device {token}")
    started = json.loads(run.send(base, "POST", enrol, {"mobile_id": f"p-{mark}"}).data)
    claim = run.note("claim token", started["claim_token"])
    run.note("pairing code", started["pairing_code"])
    run.send(base, "POST", "/api/v1/device/claim", {"claim_token": claim})
    run.send(base, "POST", "/api/v1/device/claim", {"claim_token": claim + "x"})
    run.send(base, "GET", f"/player/qr.svg?code={started['pairing_code']}")


def _files(run: Run, base: str, key: str, mark: str) -> None:
    content = files.image()
    form = {"name": f"Poster {mark}", "filename": "p.png", "size": len(content)}
    begun = json.loads(run.send(base, "POST", "/api/v1/videos/direct", form, Authorization=key).data)
    _sign(run, begun["url"])
    HTTP.request("PUT", begun["url"], body=content + b"x")
    HTTP.request("PUT", begun["url"], body=content)
    video = f"/api/v1/videos/{begun['video']['id']}"
    run.send(base, "POST", f"{video}/complete", Authorization=key)
    wait_until(lambda: json.loads(run.send(base, "GET", video, Authorization=key).data)["thumbnail_url"], seconds=60)
    _sign(run, json.loads(run.send(base, "GET", video, Authorization=key).data)["thumbnail_url"])
    run.send(base, "POST", "/api/v1/videos/direct", form, Authorization=key)  # the name is taken


def _sign(run: Run, url: str) -> None:
    run.note("signature", parse_qs(urlsplit(url).query)["X-Amz-Signature"][0])


def _exports(run: Run, base: str, bearer: str) -> None:
    session = {"Cookie": log_in(run, base, run.secrets["admin password"])}
    for path, headers in (
        ("/api/v1/logs/export", {"Authorization": bearer}),
        ("/api/v1/plays/export", {"Authorization": bearer}),
        ("/api/v1/changes?limit=200", {"Authorization": bearer}),
        ("/admin/core/change/export/", session),
        ("/admin/devices/device/export-csv/", session),
        ("/admin/core/change/", session),
        ("/admin/devices/enrolmentkey/", session),
        ("/admin/core/apikey/", session),
        ("/api/v1/api-keys", {"Authorization": bearer}),
    ):
        answer = run.send(base, "GET", path, **headers)
        run.exports.append((f"{path} {answer.status}", answer.data.decode(errors="replace")))


def provoke(run: Run, base: str) -> None:
    """Faults on our side, in the midst of secrets: tables are taken away under the running server."""
    password, bearer, token, key, enrolment = (
        next(value for name, value in reversed(run.secrets.items()) if name.startswith(kind))
        for kind in ("admin password", "access token", "device token", "API key", "enrolment key")
    )
    session = log_in(run, base, password)
    broken: dict[str, list[tuple[str, str, Any, dict[str, str]]]] = {
        "auth_user": [("POST", "/api/v1/auth/token", {"username": "root", "password": password}, {})],
        "django_session": [("GET", f"/admin/?token={token}", None, {"Cookie": session})],
        "devices_device": [
            ("POST", "/api/v1/device/poll", {"boot_id": "b", "seq": 2}, {"Authorization": f"Device {token}"}),
            ("GET", "/api/v1/devices", None, {"Authorization": f"Bearer {key}"}),
            ("GET", "/api/v1/devices", None, {"Authorization": f"Bearer {bearer}"}),
        ],
        "devices_enrolmentkey": [
            ("POST", "/api/v1/device/enrol", {"mobile_id": "z", "enrolment_key": enrolment}, {}),
            ("GET", f"/admin/devices/enrolmentkey/?key={enrolment}", None, {"Cookie": session}),
        ],
    }
    for table, calls in broken.items():
        run.query(f"ALTER TABLE {table} RENAME TO {table}_away")
        try:
            for method, path, body, headers in calls:
                run.send(base, method, path, body, **headers)
        finally:
            run.query(f"ALTER TABLE {table}_away RENAME TO {table}")
