"""config.example.toml and the model say the same: every key, none besides, and both its roads load."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args, get_origin

import pytest
from pydantic import BaseModel

from jobs import JOBS
from sims_sync.compliance.facts import Policy
from sims_sync.config import (
    BackupSection,
    Config,
    DestinationSection,
    GuardSection,
    MailerSection,
    RolesSection,
    SchoolConfig,
    ServiceSection,
    SourceSection,
    StoreSection,
)
from sims_sync.config_file import CONFIG_VERSION, load_config
from sims_sync.connector import Options
from sims_sync.registry import connector_class, connector_names

EXAMPLE = Path(__file__).parents[1] / "config.example.toml"
MARK = "#: "
_OF_THE_PRODUCT = {"base", "source_options"}  # fields that no file sets
_KEY_LINE = re.compile(r'^(#: )?("[^"]+"|[\w-]+) = ')

Table = dict[str, Any]


@pytest.fixture(scope="module")
def text() -> str:
    return EXAMPLE.read_text(encoding="utf-8")


def test_the_example_loads_as_it_stands(text: str, tmp_path: Path) -> None:
    config = _loaded(text, tmp_path)
    assert list(config.schools) == ["austen"]
    assert {source.connector for source in config.schools["austen"].sources.values()} == {"drop_folder"}


def test_the_example_loads_with_its_rarer_keys(text: str, tmp_path: Path) -> None:
    config = _loaded(with_rarer_keys(text), tmp_path)
    assert config.store.url.startswith("postgresql")
    assert config.schools["austen"].sources["entries"].result_set is not None


def test_the_example_loads_with_its_alternatives(text: str, tmp_path: Path) -> None:
    config = _loaded(with_alternatives(text), tmp_path)
    assert sorted(config.schools) == ["austen", "bronte"]
    austen = config.schools["austen"]
    assert {source.connector for source in austen.sources.values()} == {*connector_names("source")} - {"memory"}
    assert austen.messages.mailer.connector == "smtp"


def test_every_key_of_the_model_is_in_the_example_and_no_other(text: str) -> None:
    documents = [tomllib.loads(_in_force(lines)) for _, lines in _blocks(text)]
    shown = {key for document in documents for key in _shown_keys(document)}
    assert shown - {"version"} == set(_model_keys())


def test_every_connector_is_shown(text: str) -> None:
    shown = set(re.findall(r'connector = "(\w+)"', text))
    kinds = ("source", "mailer", "destination")
    assert shown == {name for kind in kinds for name in connector_names(kind)} - {"memory"}


def test_every_job_is_shown(text: str) -> None:
    assert set(tomllib.loads(text)["jobs"]) == set(JOBS)


def test_every_key_is_explained_where_it_first_occurs(text: str) -> None:
    lines = text.splitlines()
    explained: set[str] = set()
    for before, line in zip(["", *lines], lines, strict=False):
        found = _KEY_LINE.match(line)
        if found and before.startswith("# "):
            explained.add(found[2])
    keys = {found[2] for line in lines if (found := _KEY_LINE.match(line))}
    assert keys - explained - {"database", "schedule"} == set()  # these two are explained with the line above theirs


def test_defaults_are_shown_as_they_are(text: str, tmp_path: Path) -> None:
    config = _loaded(text, tmp_path)
    school = config.schools["austen"]
    assert school.guard == GuardSection()
    assert school.roles == RolesSection()
    assert config.store == StoreSection()
    required = {"policy", "starts_with"}
    programme = school.programme.model_dump(exclude=required)
    assert programme == type(school.programme)(policy=Policy.ANY, starts_with="2026-27/autumn-1").model_dump(
        exclude=required
    )
    drop_folder = school.source_options["students"]
    assert drop_folder == type(drop_folder).model_validate({"folder": "exports/austen/students"})


def test_the_version_is_the_one_that_is_read(text: str) -> None:
    assert tomllib.loads(text)["version"] == CONFIG_VERSION


def with_alternatives(text: str) -> str:
    """The same file with every "#:" table in force; it stands in for the plain one of the same name."""
    blocks = list(_blocks(text))
    replaced = {header for header, lines in blocks if _is_marked(lines)}
    return "".join(_in_force(lines) for header, lines in blocks if header not in replaced or _is_marked(lines))


def with_rarer_keys(text: str) -> str:
    """The same file with every "#:" key of its plain tables in force, and no "#:" table."""
    return "".join(_in_force(lines) for _, lines in _blocks(text) if not _is_marked(lines))


def _is_marked(lines: list[str]) -> bool:
    return bool(lines) and lines[0].startswith(MARK)


def _blocks(text: str) -> Iterator[tuple[str, list[str]]]:
    """(table header, its lines with the header first), in order; the first block has no header."""
    header = ""
    lines: list[str] = []
    for line in text.splitlines():
        if line.removeprefix(MARK).startswith("["):
            yield header, lines
            header, lines = line.removeprefix(MARK), []
        lines.append(line)
    yield header, lines


def _in_force(lines: list[str]) -> str:
    """One table with its marked lines in force; a marked key stands in for the plain one above it."""
    kept: dict[str, str] = {}
    for line in (line.removeprefix(MARK) for line in lines):
        found = _KEY_LINE.match(line)
        kept[found[2] if found else line] = line
    return "\n".join(kept.values()) + "\n"


def _loaded(text: str, folder: Path) -> Config:
    path = folder / "config.toml"
    path.write_text(text, encoding="utf-8")
    config = load_config(path)
    assert config.broken == {}
    return config


def _shown_keys(document: Table) -> set[str]:
    """Paths of keys; what a school chooses itself (names of sources, jobs, schools) is `*`."""
    schools = document.pop("schools", {})
    found = set(_keys_below(document, ""))
    for school in schools.values():
        found |= {"schools", *_keys_below(school, "")}
    return found


def _keys_below(table: Table, where: str) -> Iterator[str]:
    for name, value in table.items():
        path = f"{where}{name}"
        if path in _LEAF_TABLES:
            yield path
        elif path in {"sources", "jobs"}:
            for item in value.values():
                yield from _keys_below(item, f"{path}.*.")
        elif isinstance(value, dict) and path != "sources.*.parameters":
            yield from _keys_below(value, f"{path}.")
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            for item in value:
                yield from _keys_below(item, f"{path}.")
        else:
            yield path


_LEAF_TABLES = {
    "monitoring.secrets_expire",
    "calendar.year_starts",
    "entries.result_sets",
    "sources.*.parameters",
    "push.training",
}


def _model_keys() -> Iterator[str]:
    yield from ("store.url", "schools")
    yield from _keys_of("service", ServiceSection)
    yield from _keys_of("backup", BackupSection)
    for name, field in SchoolConfig.model_fields.items():
        if name not in _OF_THE_PRODUCT:
            yield from _keys_of(name, field.annotation)


def _keys_of(path: str, annotation: object) -> Iterator[str]:
    section = _section_in(annotation)
    if section is None:
        yield path
        return
    star = ".*" if get_origin(annotation) is dict else ""
    for name, field in section.model_fields.items():
        yield from _keys_of(f"{path}{star}.{name}", field.annotation)
    for options in _options_of(section):
        for name in options.model_fields:
            yield f"{path}{star}.{name}"


def _section_in(annotation: object) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    found = [section for argument in get_args(annotation) if (section := _section_in(argument)) is not None]
    return found[0] if found else None


def _options_of(section: type[BaseModel]) -> list[type[Options]]:
    kind = {SourceSection: "source", MailerSection: "mailer", DestinationSection: "destination"}.get(section)
    if kind is None:
        return []
    return [connector_class(name, kind).Options for name in connector_names(kind) if name != "memory"]
