"""The pages are complete: every setting, every command, and no link that leads nowhere."""

import re
from pathlib import Path

import pytest

from dgx.tests.environment import ROOT, procfile_variables, settings_variables

PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]
OF_MAKE_RUN = {"DGX_DEMO", "DGX_ADMIN_PASSWORD"}
"""Read by dgx/stack and by manage.py bootstrap, and by no setting."""

LINK = re.compile(r"\]\(([^)\s]+)\)")
ROW = re.compile(r"^\| `([A-Z][A-Z0-9_]+)` \| (.+?) \| (.+?) \|$", re.MULTILINE)


def text_of_docs() -> str:
    return "\n".join(page.read_text() for page in PAGES)


def heading_anchors(page: Path) -> set[str]:
    """As GitHub makes them."""
    titles = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def test_configuration_lists_every_setting_and_no_other():
    rows = [name for name, _, _ in ROW.findall((ROOT / "docs" / "configuration.md").read_text())]
    assert len(rows) == len(set(rows))
    assert set(rows) == settings_variables() | procfile_variables() | OF_MAKE_RUN


def test_the_variables_of_make_run_are_read_somewhere():
    source = "\n".join(path.read_text() for path in (ROOT / "dgx").rglob("*.py") if "tests" not in path.parts)
    assert {name for name in OF_MAKE_RUN if f'"{name}"' not in source} == set()


def test_the_example_environment_names_what_exists():
    names = set(re.findall(r"^#?([A-Z][A-Z0-9_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    assert names <= settings_variables() | procfile_variables() | OF_MAKE_RUN


def test_every_command_of_ours_is_explained():
    commands = {path.stem for path in ROOT.glob("*/**/management/commands/[a-z]*.py") if ".venv" not in path.parts}
    assert {name for name in commands if f"manage.py {name}" not in text_of_docs()} == set()


def test_every_command_that_the_pages_name_exists():
    ours = {path.stem for path in ROOT.glob("*/**/management/commands/[a-z]*.py")}
    djangos = {"check", "collectstatic", "migrate", "createsuperuser", "changepassword", "shell"}
    assert set(re.findall(r"manage\.py ([a-z]+)", text_of_docs())) <= ours | djangos


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page):
    for target in LINK.findall(page.read_text()):
        path, _, anchor = target.partition("#")
        if path.startswith(("http://", "https://", "images/")) or "/images/" in path:
            continue
        file = (page.parent / path).resolve() if path else page
        assert file.exists(), f"{page.name} links to {target}"
        if anchor:
            assert anchor in heading_anchors(file), f"{page.name} links to {target}"


def test_every_page_is_linked_from_the_readme():
    linked = set(LINK.findall((ROOT / "README.md").read_text()))
    assert {f"docs/{page.name}" for page in (ROOT / "docs").glob("*.md")} <= linked


def test_the_readme_maps_every_folder_of_code():
    mapped = set(re.findall(r"^\| `([\w/]+)/` \|", (ROOT / "README.md").read_text(), re.MULTILINE))
    folders = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"dgx"}
    inside = {f"dgx/{path.parent.name}" for path in ROOT.glob("dgx/*/__init__.py")}
    assert folders | inside - {"dgx/tests", "dgx/formats"} <= mapped


def test_make_offers_what_the_readme_promises():
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"\bmake ([a-z]+)\b", (ROOT / "README.md").read_text())) <= targets
