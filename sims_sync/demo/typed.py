"""What did tutors and teachers type in the demo school's SIMS, when, and how far did each group get?"""

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sims_sync.demo.cases import Case
from sims_sync.demo.days import DemoDays, at, weekdays
from sims_sync.demo.layout import AWAY_PLACE, GroupLayout, Progress
from sims_sync.demo.roll import InventedStudent, TypedResult
from sims_sync.demo.texts import ACADEMIC_ASPECTS, GRADES, REVIEWS, TARGETS, TOO_SHORT

AUTUMN_1 = "Autumn 1"
AUTUMN_2 = "Autumn 2"
AUTUMN_1_SHARE = 0.96
REVIEW_SHARE = 0.5
LATE_SHARE = 0.4
TARGET_COUNTS = (1, 1, 1, 2, 2, 3)
NO_ACADEMIC_DATA_EVERY = 17

# Due or not, these have nothing in Autumn 2.
WITHOUT_ENTRY = frozenset(
    {
        Case.JOINED_IN_TIME,
        Case.JOINED_TOO_LATE,
        Case.JOINS_LATER,
        Case.LEAVES_AFTER,
        Case.MOVED_TOO_LATE,
        Case.GUEST,
        Case.ABSENT_FOR_WEEKS,
        Case.NO_GROUP,
    }
)
# These have an entry, but none that counts for Autumn 2 by its deadline beyond doubt.
NOT_IN_TIME = frozenset(
    {
        Case.DONE_LATE,
        Case.DONE_AFTER_REPORT,
        Case.SET_NAMES_ANOTHER,
        Case.SET_OF_EARLIER,
        Case.FUTURE_DATE,
        Case.DATED_NEXT_TERM,
        Case.TOO_SHORT,
    }
)


@dataclass(frozen=True, slots=True)
class _Desk:
    """What everyone who types needs: the days and the dice."""

    days: DemoDays
    rng: random.Random

    def interview(self, student: InventedStudent, half_term: str, dated: date, typed: datetime) -> list[TypedResult]:
        """One to three targets agreed on `dated`."""
        texts = self.rng.sample(TARGETS, self.rng.choice(TARGET_COUNTS))
        result_set = self.days.result_set(half_term)
        return [
            TypedResult(student.person_id, target_aspect(slot), text, dated, typed, result_set)
            for slot, text in enumerate(texts, start=1)
        ]

    def review(self, student: InventedStudent, dated: date, typed: datetime) -> TypedResult:
        """A review, in Autumn 2, of a target of Autumn 1."""
        text = self.rng.choice(REVIEWS)
        return TypedResult(student.person_id, review_aspect(1), text, dated, typed, self.days.result_set(AUTUMN_2))

    def one(
        self, student: InventedStudent, dated: date, typed: datetime, half_term: str | None, slot: int = 1
    ) -> TypedResult:
        """A single target in one slot, with or without a result set."""
        result_set = self.days.result_set(half_term) if half_term else None
        text = self.rng.choice(TARGETS)
        return TypedResult(student.person_id, target_aspect(slot), text, dated, typed, result_set)

    def soon_after(self, dated: date, latest: date) -> datetime:
        """Some time in the afternoon of `dated` or of the next two days, never after `latest`."""
        day = min(dated + timedelta(days=self.rng.choice((0, 0, 0, 1, 2))), latest)
        return at(day, self.rng.randint(15, 18), self.rng.randint(0, 59))


def target_aspect(slot: int) -> str:
    """The Comment aspect of a target slot: "Mentoring Target 1" (SIMS §3)."""
    return f"Mentoring Target {slot}"


def review_aspect(slot: int) -> str:
    """The Comment aspect of a review slot: "Mentoring Review 1" (SIMS §3)."""
    return f"Mentoring Review {slot}"


def type_everything(
    layout: Sequence[GroupLayout],
    students: Sequence[InventedStudent],
    cases: Mapping[Case, str],
    days: DemoDays,
    rng: random.Random,
) -> list[TypedResult]:
    """Everything typed up to the last day of Autumn 2, in the order of its typing."""
    desk = _Desk(days, rng)
    shown = {person_id: case for case, person_id in cases.items()}
    typed = [result for student in students for result in _autumn_1(student, desk)]
    for group in layout:
        typed += _autumn_2(group, _members(group, students, days), shown, desk)
    typed += [result for number, student in enumerate(students) for result in _academic(number, student, shown, desk)]
    return sorted(typed, key=lambda result: result.typed_at)


def _members(group: GroupLayout, students: Sequence[InventedStudent], days: DemoDays) -> list[InventedStudent]:
    """The students who are in the group at the deadline, or were when they left."""
    last = [(student, [stay for stay in student.groups if stay.first <= days.last_day]) for student in students]
    return [student for student, stays in last if stays and stays[-1].value == group.name]


def _autumn_1(student: InventedStudent, desk: _Desk) -> list[TypedResult]:
    """Nearly everyone's interview of the first half term."""
    days = desk.days
    if student.admitted > days.autumn(10, 1) or desk.rng.random() >= AUTUMN_1_SHARE:
        return []
    dated = desk.rng.choice(days.autumn_1_interviews())
    return desk.interview(student, AUTUMN_1, dated, desk.soon_after(dated, days.autumn(10, 23)))


def _autumn_2(
    group: GroupLayout, members: Sequence[InventedStudent], shown: Mapping[str, Case], desk: _Desk
) -> list[TypedResult]:
    """What the group's students have in Autumn 2: the awkward ones their own, the rest as the group's progress goes."""
    special = [student for student in members if shown.get(student.person_id) in _WITH_OWN_ENTRIES]
    idle = [student for student in members if shown.get(student.person_id) in WITHOUT_ENTRY]
    ordinary = [student for student in members if student not in special and student not in idle]
    not_in_time = [student for student in special if shown[student.person_id] in NOT_IN_TIME]
    left_out = min(len(ordinary), _left_out(group, len(members), len(idle) + len(not_in_time)))
    done, late = ordinary[: len(ordinary) - left_out], ordinary[len(ordinary) - left_out :]
    typed = [result for student in special for result in _WITH_OWN_ENTRIES[shown[student.person_id]](student, desk)]
    typed += [result for student in done for result in _on_time(student, desk)]
    typed += [result for student in late for result in _late(group, student, desk)]
    return typed


def _left_out(group: GroupLayout, members: int, without: int) -> int:
    """How many ordinary students have nothing by the deadline, besides those awkward ones without an entry in time."""
    if group.progress is Progress.COMPLETE:
        return 0
    fewest = 0 if without else 1  # however small the group, one student is missing
    return max(fewest, int(members * group.progress.value) - without)


def _on_time(student: InventedStudent, desk: _Desk) -> Iterator[TypedResult]:
    """An interview typed by the deadline, for half of the students with a review of the earlier target."""
    last = student.leaves or desk.days.deadline
    dated = desk.rng.choice([day for day in desk.days.autumn_2_interviews() if day <= last])
    typed = desk.soon_after(dated, min(last, desk.days.deadline))
    yield from desk.interview(student, AUTUMN_2, dated, typed)
    if desk.rng.random() < REVIEW_SHARE:
        yield desk.review(student, dated, typed)


def _late(group: GroupLayout, student: InventedStudent, desk: _Desk) -> list[TypedResult]:
    """For some, an interview between the report and the closing of the half term; in groups not started, rarely.

    Where the tutor is away, nobody does it.
    """
    if group.place == AWAY_PLACE:
        return []
    share = LATE_SHARE / 2 if group.progress is Progress.NOT_STARTED else LATE_SHARE
    if desk.rng.random() >= share:
        return []
    dated = desk.rng.choice(weekdays(desk.days.autumn(12, 16), desk.days.last_day))
    return desk.interview(student, AUTUMN_2, dated, at(dated, 16, desk.rng.randint(0, 59)))


def _moved_in_time(student: InventedStudent, desk: _Desk) -> list[TypedResult]:
    day = desk.days.autumn(11, 10)
    return [desk.one(student, day, at(day, 15, 40), AUTUMN_2)]


def _done_late(student: InventedStudent, desk: _Desk) -> list[TypedResult]:
    day = desk.days.autumn(12, 16)
    return [desk.one(student, day, at(day, 0, 20), AUTUMN_2)]


def _done_after_report(student: InventedStudent, desk: _Desk) -> list[TypedResult]:
    day = desk.days.autumn(12, 16)
    return [desk.one(student, day, at(day, 15, 10), AUTUMN_2)]


def _set_names_another(student: InventedStudent, desk: _Desk) -> list[TypedResult]:
    # The third slot: student, aspect and result set hold one result, and the first slots hold Autumn 1's own.
    day = desk.days.autumn(11, 20)
    return [desk.one(student, day, at(day, 16, 0), AUTUMN_1, slot=3)]


def _set_of_earlier(student: InventedStudent, desk: _Desk) -> list[TypedResult]:
    day = desk.days.autumn(10, 29)
    return [desk.one(student, day, at(day, 11, 0), AUTUMN_1, slot=3)]


def _future_date(student: InventedStudent, desk: _Desk) -> list[TypedResult]:
    return [desk.one(student, desk.days.autumn(12, 17), at(desk.days.autumn(12, 14), 16, 30), AUTUMN_2)]


def _dated_next_term(student: InventedStudent, desk: _Desk) -> list[TypedResult]:
    january = desk.days.deadline + timedelta(days=24)
    return [desk.one(student, january, at(desk.days.autumn(12, 11), 15, 50), AUTUMN_2)]


def _too_short(student: InventedStudent, desk: _Desk) -> list[TypedResult]:
    day = desk.days.autumn(11, 24)
    result_set = desk.days.result_set(AUTUMN_2)
    return [TypedResult(student.person_id, target_aspect(1), TOO_SHORT, day, at(day, 15, 30), result_set)]


def _review_only(student: InventedStudent, desk: _Desk) -> list[TypedResult]:
    day = desk.days.autumn(11, 19)
    return [desk.review(student, day, at(day, 15, 45))]


def _no_result_set(student: InventedStudent, desk: _Desk) -> list[TypedResult]:
    first, second = desk.days.autumn(11, 18), desk.days.autumn(12, 2)
    return [desk.one(student, day, at(day, 16, 10), None) for day in (first, second)]


_WITH_OWN_ENTRIES: Mapping[Case | None, Callable[[InventedStudent, _Desk], list[TypedResult]]] = {
    Case.MOVED_IN_TIME: _moved_in_time,
    Case.DONE_LATE: _done_late,
    Case.DONE_AFTER_REPORT: _done_after_report,
    Case.SET_NAMES_ANOTHER: _set_names_another,
    Case.SET_OF_EARLIER: _set_of_earlier,
    Case.FUTURE_DATE: _future_date,
    Case.DATED_NEXT_TERM: _dated_next_term,
    Case.TOO_SHORT: _too_short,
    Case.REVIEW_ONLY: _review_only,
    Case.NO_RESULT_SET: _no_result_set,
}


def _academic(number: int, student: InventedStudent, shown: Mapping[str, Case], desk: _Desk) -> Iterator[TypedResult]:
    """Last summer's and this autumn's grades; every 17th student and those new this year have fewer or none."""
    if number % NO_ACADEMIC_DATA_EVERY == 0 or shown.get(student.person_id) is Case.NO_ACADEMIC_DATA:
        return
    days = desk.days
    summer = days.starts - timedelta(days=60)
    autumn = days.autumn(10, 16)
    sets = ((f"Summer {days.first_year}", summer), (f"Autumn {days.first_year}", autumn))
    for result_set, dated in sets:
        if student.admitted > dated:
            continue
        for aspect in ACADEMIC_ASPECTS:
            typed = at(dated, 16, desk.rng.randint(0, 59))
            yield TypedResult(student.person_id, aspect, desk.rng.choice(GRADES), dated, typed, result_set)
