"""What does a mapping file say (DESIGN §3)? `NAME.toml` → checked rules, or every problem at once.

The school's own folder is looked up first, then the packaged mappings.
"""

import hashlib
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sims_sync.converters import CONVERTERS
from sims_sync.errors import ConfigProblem, ConfigurationError
from sims_sync.mapping_fields import FIELDS, ID_FIELDS, names_student, spec_of
from sims_sync.records import Kind

PACKAGE = "mappings"  # beside sims_sync, read by name: the product imports no mapping
# What is never read (DOMAIN §8), whatever a mapping or a guess says.
SENSITIVE_CAPTION = re.compile(
    r"\bSEND?(?=$|[^A-Za-z]|[A-Z][a-z])|(?i:\b(?:sen (?:need|status|provision)|FSM|EAL|free school meals?|ethnic\w*|"
    r"religio\w*|medical\w*|disab\w*|safeguard\w*|child protection|in care|pupil premium|post ?codes?|"
    r"(?<!mail )address\w*|special educational needs?)\b)"
)

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
_SEPARATORS = re.compile(r"[\s_.-]+")
_CELL_FIELDS: Mapping[Kind, tuple[str, str]] = {
    # The two fields that an aspect column fills by itself: its caption names the aspect, its cell holds the other.
    Kind.RESULTS: ("aspect", "value"),
    Kind.MENTORING_ENTRIES: ("aspect", "text"),
}


@dataclass(frozen=True, slots=True)
class FieldRule:
    """How one field is filled: its columns in order of preference, the converter, and what it is for.

    `required`: one of the columns must exist in the source. `may_be_empty`: a row without a value is kept.
    """

    name: str
    columns: tuple[str, ...]
    converter: str
    required: bool
    may_be_empty: bool
    description: str

    @property
    def caption(self) -> str:
        """The column name to give in a report built for us: the first one."""
        return self.columns[0]


@dataclass(frozen=True, slots=True)
class AspectColumns:
    """Which columns of a one-column-per-aspect report hold results.

    `pattern` is matched against the whole caption, in any letter case, and names `aspect` and perhaps `result_set`;
    `date_pattern` likewise finds the column with the date of the same aspect and set. `result_set` holds where the
    caption names none.
    """

    pattern: re.Pattern[str]
    caption: str
    date_pattern: re.Pattern[str] | None = None
    result_set: str | None = None


@dataclass(frozen=True, slots=True)
class ReportRules:
    """The report an admin builds in SIMS: where in its menu, with which permissions, and what else to heed."""

    menu_path: str
    permissions: str
    notes: str


@dataclass(frozen=True, slots=True)
class MappingRules:
    """One checked mapping. `permissions` is the sentence to show where a required column is missing (SIMS §1)."""

    name: str
    kind: Kind
    description: str
    report: ReportRules
    fields: tuple[FieldRule, ...]
    aspect_columns: AspectColumns | None
    fingerprint: str  # 16 hexadecimal digits over the file's text: a changed mapping is planned before it runs

    @property
    def permissions(self) -> str:
        """What SIMS must allow the reporting user, or columns vanish without a word."""
        return self.report.permissions

    def field(self, name: str) -> FieldRule | None:
        """The rule of that field, if it is mapped."""
        return next((rule for rule in self.fields if rule.name == name), None)


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


_Text = Annotated[str, Field(min_length=1)]


class _FieldTable(_Table):
    columns: Annotated[list[_Text], Field(min_length=1)]
    converter: str = "text"
    required: bool = False
    may_be_empty: bool = False
    description: _Text


class _AspectTable(_Table):
    pattern: _Text
    caption: _Text
    date_pattern: _Text | None = None
    result_set: _Text | None = None


class _ReportTable(_Table):
    menu_path: _Text
    permissions: _Text
    notes: str = ""


class _MappingTable(_Table):
    version: Literal[1]
    kind: Kind
    description: _Text
    report: _ReportTable
    field_tables: Annotated[dict[str, _FieldTable], Field(alias="fields")]
    aspect_columns: _AspectTable | None = None


def normalise_caption(caption: str) -> str:
    """What two captions are compared by: "Legal Surname", "legal_surname" and "LegalSurname" are one."""
    return _SEPARATORS.sub("", caption).casefold()


def is_sensitive(caption: str) -> bool:
    """Whether a column of that name must never be read (DOMAIN §8)."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", caption.replace("_", " "))
    return SENSITIVE_CAPTION.search(spaced) is not None


def packaged_mappings() -> tuple[str, ...]:
    """The names of the mappings that come with the product, sorted."""
    files = resources.files(PACKAGE).iterdir()
    return tuple(sorted(file.name.removesuffix(".toml") for file in files if file.name.endswith(".toml")))


def load_mapping(name: str, folders: Sequence[Path]) -> MappingRules:
    """The mapping called `name`: from the first of `folders` that has `NAME.toml`, else the packaged one.

    Raises:
        ConfigurationError: no such mapping, or everything that is wrong in its file.
    """
    if not _NAME.fullmatch(name):
        raise ConfigurationError([_problem("mapping", "A mapping's name is the name of its file without .toml.", "")])
    for folder in folders:
        path = folder / f"{name}.toml"
        if path.is_file():
            return parse_mapping(name, _read(path), shown=str(path))
    if name in packaged_mappings():
        return packaged_mapping(name)
    known = ", ".join(packaged_mappings())
    do = f"Put {name}.toml into the mappings folder, or use one of: {known}."
    raise ConfigurationError([_problem("mapping", f"There is no mapping called {name}.", do)])


@cache
def packaged_mapping(name: str) -> MappingRules:
    """The mapping of that name as it comes with the product; see `packaged_mappings`."""
    return parse_mapping(name, packaged_text(name), shown=f"{PACKAGE}/{name}.toml")


def packaged_text(name: str) -> str:
    """The TOML text of a packaged mapping."""
    return (resources.files(PACKAGE) / f"{name}.toml").read_text(encoding="utf-8")


def parse_mapping(name: str, text: str, *, shown: str) -> MappingRules:
    """The rules in the TOML `text`; `shown` is how problems name the file.

    Raises:
        ConfigurationError: everything that is wrong in it.
    """
    table = _parse_table(text, shown)
    problems = list(_problems_of(table, shown))
    if problems:
        raise ConfigurationError(problems)
    return MappingRules(
        name=name,
        kind=table.kind,
        description=table.description,
        report=ReportRules(table.report.menu_path, table.report.permissions, table.report.notes),
        fields=tuple(_field_rule(field, table.field_tables[field]) for field in table.field_tables),
        aspect_columns=_aspect_columns(table.aspect_columns),
        fingerprint=hashlib.blake2b(text.encode("utf-8"), digest_size=8).hexdigest(),
    )


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")  # Notepad writes a BOM
    except UnicodeDecodeError:
        problem = _problem(str(path), "The file is not UTF-8.", "Save it again with the encoding UTF-8.")
    except OSError:
        problem = _problem(str(path), "The file cannot be read.", "Check the rights on the mappings folder.")
    raise ConfigurationError([problem])


def _parse_table(text: str, shown: str) -> _MappingTable:
    try:
        return _MappingTable.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        do = "Correct it there; a pattern with a backslash stands in single quotes."
        raise ConfigurationError([_problem(shown, f"This is not valid TOML: {error}.", do)]) from None
    except ValidationError as error:
        raise ConfigurationError(
            [
                _problem(
                    ": ".join(filter(None, (shown, ".".join(str(part) for part in item["loc"])))),
                    f"{item['msg']}.",
                    "Remove it or correct its spelling." if item["type"] == "extra_forbidden" else "",
                )
                for item in error.errors(include_url=False, include_input=False)
            ]
        ) from None


def _problems_of(table: _MappingTable, shown: str) -> Iterator[ConfigProblem]:
    for field, rule in table.field_tables.items():
        yield from _field_problems(table, field, rule, f"{shown}: fields.{field}")
    yield from _missing_fields(table, shown)
    yield from _shared_columns(table, shown)
    if table.aspect_columns is not None:
        yield from _aspect_problems(table, table.aspect_columns, f"{shown}: aspect_columns")


def _field_problems(table: _MappingTable, field: str, rule: _FieldTable, path: str) -> Iterator[ConfigProblem]:
    spec = spec_of(table.kind, field)
    if spec is None:
        known = ", ".join(each.name for each in FIELDS[table.kind])
        yield _problem(path, f"The kind {table.kind} has no such field.", f"Its fields are: {known}.")
        return
    if rule.converter not in CONVERTERS:
        yield _problem(f"{path}.converter", "There is no such converter.", f"Use one of: {', '.join(CONVERTERS)}.")
    elif rule.converter not in spec.converters:
        allowed = " or ".join(spec.converters)
        yield _problem(f"{path}.converter", "This converter does not fit the field.", f"Use {allowed}.")
    if spec.needed and not rule.required:
        yield _problem(f"{path}.required", "Without this field the records mean nothing.", "Set required = true.")
    if rule.may_be_empty and spec.needed and not spec.may_be_empty:
        yield _problem(f"{path}.may_be_empty", "A row without this field cannot be used.", "Remove may_be_empty.")
    if spec.may_be_empty and not rule.may_be_empty:
        yield _problem(
            f"{path}.may_be_empty", "Rows without it would be held although they are good.", "Set may_be_empty = true."
        )
    for column in rule.columns:
        if is_sensitive(column):
            what = f'"{column}" looks like a column that is never read (DOMAIN §8).'
            yield _problem(f"{path}.columns", what, "Remove it, and leave it out of the report.")


def _missing_fields(table: _MappingTable, shown: str) -> Iterator[ConfigProblem]:
    by_column = _CELL_FIELDS.get(table.kind, ()) if table.aspect_columns is not None else ()
    for spec in FIELDS[table.kind]:
        if spec.needed and spec.name not in table.field_tables and spec.name not in by_column:
            yield _problem(f"{shown}: fields", f"The field {spec.name} is missing.", f"Add [fields.{spec.name}].")
        if spec.name in table.field_tables and spec.name in by_column:
            do = "Remove it: the aspect columns fill it."
            yield _problem(f"{shown}: fields.{spec.name}", "A report of one column per aspect has no such field.", do)
    ids = ID_FIELDS[table.kind]
    if ids and not any(field in table.field_tables for field in ids):
        whom = "student" if names_student(table.kind) else "member of staff"
        do = f"Map at least one of: {', '.join(ids)}."
        yield _problem(f"{shown}: fields", f"No field says which {whom} a row is about.", do)


def _shared_columns(table: _MappingTable, shown: str) -> Iterator[ConfigProblem]:
    owners: dict[str, str] = {}
    for field, rule in table.field_tables.items():
        for column in rule.columns:
            owner = owners.setdefault(normalise_caption(column), field)
            if owner != field:
                what = f'The column "{column}" already belongs to the field {owner}.'
                yield _problem(f"{shown}: fields.{field}.columns", what, "Name each column once.")


def _aspect_problems(table: _MappingTable, aspects: _AspectTable, path: str) -> Iterator[ConfigProblem]:
    if table.kind not in _CELL_FIELDS:
        yield _problem(path, f"The kind {table.kind} has no aspects.", "Remove the table.")
    for key, pattern in (("pattern", aspects.pattern), ("date_pattern", aspects.date_pattern)):
        if pattern is None:
            continue
        try:
            groups = set(re.compile(pattern).groupindex)
        except re.error as error:
            yield _problem(f"{path}.{key}", f"This is not a regular expression: {error}.", "Correct it.")
            continue
        if "aspect" not in groups or groups - {"aspect", "result_set"}:
            do = "Name the group (?P<aspect>…), and if captions hold it (?P<result_set>…)."
            yield _problem(f"{path}.{key}", "Its named groups are not aspect and result_set.", do)


def _field_rule(name: str, table: _FieldTable) -> FieldRule:
    return FieldRule(name, tuple(table.columns), table.converter, table.required, table.may_be_empty, table.description)


def _aspect_columns(table: _AspectTable | None) -> AspectColumns | None:
    if table is None:
        return None
    dates = None if table.date_pattern is None else re.compile(table.date_pattern, re.IGNORECASE)
    return AspectColumns(re.compile(table.pattern, re.IGNORECASE), table.caption, dates, table.result_set)


def _problem(path: str, what: str, do: str) -> ConfigProblem:
    return ConfigProblem(path, what, do)
