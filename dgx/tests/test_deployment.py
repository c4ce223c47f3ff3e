"""Dockerfile and compose.yaml say the same as the Procfile and name settings that exist.

There is no Docker where the tests run, so both files are read, not run.
"""

import json
import os
import re
import subprocess
import sys

import pytest
import yaml

from dgx.stack import procfile
from dgx.tests.environment import ROOT, procfile_variables, settings_variables

DOCKERFILE = re.sub(r"\\\n\s*", " ", (ROOT / "Dockerfile").read_text())
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text())
SERVICES = COMPOSE["services"]
OURS = ("migrate", "web", "worker", "beat")
PROCFILE = procfile.read(ROOT / "Procfile")
OF_THE_INTERPRETER = {"PATH", "PYTHONUNBUFFERED", "PYTHONDONTWRITEBYTECODE", "TMPDIR"}


def instructions(name: str) -> list[str]:
    return re.findall(rf"^{name}\s+(.+)$", DOCKERFILE, re.MULTILINE)


def known_variables() -> set[str]:
    """What the settings and the Procfile read from the environment."""
    return settings_variables() | procfile_variables()


def final_stage() -> str:
    return DOCKERFILE[DOCKERFILE.rindex("\nFROM ") :]


def command_of(argv: list[str]) -> str:
    """The Procfile's spelling of `sh -c "exec …"`."""
    assert argv[:2] == ["sh", "-c"]
    return argv[2].replace("$$", "$").removeprefix("exec ")


def test_the_services_are_these():
    assert set(SERVICES) == {*OURS, "postgres", "redis", "s3"}


@pytest.mark.parametrize("service", OURS)
def test_every_variable_that_compose_sets_is_read(service):
    assert set(SERVICES[service]["environment"]) <= known_variables()


def test_every_variable_that_the_image_sets_is_read():
    names = {name for line in instructions("ENV") for name in re.findall(r"(?:^|\s)([A-Z_]+)=", line)}
    build_only = {name for name in names if name.startswith("PIP_")}
    assert names - build_only - OF_THE_INTERPRETER <= known_variables()
    [build] = [line for line in instructions("RUN") if "collectstatic" in line]
    assert set(re.findall(r"\b([A-Z][A-Z0-9_]+)=", build)) <= known_variables()


def test_the_processes_are_the_procfiles():
    [web] = instructions("CMD")
    assert command_of(json.loads(web)) == PROCFILE["web"]
    assert "command" not in SERVICES["web"]
    for name in ("worker", "beat"):
        assert command_of(SERVICES[name]["command"]) == PROCFILE[name]


def test_the_web_port_is_the_one_that_is_published():
    assert instructions("EXPOSE") == ["8005"]
    assert " PORT=8005" in " ".join(instructions("ENV"))
    assert SERVICES["web"]["ports"] == ["${PORT:-8005}:8005"]


def test_nothing_runs_as_root_and_the_image_carries_no_tools():
    assert len(instructions("FROM")) == 2
    assert instructions("USER") == ["dgx"]
    assert final_stage().index("USER dgx") < final_stage().index("CMD [")
    assert "pip install" not in final_stage()


def test_every_process_that_can_be_asked_has_a_health_check():
    [check] = re.findall(r"^HEALTHCHECK .*CMD (\[.+\])$", DOCKERFILE, re.MULTILINE)
    program, flag, code = json.loads(check)
    assert (program, flag) == ("python", "-c")
    compile(code, "healthcheck", "exec")
    assert "/health" in code
    for name in ("worker", "postgres", "redis", "s3"):
        assert SERVICES[name]["healthcheck"]["test"]


def test_the_health_check_reaches_an_allowed_host():
    assert SERVICES["web"]["environment"]["DGX_ALLOWED_HOSTS"].endswith(",127.0.0.1")


def test_no_secret_has_a_default():
    text = (ROOT / "compose.yaml").read_text()
    for name in ("DGX_SECRET_KEY", "PGPASSWORD", "S3_ACCESS_KEY_ID", "S3_SECRET_ACCESS_KEY"):
        uses = re.findall(rf"\$\{{{name}(..)", text)
        assert uses
        assert set(uses) == {":?"}


def test_processes_wait_for_the_stores_and_the_migrations():
    for name in ("web", "worker", "beat"):
        assert set(SERVICES[name]["depends_on"]) == {"postgres", "redis", "s3", "migrate"}
    assert SERVICES["migrate"]["restart"] == "no"


def test_data_lives_in_volumes():
    mounted = {volume.partition(":")[0] for service in SERVICES.values() for volume in service.get("volumes", [])}
    assert mounted == set(COMPOSE["volumes"]) == {"postgres", "redis", "media", "scratch"}


@pytest.mark.parametrize("service", OURS)
def test_our_processes_can_write_to_the_scratch_folder_alone(service):
    """That they need no more is shown by test_read_only_root."""
    assert SERVICES[service]["read_only"] is True
    assert SERVICES[service]["cap_drop"] == ["ALL"]
    assert SERVICES[service]["tmpfs"] == ["/tmp"]  # noqa: S108 — compared, not used
    assert SERVICES[service]["volumes"] == ["scratch:/scratch"]
    assert instructions("VOLUME") == ["/scratch"]
    assert " TMPDIR=/scratch" in " ".join(instructions("ENV"))


@pytest.mark.parametrize("service", SERVICES)
def test_nobody_gains_rights(service):
    assert SERVICES[service]["security_opt"] == ["no-new-privileges:true"]


def test_both_stages_are_of_one_image_that_can_be_named_exactly():
    assert instructions("FROM") == ["${PYTHON_IMAGE} AS build", "${PYTHON_IMAGE}"]
    assert [argument.partition("=")[0] for argument in instructions("ARG")] == ["PYTHON_IMAGE"]


def test_the_image_leaves_out_secrets_data_and_tests():
    ignored = set((ROOT / ".dockerignore").read_text().split("\n"))
    assert {".env", ".env.*", ".git", ".venv", "var", "**/tests", "dgx/fuzz"} <= ignored


def test_static_files_are_collected_without_any_store(tmp_path):
    """The build's command, as the Dockerfile has it, from a copy of nothing but its environment."""
    [line] = [line for line in instructions("RUN") if "collectstatic" in line]
    given = dict(re.findall(r"\b([A-Z][A-Z0-9_]+)=(\S+)", line))
    code = (
        "import django; from django.conf import settings; django.setup(); "
        f"settings.STATIC_ROOT = {str(tmp_path / 'static')!r}; "
        "from django.core.management import call_command; call_command('collectstatic', interactive=False, verbosity=0)"
    )
    env = given | {"PATH": os.environ["PATH"], "DJANGO_SETTINGS_MODULE": "dgx.settings", "DGX_VAR": str(tmp_path)}
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=env, check=True, timeout=120)
    assert (tmp_path / "static" / "staticfiles.json").is_file()
