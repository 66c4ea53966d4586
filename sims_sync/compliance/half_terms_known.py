"""What is known of each half term of an academic year: figures, or the word that stands in their place?"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from sims_sync.compliance.entries import HalfTerms, attribute, qualifies, text_passes
from sims_sync.compliance.facts import Assessment, HoldReason, StudentLine
from sims_sync.compliance.snapshot_form import Snapshot
from sims_sync.records import Entry, EntryKind, EntryState, Review
from sims_sync.school_year import HalfTermId, SchoolYear


class Standing(StrEnum):
    """Whether a half term has figures; the value is the word shown where it has none."""

    FIGURES = "figures"
    NOT_YET = "not yet"  # it has not begun, or lies after the one that was asked for
    NOT_ASSESSED = "not assessed"  # rule 4: too few school days
    BEFORE_PROGRAMME = "before the programme"  # rule 8b
    HELD = "held"  # rules 8, 8a: nobody is named, nothing counted
    NOT_KEPT = "no snapshot"  # it is over, and no closing snapshot was taken


@dataclass(frozen=True, slots=True)
class HalfTermKnown:
    """One half term. `assessment` only where `standing` is FIGURES.

    `closing`: the newest version of its closing snapshot, None = computed live or not at all. `version`: 1 = as closed,
    2 and on = restated. `held`: why it is held. `entries`: the submitted entries it owns, recorded by the moment of its
    figures, of the students in their lines.
    """

    half_term: HalfTermId
    standing: Standing
    assessment: Assessment | None = None
    closing: Snapshot | None = None
    version: int = 0
    held: tuple[HoldReason, ...] = ()
    entries: tuple[Entry, ...] = ()

    @property
    def restated(self) -> bool:
        """Whether the figures are those of a restatement (rule 17)."""
        return self.version > 1

    @property
    def closed(self) -> bool:
        """Whether the figures are those at closing, as they were kept."""
        return self.closing is not None


def from_closing(half_term: HalfTermId, closing: Snapshot, version: int) -> HalfTermKnown:
    """A half term as its closing snapshot has it; where the guard doubted that, held (rule 8a)."""
    if closing.doubts:
        return HalfTermKnown(half_term, Standing.HELD, version=version, held=closing.doubts)
    return HalfTermKnown(half_term, Standing.FIGURES, closing.assessment, closing, version)


def from_live(assessment: Assessment, held: tuple[HoldReason, ...]) -> HalfTermKnown:
    """The current half term, through the gate (rule 8)."""
    if assessment.not_assessed is not None:
        return HalfTermKnown(assessment.half_term, Standing.NOT_ASSESSED)
    if held:
        return HalfTermKnown(assessment.half_term, Standing.HELD, held=held)
    return HalfTermKnown(assessment.half_term, Standing.FIGURES, assessment)


def with_entries(known: Iterable[HalfTermKnown], entries: Iterable[Entry], year: SchoolYear) -> list[HalfTermKnown]:
    """Each half term with its own entries, for the counts that a snapshot does not hold (targets set, reviews made).

    They are read from the entries as stored today: those that the half term owns (rule 3), submitted, recorded by the
    moment of the figures, of students who stood in its lines. So what is typed after closing moves no closed count
    (once a read has shown that SIMS did not hold it, rule 14a); an entry withdrawn, corrected or purged since does.
    """
    owned = _owned(entries, year)
    return [replace(each, entries=_of_lines(each.assessment, owned.get(each.half_term, ()))) for each in known]


@dataclass(frozen=True, slots=True)
class Work:
    """How many targets were set, and how many earlier ones reviewed, by outcome ("" = not stated, rule 14a)."""

    targets: int = 0
    outcomes: Mapping[str, int] | None = None

    @property
    def reviews(self) -> int:
        """How many reviews were made."""
        return sum((self.outcomes or {}).values())


def work_in(entries: Iterable[Entry]) -> Work:
    """What these entries hold that counts (rules 14, 15): targets whose text passes, reviews that qualify."""
    targets, outcomes = 0, defaultdict[str, int](int)
    for entry in entries:
        if entry.kind is EntryKind.INTERVIEW:
            targets += sum(text_passes(target.text) for target in entry.targets)
        for review in entry.reviews:
            if _counts(entry, review):
                outcomes[(review.outcome or "").strip().casefold()] += 1
    return Work(targets, dict(outcomes))


def lines_by_student(assessment: Assessment) -> Mapping[str, StudentLine]:
    """Each student's line, by student id."""
    return {line.student_id: line for line in assessment.lines}


def _counts(entry: Entry, review: Review) -> bool:
    return qualifies(replace(entry, targets=(), no_target_reason=None, reviews=(review,)))


def _owned(entries: Iterable[Entry], year: SchoolYear) -> Mapping[HalfTermId, Sequence[Entry]]:
    by_student: dict[str, list[Entry]] = defaultdict(list)
    for entry in entries:
        if entry.state is EntryState.SUBMITTED:
            by_student[entry.student_id].append(entry)
    half_terms = HalfTerms(year)
    owned: dict[HalfTermId, list[Entry]] = defaultdict(list)
    for one_students in by_student.values():
        for each in attribute(one_students, half_terms):
            if each.half_term is not None:
                owned[each.half_term].append(each.entry)
    return owned


def _of_lines(assessment: Assessment | None, entries: Iterable[Entry]) -> tuple[Entry, ...]:
    if assessment is None:
        return ()
    known, moment = lines_by_student(assessment), assessment.moment
    return tuple(entry for entry in entries if entry.student_id in known and _by(entry, moment))


def _by(entry: Entry, moment: datetime) -> bool:
    return entry.recorded_at <= moment
