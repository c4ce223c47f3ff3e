"""Every secret can come as a file, as containers are given them; one that is not there stops the start, in words. The
settings are read by another Python, once for each case."""

import json
import re
import subprocess
import sys
from typing import Any

import pytest

from dgx.tests.environment import ROOT
from dgx.tests.stack_helpers import bare_environment

READ = """
import json, os, runpy, sys, traceback
for env in json.load(sys.stdin):
    os.environ.clear()
    os.environ.update(env)
    try:
        found = runpy.run_module("dgx.settings")
    except Exception:
        print(json.dumps({"error": traceback.format_exc()}))
        continue
    store = found["STORAGES"]["default"]["OPTIONS"]
    print(json.dumps({
        "secret key": found["SECRET_KEY"],
        "database password": found["DATABASES"]["default"]["PASSWORD"],
        "redis": [found["CACHES"]["default"]["LOCATION"], found["CELERY_BROKER_URL"]],
        "store key": [found["S3_ACCESS_KEY_ID"], store["access_key"]],
        "store secret": [found["S3_SECRET_ACCESS_KEY"], store["secret_key"]],
    }))
"""
GIVEN = {
    "DGX_SECRET_KEY": "given-secret-key",
    "DATABASE_URL": "postgres://dgx:given-database@db.example/dgx",
    "PGHOST": "db.example",
    "REDIS_URL": "redis://:given-redis@redis.example:6379/0",
    "S3_BUCKET": "media",
    "S3_ACCESS_KEY_ID": "given-store-key",
    "S3_SECRET_ACCESS_KEY": "given-store-secret",
}
SAID: dict[str, Any] = {
    "secret key": "given-secret-key",
    "database password": "given-database",
    "redis": ["redis://:given-redis@redis.example:6379/0"] * 2,
    "store key": ["given-store-key"] * 2,
    "store secret": ["given-store-secret"] * 2,
}
"""What the settings make of it, in READ's words."""
FILES: dict[str, tuple[str, dict[str, Any]]] = {
    "DGX_SECRET_KEY": ("filed secret-key", {"secret key": "filed secret-key"}),
    "DATABASE_URL": ("postgres://dgx:filed@db.example/dgx", {"database password": "filed"}),
    "PGPASSWORD": ("filed/@: database", {"database password": "filed/@: database"}),
    "REDIS_URL": ("redis://:filed@redis.example:6379/0", {"redis": ["redis://:filed@redis.example:6379/0"] * 2}),
    "S3_ACCESS_KEY_ID": ("filed-key", {"store key": ["filed-key"] * 2}),
    "S3_SECRET_ACCESS_KEY": ("filed/secret+", {"store secret": ["filed/secret+"] * 2}),
    "AWS_ACCESS_KEY_ID": ("filed-aws-key", {"store key": ["filed-aws-key"] * 2}),
    "AWS_SECRET_ACCESS_KEY": ("filed/aws+", {"store secret": ["filed/aws+"] * 2}),
}
"""What is in the file of each secret, and what the settings have of it."""
GOES_FIRST = {
    "PGPASSWORD": "DATABASE_URL",
    "AWS_ACCESS_KEY_ID": "S3_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY": "S3_SECRET_ACCESS_KEY",
}
"""What has to be away, since it goes before the secret."""
VALUES = ("given-secret-key", "given-database", "given-redis", "given-store-key", "given-store-secret")


def environment(name: str, file: str, folder: str) -> dict[str, str]:
    """Everything by variables, but one secret by its file."""
    rest = {key: value for key, value in GIVEN.items() if key not in {name, GOES_FIRST.get(name)}}
    return {**rest, f"{name}_FILE": file, "DGX_VAR": folder}


def read(environments: list[dict[str, str]]) -> list[dict[str, Any]]:
    """The secrets that the settings have in each environment, or why there are no settings."""
    done = subprocess.run(
        [sys.executable, "-c", READ],
        input=json.dumps(environments),
        cwd=ROOT,
        env=bare_environment(PYTHONPATH=str(ROOT)),
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture(scope="module")
def answers(tmp_path_factory):
    """By secret: the settings with its file, with one as editors write it, and with one that is not there."""
    folder = tmp_path_factory.mktemp("secrets")
    for name, (content, _) in FILES.items():
        (folder / name).write_text(content)
        (folder / f"{name}.line").write_text(f"{content}\r\n")
    ways = ("{}", "{}.line", "away/{}")
    found = read([environment(name, str(folder / way.format(name)), str(folder)) for name in FILES for way in ways])
    return {name: found[3 * number : 3 * number + 3] for number, name in enumerate(FILES)}


def test_every_secret_that_is_documented_is_tried():
    documented = re.findall(r"^\| `([A-Z][A-Z0-9_]+)`", (ROOT / "docs" / "configuration.md").read_text(), re.MULTILINE)
    secret = re.compile(r"SECRET|PASSWORD|ACCESS_KEY|^(DATABASE|REDIS)_URL$")
    of_make_run = {"DGX_ADMIN_PASSWORD"}
    assert {name for name in documented if secret.search(name)} - of_make_run == set(FILES)


@pytest.mark.parametrize("name", FILES)
def test_each_secret_is_read_from_its_file(answers, name):
    there, _, _ = answers[name]
    assert there == SAID | FILES[name][1]


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_is_not_there_stops_the_start_with_its_name(answers, name):
    _, _, away = answers[name]
    assert set(away) == {"error"}
    assert f"{name}_FILE names a file that cannot be read: [Errno 2] No such file" in away["error"]
    assert f"/away/{name}" in away["error"]
    assert [value for value in VALUES if value in away["error"]] == []


def test_the_file_goes_before_the_variable(tmp_path):
    (tmp_path / "key").write_text("filed-key")
    given = {**GIVEN, "DGX_SECRET_KEY_FILE": str(tmp_path / "key"), "DGX_VAR": str(tmp_path)}
    assert read([given]) == [SAID | {"secret key": "filed-key"}]


@pytest.mark.parametrize("name", FILES)
def test_the_line_break_at_its_end_is_no_part_of_the_secret(answers, name):
    """Editors put one there, and so does `echo`."""
    _, line, _ = answers[name]
    assert line == SAID | FILES[name][1]


def test_a_secret_may_begin_with_a_dollar(tmp_path):
    """django-environ would look for a variable of that name."""
    (tmp_path / "password").write_text("$HOME")
    filed = environment("PGPASSWORD", str(tmp_path / "password"), str(tmp_path))
    given = {**GIVEN, "DGX_SECRET_KEY": "$PATH", "DGX_VAR": str(tmp_path)}
    assert read([filed, given]) == [SAID | {"database password": "$HOME"}, SAID | {"secret key": "$PATH"}]


def test_a_file_that_is_no_text_stops_the_start_with_its_name(tmp_path):
    (tmp_path / "key").write_bytes(b"\xff\xfe")
    [answer] = read([environment("DGX_SECRET_KEY", str(tmp_path / "key"), str(tmp_path))])
    assert "DGX_SECRET_KEY_FILE names a file that cannot be read" in answer["error"]


def test_without_the_file_no_process_starts(tmp_path):
    """What a person sees who has forgotten to mount a secret."""
    env = environment("REDIS_URL", "/run/secrets/forgotten", str(tmp_path))
    done = subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=ROOT,
        env=bare_environment(**env),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    said = done.stdout + done.stderr
    assert done.returncode != 0
    assert "REDIS_URL" in said
    assert "/run/secrets/forgotten" in said
    assert [value for value in VALUES if value in said] == []
