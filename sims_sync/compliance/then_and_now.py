"""What did a snapshot say of a group, and what would be said of that moment from what is known today (rule 17)?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sims_sync.compliance.facts import Assessment, GroupFigures, Occasion, StudentClass, StudentLine
from sims_sync.compliance.roll import fold
from sims_sync.compliance.snapshot_form import Snapshot
from sims_sync.compliance.status import FOLLOW_UP


@dataclass(frozen=True, slots=True)
class Difference:
    """One student's class then and now; None = not in the population, or in another group."""

    student_id: str
    then: StudentClass | None
    now: StudentClass | None


@dataclass(frozen=True, slots=True)
class ThenAndNow:
    """One version of one snapshot, for one tutor group.

    `row` None = the group had no row. `named`: staff id → name as shown then, of those the row named; empty where the
    snapshot is `in_doubt` (rule 8a). `row_now` and `differences` compare it with today's knowledge of the same moment;
    `withheld` says why there is no such comparison, "" = there is.
    """

    occasion: Occasion
    version: int
    taken_at: datetime
    row: GroupFigures | None
    named: Mapping[str, str]
    in_doubt: bool
    restated_by: str
    restated_why: str
    row_now: GroupFigures | None = None
    differences: tuple[Difference, ...] = ()
    withheld: str = ""

    def accused(self, staff_id: str) -> bool:
        """Whether this version names the person as needing a follow-up."""
        return staff_id in self.named and self.row is not None and self.row.status in FOLLOW_UP

    def cleared_since(self, staff_id: str) -> bool:
        """Whether today's knowledge of the same moment no longer names them so: a restatement is due."""
        if not self.accused(staff_id) or self.withheld:
            return False
        now = self.row_now
        return now is None or staff_id not in now.tutors or now.status not in FOLLOW_UP


@dataclass(frozen=True, slots=True)
class Kept:
    """A stored version: which, and when it was written (aware)."""

    version: int
    taken_at: datetime
    content: Snapshot


def then_and_now(
    kept: Sequence[Kept], group: str, today: Assessment | None, withheld: str = ""
) -> tuple[ThenAndNow, ...]:
    """Every version of one snapshot as it was for `group`, each compared with the same moment assessed anew `today`."""
    return tuple(_compared(each, group, today, withheld) for each in kept)


def groups_then(kept: Sequence[Kept], staff_id: str) -> tuple[str, ...]:
    """The groups whose row named the person, in any version."""
    found = (group for each in kept for group in each.content.assessment.groups if staff_id in group.tutors)
    return tuple(dict.fromkeys(group.group for group in found))


def _compared(kept: Kept, group: str, today: Assessment | None, withheld: str) -> ThenAndNow:
    content = kept.content
    row = _row(content.assessment, group)
    tutors = () if row is None or content.doubts else row.tutors
    return ThenAndNow(
        occasion=content.assessment.occasion,
        version=kept.version,
        taken_at=kept.taken_at,
        row=row,
        named={person: content.staff.get(person, person) for person in tutors},
        in_doubt=bool(content.doubts),
        restated_by=content.restated.who if content.restated else "",
        restated_why=content.restated.why if content.restated else "",
        row_now=_row(today, group) if today else None,
        differences=_differences(content.assessment, today, group) if today else (),
        withheld=withheld if today is None else "",
    )


def _row(assessment: Assessment, group: str) -> GroupFigures | None:
    return next((each for each in assessment.groups if fold(each.group) == fold(group)), None)


def _differences(before: Assessment, after: Assessment, group: str) -> tuple[Difference, ...]:
    old, new = _classes(before.lines, group), _classes(after.lines, group)
    everyone = dict.fromkeys((*old, *new))
    found = (Difference(student_id, old.get(student_id), new.get(student_id)) for student_id in everyone)
    return tuple(each for each in found if each.then is not each.now)


def _classes(lines: Sequence[StudentLine], group: str) -> dict[str, StudentClass]:
    return {line.student_id: line.student_class for line in lines if line.group and fold(line.group) == fold(group)}
