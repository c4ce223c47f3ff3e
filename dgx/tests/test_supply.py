"""What is installed is what was looked at: locks agree with the lists, hold hashes, and everything installs by them."""

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from dgx.supply import verdict
from dgx.tests.environment import ROOT

LISTS = {
    "requirements.lock": "requirements.txt",
    "requirements-dev.lock": "requirements-dev.txt",
    "benchmarks/requirements.lock": "benchmarks/requirements.txt",
    "dgx/fuzz/requirements.lock": "dgx/fuzz/requirements.txt",
}
SHA256 = re.compile(r"--hash=sha256:([0-9a-f]{64})")


def locked(name: str) -> dict[str, tuple[Requirement, set[str]]]:
    """By package, its line and its hashes."""
    text = (ROOT / name).read_text().replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    found = [(Requirement(line.partition("--hash")[0].strip()), set(SHA256.findall(line))) for line in lines]
    return {canonicalize_name(requirement.name): (requirement, hashes) for requirement, hashes in found}


def listed(name: str) -> list[Requirement]:
    """The pins of a list, and of those that it includes."""
    found = []
    for line in (ROOT / name).read_text().splitlines():
        text = line.partition(" #")[0].strip()
        if text.startswith("-r "):
            found += listed(text.removeprefix("-r ").strip())
        elif text and not text.startswith("#"):
            found.append(Requirement(text))
    return found


@pytest.mark.parametrize("lock", LISTS)
def test_the_lock_has_every_pin_of_the_list(lock):
    pins = {canonicalize_name(name): str(requirement.specifier) for name, (requirement, _) in locked(lock).items()}
    wanted = {canonicalize_name(each.name): str(each.specifier) for each in listed(LISTS[lock])}
    assert {name: pins.get(name) for name in wanted} == wanted, "run `make lock`"


@pytest.mark.parametrize("lock", LISTS)
def test_every_package_of_the_lock_is_exact_and_has_hashes(lock):
    for name, (requirement, hashes) in locked(lock).items():
        assert [each.operator for each in requirement.specifier] == ["=="], name
        assert hashes, name


@pytest.mark.parametrize("lock", LISTS)
def test_the_lock_names_no_registry(lock):
    text = (ROOT / lock).read_text()
    assert "://" not in text
    assert "--index-url" not in text
    assert "--find-links" not in text


def versions(lock: str) -> dict[str, str]:
    return {name: str(requirement.specifier) for name, (requirement, _) in locked(lock).items()}


def test_tools_are_tested_with_what_production_has():
    production, all_of_it = versions("requirements.lock"), versions("requirements-dev.lock")
    assert {name: all_of_it[name] for name in production} == production


@pytest.mark.parametrize("lock", ["benchmarks/requirements.lock", "dgx/fuzz/requirements.lock"])
def test_what_comes_on_top_moves_nothing_that_is_there(lock):
    tools, more = versions("requirements-dev.lock"), versions(lock)
    shared = tools.keys() & more.keys()
    assert {name: more[name] for name in shared} == {name: tools[name] for name in shared}


@pytest.mark.parametrize("file", ["Dockerfile", "Makefile"])
def test_everything_is_installed_by_hash(file):
    installs = re.findall(r"pip install.*", Path(ROOT, file).read_text().replace("\\\n", " "))
    assert installs
    assert all("--require-hashes" in line for line in installs)


def test_every_lock_is_made_by_make_lock():
    [rule] = re.findall(r"^lock:.*\n((?:\t.+\n)+)", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert set(re.findall(r"--output-file (\S+)", rule)) == set(LISTS)


@pytest.fixture(scope="module")
def bill(tmp_path_factory):
    """What `make sbom` writes."""
    [rule] = re.findall(r"^sbom:.*\n((?:\t.+\n)+)", (ROOT / "Makefile").read_text(), re.MULTILINE)
    [command] = [line for line in rule.splitlines() if "cyclonedx-py" in line]
    output = tmp_path_factory.mktemp("bill") / "sbom.json"
    given = command.strip().replace("$(BIN)", str(Path(sys.executable).parent)).replace("var/sbom.json", str(output))
    subprocess.run(shlex.split(given), cwd=ROOT, check=True, timeout=60)
    return json.loads(output.read_text())


def test_the_bill_of_materials_names_every_locked_package_with_its_hashes(bill):
    assert bill["bomFormat"] == "CycloneDX"
    assert bill["metadata"]["component"]["name"] == "dgx"
    billed = {
        canonicalize_name(part["name"]): (part["version"], part["purl"], hashes_of(part)) for part in bill["components"]
    }
    assert len(billed) == len(bill["components"])
    assert billed == {
        name: (version := str(requirement.specifier).removeprefix("=="), f"pkg:pypi/{name}@{version}", hashes)
        for name, (requirement, hashes) in locked("requirements.lock").items()
    }


def test_the_bill_of_materials_names_the_public_index_alone(bill):
    places = [reference["url"] for part in bill["components"] for reference in part["externalReferences"]]
    assert {re.sub(r"/[^/]+/$", "/", place) for place in places} == {"https://pypi.org/simple/"}


def hashes_of(part) -> set[str]:
    """The SHA-256 of the files of a component."""
    found = [each for reference in part["externalReferences"] for each in reference["hashes"]]
    assert {each["alg"] for each in found} == {"SHA-256"}
    return {each["content"] for each in found}


def package(**more):
    return {"name": "left-pad", "version": "1.0", "vulns": [], **more}


def test_a_vulnerability_fails_the_check():
    found = package(vulns=[{"id": "PYSEC-1", "fix_versions": ["1.1"]}])
    assert verdict(json.dumps({"dependencies": [found, package()]})) == (
        ["left-pad 1.0: PYSEC-1, fixed in 1.1", "Vulnerabilities: 1 known in 2 packages."],
        False,
    )


def test_without_a_network_the_check_says_so_and_goes_on():
    told = "Vulnerabilities: nobody could be asked (no network?); not audited."
    assert verdict("") == ([told], True)
    assert verdict("<html>a captive portal</html>") == ([told], True)


def test_a_package_that_nobody_knows_is_told():
    unknown = {"name": "ours", "skip_reason": "not found"}
    assert verdict(json.dumps({"dependencies": [package(), unknown]})) == (
        [
            "Vulnerabilities: 0 known in 1 packages.",
            "The registry had no answer about 1 packages; they are not audited.",
        ],
        True,
    )
