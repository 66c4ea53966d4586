"""Who is on roll, in which group and house, with which tutors, and since when (DOMAIN rules 9, 10, 12, 13)?"""

import re
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from functools import lru_cache, reduce
from operator import or_

from sims_sync.compliance.facts import RoleFacts, SchoolFacts, Settings, Span, StaffFacts, StudentFacts
from sims_sync.compliance.viewpoint import Viewpoint
from sims_sync.records import RoleName

# A co-tutor shares the group: both are its main tutors (rule 12).
MAIN_TUTOR_ROLES = frozenset({RoleName.TUTOR, RoleName.CO_TUTOR})
_ELSEWHERE = frozenset({"guest", "subsidiary"})
_NUMBER = re.compile(r"\d+")
_WORD = re.compile(r"\w+")


@lru_cache(maxsize=4096)  # asked for each student and span; a trust's groups and houses are a few thousand names
def fold(text: str) -> str:
    """A group's or house's name as it is compared: case and blanks apart, for roles are typed by hand."""
    return " ".join(text.split()).casefold()


def plain_year(text: str) -> str:
    """An NC year's text without its label and padding: "9" from "Year  9" (rule 9)."""
    number = _NUMBER.search(text)
    return str(int(number.group())) if number else fold(text)


def is_enrolled(status: str | None, settings: Settings) -> bool:
    """Main or current-single enrolment (rule 9); None = no such column is mapped, so everyone listed is enrolled."""
    if status is None:
        return True
    words = set(_WORD.findall(status.casefold()))
    return not words & _ELSEWHERE and not words.isdisjoint(word.casefold() for word in settings.enrolled_statuses)


class Roll:
    """The school's people as they were on the viewpoint's `as_of` day; built once per assessment.

    School days are bits of a number, the first day of the half term the lowest: who held whom for how many days is
    then one "and" and a count, for 100,000 students too.
    """

    def __init__(self, facts: SchoolFacts, view: Viewpoint) -> None:
        self._facts = facts
        self._view = view
        self._every_day = (1 << len(view.days)) - 1
        self.staff: Mapping[str, StaffFacts] = {person.staff_id: person for person in facts.staff}
        self._roles = _by_scope(facts.roles)
        self._main: dict[str, tuple[str, ...]] = {}
        self._held: dict[tuple[str, str], int] = {}
        self._spans: dict[Span, int] = {}
        self._group_houses = {fold(group): house for group, house in facts.group_houses.items()}
        self._shown_groups: dict[str, str] = {}
        self._shown_houses: dict[str, str] = {}
        self._covered: dict[str, bool] = {}

    def population(self) -> list[StudentFacts]:
        """The students of rule 9: on roll at D, enrolled, of an NC year in `year_groups`."""
        settings = self._facts.settings
        years = {plain_year(year) for year in settings.year_groups}
        return [
            student
            for student in self._facts.students
            if self._on_roll(student)
            and plain_year(student.nc_year) in years
            and is_enrolled(student.enrolment, settings)
        ]

    def group(self, student: StudentFacts) -> str | None:
        """The student's tutor group, None = none; spelled alike for everyone in it."""
        return _alike(_value(student.groups, self._view.as_of), self._shown_groups)

    def house(self, student: StudentFacts) -> str | None:
        """The student's own house, None = unknown."""
        return _alike(_value(student.houses, self._view.as_of), self._shown_houses)

    def group_house(self, group: str) -> str | None:
        """The group's house where SIMS or the roles say so."""
        return _alike(self._group_houses.get(fold(group)), self._shown_houses)

    def tutors(self, group: str) -> tuple[str, ...]:
        """The staff ids of the group's main tutors."""
        key = fold(group)
        found = self._main.get(key)
        if found is None:
            found = self._main[key] = self._tutors_on(key, self._view.as_of)
        return found

    def was_tutor(self, staff_id: str, student: StudentFacts, day: date) -> bool:
        """Whether that person was a main tutor of the student's group on `day`."""
        group = _value(student.groups, day)
        return group is not None and staff_id in self._tutors_on(fold(group), day)

    def active_tutors(self, group: str) -> tuple[str, ...]:
        """Those main tutors who are in the staff list and not away: nobody else may be named (rule 12)."""
        return tuple(tutor for tutor in self.tutors(group) if self._is_active(tutor))

    def is_covered(self, group: str) -> bool:
        """Whether someone else covered the group for 10 school days or more up to D (rule 12)."""
        key = fold(group)
        found = self._covered.get(key)
        if found is None:
            mains = self.tutors(group)
            covering = (
                self._days(role.first, role.last)
                for role in self._roles.get((key, RoleName.COVER), ())
                if role.staff_id not in mains
            )
            days = reduce(or_, covering, 0).bit_count()
            found = self._covered[key] = days >= self._facts.settings.minimum_days
        return found

    def days_on_roll(self, student: StudentFacts) -> int:
        """School days on roll, from the half term's first up to and including D."""
        return self._days(student.admission_date or student.first_seen, None).bit_count()

    def holders(self, student: StudentFacts, group: str) -> tuple[str, ...]:
        """The group's main tutors who held the student 10 school days or more of the half term up to D (rule 10).

        A tutor held a student on a day when the student was in a group whose main tutor that person was. Before D,
        what holds now is taken to last until D.
        """
        minimum = self._facts.settings.minimum_days
        return tuple(tutor for tutor in self.tutors(group) if self._held_days(student, tutor) >= minimum)

    def heads(self, house: str) -> tuple[str, ...]:
        """The staff ids of the house's Heads now, or as the half term ended; empty = vacancy (rule 13)."""
        day = self._day_of_report()
        roles = self._roles.get((fold(house), RoleName.HEAD_OF_HOUSE), ())
        return tuple(dict.fromkeys(role.staff_id for role in roles if role.holds(day)))

    def heads_of_any_house(self) -> frozenset[str]:
        """The staff ids of all Heads of House."""
        day = self._day_of_report()
        return frozenset(
            role.staff_id for role in self._facts.roles if role.role is RoleName.HEAD_OF_HOUSE and role.holds(day)
        )

    def _day_of_report(self) -> date:
        return min(self._view.today, max(self._view.dates.owns_to, self._view.deadline))

    def _on_roll(self, student: StudentFacts) -> bool:
        joined = student.admission_date or student.first_seen
        if student.leaving_date is not None and student.leaving_date <= self._view.deadline:
            return False
        return joined is None or joined <= self._view.as_of

    def _is_active(self, tutor: str) -> bool:
        person = self.staff.get(tutor)
        return person is not None and not any(span.holds(self._view.as_of) for span in person.away)

    def _tutors_on(self, group: str, day: date) -> tuple[str, ...]:
        roles = [role for kind in (RoleName.TUTOR, RoleName.CO_TUTOR) for role in self._roles.get((group, kind), ())]
        return tuple(dict.fromkeys(role.staff_id for role in roles if role.holds(day)))

    def _held_days(self, student: StudentFacts, tutor: str) -> int:
        days = 0
        for span in student.groups:
            days |= self._span_days(span) & self._tutor_days(tutor, fold(span.value))
        return days.bit_count()

    def _tutor_days(self, tutor: str, group: str) -> int:
        key = (tutor, group)
        found = self._held.get(key)
        if found is None:
            roles = [role for kind in MAIN_TUTOR_ROLES for role in self._roles.get((group, kind), ())]
            mine = [role for role in roles if role.staff_id == tutor]
            days = (self._days(role.first, role.last) for role in mine)
            found = self._held[key] = reduce(or_, days, 0)
        return found

    def _span_days(self, span: Span) -> int:
        found = self._spans.get(span)
        if found is None:
            found = self._spans[span] = self._days(span.first, span.last)
        return found

    def _days(self, first: date | None, last: date | None) -> int:
        """The school days of `first`..`last` as bits; None = open on that side."""
        days = self._view.days
        low = 0 if first is None else bisect_left(days, first)
        high = len(days) if last is None else bisect_right(days, last)
        return (self._every_day >> low << low) & ((1 << high) - 1)


def _by_scope(roles: Iterable[RoleFacts]) -> Mapping[tuple[str, RoleName], tuple[RoleFacts, ...]]:
    found: dict[tuple[str, RoleName], list[RoleFacts]] = defaultdict(list)
    for role in roles:
        found[fold(role.scope), role.role].append(role)
    return {key: tuple(sorted(held, key=lambda role: role.staff_id)) for key, held in found.items()}


def _alike(text: str | None, shown: dict[str, str]) -> str | None:
    """A name as it was spelled the first time it was met; None where there is none."""
    return None if text is None or not text.strip() else shown.setdefault(fold(text), " ".join(text.split()))


def _value(spans: Iterable[Span], day: date) -> str | None:
    """What held on `day`; where two overlap, the one that began later."""
    holding = [span for span in spans if span.holds(day)]
    return max(holding, key=lambda span: span.first).value if holding else None
