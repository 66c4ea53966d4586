"""What may an unknown export be, and which of its columns fill which fields?

Known captions first; then, for columns and fields that are left, how values look and how near captions are. A
suggestion holds captions, never a value. Columns that must not be read (DOMAIN §8) are never suggested.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from sims_sync.connector import Row
from sims_sync.converters import tidy
from sims_sync.mapping_fields import ID_FIELDS
from sims_sync.mapping_hints import FieldMatch, Sureness, hint, share
from sims_sync.mapping_rules import (
    FieldRule,
    MappingRules,
    is_sensitive,
    normalise_caption,
    packaged_mapping,
    packaged_mappings,
    parse_mapping,
)
from sims_sync.mapping_toml import mapping_toml
from sims_sync.records import Kind
from sims_sync.row_shapes import columns_of

__all__ = ["FieldMatch", "Suggestion", "Sureness", "guess_kind", "suggest"]

HALF = 0.5
COMMENT_WORDS = 3  # DOMAIN rule 15: what a target has at least
SUGGESTED = "suggested"

# When two mappings understand a file equally well, the more particular one comes first.
_PREFERENCE = (
    Kind.PROFORMAS,
    Kind.MENTORING_ENTRIES,
    Kind.RESULTS,
    Kind.STUDENTS,
    Kind.TUTOR_GROUPS,
    Kind.STAFF,
)
_OTHER_SYSTEMS = ("oneroster_", "wonde_")  # a file is first taken for a report of SIMS itself
_MENTORING = re.compile(r"mentor|target|review", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What a file was taken for.

    `kind` None: nothing fits; then `base` and `rules` are None and `toml` is empty. `base` is the packaged mapping it
    starts from. `matches` are in field order, `aspect_columns` and `unknown_columns` in the file's. `missing`: required
    fields that no column fills (the ids count as one). `toml` is a whole mapping file and gives `rules`.
    """

    kind: Kind | None
    base: str | None
    matches: tuple[FieldMatch, ...]
    aspect_columns: tuple[str, ...]
    unknown_columns: tuple[str, ...]
    missing: tuple[FieldRule, ...]
    toml: str
    rules: MappingRules | None


@dataclass(frozen=True, slots=True)
class _Understanding:
    """What one packaged mapping knows of the columns, by their captions alone. `matches` in its order, by field."""

    rules: MappingRules
    matches: Mapping[str, Sequence[FieldMatch]]
    aspects: tuple[str, ...]
    left: tuple[str, ...]

    @property
    def share_met(self) -> float:
        """Which part of what the mapping requires is there. Without an aspect column that shape is out of question."""
        by_aspect = self.rules.aspect_columns is not None
        if by_aspect and not self.aspects:
            return 0.0
        needed = len(_missing(self.rules, {})) + by_aspect
        return 1 - len(_missing(self.rules, self.matches)) / needed

    def fits_content(self, *, comments: bool) -> bool:
        """Grades and comments come under the same captions: only what the rows hold tells them apart."""
        if self.rules.aspect_columns is None and self.rules.kind is Kind.MENTORING_ENTRIES:
            return comments
        return not (comments and self.rules.kind is Kind.RESULTS)

    @property
    def is_particular(self) -> bool:
        """Has what no list of people has, so that it is none, however much of a person each row tells."""
        whole = self.share_met == 1.0
        return whole and (self.rules.field("aspect") is not None or self.rules.kind is Kind.MENTORING_ENTRIES)

    def worth(self, *, comments: bool) -> tuple[bool, bool, bool, int, float, int]:
        """Sorts the mappings: the greatest fits best."""
        return (
            self.share_met > HALF,
            self.is_particular,
            self.fits_content(comments=comments),
            len(self.matches),
            self.share_met,
            -_PREFERENCE.index(self.rules.kind),
        )


def guess_kind(columns: Sequence[str], sample_rows: Sequence[Row]) -> Kind | None:
    """What a file with these columns and first rows probably holds; None where no mapping finds half of its needs."""
    best = _best(columns, _samples(sample_rows), None)
    return best.rules.kind if best else None


def suggest(columns: Sequence[str], sample_rows: Sequence[Row], kind: Kind | None = None) -> Suggestion:
    """A mapping for a file with these columns and first rows, starting from the packaged one that fits best.

    `kind` says what the file holds, where that is known.
    """
    samples = _samples(sample_rows)
    best = _best(columns, samples, kind)
    if best is None:
        return Suggestion(None, None, (), (), tuple(columns), (), "", None)
    base = best.rules
    matches = {**best.matches, **_hints(best, samples)}
    ordered = tuple(match for rule in base.fields for match in matches.get(rule.name, ()))
    understood = {match.column for match in ordered}.union(best.aspects)
    unknown = tuple(column for column in columns if column not in understood)
    toml = mapping_toml(base, _fields_with(base, matches), _remarks(ordered), unknown)
    return Suggestion(
        kind=base.kind,
        base=base.name,
        matches=ordered,
        aspect_columns=best.aspects,
        unknown_columns=unknown,
        missing=_missing(base, matches),
        toml=toml,
        rules=parse_mapping(SUGGESTED, toml, shown=SUGGESTED),
    )


def _best(columns: Sequence[str], samples: Mapping[str, Sequence[str]], kind: Kind | None) -> _Understanding | None:
    names = sorted(packaged_mappings(), key=lambda name: name.startswith(_OTHER_SYSTEMS))
    mappings = [packaged_mapping(name) for name in names]
    candidates = [_understand(rules, columns) for rules in mappings if kind in {None, rules.kind}]
    comments = _holds_comments(samples)
    best = max(candidates, key=lambda each: each.worth(comments=comments))
    return best if kind is not None or best.share_met > HALF else None


def _understand(rules: MappingRules, columns: Sequence[str]) -> _Understanding:
    matches: dict[str, list[FieldMatch]] = {}
    for rule in rules.fields:
        for column in columns_of(rule, columns):
            match = FieldMatch(rule.name, column, Sureness.CERTAIN, "a caption that SIMS uses")
            matches.setdefault(rule.name, []).append(match)
    taken = {match.column for known in matches.values() for match in known}
    left = [column for column in columns if column not in taken]
    aspects = tuple(column for column in left if _is_aspect(rules, column))
    return _Understanding(rules, matches, aspects, tuple(column for column in left if column not in aspects))


def _is_aspect(rules: MappingRules, column: str) -> bool:
    aspects = rules.aspect_columns
    if aspects is None or is_sensitive(column):
        return False
    patterns = (aspects.pattern, aspects.date_pattern)
    return any(pattern.fullmatch(column) for pattern in patterns if pattern is not None)


def _hints(best: _Understanding, samples: Mapping[str, Sequence[str]]) -> dict[str, list[FieldMatch]]:
    hints: dict[str, list[FieldMatch]] = {}
    for column in best.left:
        open_fields = [rule for rule in best.rules.fields if rule.name not in best.matches and rule.name not in hints]
        match = hint(open_fields, column, samples.get(column, ())) if open_fields else None
        if match is not None:
            hints[match.field] = [match]
    return hints


def _samples(rows: Sequence[Row]) -> dict[str, list[str]]:
    samples: dict[str, list[str]] = {}
    for row in rows:
        for column, text in row.values.items():
            if "\0" not in text and (tidied := tidy(text)):
                samples.setdefault(column, []).append(tidied)
    return samples


def _holds_comments(samples: Mapping[str, Sequence[str]]) -> bool:
    """Whether long rows hold what tutors typed rather than grades: the aspects' names say so, or they are sentences."""
    aspects = _values_of("aspect", samples)
    texts = _values_of("text", samples)
    named = share(aspects, lambda name: _MENTORING.search(name) is not None)
    return named > HALF or share(texts, lambda text: len(text.split()) >= COMMENT_WORDS) > HALF


def _values_of(field: str, samples: Mapping[str, Sequence[str]]) -> list[str]:
    rule = packaged_mapping("sims_mentoring_entries").field(field)
    captions = {normalise_caption(column) for column in rule.columns} if rule else set()
    return [text for column, texts in samples.items() if normalise_caption(column) in captions for text in texts]


def _missing(rules: MappingRules, found: Mapping[str, object]) -> tuple[FieldRule, ...]:
    ids = ID_FIELDS[rules.kind]
    missing = [rule for rule in rules.fields if rule.required and rule.name not in found and rule.name not in ids]
    mapped_ids = [rule for rule in rules.fields if rule.name in ids]
    if mapped_ids and not any(rule.name in found for rule in mapped_ids):
        missing.insert(0, mapped_ids[0])
    return tuple(missing)


def _fields_with(rules: MappingRules, matches: Mapping[str, Sequence[FieldMatch]]) -> tuple[FieldRule, ...]:
    """The fields of `rules`, with the file's own captions before the others."""
    fields: list[FieldRule] = []
    for rule in rules.fields:
        own = [match.column for match in matches.get(rule.name, ())]
        captions = {normalise_caption(column) for column in own}
        others = [column for column in rule.columns if normalise_caption(column) not in captions]
        fields.append(replace(rule, columns=(*own, *others)))
    return tuple(fields)


def _remarks(matches: Sequence[FieldMatch]) -> dict[str, str]:
    return {match.field: f"{match.sureness}: {match.why}" for match in matches}
