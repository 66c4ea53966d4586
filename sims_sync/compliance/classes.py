"""In which class of DOMAIN rule 9 is each student, and why?"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache

from sims_sync.compliance.evidence import NO_EVIDENCE, Evidence, gather
from sims_sync.compliance.facts import (
    Excusal,
    Occasion,
    SchoolFacts,
    StudentClass,
    StudentFacts,
    StudentLine,
)
from sims_sync.compliance.roll import Roll, plain_year
from sims_sync.compliance.viewpoint import Viewpoint, look_at
from sims_sync.records import Entry
from sims_sync.school_year import HalfTermId, shown_day

LEAVER = "leaver"
LATE = "late"
BY_OTHER = "by other"
NOT_YET_IN_SIMS = "not yet in SIMS"
DRAFT_ONLY = "draft"
TOO_SHORT = "entry made, text too short"
NOT_ACCEPTED = "excusal not accepted"
# Left in doubt, a late entry of a student whose other entry is checked would lower the percentage.
_OPEN_UNTIL_CLOSING = frozenset({StudentClass.OUTSTANDING, StudentClass.BEING_CHECKED})


@dataclass(frozen=True, slots=True)
class Classified:
    """One student's line, with what figures need beside it.

    `holders`: the staff ids of the tutors to whom the student counts (rule 10). `own_house`: the student's house,
    which may differ from the group's.
    """

    line: StudentLine
    evidence: Evidence
    holders: tuple[str, ...] = ()
    own_house: str | None = None


@dataclass(frozen=True, slots=True)
class _Case:
    """All that the rules look at to class one student."""

    student: StudentFacts
    evidence: Evidence
    year: str
    group: str | None
    holders: tuple[str, ...]
    has_tutor: bool
    days_on_roll: int
    excusals: tuple[Excusal, ...]


def classify(
    facts: SchoolFacts, half_term: HalfTermId, occasion: Occasion, moment: datetime
) -> tuple[StudentLine, ...]:
    """One line for everyone in the population of rule 9, in the order of `facts.students`.

    Who is due is fixed at D: at closing a student can only have moved from *outstanding* to *done* (late), and into or
    out of the doubt of *entry being checked*, which an entry recorded after D may raise or settle.

    Before D, the people are those of the moment's day, but the days on roll and with the tutor are counted up to and
    including D, as if nothing changed until then: a line then says what the student will be at D. Whoever leaves by D
    is left out from the start. Empty where the half term is not assessed.

    Raises:
        ValueError: `moment` is naive.
    """
    view = look_at(facts, half_term, occasion, moment)
    if view is None:
        return ()
    return tuple(each.line for each in classify_all(facts, view, Roll(facts, view), gather(facts, view)))


def classify_all(
    facts: SchoolFacts, view: Viewpoint, roll: Roll, evidence: Mapping[str, Evidence]
) -> tuple[Classified, ...]:
    """As `classify`, over what is already worked out."""
    classifier = _Classifier(facts, view, roll)
    return tuple(
        classifier.classify(student, evidence.get(student.student_id, NO_EVIDENCE)) for student in roll.population()
    )


class _Classifier:
    """Classes one student after another, from the same viewpoint."""

    def __init__(self, facts: SchoolFacts, view: Viewpoint, roll: Roll) -> None:
        self._facts = facts
        self._view = view
        self._roll = roll
        here = view.half_term
        self._exempted = {each.student_id for each in facts.exemptions if each.half_term == here}
        self._exempt_years = {
            plain_year(pair.nc_year) for pair in facts.settings.exempt_pairs if pair.half_term_name == here.name
        }
        self._excusals: dict[str, tuple[Excusal, ...]] = {}
        for each in facts.excusals:
            if each.half_term == here and each.effective <= view.today:
                self._excusals[each.student_id] = (*self._excusals.get(each.student_id, ()), each)
        self._authors = _authors(roll)
        # The first that fits wins (rule 9).
        self._rules: tuple[tuple[StudentClass, Callable[[_Case], str | None]], ...] = (
            (StudentClass.EXEMPT, self._exempt),
            (StudentClass.NOT_LISTED, _not_listed),
            (StudentClass.DONE, self._done),
            (StudentClass.NOT_YET_DUE, self._not_yet_due),
            (StudentClass.EXCUSED, _excused),
            (StudentClass.AWAITING_DECISION, self._awaiting),
            (StudentClass.NO_TUTOR, _no_tutor),
            (StudentClass.HANDOVER, self._handover),
            (StudentClass.BEING_CHECKED, self._being_checked),
        )

    def classify(self, student: StudentFacts, evidence: Evidence) -> Classified:
        """The student's class, its reason, and the labels."""
        case = self._case(student, evidence)
        found, rule = self._first_that_fits(case)
        late = evidence.late if found in _OPEN_UNTIL_CLOSING else ()
        if late and self._view.occasion is Occasion.CLOSING:
            found = StudentClass.DONE
            rule = f"DOMAIN rule 14: {_described(late[0])}, recorded after the deadline"
        entries = (late or evidence.counted) if found is StudentClass.DONE else ()
        line = StudentLine(
            student_id=student.student_id,
            student_class=found,
            group=case.group,
            house=self._roll.house(student),
            nc_year=case.year,
            labels=self._labels(case, found, entries, late=bool(late)),
            rule=rule,
            entry_keys=tuple(entry.entry_key for entry in entries),
            done_since_deadline=bool(late),
        )
        return Classified(line, evidence, case.holders, line.house)

    def _case(self, student: StudentFacts, evidence: Evidence) -> _Case:
        group = self._roll.group(student)
        covered = group is not None and self._roll.is_covered(group)
        return _Case(
            student=student,
            evidence=evidence,
            year=plain_year(student.nc_year),
            group=group,
            holders=self._roll.holders(student, group) if group is not None else (),
            has_tutor=group is not None and (covered or bool(self._roll.tutors(group))),
            days_on_roll=self._roll.days_on_roll(student),
            excusals=self._excusals.get(student.student_id, ()),
        )

    def _first_that_fits(self, case: _Case) -> tuple[StudentClass, str]:
        for student_class, fits in self._rules:
            rule = fits(case)
            if rule is not None:
                return student_class, rule
        return StudentClass.OUTSTANDING, "DOMAIN rule 9: due, and no entry counts"

    def _exempt(self, case: _Case) -> str | None:
        if case.student.student_id in self._exempted:
            return "DOMAIN rule 9: exempted by the Head of House"
        if case.year in self._exempt_years:
            return f"DOMAIN rule 9: Year {case.year} is exempt in {self._view.half_term.shown}"
        return None

    def _done(self, case: _Case) -> str | None:
        counted = case.evidence.counted
        return f"DOMAIN rule 14: {_described(counted[0])}" if counted else None

    def _not_yet_due(self, case: _Case) -> str | None:
        if case.days_on_roll >= self._facts.settings.minimum_days:
            return None
        return f"DOMAIN rule 9: on roll {case.days_on_roll} school days up to the deadline"

    def _awaiting(self, case: _Case) -> str | None:
        if any(self._undecided(excusal) for excusal in case.excusals):
            return "DOMAIN rule 11: excusal given by the deadline, not decided by then"
        return None

    def _undecided(self, excusal: Excusal) -> bool:
        deadline = self._view.deadline
        decided_late = excusal.decided is not None and excusal.decided > deadline
        return excusal.effective <= deadline and (excusal.accepted is None or decided_late)

    def _handover(self, case: _Case) -> str | None:
        if case.holders or (case.group is not None and not self._roll.tutors(case.group)):
            return None
        return f"DOMAIN rule 10: with this tutor fewer than {self._facts.settings.minimum_days} school days"

    def _being_checked(self, case: _Case) -> str | None:
        if case.evidence.checked:
            return f"DOMAIN rule 3: {_described(case.evidence.checked[0])} belongs here or elsewhere"
        if case.student.student_id in self._facts.quarantined_students:
            return "DOMAIN rule 9: an entry is in quarantine"
        return None

    def _labels(self, case: _Case, found: StudentClass, entries: tuple[Entry, ...], *, late: bool) -> tuple[str, ...]:
        done = found is StudentClass.DONE
        leaving, evidence = case.student.leaving_date, case.evidence
        told = (
            (leaving is not None and leaving <= self._view.dates.owns_to, LEAVER),
            (done and late, LATE),
            (done and self._by_other(case.student, entries), BY_OTHER),
            (done and all(entry.entry_key in self._facts.not_yet_in_sims for entry in entries), NOT_YET_IN_SIMS),
            (not done and evidence.drafts > 0, DRAFT_ONLY),
            (not done and evidence.too_short > 0, f"{TOO_SHORT}: {evidence.too_short}"),
            (
                found is StudentClass.OUTSTANDING and any(excusal.accepted is False for excusal in case.excusals),
                NOT_ACCEPTED,
            ),
        )
        return tuple(label for holds, label in told if holds)

    def _by_other(self, student: StudentFacts, entries: tuple[Entry, ...]) -> bool:
        """Whether every entry was made by someone who was not the student's tutor on its day; unknown = the tutor."""
        authors = [(self._authors.get(entry.author.casefold()), entry) for entry in entries if entry.author]
        return len(authors) == len(entries) > 0 and all(
            author is not None
            and not self._roll.was_tutor(author, student, min(entry.interview_date, self._view.as_of))
            for author, entry in authors
        )


def _authors(roll: Roll) -> Mapping[str, str]:
    """Staff ids by everything an entry may call its author: id, staff code, e-mail address."""
    found: dict[str, str] = {}
    for person in roll.staff.values():
        found[person.staff_id.casefold()] = person.staff_id
        found[person.staff_id.casefold().removeprefix("code:")] = person.staff_id
        if person.email:
            found[person.email.casefold()] = person.staff_id
    return found


def _not_listed(case: _Case) -> str | None:
    return None if case.student.listed else "DOMAIN rule 9: missing from SIMS's newest good list"


def _excused(case: _Case) -> str | None:
    accepted = any(excusal.accepted for excusal in case.excusals)
    return "DOMAIN rule 11: excusal accepted" if accepted else None


def _no_tutor(case: _Case) -> str | None:
    if case.has_tutor:
        return None
    return "DOMAIN rule 9: in no tutor group" if case.group is None else "DOMAIN rule 9: the group has no tutor"


def _described(entry: Entry) -> str:
    return f"{entry.kind} of {_shown_once(entry.interview_date)}"


@cache
def _shown_once(day: date) -> str:
    """A trust's 106,000 students were interviewed on a few hundred days."""
    return shown_day(day)
