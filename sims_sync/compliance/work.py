"""What was recorded for each student in a half term, in counts: interviews, targets set, reviews by outcome?"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from sims_sync.compliance.entries import HalfTerms, attribute, is_qualifying_interview, qualifies, text_passes
from sims_sync.compliance.facts import Assessment, StudentLine
from sims_sync.records import Entry, EntryKind, EntryState, Review
from sims_sync.school_year import SchoolYear


@dataclass(frozen=True, slots=True)
class Work:
    """How many targets were set, and how many earlier ones reviewed by outcome ("" = not stated, rule 14a).

    `interviewed`: whether there was a qualifying interview. Counts only: no text.
    """

    targets: int = 0
    outcomes: Mapping[str, int] = field(default_factory=dict)
    interviewed: bool = False

    @property
    def reviews(self) -> int:
        """How many reviews were made."""
        return sum(self.outcomes.values())


WorkByStudent = Mapping[str, Work]


def work_by_student(assessment: Assessment, entries: Iterable[Entry], year: SchoolYear) -> WorkByStudent:
    """Student id → what counts (rules 14, 15) of the submitted entries that the half term owns (rule 3).

    Of the students in its lines, and recorded by the moment of the figures. Whoever has none is not in it.
    """
    known, half_terms = lines_by_student(assessment), HalfTerms(year)
    by_student: dict[str, list[Entry]] = defaultdict(list)
    for entry in entries:
        if entry.state is EntryState.SUBMITTED and entry.student_id in known:
            by_student[entry.student_id].append(entry)
    found: dict[str, Work] = {}
    for student, one_students in by_student.items():
        owned = [
            each.entry
            for each in attribute(one_students, half_terms)
            if each.half_term == assessment.half_term and each.entry.recorded_at <= assessment.moment
        ]
        if owned:
            found[student] = work_in(owned)
    return found


def work_in(entries: Iterable[Entry]) -> Work:
    """What these entries hold that counts: targets whose text passes, reviews that qualify."""
    targets, outcomes, interviewed = 0, defaultdict[str, int](int), False
    for entry in entries:
        interviewed = interviewed or is_qualifying_interview(entry)
        if entry.kind is EntryKind.INTERVIEW:
            targets += sum(text_passes(target.text) for target in entry.targets)
        for review in entry.reviews:
            if _counts(entry, review):
                outcomes[(review.outcome or "").strip().casefold()] += 1
    return Work(targets, dict(outcomes), interviewed)


def together(works: Sequence[Work]) -> Work:
    """Several students' as one."""
    outcomes: dict[str, int] = defaultdict(int)
    for each in works:
        for outcome, number in each.outcomes.items():
            outcomes[outcome] += number
    return Work(sum(each.targets for each in works), dict(outcomes), any(each.interviewed for each in works))


def lines_by_student(assessment: Assessment) -> Mapping[str, StudentLine]:
    """Each student's line, by student id."""
    return {line.student_id: line for line in assessment.lines}


def _counts(entry: Entry, review: Review) -> bool:
    return qualifies(replace(entry, targets=(), no_target_reason=None, reviews=(review,)))
