"""The shape of the tree: four roots, names that say something, links that lead somewhere, nothing of a machine."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
IMPORT_ROOTS = ("sims_sync", "connectors", "jobs", "mappings")
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
NAMES_THAT_SAY_NOTHING = {"utils", "util", "helpers", "common", "base", "manager", "misc"}
LONGEST_MODULE_LINES = 400
_LINK = re.compile(r"\]\((?!https?:)([^)#\s]*)(?:#([^)\s]+))?\)")
_FENCE = re.compile(r"^( *)```.*?^\1```", re.MULTILINE | re.DOTALL)
_MACHINE = re.compile(r"(?<![\w.])/(?:work|tmp|root|home|opt|var)/[\w.]+|\bpypi\.org\b|\bfiles\.pythonhosted\b")


def _modules() -> list[Path]:
    return [path for root in IMPORT_ROOTS for path in sorted((ROOT / root).rglob("*.py"))]


def _texts() -> Iterator[Path]:
    """Every committed text but the tests, in which a path may stand as an example."""
    yield from PAGES
    yield from (ROOT / name for name in ("Makefile", "pyproject.toml", "config.example.toml", "NOTICE"))
    yield ROOT / ".ci" / "run"
    for root in IMPORT_ROOTS:
        yield from (path for path in sorted((ROOT / root).rglob("*")) if path.suffix in {".py", ".toml", ".j2", ".css"})


def test_every_package_folder_is_a_package() -> None:
    folders = {path.parent for path in _modules()}
    assert {
        folder.relative_to(ROOT).as_posix() for folder in folders if not (folder / "__init__.py").is_file()
    } == set()


def test_every_module_says_which_question_it_answers() -> None:
    silent = {
        path.relative_to(ROOT).as_posix()
        for path in _modules()
        if "migrations" not in path.parts and not path.read_text(encoding="utf-8").startswith(('"""', 'r"""'))
    }
    assert silent == set()


def test_no_module_has_a_name_that_says_nothing() -> None:
    assert {path.stem for path in _modules()} & NAMES_THAT_SAY_NOTHING == set()


def test_no_module_is_too_long_to_be_read_at_a_sitting() -> None:
    lists_of_tables = {"tables.py", *(path.name for path in (ROOT / "sims_sync/store/migrations/versions").iterdir())}
    lines = {path.name: len(path.read_text(encoding="utf-8").splitlines()) for path in _modules()}
    assert {name for name, count in lines.items() if count > LONGEST_MODULE_LINES} - lists_of_tables == set()


def test_tests_mirror_the_roots() -> None:
    folders = {path.name for path in (ROOT / "tests").iterdir() if path.is_dir() and not path.name.startswith("_")}
    assert folders <= {*IMPORT_ROOTS, "system"}


def test_the_root_packages_are_the_same_everywhere() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]
    assert project["importlinter"]["root_packages"] == list(IMPORT_ROOTS)
    assert [name for name in project["mypy"]["files"] if name in IMPORT_ROOTS] == list(IMPORT_ROOTS)


def test_every_page_is_reached_from_the_readme() -> None:
    reached: set[Path] = set()
    waiting = [ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        if page in reached or page.suffix != ".md":
            continue
        reached.add(page)
        waiting += [(page.parent / target).resolve() for target, _ in _links(page) if target]
    assert {page.relative_to(ROOT).as_posix() for page in PAGES if page.resolve() not in reached} == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page: Path) -> None:
    broken = []
    for target, anchor in _links(page):
        there = (page.parent / target).resolve() if target else page
        if not there.exists() or (anchor and there.suffix == ".md" and anchor not in _anchors(there)):
            broken.append(f"{target}#{anchor}")
    assert broken == []


def test_nothing_names_a_path_of_a_machine_or_a_package_registry() -> None:
    found = {
        f"{path.relative_to(ROOT)}: {match}" for path in _texts() for match in _MACHINE.findall(path.read_text("utf-8"))
    }
    assert found == set()


def _links(page: Path) -> list[tuple[str, str]]:
    prose = _FENCE.sub("", page.read_text(encoding="utf-8"))
    return [(match[1], match[2] or "") for match in _LINK.finditer(prose)]


def _anchors(page: Path) -> set[str]:
    """Anchors of the headings, as the usual renderers make them, and those set by hand."""
    text = _FENCE.sub("", page.read_text(encoding="utf-8"))
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    by_hand = set(re.findall(r'<a id="([^"]+)">', text))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings} | by_hand
