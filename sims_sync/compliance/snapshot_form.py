"""How is a half term kept as it was: its figures, each student's group, house, year and tutors, as plain JSON?"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter

from sims_sync.compliance.facts import Assessment, GroupFigures, HoldReason, ReadFacts, SchoolFacts, Status
from sims_sync.compliance.roll import Roll
from sims_sync.compliance.status import History
from sims_sync.compliance.viewpoint import look_at
from sims_sync.school_year import HalfTermId

FORM = 1  # raise it when an older content can no longer be read as it is


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
    as long as they stand, the figures name nobody. `restated`: None = the first version.
    """

    assessment: Assessment
    tutors: Mapping[str, tuple[str, ...]]
    staff: Mapping[str, str]
    reads: tuple[ReadFacts, ...] = ()
    doubts: tuple[HoldReason, ...] = ()
    restated: Restated | None = None
    form: int = FORM


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
    return Snapshot(assessment, tutors, staff, tuple(reads), tuple(doubts), restated)


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


def closing_history(closings: Iterable[Snapshot]) -> History:
    """Each group's statuses at closing, oldest first, from one snapshot per half term (DOMAIN rule 21).

    None where the group was covered or away, and where the guard doubted the figures: they accuse nobody later either.
    """
    found: dict[str, list[tuple[HalfTermId, Status | None]]] = defaultdict(list)
    for closing in sorted(closings, key=lambda each: each.assessment.half_term):
        for group in closing.assessment.groups:
            counts = group.flagged and not closing.doubts
            found[group.group].append((closing.assessment.half_term, group.status if counts else None))
    return found


def changes(before: Assessment, after: Assessment) -> tuple[str, ...]:
    """What a restatement changed, a sentence per tutor group, by name: counts and status, no student."""
    old, new = _by_name(before), _by_name(after)
    told = [(name, _shown(old.get(name)), _shown(new.get(name))) for name in sorted({*old, *new})]
    return tuple(f"{name}: {was} → {now}" for name, was, now in told if was != now)


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
