"""On what does a tutor group's row rest: each student's class, rule and entries, and whom it names, and why not?

Pure, and over the rules' own findings: an account can say nothing else than the report.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from sims_sync.compliance.classes import NOT_ACCEPTED
from sims_sync.compliance.entries import Attributed, HalfTerms, attribute, is_qualifying_interview, qualifies
from sims_sync.compliance.evidence import NO_EVIDENCE, Evidence, gather
from sims_sync.compliance.facts import (
    Assessment,
    Excusal,
    GroupFigures,
    Policy,
    SchoolFacts,
    StudentClass,
    StudentFacts,
    StudentLine,
)
from sims_sync.compliance.naming import NamingAccount, naming
from sims_sync.compliance.roll import Roll, fold
from sims_sync.compliance.viewpoint import Viewpoint, look_at
from sims_sync.records import Entry, EntryState
from sims_sync.school_year import HalfTermId, shown_day


class Worth(StrEnum):
    """What an entry is worth for this half term and occasion."""

    COUNTS = "counts"
    LATE = "late"  # recorded after D: counts from closing on
    CHECKED = "being checked"  # would count, but for a doubt: the student is not outstanding
    NOTHING = "does not count"


@dataclass(frozen=True, slots=True)
class EntryAccount:
    """One entry without any of its text: `belongs_to` None = no half term; `why` says what its worth rests on."""

    entry: Entry
    belongs_to: HalfTermId | None
    worth: Worth
    why: str


@dataclass(frozen=True, slots=True)
class StudentAccount:
    """One student's class and what it rests on. `line` None = not in this half term's population.

    `in_group_since`: None = in no group on that day. `entries` are those of the academic year, oldest first. `clears`:
    what would change the class, sentences for a person; empty where nothing is outstanding or nothing special is known.
    `decisions`: excusals and exemptions of this half term, without their reasons.
    """

    student: StudentFacts
    line: StudentLine | None
    in_group_since: date | None
    entries: tuple[EntryAccount, ...]
    clears: tuple[str, ...] = ()
    decisions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class GroupAccount:
    """One tutor group's row, whom it names and why not, and its students, those not done first.

    `figures` None = the group has no row: it has nobody in the population.
    """

    group: str
    figures: GroupFigures | None
    naming: tuple[NamingAccount, ...]
    students: tuple[StudentAccount, ...]


class Accounts:
    """Accounts of one assessment's groups and students; what they rest on is worked out once."""

    def __init__(self, facts: SchoolFacts, assessment: Assessment) -> None:
        """Take an assessment of these facts.

        Raises:
            ValueError: the half term is not assessed.
        """
        view = look_at(facts, assessment.half_term, assessment.occasion, assessment.moment)
        if view is None:
            raise ValueError("what is not assessed has no account")
        self._facts = facts
        self._assessment = assessment
        self._view = view
        self._roll = Roll(facts, view)
        self._evidence = gather(facts, view)
        self._lines = {line.student_id: line for line in assessment.lines}
        self._students = {student.student_id: student for student in facts.students}
        self._entries: dict[str, list[Entry]] = defaultdict(list)
        for entry in facts.entries:
            self._entries[entry.student_id].append(entry)
        self._judge = _Judge(facts, view)

    def groups_of(self, staff_id: str) -> tuple[str, ...]:
        """The groups whose main tutor or cover this person was at some time from the half term's start to D."""
        first, last = self._view.dates.owns_from, self._view.as_of
        scopes = {
            fold(role.scope)
            for role in self._facts.roles
            if role.staff_id == staff_id
            and (role.first is None or role.first <= last)
            and (role.last is None or first <= role.last)
        }
        return tuple(group.group for group in self._assessment.groups if fold(group.group) in scopes)

    def group(self, name: str) -> GroupAccount:
        """The account of one group, by its name as the assessment spells it."""
        figures = next((each for each in self._assessment.groups if fold(each.group) == fold(name)), None)
        lines = (line for line in self._assessment.lines if line.group and fold(line.group) == fold(name))
        members = [self.student(line.student_id) for line in lines]
        return GroupAccount(
            group=name,
            figures=figures,
            naming=naming(self._facts, self._view, self._roll, figures) if figures else (),
            students=tuple(sorted(members, key=_not_done_first)),
        )

    def student(self, student_id: str) -> StudentAccount:
        """The account of one student.

        Raises:
            KeyError: nobody has that id.
        """
        student, line = self._students[student_id], self._lines.get(student_id)
        entries = self._judge.entries(self._entries[student_id], self._evidence.get(student_id, NO_EVIDENCE))
        holding = [span.first for span in student.groups if span.holds(self._view.as_of)]
        clears = self._judge.clears(line, entries) if line is not None else ()
        decisions = tuple(self._decisions(student_id))
        return StudentAccount(student, line, max(holding, default=None), entries, clears, decisions)

    def _decisions(self, student_id: str) -> Iterator[str]:
        here = self._view.half_term
        for exemption in self._facts.exemptions:
            if exemption.student_id == student_id and exemption.half_term == here:
                yield "exempted by the Head of House"
        for excusal in self._facts.excusals:
            if excusal.student_id == student_id and excusal.half_term == here:
                yield f"excusal given on {shown_day(excusal.effective)}, {_decided(excusal)}"


class _Judge:
    """Says of each entry what it is worth here, in the rules' own order."""

    def __init__(self, facts: SchoolFacts, view: Viewpoint) -> None:
        self._view = view
        self._year = facts.school_year
        self._half_terms = HalfTerms(facts.school_year)
        self._counts = is_qualifying_interview if view.policy is Policy.TERMLY else qualifies

    def entries(self, entries: Sequence[Entry], evidence: Evidence) -> tuple[EntryAccount, ...]:
        """One student's entries of the academic year, oldest first."""
        known = [each for each in entries if self._is_known(each)]
        places = {each.entry.entry_key: each for each in attribute(known, self._half_terms, self._counts)}
        others = attribute([each for each in entries if not self._is_known(each)], self._half_terms, self._counts)
        places |= {each.entry.entry_key: each for each in others}
        accounts = [self._account(places[entry.entry_key], evidence) for entry in entries]
        years = {None, self._view.half_term.year}
        here = [each for each in accounts if (each.belongs_to.year if each.belongs_to else None) in years]
        return tuple(sorted(here, key=lambda each: (each.entry.interview_date, each.entry.recorded_at)))

    def clears(self, line: StudentLine, entries: Sequence[EntryAccount]) -> tuple[str, ...]:
        """What would make this one student done, or count against nobody."""
        if line.student_class is StudentClass.BEING_CHECKED:
            return ("Settle the entry in quarantine (sims-sync quarantine list), or correct its date in SIMS.",)
        if line.student_class is not StudentClass.OUTSTANDING:
            return ()
        told = [sentence for each in entries if (sentence := self._clears_entry(each))]
        if NOT_ACCEPTED in line.labels:
            told.append("The excusal was not accepted; the Head of House may still accept it (excuse accept).")
        return tuple(dict.fromkeys(told))

    def _clears_entry(self, each: EntryAccount) -> str | None:
        entry, day = each.entry, shown_day(each.entry.interview_date)
        if each.worth is Worth.LATE:
            return f"The {entry.kind} of {day} was recorded after the deadline: done, late, from closing on."
        if entry.state is EntryState.WITHDRAWN or not self._is_near(each.belongs_to):
            return None
        if entry.state is EntryState.DRAFT:
            return f"Submit the draft of {day}."
        if each.belongs_to not in self._view.in_scope:
            if not self._counts(entry) or not self._was_typed_here(entry):
                return None
            return f"If the {entry.kind} of {day} was meant for {self._view.half_term.shown}, correct it in SIMS."
        return None if qualifies(entry) else f"Complete the text of the {entry.kind} of {day}."

    def _is_near(self, half_term: HalfTermId | None) -> bool:
        here = self._view.half_term
        return half_term is None or (half_term.year == here.year and abs(half_term.index - here.index) <= 1)

    def _was_typed_here(self, entry: Entry) -> bool:
        """Whether it was recorded in this half term, so that the other one may be a slip."""
        return self._half_terms.by_date(self._year.local_date(entry.recorded_at))[0] in self._view.in_scope

    def _is_known(self, entry: Entry) -> bool:
        return entry.state is not EntryState.WITHDRAWN and entry.recorded_at < self._view.known_before

    def _account(self, place: Attributed, evidence: Evidence) -> EntryAccount:
        worth, why = self._worth(place, evidence)
        return EntryAccount(place.entry, place.half_term, worth, why)

    def _worth(self, place: Attributed, evidence: Evidence) -> tuple[Worth, str]:
        found: tuple[tuple[Iterable[Entry], Worth, str], ...] = (
            (evidence.counted, Worth.COUNTS, "recorded in time (rule 14)"),
            (evidence.late, Worth.LATE, "recorded after the deadline: counts from closing on (rule 14)"),
            (evidence.checked, Worth.CHECKED, "its date or result set contradicts: being checked (rule 3)"),
        )
        for entries, worth, why in found:
            if any(entry.entry_key == place.entry.entry_key for entry in entries):
                return worth, why
        return Worth.NOTHING, self._why_nothing(place)

    def _why_nothing(self, place: Attributed) -> str:
        entry = place.entry
        told = (
            (entry.state is EntryState.WITHDRAWN, "withdrawn (rule 17)"),
            (not self._is_known(entry), "recorded after the moment that is looked at"),
            (place.half_term not in self._view.in_scope, _elsewhere(place)),
            (entry.state is EntryState.DRAFT, "a draft: counts once it is submitted (rule 14)"),
            (not qualifies(entry), "text too short: it needs 15 characters and 3 words (rule 15)"),
            (not self._counts(entry), "a review: under this policy only interviews count (rule 16)"),
        )
        return next((why for holds, why in told if holds), "recorded after closing (rule 14)")


def _decided(excusal: Excusal) -> str:
    if excusal.accepted is None:
        return "not decided"
    on = f" on {shown_day(excusal.decided)}" if excusal.decided else ""
    return f"{'accepted' if excusal.accepted else 'not accepted'}{on}"


def _elsewhere(place: Attributed) -> str:
    if place.half_term is None:
        return "its date lies in no half term (rule 3)"
    by = "date" if place.entry.half_term is None or place.unreadable else "result set"
    return f"belongs to {place.half_term.shown} by its {by} (rule 3)"


_ORDER: dict[StudentClass, int] = defaultdict(lambda: 1, {StudentClass.OUTSTANDING: 0, StudentClass.DONE: 2})


def _not_done_first(each: StudentAccount) -> tuple[int, str, str]:
    found = _ORDER[each.line.student_class] if each.line else 1
    return found, each.student.surname.casefold(), each.student.forename.casefold()
