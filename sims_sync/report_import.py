"""How do report definitions that a school or trust built once get into SIMS: which files, as whom, with what result?"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, cast

import structlog
from pydantic import ValidationError

from sims_sync.config import SchoolConfig, SourceSection
from sims_sync.connector import ConnectorContext, Options
from sims_sync.errors import ConfigProblem, ConfigurationError, RetriableError, RunError
from sims_sync.outcome import Problem, problem_of
from sims_sync.registry import ConnectorClass, connector_class

IMPORTER = "command_report_importer"
READ_BY = "command_reporter"  # the sources whose log-in an import uses: what they run is what is imported
DEFINITION_SUFFIX = ".rptdef"

_LOGIN_KEYS = ("trusted", "user", "password")
_PLACE_KEYS = ("server", "database")

log = structlog.get_logger("sims_sync.report_import")


class DefinitionImporter(Protocol):
    """Something that brings report definitions into SIMS."""

    def prepare(self) -> None:
        """See that everything needed is there, before the first file.

        Raises:
            RetriableError: SIMS's tool is not there.
            ConfigurationError: the log-in cannot be had.
        """

    def import_definition(self, definition: Path) -> None:
        """Import one file; returns only where SIMS said that it did.

        Raises:
            RunError, RetriableError: it failed; the sentence is ours, never SIMS's text.
            ConfigurationError: the log-in cannot be had.
        """


@dataclass(frozen=True, slots=True)
class ImportedDefinition:
    """What became of one file; `problem` None = SIMS said that it is imported."""

    file: str
    problem: Problem | None = None


def find_definitions(folder: Path) -> tuple[Path, ...]:
    """Every `.RptDef` of the folder itself, by name.

    Raises:
        ConfigurationError: there is none, or the folder cannot be read.
    """
    try:
        found = [path for path in folder.iterdir() if path.suffix.casefold() == DEFINITION_SUFFIX and path.is_file()]
    except OSError:
        raise _refused(str(folder), "cannot be read.", "Check that this account may read it.") from None
    if not found:
        do = "Put report definitions there that were exported from SIMS, or name another folder."
        raise _refused(str(folder), "holds no *.RptDef file.", do)
    return tuple(sorted(found, key=lambda path: (path.name.casefold(), path.name)))


def build_importer(
    school: SchoolConfig, context: ConnectorContext, given: Mapping[str, object], source: str | None = None
) -> DefinitionImporter:
    """The importer, logging in as the school's sources do that run reports.

    `given` wins over the configuration: `trusted`, or `user` and `password` (a reference), `executable`,
    `time_limit_seconds`. `source` names the one source whose log-in is meant.

    Raises:
        ConfigurationError: no log-in is known, several are, or what is given cannot work.
    """
    found = connector_class(IMPORTER, "importer")
    return cast("DefinitionImporter", found(_options(found, school, given, source), context))


def import_definitions(importer: DefinitionImporter, definitions: Iterable[Path]) -> Iterator[ImportedDefinition]:
    """Import one after another, each told as soon as it is known; a file that fails does not stop the next.

    Raises:
        ConfigurationError: the log-in cannot be had.
    """
    for definition in definitions:
        try:
            importer.import_definition(definition)
        except (RunError, RetriableError) as fault:
            log.warning("definition not imported", file=definition.name, code=fault.code)
            yield ImportedDefinition(definition.name, problem_of(fault))
        else:
            log.info("definition imported", file=definition.name)
            yield ImportedDefinition(definition.name)


def _options(found: ConnectorClass, school: SchoolConfig, given: Mapping[str, object], source: str | None) -> Options:
    sources = _sources(school, source)
    if not sources and not any(given.get(key) for key in _LOGIN_KEYS):
        what = f"has no source that runs reports (connector {READ_BY}), so it is not known how to log in to SIMS."
        raise _refused(f"school {school.id}", what, "Say --trusted, or --user and --password.")
    tables = [_table(section, given) for section in sources.values()] or [dict(given)]
    different = list(dict.fromkeys(_checked(found, table) for table in tables))
    if len(different) > 1:
        what = f"logs in to SIMS in {len(different)} ways ({', '.join(sources)})."
        raise _refused(f"school {school.id}", what, "Say --source NAME for each way, one after another.")
    return different[0]


def _sources(school: SchoolConfig, source: str | None) -> Mapping[str, SourceSection]:
    """The sources that run reports; a named one even if it is switched off."""
    running = {name: section for name, section in school.sources.items() if section.connector == READ_BY}
    if source is None:
        return {name: section for name, section in running.items() if section.enabled}
    if source not in running:
        known = ", ".join(running) or "none"
        raise _refused(f"--source {source}", "is no source that runs reports.", f"Those that do: {known}.")
    return {source: running[source]}


def _table(section: SourceSection, given: Mapping[str, object]) -> dict[str, object]:
    """The importer's options as one source implies them, below what is given."""
    keys = _PLACE_KEYS if any(given.get(key) for key in _LOGIN_KEYS) else (*_LOGIN_KEYS, *_PLACE_KEYS)
    table = {key: section.options[key] for key in keys if key in section.options}
    if "executable" not in given and "executable" in section.options:
        table["reporter"] = section.options["executable"]
    return {**table, **given}


def _checked(found: ConnectorClass, table: Mapping[str, object]) -> Options:
    try:
        return found.Options.model_validate(dict(table))
    except ValidationError as fault:
        # Without the input, which may be a password.
        faults: Sequence[str] = [str(each["msg"]).removeprefix("Value error, ") for each in fault.errors()]
        raise ConfigurationError([ConfigProblem("log-in to SIMS", f"{text}.", "") for text in faults]) from None


def _refused(path: str, what: str, do: str) -> ConfigurationError:
    return ConfigurationError([ConfigProblem(path, what, do)])
