"""Which report must an admin build in SIMS for each kind, and what do the mappings make of it?

A report definition cannot be generated (SIMS §1), so captions and permissions are told: on screen by `reports show`,
and in docs/mappings.md, which a test holds equal to `mapping_docs`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from sims_sync.converters import CONVERTERS
from sims_sync.mapping_fields import CONTENT_FIELDS, ID_FIELDS, spec_of
from sims_sync.mapping_rules import FieldRule, MappingRules, packaged_mapping, packaged_mappings
from sims_sync.records import Kind

PRIMARY_MAPPINGS = {
    Kind.STUDENTS: "sims_students",
    Kind.STAFF: "sims_staff",
    Kind.TUTOR_GROUPS: "sims_tutor_groups",
    Kind.RESULTS: "sims_results",
    Kind.MENTORING_ENTRIES: "sims_mentoring_entries",
    Kind.PROFORMAS: "proforma",
}

_INTRODUCTION = """\
# Mappings: which columns fill which fields

<!-- Written from mappings/*.toml: change those, then write this page anew. A test holds both equal. -->

A mapping says which columns of a report fill which fields. Build each report in SIMS with the captions below: the
first caption of each row is the one to use, and the others are understood as well. Capitals, blanks, underscores,
hyphens and dots make no difference: `Legal Surname`, `legal_surname` and `LegalSurname` are one. Where several captions
of one field occur, the first that a row fills counts. A caption may occur only once in a report, and every other column
should be left out: nothing of it is kept. A file of the same name in the school's own mappings folder is used instead
of ours; `sims-sync mapping suggest FILE` proposes one for an unknown export.

SIMS leaves out columns that its user may not see, without a word. So a required column that occurs nowhere stops the
read, names the column and the permission, and nothing is changed.
"""
_COLUMNS = """\
*Needed*: **yes**: the column must occur, and a row without a value is held; **column**: the column must occur, but a
row may be empty; **one of**: at least one of these columns must occur, and each row must fill one; **no**: optional.

*Bad value*, one that cannot be read: the row is **held** in quarantine, or the value is **dropped** with a note. A row
is held for an optional value too where a tutor could be named wrongly without it. **any**: every text can be read.
"""
_UNPROVEN = "**Unproven**: reports of this shape are read as described, but no school's own file has been tried yet."


class Need(StrEnum):
    """How much a column is needed; the values are those of the tables."""

    YES = "yes"
    COLUMN = "column"
    ONE_OF = "one of"
    OPTIONAL = "no"


@dataclass(frozen=True, slots=True)
class ReportColumn:
    """One column of the report to build. `also_known` are further captions that are understood."""

    field: str
    caption: str
    also_known: tuple[str, ...]
    need: Need
    description: str

    @property
    def required(self) -> bool:
        """Whether the read stops where the column occurs nowhere (of those with `ONE_OF`, all of them)."""
        return self.need is not Need.OPTIONAL


@dataclass(frozen=True, slots=True)
class ReportAdvice:
    """The report an admin builds for one mapping.

    `aspect_caption`: an example of the caption of a one-column-per-aspect report, else None. `alternatives`: the other
    packaged mappings of the kind. `unproven`: a sentence where no school's own file was tried, else empty.
    """

    kind: Kind
    mapping: str
    menu_path: str
    permissions: str
    notes: str
    columns: tuple[ReportColumn, ...]
    aspect_caption: str | None
    alternatives: tuple[str, ...]
    unproven: str

    @property
    def captions(self) -> tuple[str, ...]:
        """The captions to use, in field order."""
        return tuple(column.caption for column in self.columns)

    @property
    def required_captions(self) -> tuple[str, ...]:
        """Those without which the read stops; of the ids one is enough."""
        return tuple(column.caption for column in self.columns if column.required)


def report_advice(kind: Kind, rules: MappingRules | None = None) -> ReportAdvice:
    """What to build in SIMS for `kind`: for the school's own mapping `rules`, else for the kind's packaged one."""
    rules = rules or packaged_mapping(PRIMARY_MAPPINGS[kind])
    others = (name for name in packaged_mappings() if name != rules.name and packaged_mapping(name).kind is kind)
    has_aspects = kind in {Kind.RESULTS, Kind.MENTORING_ENTRIES}
    return ReportAdvice(
        kind=kind,
        mapping=rules.name,
        menu_path=rules.report.menu_path,
        permissions=rules.report.permissions,
        notes=rules.report.notes,
        columns=tuple(
            ReportColumn(rule.name, rule.caption, rule.columns[1:], _need(rules, rule), rule.description)
            for rule in rules.fields
        ),
        aspect_caption=rules.aspect_columns.caption if rules.aspect_columns else None,
        alternatives=tuple(others),
        unproven=_UNPROVEN.replace("*", "") if has_aspects else "",
    )


def mapping_docs() -> str:
    """The text of docs/mappings.md: every packaged mapping, then the converters."""
    parts = [_INTRODUCTION, _COLUMNS]
    first = list(PRIMARY_MAPPINGS.values())
    names = sorted(packaged_mappings(), key=lambda name: (_place(name, first), name))
    parts.extend("\n".join(_mapping_lines(packaged_mapping(name))) + "\n" for name in names)
    parts.append("\n".join(_converter_lines()) + "\n")
    return "\n".join(parts)


def _place(name: str, first: list[str]) -> int:
    return first.index(PRIMARY_MAPPINGS[packaged_mapping(name).kind])


def _need(rules: MappingRules, rule: FieldRule) -> Need:
    if rule.name in ID_FIELDS[rules.kind]:
        return Need.ONE_OF
    if not rule.required:
        return Need.OPTIONAL
    return Need.COLUMN if rule.may_be_empty else Need.YES


def _mapping_lines(rules: MappingRules) -> Iterator[str]:
    advice = report_advice(rules.kind, rules)
    yield from (f"## {rules.name}", "", f"Kind `{rules.kind}`. {rules.description}", "")
    if advice.unproven:
        yield from (_UNPROVEN, "")
    yield from (f"- **Where**: {advice.menu_path}.", f"- **Permissions**: {advice.permissions}")
    if advice.notes:
        yield f"- **Heed**: {advice.notes}"
    if advice.aspect_caption is not None:
        yield f"- **Aspect columns**: captioned like `{advice.aspect_caption}`."
    content = CONTENT_FIELDS.get(rules.kind, ())
    if content:
        shown = "no aspect column" if rules.aspect_columns else f"none of {', '.join(f'`{name}`' for name in content)}"
        yield f"- A row that fills {shown} says nothing: it yields no record and is not held."
    yield from ("", "| field | caption | also understood | reads | needed | bad value | what for |")
    yield "|---|---|---|---|---|---|---|"
    for column in advice.columns:
        rule = rules.field(column.field)
        if rule is not None:
            yield _field_line(rules, rule, column)


def _field_line(rules: MappingRules, rule: FieldRule, column: ReportColumn) -> str:
    spec = spec_of(rules.kind, rule.name)
    bad = "held" if rule.required or (spec is not None and spec.holds_if_bad) else "dropped"
    if rule.converter in {"text", "code", "admission_number", "enrolment"}:
        bad = "any"
    also = ", ".join(column.also_known) or "none"
    cells = (f"`{rule.name}`", column.caption, also, f"`{rule.converter}`", column.need, bad, rule.description)
    return f"| {' | '.join(cells)} |"


def _converter_lines() -> Iterator[str]:
    yield from ("## How values are read", "", "| converter | what it reads |", "|---|---|")
    for name, converter in CONVERTERS.items():
        text = " ".join((converter.__doc__ or "").split("Raises:")[0].split())
        yield f"| `{name}` | {text.replace('|', chr(92) + '|')} |"
