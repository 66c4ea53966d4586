"""What is known of each half term of an academic year: figures, or the word that stands in their place?"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from sims_sync.compliance.facts import Assessment, HoldReason
from sims_sync.compliance.snapshot_form import Snapshot
from sims_sync.compliance.work import WorkByStudent, work_by_student
from sims_sync.records import Entry
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
    2 and on = restated. `held`: why it is held. `work`: what was recorded for the students in its lines by the
    moment of its figures; None = an earlier release did not keep it at closing.
    """

    half_term: HalfTermId
    standing: Standing
    assessment: Assessment | None = None
    closing: Snapshot | None = None
    version: int = 0
    held: tuple[HoldReason, ...] = ()
    work: WorkByStudent | None = field(default_factory=dict)

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


def with_work(known: Iterable[HalfTermKnown], entries: Iterable[Entry], year: SchoolYear) -> list[HalfTermKnown]:
    """Each half term with what was recorded in it: a closed one as kept at closing, the current one as stored now."""
    stored = tuple(entries)
    return [replace(each, work=_work(each, stored, year)) for each in known]


def _work(known: HalfTermKnown, entries: Sequence[Entry], year: SchoolYear) -> WorkByStudent | None:
    if known.closing is not None:
        return known.closing.work
    return {} if known.assessment is None else work_by_student(known.assessment, entries, year)
