"""How is a half term kept as it was: its figures, each student's group, house, year and tutors, as plain JSON?"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import TypeAdapter

from sims_sync.compliance.facts import (
    Assessment,
    GroupFigures,
    HoldReason,
    ReadFacts,
    SchoolFacts,
    Status,
    StudentClass,
)
from sims_sync.compliance.roll import Roll
from sims_sync.compliance.status import History
from sims_sync.compliance.viewpoint import look_at
from sims_sync.compliance.work import WorkByStudent, work_by_student
from sims_sync.school_year import HalfTermId

# In these classes a student may become outstanding without a doubt: so already, or by a person's decision (rule 11).
_OUTSTANDING_OR_DECIDED = frozenset(
    {StudentClass.OUTSTANDING, StudentClass.EXEMPT, StudentClass.EXCUSED, StudentClass.AWAITING_DECISION}
)


@dataclass(frozen=True, slots=True)
class Restated:
    """Who restated a snapshot, and why; when is the moment it was stored (DOMAIN rule 17)."""

    who: str
    why: str


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One half term's figures on one occasion, with what later reads may change (DOMAIN rule 27).

    The lines of `assessment` say each student's class, labels, group, house and NC year. `tutors`: student id → the
    staff ids of the main tutors of their group at D, named or not. `staff`: staff id → the name as shown then. No
    student's name is in it. `reads`: what the figures rest on. `doubts`: what the accusation guard found (rule 8a):
    as long as they stand, the figures name nobody. `restated`: None = the first version. `work`: what was recorded by
    then, in counts, so that nothing done to an entry later moves it; None = an earlier release did not keep it.
    """

    assessment: Assessment
    tutors: Mapping[str, tuple[str, ...]]
    staff: Mapping[str, str]
    reads: tuple[ReadFacts, ...] = ()
    doubts: tuple[HoldReason, ...] = ()
    restated: Restated | None = None
    work: WorkByStudent | None = None
    form: Literal[1] = 1  # another number where a content of today could no longer be read as it is


_SNAPSHOT = TypeAdapter(Snapshot)


def snapshot_of(
    assessment: Assessment,
    facts: SchoolFacts,
    reads: Iterable[ReadFacts],
    doubts: Iterable[HoldReason] = (),
    restated: Restated | None = None,
) -> Snapshot:
    """The snapshot of an assessment of these facts."""
    tutors = _tutors_then(assessment, facts)
    kept = {person for held in tutors.values() for person in held}
    kept |= {head for house in assessment.houses for head in house.heads}
    kept |= {tutor for group in assessment.groups for tutor in group.tutors}
    staff = {person.staff_id: person.shown for person in facts.staff if person.staff_id in kept}
    work = work_by_student(assessment, facts.entries, facts.school_year)
    return Snapshot(assessment, tutors, staff, tuple(reads), tuple(doubts), restated, work)


def to_json(snapshot: Snapshot) -> dict[str, Any]:
    """Plain values for a JSON column; `from_json` gives the equal snapshot back."""
    content: dict[str, Any] = _SNAPSHOT.dump_python(snapshot, mode="json")
    return content


def from_json(content: Mapping[str, Any]) -> Snapshot:
    """The snapshot in a JSON column.

    Raises:
        ValueError: it is no snapshot of a form known here.
    """
    return _SNAPSHOT.validate_python(content)


def closing_history(closings: Iterable[Snapshot], assessed: Iterable[HalfTermId]) -> History:
    """Each group's statuses at closing, oldest first, from one snapshot per half term (DOMAIN rule 21).

    `assessed`: the half terms that have figures at all, oldest first. None where the group was covered or away. Where
    one of them has no snapshot, or the guard doubted it, nobody knows who was complete then: no row goes on across it.
    """
    known = {closing.assessment.half_term: closing for closing in closings if not closing.doubts}
    found: dict[str, list[tuple[HalfTermId, Status | None]]] = defaultdict(list)
    for half_term in assessed:
        if half_term not in known:
            found.clear()
            continue
        for group in known[half_term].assessment.groups:
            found[group.group].append((half_term, group.status if group.flagged else None))
    return found


def restatement_doubts(before: Snapshot, after: Snapshot) -> tuple[HoldReason, ...]:
    """Where a restatement would name somebody only because lists and roles are others today: a person looks first."""
    then = {group.group: set(group.tutors) for group in before.assessment.groups}
    groups = [group.group for group in after.assessment.groups if set(group.tutors) - then.get(group.group, set())]
    expected = {line.student_id for line in before.assessment.lines if line.student_class in _OUTSTANDING_OR_DECIDED}
    outstanding = {line.student_id for line in after.assessment.lines if line.student_class is StudentClass.OUTSTANDING}
    return (*_other_tutors(groups), *_newly_outstanding(len(outstanding - expected)))


def changes(before: Assessment, after: Assessment) -> tuple[str, ...]:
    """What a restatement changed, a sentence per tutor group, by name: counts and status, no student."""
    old, new = _by_name(before), _by_name(after)
    told = [(name, _shown(old.get(name)), _shown(new.get(name))) for name in sorted({*old, *new})]
    return tuple(f"{name}: {was} → {now}" for name, was, now in told if was != now)


def _other_tutors(groups: Sequence[str]) -> Iterable[HoldReason]:
    if groups:
        what = f"A tutor would be named whom the snapshot did not name: {', '.join(sorted(groups))}."
        do = "Give the tutor's role its first day (SIMS, roles.csv), or release."
        yield HoldReason("other-tutors", what, do, releasable=True)


def _newly_outstanding(count: int) -> Iterable[HoldReason]:
    if count:
        what = f"Students who are outstanding now, were not in the snapshot, and by nobody's decision: {count}."
        yield HoldReason("newly-outstanding", what, "Find out what was true then, or release.", releasable=True)


def _tutors_then(assessment: Assessment, facts: SchoolFacts) -> dict[str, tuple[str, ...]]:
    view = look_at(facts, assessment.half_term, assessment.occasion, assessment.moment)
    if view is None:
        return {}
    roll = Roll(facts, view)
    return {line.student_id: roll.tutors(line.group) if line.group else () for line in assessment.lines}


def _by_name(assessment: Assessment) -> dict[str, GroupFigures]:
    return {group.group: group for group in assessment.groups}


def _shown(group: GroupFigures | None) -> str:
    return "no row" if group is None else f"{group.done} of {group.due}, {group.status}"
