"""How is a mapping written as a TOML file that a person can read and change?"""

import json
from collections.abc import Iterator, Mapping, Sequence

from sims_sync.mapping_rules import FieldRule, MappingRules


def mapping_toml(
    base: MappingRules, fields: Sequence[FieldRule], remarks: Mapping[str, str], unknown_columns: Sequence[str]
) -> str:
    """The text of a mapping like `base` with `fields`; `load_mapping` reads it.

    `remarks` (by field) and the columns that no field uses become comments.
    """
    return "\n".join(_lines(base, fields, remarks, unknown_columns)) + "\n"


def _lines(
    base: MappingRules, fields: Sequence[FieldRule], remarks: Mapping[str, str], unknown_columns: Sequence[str]
) -> Iterator[str]:
    yield f"# Suggested, starting from the mapping {base.name}: read every line before you use it."
    if unknown_columns:
        yield f"# Columns that nothing uses: {', '.join(map(_quoted, unknown_columns))}"
    yield from ("version = 1", f"kind = {_quoted(base.kind)}", f"description = {_quoted(base.description)}", "")
    report = base.report
    yield from ("[report]", f"menu_path = {_quoted(report.menu_path)}", f"permissions = {_quoted(report.permissions)}")
    yield f"notes = {_quoted(report.notes)}"
    yield from _aspect_lines(base)
    for rule in fields:
        yield from _field_lines(rule, remarks.get(rule.name))


def _aspect_lines(base: MappingRules) -> Iterator[str]:
    aspects = base.aspect_columns
    if aspects is None:
        return
    yield from ("", "[aspect_columns]", f"pattern = {_quoted(aspects.pattern.pattern)}")
    if aspects.date_pattern is not None:
        yield f"date_pattern = {_quoted(aspects.date_pattern.pattern)}"
    yield f"caption = {_quoted(aspects.caption)}"
    if aspects.result_set is not None:
        yield f"result_set = {_quoted(aspects.result_set)}"


def _field_lines(rule: FieldRule, remark: str | None) -> Iterator[str]:
    yield ""
    if remark is not None:
        yield f"# {remark}"
    yield f"[fields.{rule.name}]"
    yield f"columns = [{', '.join(map(_quoted, rule.columns))}]"
    yield f"converter = {_quoted(rule.converter)}"
    if rule.required:
        yield "required = true"
    if rule.may_be_empty:
        yield "may_be_empty = true"
    yield f"description = {_quoted(rule.description)}"


def _quoted(text: str) -> str:
    """A TOML basic string: JSON's escapes are among TOML's, but for DEL, which JSON leaves as it is."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007F")
