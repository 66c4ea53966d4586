"""Is academic data there before the interviews begin, by year and by subject (DOMAIN rule 18)? Pure; no tutor in it."""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from sims_sync.compliance.academic_data import NewestResult, Selection, subject_of
from sims_sync.compliance.facts import SchoolFacts, StudentFacts
from sims_sync.compliance.roll import fold, is_enrolled, plain_year
from sims_sync.records import RoleName
from sims_sync.school_year import HalfTermDates, HalfTermId, SchoolYear, first_year

THRESHOLD_PERCENT = 20
JOINER_SCHOOL_DAYS = 10
SECOND_CHECK_SCHOOL_DAYS_BEFORE = 10
RECENT_HALF_TERMS = 3  # this one and the two before it
IN_USE_HALF_TERMS = 6  # a subject without any result for a year is one that nobody records here
SKIPPED_AT_THE_START = "7"  # Year 7 has no results from this school in September
Check = Literal[1, 2]

# Where the calendar does not reach back so far: earlier than any school's summer-2 and summer-1 begin.
_BEFORE_THE_CALENDAR = ((5, 20), (4, 1), (2, 10), (1, 1), (10, 20), (9, 1))
_AUTUMN = 9
_YEAR_SCOPE = re.compile(r"(?:year\s*|y)?(\d{1,2})\b\s*(.*)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Scope:
    """What a Progress Leader is responsible for: a year, a subject, or a subject in a year; one is not empty."""

    nc_year: str = ""
    subject: str = ""

    @property
    def shown(self) -> str:
        """E.g. "Year 8", "English", "Year 8 English"."""
        return " ".join(part for part in (f"Year {self.nc_year}" if self.nc_year else "", self.subject) if part)


@dataclass(frozen=True, slots=True)
class SubjectFigures:
    """One subject: of the students with results in it this last year, how many have no recent one."""

    subject: str
    students: int
    lacking: int

    @property
    def is_empty(self) -> bool:
        """Whether no student has a recent result in it."""
        return 0 < self.students == self.lacking


@dataclass(frozen=True, slots=True)
class ScopeFigures:
    """One scope: students in it, how many lack data, how many have results without a date (in doubt: not lacking).

    `lacking_students` are ids, for the list with names only.
    """

    scope: Scope
    students: int
    lacking: int
    undated: int
    subjects: tuple[SubjectFigures, ...]
    lacking_students: tuple[str, ...] = ()

    @property
    def percent(self) -> int:
        """How many in a hundred lack data, rounded down; 0 where nobody is in scope."""
        return 100 * self.lacking // self.students if self.students else 0

    @property
    def empty_subjects(self) -> tuple[str, ...]:
        """The subjects in which nobody has a recent result."""
        return tuple(each.subject for each in self.subjects if each.is_empty)

    @property
    def is_alert(self) -> bool:
        """Whether a fifth or more lack data, or a whole subject is empty (rule 18)."""
        share = self.students > 0 and 100 * self.lacking >= THRESHOLD_PERCENT * self.students
        return share or bool(self.empty_subjects)


@dataclass(frozen=True, slots=True)
class Leader:
    """One Progress Leader and what they are responsible for."""

    staff_id: str
    shown: str
    scopes: tuple[Scope, ...]


def check_day(dates: HalfTermDates, year: SchoolYear, check: Check) -> date | None:
    """The day of a check: the first school day; ten school days before the deadline. None = there is no such day."""
    if check == 1:
        return dates.first_school_day
    if dates.deadline is None:
        return None
    before = year.school_days_between(dates.owns_from, dates.deadline)[:-1]
    if len(before) <= SECOND_CHECK_SCHOOL_DAYS_BEFORE:
        return None
    return before[-SECOND_CHECK_SCHOOL_DAYS_BEFORE]


def since(year: SchoolYear, half_term: HalfTermId, half_terms: int = RECENT_HALF_TERMS) -> date:
    """The first date that counts: where `half_terms` half terms, this one the last, begin.

    Where the calendar does not reach so far back, a date that is surely no later: doubt is not lack.
    """
    ids = year.ids()
    place = ids.index(half_term) - (half_terms - 1)
    if place >= 0:
        return year.dates(ids[place]).owns_from
    month, day = _BEFORE_THE_CALENDAR[min(-place, len(_BEFORE_THE_CALENDAR)) - 1]
    first = first_year(ids[0].year)
    return date(first - 1 if month >= _AUTUMN else first, month, day)


def scope_of(text: str) -> Scope:
    """What a role's scope means: "8", "Year 8", "English", "8 English"."""
    found = _YEAR_SCOPE.fullmatch(text.strip())
    if found is None:
        return Scope(subject=" ".join(text.split()))
    return Scope(str(int(found[1])), " ".join(found[2].split()))


def leaders(facts: SchoolFacts, day: date) -> tuple[Leader, ...]:
    """The Progress Leaders in office on `day` who are in the staff list, with all their scopes, by staff id."""
    known = {person.staff_id: person for person in facts.staff}
    scopes: dict[str, dict[Scope, None]] = defaultdict(dict)
    for role in facts.roles:
        if role.role is RoleName.PROGRESS_LEADER and role.holds(day) and role.staff_id in known:
            scopes[role.staff_id][scope_of(role.scope)] = None
    return tuple(Leader(person, known[person].shown, tuple(scopes[person])) for person in sorted(scopes))


class Readiness:
    """The school's academic data on one day; asked scope by scope."""

    def __init__(
        self,
        facts: SchoolFacts,
        half_term: HalfTermId,
        day: date,
        check: Check,
        results: Iterable[NewestResult],
        selection: Selection,
    ) -> None:
        """Take the school's facts and the newest results, any order.

        Raises:
            KeyError: the calendar does not have the half term.
        """
        self._recent = since(facts.school_year, half_term)
        self._in_use = since(facts.school_year, half_term, IN_USE_HALF_TERMS)
        skipped = {SKIPPED_AT_THE_START} if check == 1 and half_term.index == 0 else frozenset[str]()
        self._years = {
            student.student_id: plain_year(student.nc_year)
            for student in facts.students
            if _in_scope(student, facts, day) and plain_year(student.nc_year) not in skipped
        }
        self._results: dict[str, dict[str, date | None]] = defaultdict(dict)
        self._shown: dict[str, str] = {}
        for each in results:
            if each.student_id in self._years and selection.has(each.aspect):
                self._add(each)

    @property
    def years(self) -> tuple[str, ...]:
        """The NC years that have anyone in scope, in order."""
        return tuple(sorted(set(self._years.values()), key=lambda year: (len(year), year)))

    def figures(self, scope: Scope) -> ScopeFigures:
        """The figures of one year, subject, or both.

        A subject's students are those with results in it this last year, for nobody knows who else takes it; where
        there are none, everyone.
        """
        everyone = [student for student, year in self._years.items() if scope.nc_year in {"", year}]
        subjects = self._subjects(everyone, scope)
        if scope.subject:
            name = fold(scope.subject)
            everyone = [student for student in everyone if self._takes(student, name)] or everyone
            lacking, undated = self._lacking(everyone, {name})
        else:
            lacking, undated = self._lacking(everyone, None)
        return ScopeFigures(scope, len(everyone), len(lacking), undated, subjects, tuple(lacking))

    def _add(self, each: NewestResult) -> None:
        subject = subject_of(each.aspect)
        name = fold(subject)
        self._shown.setdefault(name, subject)
        held = self._results[each.student_id]
        if name not in held:
            held[name] = each.dated
        elif each.dated is not None:
            before = held[name]
            held[name] = max(before, each.dated) if before else each.dated

    def _takes(self, student: str, subject: str) -> bool:
        if subject not in self._results[student]:
            return False
        dated = self._results[student][subject]
        return dated is None or dated >= self._in_use

    def _lacking(self, students: Sequence[str], subjects: Collection[str] | None) -> tuple[list[str], int]:
        """Who has no recent result in any of the subjects (None = whichever), and how many only undated ones."""
        lacking, undated = [], 0
        for student in students:
            held = self._results[student]
            dates = [dated for name, dated in held.items() if subjects is None or name in subjects]
            if any(dated is not None and dated >= self._recent for dated in dates):
                continue
            if None in dates:
                undated += 1
            else:
                lacking.append(student)
        return lacking, undated

    def _subjects(self, students: Sequence[str], scope: Scope) -> tuple[SubjectFigures, ...]:
        wanted = {fold(scope.subject)} if scope.subject else {name for each in students for name in self._results[each]}
        found = []
        for name in wanted:
            takers = [student for student in students if self._takes(student, name)]
            if not takers and not scope.subject:
                continue
            lacking, _ = self._lacking(takers or students, {name})
            shown = self._shown.get(name, scope.subject)
            found.append(SubjectFigures(shown, len(takers or students), len(lacking)))
        return tuple(sorted(found, key=lambda each: fold(each.subject)))


def without_names(figures: ScopeFigures) -> Mapping[str, object]:
    """Counts for a message or a document: no id of any student."""
    return {
        "scope": figures.scope.shown,
        "students": figures.students,
        "lacking": figures.lacking,
        "percent": figures.percent,
        "undated": figures.undated,
        "empty_subjects": list(figures.empty_subjects),
        "alert": figures.is_alert,
    }


def _in_scope(student: StudentFacts, facts: SchoolFacts, day: date) -> bool:
    """On roll, enrolled, of a year of the programme, and no joiner of the last ten school days."""
    settings = facts.settings
    if plain_year(student.nc_year) not in {plain_year(year) for year in settings.year_groups} or not student.listed:
        return False
    if not is_enrolled(student.enrolment, settings) or (student.leaving_date and student.leaving_date <= day):
        return False
    joined = student.admission_date or student.first_seen
    first = facts.school_year.dates(facts.school_year.ids()[0]).owns_from
    if joined is None or joined < first:
        return True
    return len(facts.school_year.school_days_between(joined, day)) >= JOINER_SCHOOL_DAYS
