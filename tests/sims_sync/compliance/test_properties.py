"""What holds in every school, whatever its students, groups, entries and sources (DOMAIN §6, properties)?"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from random import Random

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from sims_sync.compliance.entries import qualifies
from sims_sync.compliance.facts import (
    Assessment,
    Excusal,
    Occasion,
    Policy,
    ReadFacts,
    RoleFacts,
    SchoolFacts,
    Settings,
    Span,
    StaffFacts,
    Status,
    StudentClass,
    StudentFacts,
)
from sims_sync.compliance.figures import assess, people_needing_follow_up
from sims_sync.compliance.gate import Previous, accusation_guard, complete_data, data_is_fresh
from sims_sync.records import Entry, EntryKind, EntryState, Kind, RoleName
from tests.examples import examples
from tests.sims_sync.compliance.invented_school import (
    AUTUMN_1,
    AUTUMN_2,
    SCHOOL_YEAR,
    SPRING_1,
    YEAR_START,
    at,
    entry,
)

GROUPS = ("8A1", "8A2", "9B1")
HOUSES = ("Austen", "Bronte")
PEOPLE = ("T1", "T2", "T3", "T4", "T5")
BEFORE, DEADLINE, CLOSING = Occasion.BEFORE, Occasion.DEADLINE, Occasion.CLOSING
MOMENTS = {BEFORE: at(date(2026, 12, 2)), DEADLINE: at(date(2026, 12, 16)), CLOSING: at(date(2026, 12, 21))}
CHANGE_DAY = date(2026, 12, 16)
NAMING = {Status.ACTION_NEEDED, Status.NOT_STARTED, Status.NEARLY_THERE, Status.BEHIND}

RARELY, SOMETIMES = 0.06, 0.3


class Maker:
    """Makes a school that is mostly as it should be, with everything awkward somewhere in it."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._who = [f"S{number}" for number in range(random.randint(1, 24))]

    def school(self) -> SchoolFacts:
        return SchoolFacts(
            SCHOOL_YEAR,
            Settings(self._random.choice(list(Policy)), AUTUMN_1),
            students=tuple(self._student(student_id) for student_id in self._who),
            staff=tuple(self._person(staff_id) for staff_id in PEOPLE if not self._maybe(RARELY)),
            roles=tuple(self._roles()),
            entries=tuple(self.entry(f"E{number}") for number in range(self._random.randint(0, 2 * len(self._who)))),
            excusals=tuple(self._excusal() for _ in range(self._random.randint(0, 3))),
            quarantined_students=frozenset(name for name in self._who if self._maybe(RARELY)),
        )

    def entry(self, key: str) -> Entry:
        day = self._day()
        return entry(
            self._random.choice(self._who),
            day,
            key=key,
            recorded=at(day if not self._maybe(SOMETIMES) else self._day()),
            kind=EntryKind.REVIEW if self._maybe(SOMETIMES) else EntryKind.INTERVIEW,
            state=self._random.choice([EntryState.SUBMITTED] * 6 + [EntryState.DRAFT, EntryState.WITHDRAWN]),
            text="too short" if self._maybe(RARELY) else "Hand in every piece of homework",
            author=self._random.choice([None, *PEOPLE, "nobody"]),
            half_term=self._random.choice([None] * 6 + [str(AUTUMN_1), str(AUTUMN_2), str(SPRING_1), "mocks"]),
        )

    def group(self) -> str:
        return self._random.choice(GROUPS)

    def _maybe(self, chance: float) -> bool:
        return self._random.random() < chance

    def _day(self) -> date:
        return date(2026, 10, 1) + timedelta(days=self._random.randint(0, 100))

    def _student(self, student_id: str) -> StudentFacts:
        return StudentFacts(
            student_id,
            "Forename",
            "Surname",
            nc_year="12" if self._maybe(RARELY) else "Year  8",
            enrolment="Guest" if self._maybe(RARELY) else "Current",
            admission_date=self._day() if self._maybe(RARELY) else None,
            leaving_date=self._day() if self._maybe(RARELY) else None,
            listed=not self._maybe(RARELY),
            groups=self._groups(),
            houses=() if self._maybe(RARELY) else (Span(self._random.choice(HOUSES), YEAR_START),),
        )

    def _groups(self) -> tuple[Span, ...]:
        if self._maybe(RARELY):
            return ()
        usual = Span(self.group(), YEAR_START)
        if not self._maybe(SOMETIMES):
            return (usual,)
        change = self._day()
        return replace(usual, last=change - timedelta(days=1)), Span(self.group(), change)

    def _roles(self) -> Iterator[RoleFacts]:
        for group in GROUPS:
            since = self._day() if self._maybe(SOMETIMES) else None
            yield RoleFacts(self._random.choice(PEOPLE), RoleName.TUTOR, group, since)
            if self._maybe(SOMETIMES):
                kind = self._random.choice([RoleName.CO_TUTOR, RoleName.COVER, RoleName.TUTOR])
                yield RoleFacts(self._random.choice(PEOPLE), kind, group, self._day(), last=None)
        for house in HOUSES:
            yield RoleFacts(self._random.choice(PEOPLE), RoleName.HEAD_OF_HOUSE, house)

    def _person(self, staff_id: str) -> StaffFacts:
        away = (Span("", self._day()),) if self._maybe(RARELY) else ()
        return StaffFacts(staff_id, "Kim", staff_id, away=away)

    def _excusal(self) -> Excusal:
        decided = self._day() if self._maybe(SOMETIMES) else None
        accepted = self._random.choice([None, True, False])
        return Excusal(self._random.choice(self._who), AUTUMN_2, "other", self._day(), accepted, decided)


makers = st.randoms(use_true_random=True).map(Maker)
schools = makers.map(Maker.school)


def named(found: Assessment) -> set[str]:
    return {tutor for group in found.groups if group.flagged and group.status in NAMING for tutor in group.tutors}


def percents(found: Assessment) -> dict[str, int]:
    """Each group's percentage, "n/a" counting as whole: nothing is missing where nothing is due."""
    return {group.group: 100 if group.percent is None else group.percent for group in found.groups}


@given(schools, st.sampled_from(Occasion))
def test_classes_sum_to_the_population_and_due_is_done_and_outstanding(facts: SchoolFacts, occasion: Occasion) -> None:
    found = assess(facts, AUTUMN_2, occasion, MOMENTS[occasion])
    in_groups = [line for line in found.lines if line.group is not None]
    assert sum(sum(group.counts.values()) for group in found.groups) == len(in_groups)
    assert len({line.student_id for line in found.lines}) == len(found.lines)
    for group in found.groups:
        assert group.due == group.done + group.outstanding
        assert 0 <= group.done <= group.due
        assert bool(group.tutors) is group.flagged
        if facts.settings.policy is not Policy.TERMLY:
            assert group.done == group.counts.get(StudentClass.DONE, 0)
            assert group.outstanding == group.counts.get(StudentClass.OUTSTANDING, 0)
    assert sum(house.due for house in found.houses) == sum(group.due for group in found.groups)


@given(schools, st.sampled_from([AUTUMN_1, AUTUMN_2]))
def test_due_is_fixed_at_the_deadline_for_both_snapshots(facts: SchoolFacts, half_term: object) -> None:
    half_term = AUTUMN_1 if half_term == AUTUMN_1 else AUTUMN_2
    # Asked at the same moment: an accepted excusal counts on both occasions from the day it is known.
    deadline = assess(facts, half_term, DEADLINE, MOMENTS[CLOSING])
    closing = assess(facts, half_term, CLOSING, MOMENTS[CLOSING])
    # Only the doubt of an entry being checked may move it: raised or settled after the deadline.
    settled: Counter[str | None] = Counter()
    for line, later in zip(deadline.lines, closing.lines, strict=True):
        settled[line.group] += line.student_class is StudentClass.BEING_CHECKED is not later.student_class
        settled[line.group] -= later.student_class is StudentClass.BEING_CHECKED is not line.student_class
    if facts.settings.policy is not Policy.TERMLY:
        expected = {group.group: group.due + settled[group.group] for group in deadline.groups}
        assert {group.group: group.due for group in closing.groups} == expected
    assert sum(house.done for house in deadline.houses) <= sum(house.done for house in closing.houses)


@settings(max_examples=examples(120))
@given(makers, st.sampled_from(Occasion))
def test_one_more_qualifying_entry_never_lowers_a_percentage(maker: Maker, occasion: Occasion) -> None:
    facts, one_more = maker.school(), maker.entry("one more")
    assume(qualifies(one_more))
    before = assess(facts, AUTUMN_2, occasion, MOMENTS[occasion])
    after = assess(replace(facts, entries=(*facts.entries, one_more)), AUTUMN_2, occasion, MOMENTS[occasion])
    assert all(percents(after)[group] >= percent for group, percent in percents(before).items())
    for was, now in zip(before.houses, after.houses, strict=True):
        assert now.percent is None or was.percent is None or now.percent >= was.percent
    assert set(people(after)) <= set(people(before))


def people(found: Assessment) -> list[str]:
    return [tutor for house in found.houses for tutor in people_needing_follow_up(house)]


@given(makers)
def test_changing_groups_after_the_deadline_never_changes_its_assessment(maker: Maker) -> None:
    facts = maker.school()
    facts = replace(facts, students=tuple(_nothing_later(student) for student in facts.students))
    moved = tuple(_moved(student, maker.group()) for student in facts.students)
    before = assess(facts, AUTUMN_2, DEADLINE, MOMENTS[DEADLINE])
    after = assess(replace(facts, students=moved), AUTUMN_2, DEADLINE, MOMENTS[DEADLINE])
    assert after.lines == before.lines
    assert after.houses == before.houses


def _nothing_later(student: StudentFacts) -> StudentFacts:
    kept = (span for span in student.groups if span.first < CHANGE_DAY)
    open_ended = (replace(span, last=None) if span.last and span.last >= CHANGE_DAY else span for span in kept)
    return replace(student, groups=tuple(open_ended))


def _moved(student: StudentFacts, group: str) -> StudentFacts:
    closed = tuple(
        replace(span, last=CHANGE_DAY - timedelta(days=1)) if span.last is None else span for span in student.groups
    )
    return replace(student, groups=(*closed, Span(group, CHANGE_DAY)))


SOURCES = (
    ("sims", Kind.STUDENTS),
    ("sims", Kind.TUTOR_GROUPS),
    ("sims", Kind.MENTORING_ENTRIES),
    ("forms", Kind.PROFORMAS),
)
ages_in_hours = st.lists(st.sampled_from([*[1] * 9, 30, 200, None]), min_size=3, max_size=4)
worsened = st.sampled_from(["same", "same", "never", "older", "dropped", "plan only", "held"])


def read_at(moment: datetime, ages: list[int | None]) -> tuple[ReadFacts, ...]:
    """The newest read of each source, so many hours before `moment`; None = never."""
    began = [None if age is None else moment - timedelta(hours=age) for age in ages]
    return tuple(ReadFacts(name, kind, when) for (name, kind), when in zip(SOURCES, began, strict=False))


def worse(read: ReadFacts, how: str) -> ReadFacts:
    """The same source in a worse state."""
    if how == "older":
        return replace(read, began=read.began and read.began - timedelta(days=1))
    if how == "never":
        return replace(read, began=None)
    return replace(
        read, dropped=how == "dropped", plan_only=how == "plan only", held_removals=3 if how == "held" else 0
    )


def told(facts: SchoolFacts, reads: tuple[ReadFacts, ...], occasion: Occasion) -> set[str]:
    """Whom a report would name, with gate and guard in their places."""
    moment, dates = MOMENTS[occasion], SCHOOL_YEAR.dates(AUTUMN_2)
    found = assess(facts, AUTUMN_2, occasion, moment, fresh=data_is_fresh(reads, moment))
    held = complete_data(reads, dates, occasion, moment, SCHOOL_YEAR)
    return set() if held or accusation_guard(found, Previous(), reads) else named(found)


@settings(max_examples=examples(120))
@given(schools, ages_in_hours, st.lists(worsened, min_size=4, max_size=4), st.sampled_from(Occasion))
def test_fewer_or_staler_sources_never_name_more_tutors(
    facts: SchoolFacts, ages: list[int | None], changes: list[str], occasion: Occasion
) -> None:
    reads = read_at(MOMENTS[occasion], ages)
    fewer = tuple(worse(read, how) for read, how in zip(reads, changes, strict=False))
    assert told(yielded(facts, fewer), fewer, occasion) <= told(yielded(facts, reads), reads, occasion)


def yielded(facts: SchoolFacts, reads: tuple[ReadFacts, ...]) -> SchoolFacts:
    """The facts with those entries only that such reads can have brought: what a source lost is missing here too."""
    entries_read = reads[2]
    if entries_read.began is None:
        return replace(facts, entries=())
    known = tuple(entry for entry in facts.entries if entry.recorded_at < entries_read.began)
    in_doubt = entries_read.dropped or entries_read.plan_only or entries_read.held_removals
    return replace(facts, entries=known[::2] if in_doubt else known)


def test_the_schools_of_these_properties_do_name_tutors() -> None:
    found = [Maker(Random(seed)).school() for seed in range(40)]  # noqa: S311 - schools, not secrets
    reads = read_at(MOMENTS[DEADLINE], [1, 1, 1])
    assert sum(bool(told(facts, reads, DEADLINE)) for facts in found) > 10


@given(schools, st.sampled_from(Occasion))
def test_asking_twice_gives_the_same_and_the_order_of_facts_does_not_matter(
    facts: SchoolFacts, occasion: Occasion
) -> None:
    found = assess(facts, AUTUMN_2, occasion, MOMENTS[occasion])
    turned = replace(facts, entries=facts.entries[::-1], excusals=facts.excusals[::-1])
    again = assess(turned, AUTUMN_2, occasion, MOMENTS[occasion])
    assert again.houses == found.houses
    assert again.problems == found.problems


@given(schools, st.sampled_from(Occasion))
def test_nobody_covered_away_or_unknown_is_named(facts: SchoolFacts, occasion: Occasion) -> None:
    found = assess(facts, AUTUMN_2, occasion, MOMENTS[occasion])
    day = min(MOMENTS[occasion].date(), date(2026, 12, 15))
    present = {person.staff_id for person in facts.staff if not any(span.holds(day) for span in person.away)}
    assert {tutor for group in found.groups for tutor in group.tutors} <= present


@given(schools, st.sampled_from(Occasion))
def test_nothing_before_the_programme_has_a_figure(facts: SchoolFacts, occasion: Occasion) -> None:
    early = replace(facts, settings=replace(facts.settings, starts_with=SPRING_1))
    found = assess(early, AUTUMN_2, occasion, MOMENTS[occasion])
    assert found.not_assessed
    assert not found.houses
    assert not found.lines
