"""What CONTRIBUTING.md asks for when something is added is there: tests, docs lines, index entries."""

import ast
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import click
import pytest

from connectors import CONNECTORS
from jobs import JOBS
from sims_sync import errors
from sims_sync.cli.entry import sims_sync
from sims_sync.push.reasons import REASONS
from sims_sync.registry import connector_names

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
WHAT_TO_DO = DOCS / "what-to-do.md"
COMMAND_LINE = DOCS / "command-line.md"
ONLY_FOR_TESTS = {"memory"}

# Calls whose first argument is a code that an operator may meet.
_CODED = {
    "Condition",
    "DataProblem",
    "JobPaused",
    "LeaseHeld",
    "Problem",
    "Reason",
    "RecordError",
    "RetriableError",
    "RunError",
    "SafetyStop",
    "SourceFailed",
    "SourceRefused",
    "SourceUnavailable",
    "NoPlace",
    "_hold",
    "_wait",
}
_NOT_MET = ("mailer_contract.py", "source_contract.py", "self_test/")  # twins and trials: no operator meets their codes
_QUOTED_PATH = re.compile(r"`((?:\w[\w.-]*/)*[\w-]+(?:\.\w+)+|(?:\w[\w.-]*/)+)`")


def _pages() -> str:
    return "\n".join(page.read_text(encoding="utf-8") for page in sorted(DOCS.glob("*.md")))


def _codes() -> Iterator[tuple[str, str]]:
    yield from ((reason, "sims_sync/push/reasons.py") for reason in REASONS)
    for root in ("sims_sync", "connectors"):
        for path in sorted((ROOT / root).rglob("*.py")):
            if not any(part in path.as_posix() for part in _NOT_MET):
                yield from ((code, path.relative_to(ROOT).as_posix()) for code in _codes_in(path))


def _codes_in(path: Path) -> Iterator[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    named = dict(_constants(tree))
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not node.args:
            continue
        name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
        code = node.args[0]
        if name in _CODED and isinstance(code, ast.Constant) and isinstance(code.value, str):
            yield code.value
        elif name in _CODED and isinstance(code, ast.Name) and code.id in named:
            yield named[code.id]


def _constants(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Module constants that are texts: a code may have a name."""
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            yield from ((target.id, node.value.value) for target in node.targets if isinstance(target, ast.Name))


def _of(group: click.Group) -> dict[str, click.Command]:
    context = click.Context(group)
    found = {name: group.get_command(context, name) for name in group.list_commands(context)}
    return {name: command for name, command in found.items() if command is not None}


def _commands(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for name, command in _of(group).items():
        if isinstance(command, click.Group):
            yield from _commands(command, (*path, name))
        else:
            yield (*path, name)


@pytest.mark.parametrize("name", sorted(CONNECTORS))
def test_a_connector_has_its_tests(name: str) -> None:
    assert (ROOT / "tests" / "connectors" / f"test_{name}.py").is_file()


@pytest.mark.parametrize("name", sorted({*connector_names("source"), *connector_names("mailer")} - ONLY_FOR_TESTS))
def test_a_connector_that_a_school_may_name_is_in_the_docs(name: str) -> None:
    text = _pages()
    assert any((f"`{name}`" in text, f'connector = "{name}"' in text))


@pytest.mark.parametrize("name", sorted(CONNECTORS))
def test_every_option_of_a_connector_says_what_it_does(name: str) -> None:
    module, _, attribute = CONNECTORS[name].partition(":")
    options = getattr(import_module(module), attribute).Options
    assert {key for key, field in options.model_fields.items() if not field.description} == set()


@pytest.mark.parametrize("name", sorted(JOBS))
def test_a_job_has_its_module_and_its_row_in_the_docs(name: str) -> None:
    assert JOBS[name] == f"jobs.{name}:run"
    assert (ROOT / "jobs" / f"{name}.py").is_file()
    assert f"\n| `{name}` |" in COMMAND_LINE.read_text(encoding="utf-8")


def test_every_job_module_is_in_the_index() -> None:
    assert {path.stem for path in (ROOT / "jobs").glob("*.py")} - {"__init__"} == set(JOBS)


@pytest.mark.parametrize("name", sorted(path.stem for path in (ROOT / "mappings").glob("*.toml")))
def test_a_mapping_has_its_section_in_the_docs(name: str) -> None:
    assert f"\n## {name}\n" in (DOCS / "mappings.md").read_text(encoding="utf-8")


def test_every_error_is_drawn_in_the_tree() -> None:
    tree = (errors.__doc__ or "").split("\n\n")[1]
    drawn = set(re.findall(r"\b[A-Z]\w+(?:Error|Stop|Held|Paused|Refused|Failed|Unavailable)\b", tree))
    assert {error.__name__ for error in _subclasses(errors.SimsSyncError)} | {"SimsSyncError"} == drawn


def test_every_error_of_the_product_is_in_the_one_module() -> None:
    outside = {error.__module__ for error in _subclasses(errors.SimsSyncError)} - {"sims_sync.errors"}
    assert outside == set()


def test_every_code_has_its_row_in_what_to_do() -> None:
    page = WHAT_TO_DO.read_text(encoding="utf-8")
    forgotten = {f"{code} ({where})" for code, where in _codes() if f"`{code}`" not in page}
    assert forgotten == set()


def test_what_to_do_knows_no_code_that_is_gone() -> None:
    rows = [line for line in WHAT_TO_DO.read_text(encoding="utf-8").splitlines() if line.startswith("| ")]
    told = {code for row in rows for code in re.findall(r"`([\w-]+)`", row.split(" | ")[0])}
    assert told - {code for code, _ in _codes()} == set()


@pytest.mark.parametrize("command", sorted(_commands(sims_sync)), ids=" ".join)
def test_a_command_has_its_row_in_the_docs(command: tuple[str, ...]) -> None:
    rows = [line for line in COMMAND_LINE.read_text(encoding="utf-8").splitlines() if line.startswith("| `")]
    wanted = [row for row in rows if f"`{command[0]}" in row.split(" | ")[0]]
    assert any(re.search(rf"[` ]{command[-1]}[` ]", row.split(" | ")[0]) for row in wanted)


def test_every_command_says_what_it_is_for() -> None:
    assert [name for name, command in _of(sims_sync).items() if not command.get_short_help_str()] == []


def test_a_command_is_found_under_its_own_name() -> None:
    assert [name for name, command in _of(sims_sync).items() if command.name != name] == []


def test_contributing_names_files_that_are_there() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    named = {name for name in _QUOTED_PATH.findall(text) if "NAME" not in name and not name.startswith("sims_sync.")}
    assert {name for name in named if not (ROOT / name).exists()} == set()


def _subclasses(base: type[errors.SimsSyncError]) -> Iterator[type[errors.SimsSyncError]]:
    for found in base.__subclasses__():
        yield found
        yield from _subclasses(found)
