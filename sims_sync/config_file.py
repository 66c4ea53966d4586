"""Reads config.toml and schools.d/*.toml into the model, with every problem at once, each with its path."""

import difflib
import os
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from sims_sync.config import (
    BackupSection,
    Config,
    DestinationSection,
    MailerSection,
    SchoolConfig,
    ServiceSection,
    SourceSection,
    StoreSection,
)
from sims_sync.connector import Options
from sims_sync.errors import ConfigProblem, ConfigurationError
from sims_sync.registry import connector_class, connector_names, job_names
from sims_sync.secrets import HOW_TO_REFER, is_reference

CONFIG_VERSION = 1
CONFIG_VARIABLE = "SIMS_SYNC_CONFIG"
_SECRET_KEYS = ("password", "client_secret", "token", "passphrase")
_OWN_SECTIONS = ("school",)  # what a further school never takes over from the top of config.toml
_TOP_KEYS = ("version", "store", "service", "backup", "schools")

Table = dict[str, Any]
Part = TypeVar("Part", SourceSection, MailerSection, DestinationSection)


def find_config(given: str | None) -> Path:
    """The config file: the one given, else SIMS_SYNC_CONFIG, else ./config.toml.

    Raises:
        ConfigurationError: there is none.
    """
    path = Path(given or os.environ.get(CONFIG_VARIABLE) or "config.toml").absolute()
    try:
        there = path.is_file()
    except OSError as error:  # a folder that this account may not enter, e.g. root's own after `runuser`
        what, do = "cannot be looked for: this account may not enter its folder.", "Say --config FILE."
        raise ConfigurationError([ConfigProblem(str(path), what, do)]) from error
    if not there:
        raise ConfigurationError(
            [ConfigProblem(str(path), "is not there.", "Run `sims-sync init` to write one, or say --config FILE.")]
        )
    return path


def load_config(path: Path) -> Config:
    """Read and check everything.

    A school of several that is broken lands in `Config.broken`, and the others go on.

    Raises:
        ConfigurationError: a file cannot be read, the top of it is wrong, or no school is usable.
    """
    top = _read_toml(path)
    _check_top(top, path)
    shared, amiss = _shared_sections(top)
    schools: dict[str, SchoolConfig] = {}
    broken: dict[str, tuple[ConfigProblem, ...]] = {}
    for where, table in _school_tables(top, path):
        school, problems = _school(where, table, path.parent)
        name = _id_of(where, table)
        if name in schools or name in broken:
            problems = (*problems, ConfigProblem(f"{where}school.id", "is used twice.", "Give each school its own id."))
        if school is None or problems:
            broken[name] = (*broken.get(name, ()), *problems)
        else:
            schools[name] = school
    _refuse_shared_places(schools, broken)
    if amiss or not schools:
        raise ConfigurationError(
            [*amiss, *(problem for problems in broken.values() for problem in problems)] or [_no_school(path)]
        )
    as_text = {name: tuple(str(problem) for problem in problems) for name, problems in broken.items()}
    return Config(file=path, schools=schools, broken=as_text, **shared)


def store_section(path: Path) -> StoreSection | None:
    """Where the store is, also where the rest of the configuration is broken; None where that cannot be told."""
    with suppress(ConfigurationError, ValidationError):
        return StoreSection.model_validate(_read_toml(path).get("store", {}))
    return None


def _read_toml(path: Path) -> Table:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))  # Notepad writes a byte order mark
    except OSError:
        raise _problem(str(path), "cannot be read.", "Check that this account may read it.") from None
    except UnicodeDecodeError:
        raise _problem(str(path), "is not UTF-8 text.", "Save it as UTF-8.") from None
    except tomllib.TOMLDecodeError as error:
        escape = any(sign in str(error).casefold() for sign in ("escape", "hex"))  # "\\U" begins a character's number
        do = "Windows paths need single quotes: 'C:\\SIMS'." if escape else "Mend that line."
        raise _problem(str(path), f"is no TOML: {error}.", do) from None


def _check_top(top: Table, path: Path) -> None:
    version = top.get("version")
    if version != CONFIG_VERSION:
        raise _problem(
            "version", f"is {version!r}; this release reads version {CONFIG_VERSION}.", f"See {path.name}.example."
        )


def _shared_sections(top: Table) -> tuple[dict[str, Any], list[ConfigProblem]]:
    """The tables that all schools share."""
    sections: dict[str, Any] = {}
    problems: list[ConfigProblem] = []
    for name, model in (("store", StoreSection), ("service", ServiceSection), ("backup", BackupSection)):
        try:
            sections[name] = model.model_validate(top.get(name, {}))
        except ValidationError as error:
            problems += _explain(error, f"{name}.", model)
    problems += _plain_secrets(top.get("backup", {}), "backup.")
    return sections, problems


def _school_tables(top: Table, path: Path) -> Iterator[tuple[str, Table]]:
    shared = {key: value for key, value in top.items() if key not in _TOP_KEYS}
    if "school" in shared:
        yield "", shared
    inherited = {key: value for key, value in shared.items() if key not in _OWN_SECTIONS}
    for name, table in top.get("schools", {}).items():
        yield f"schools.{name}.", _merged(inherited, _with_id(name, table))
    for file in sorted((path.parent / "schools.d").glob("*.toml")):
        yield f"schools.d/{file.name}: ", _merged(inherited, _further_file(file))


def _further_file(file: Path) -> Table:
    try:
        return _with_id(file.stem, _read_toml(file))
    except ConfigurationError as error:
        return {"school": {"id": file.stem}, "_unreadable": error.problems[0]}


def _with_id(name: str, table: Table) -> Table:
    own = {key: value for key, value in table.items() if key != "version"}
    return {**own, "school": {"id": name, **own.get("school", {})}}


def _merged(lower: Table, upper: Table) -> Table:
    """`upper` over `lower`, table by table; another connector takes over none of the first one's keys."""
    merged = dict(lower)
    for key, value in upper.items():
        below = merged.get(key)
        both = isinstance(value, dict) and isinstance(below, dict)
        merged[key] = _over(below, value) if both else value  # type: ignore[arg-type]  # both are tables
    return merged


def _over(lower: Table, upper: Table) -> Table:
    is_another = "connector" in upper and upper["connector"] != lower.get("connector", upper["connector"])
    return upper if is_another else _merged(lower, upper)


def _id_of(where: str, table: Table) -> str:
    school = table.get("school")
    return str(school.get("id", where) if isinstance(school, dict) else where)


def _school(where: str, table: Table, base: Path) -> tuple[SchoolConfig | None, tuple[ConfigProblem, ...]]:
    unreadable = table.pop("_unreadable", None)
    if unreadable is not None:
        return None, (unreadable,)
    named = _name_school(table, _id_of(where, table))
    try:
        school = SchoolConfig.model_validate({**named, "base": base})
    except ValidationError as error:
        return None, (*_explain(error, where, SchoolConfig), *_further_problems(named, where))
    options, problems = _connector_options(school.sources, school.messages.mailer, school.push.destination, where)
    return school.model_copy(update={"source_options": options}), (*problems, *_unknown_jobs(school.jobs, where))


def _further_problems(table: Table, where: str) -> Iterator[ConfigProblem]:
    """What is wrong in the parts that are well enough to be looked at: one fault must not hide another."""
    sources = _those_well(SourceSection, table.get("sources"))
    messages = table.get("messages")
    mailers = _those_well(MailerSection, {"mailer": messages.get("mailer", {})} if isinstance(messages, dict) else {})
    push = table.get("push")
    ways = {"destination": push["destination"]} if isinstance(push, dict) and "destination" in push else {}
    destination = _those_well(DestinationSection, ways).get("destination")
    yield from _connector_options(sources, mailers.get("mailer"), destination, where)[1]
    yield from _unknown_jobs(table.get("jobs"), where)


def _those_well(model: type[Part], tables: object) -> dict[str, Part]:
    well: dict[str, Part] = {}
    for name, table in tables.items() if isinstance(tables, dict) else ():
        with suppress(ValidationError):
            well[name] = model.model_validate(table)
    return well


def _unknown_jobs(jobs: object, where: str) -> Iterator[ConfigProblem]:
    known = job_names()
    for name in jobs if isinstance(jobs, dict) else ():
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            do = f"Did you mean {near[0]!r}?" if near else f"The jobs are: {', '.join(known)}."
            yield ConfigProblem(f"{where}jobs.{name}", "is no job.", do)


def _name_school(value: Any, school_id: str) -> Any:  # noqa: ANN401 - any TOML value
    """Put the school's id where a text says `{school}`, so that sixty schools can share one line."""
    if isinstance(value, str):
        return value.replace("{school}", school_id)
    if isinstance(value, dict):
        return {key: _name_school(item, school_id) for key, item in value.items()}
    if isinstance(value, list):
        return [_name_school(item, school_id) for item in value]
    return value


def _connector_options(
    sources: Mapping[str, SourceSection],
    mailer: MailerSection | None,
    destination: DestinationSection | None,
    where: str,
) -> tuple[dict[str, Options], tuple[ConfigProblem, ...]]:
    options: dict[str, Options] = {}
    problems: list[ConfigProblem] = []
    for name, source in sources.items():
        path = f"{where}sources.{name}."
        checked = _checked_options("source", source.connector, source.options, path, problems)
        if checked is not None:
            options[name] = checked
    if mailer is not None:
        _checked_options("mailer", mailer.connector, mailer.options, f"{where}messages.mailer.", problems)
    if destination is not None:
        _checked_options(
            "destination", destination.connector, destination.options, f"{where}push.destination.", problems
        )
    return options, tuple(problems)


def _checked_options(
    kind: str, connector: str, given: Mapping[str, object], path: str, problems: list[ConfigProblem]
) -> Options | None:
    try:
        found = connector_class(connector, kind)
    except KeyError:
        known = ", ".join(connector_names(kind))
        problems.append(ConfigProblem(f"{path}connector", f"{connector!r} is no {kind}.", f"Known: {known}."))
        return None
    problems.extend(_plain_secrets(given, path))
    try:
        return found.Options.model_validate(dict(given))
    except ValidationError as error:
        problems.extend(_explain(error, path, found.Options))
        return None


def _plain_secrets(given: Mapping[str, object], path: str) -> Iterator[ConfigProblem]:
    for key in _SECRET_KEYS:
        value = given.get(key)
        if isinstance(value, str) and not is_reference(value):
            what = "is a secret written in the file."
            yield ConfigProblem(f"{path}{key}", what, f"Refer to it: {HOW_TO_REFER}.")


def _refuse_shared_places(schools: dict[str, SchoolConfig], broken: dict[str, tuple[ConfigProblem, ...]]) -> None:
    """Two schools that read one place would take each other's students for their own."""
    owners: dict[str, str] = {}
    for name, school in list(schools.items()):
        for source_name, source in school.sources.items():
            place = repr((source.kind, source.connector, sorted(source.options.items(), key=str)))
            owner = owners.setdefault(place, name)
            if owner != name:
                problem = ConfigProblem(
                    f"{name}: sources.{source_name}",
                    f"reads the same place as school {owner}.",
                    "Write {school} in its path.",
                )
                broken[name] = (*broken.get(name, ()), problem)
                schools.pop(name, None)


def _explain(error: ValidationError, where: str, model: type[BaseModel]) -> Iterator[ConfigProblem]:
    for fault in error.errors(include_url=False, include_input=False, include_context=False):
        path = where + ".".join(str(part) for part in fault["loc"] if part != "function-after")
        yield ConfigProblem(
            path, *_sentences(fault["type"], str(fault["msg"]), str(fault["loc"][-1] if fault["loc"] else ""), model)
        )


def _sentences(kind: str, message: str, key: str, model: type[BaseModel]) -> tuple[str, str]:
    if kind == "missing":
        return "is missing.", "Add it; config.example.toml explains it."
    if kind == "extra_forbidden":
        near = difflib.get_close_matches(key, _known_keys(model), n=1)
        return "is not a known key.", f"Did you mean {near[0]!r}?" if near else "Remove it, or see config.example.toml."
    text = message.removeprefix("Value error, ")
    return f"{text}.", ""


def _known_keys(model: type[BaseModel]) -> set[str]:
    keys: set[str] = set()
    for name, field in model.model_fields.items():
        keys.add(name)
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            keys |= _known_keys(field.annotation)
    return keys


def _no_school(path: Path) -> ConfigProblem:
    return ConfigProblem(str(path), "names no school.", "Add [school] with id and name, or [schools.<id>] tables.")


def _problem(path: str, what: str, do: str) -> ConfigurationError:
    return ConfigurationError([ConfigProblem(path, what, do)])
