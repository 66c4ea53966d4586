"""Are figures held whenever there is doubt about the data (DOMAIN rules 8, 8a, 20)?"""

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from sims_sync.compliance.facts import Assessment, Occasion, ReadFacts, SchoolFacts
from sims_sync.compliance.figures import assess
from sims_sync.compliance.gate import Previous, accusation_guard, complete_data, data_is_fresh
from sims_sync.records import EntryState, Kind
from tests.sims_sync.compliance.invented_school import (
    AUTUMN_2,
    REPORT_MOMENT,
    SCHOOL_YEAR,
    SPRING_1,
    at,
    entry,
    golden_group,
    school,
    student,
)

DATES = SCHOOL_YEAR.dates(AUTUMN_2)
DEADLINE = date(2026, 12, 15)
SIX_O_CLOCK = at(date(2026, 12, 16), 6)
READS = tuple(
    ReadFacts("sims", kind, SIX_O_CLOCK) for kind in (Kind.STUDENTS, Kind.TUTOR_GROUPS, Kind.MENTORING_ENTRIES)
)


def codes(
    reads: tuple[ReadFacts, ...], occasion: Occasion = Occasion.DEADLINE, moment: datetime = REPORT_MOMENT
) -> list[str]:
    return [reason.code for reason in complete_data(reads, DATES, occasion, moment, SCHOOL_YEAR)]


def guarded(
    facts: SchoolFacts,
    previous: Previous | None = None,
    reads: tuple[ReadFacts, ...] = READS,
    untied: int = 0,
    *,
    reminder: bool = False,
) -> list[str]:
    found = assess(facts, AUTUMN_2, Occasion.DEADLINE, REPORT_MOMENT)
    return [reason.code for reason in accusation_guard(found, previous or Previous(), reads, untied, reminder=reminder)]


# --- rule 8 ---


def test_reads_begun_after_the_deadline_open_the_gate() -> None:
    assert codes(READS) == []


@pytest.mark.parametrize("number", range(3))
@pytest.mark.parametrize("began", [None, at(DEADLINE, 23, 59, 59), at(DEADLINE, 6)])
def test_one_read_from_before_the_deadlines_end_holds(number: int, began: datetime | None) -> None:
    reads = list(READS)
    reads[number] = replace(reads[number], began=began)
    assert codes(tuple(reads)) == ["read-too-old"]


def test_a_read_at_midnight_is_late_enough() -> None:
    midnight = at(date(2026, 12, 16), 0)
    assert codes(tuple(replace(read, began=midnight) for read in READS)) == []


def test_only_new_data_helps_a_held_figure() -> None:
    old = tuple(replace(read, began=None) for read in READS)
    reasons = complete_data(old, DATES, Occasion.DEADLINE, REPORT_MOMENT, SCHOOL_YEAR)
    assert not any(reason.releasable for reason in reasons)


def test_closing_figures_need_reads_from_after_closing() -> None:
    saturday = at(date(2026, 12, 19), 6)
    assert codes(READS, Occasion.CLOSING, saturday) == ["read-too-old"] * 3
    assert codes(tuple(replace(read, began=saturday) for read in READS), Occasion.CLOSING, saturday) == []


@pytest.mark.parametrize("occasion", [Occasion.DEADLINE, Occasion.CLOSING])
def test_nothing_is_final_before_the_day_is_over(occasion: Occasion) -> None:
    assert codes(READS, occasion, at(DEADLINE, 12))[0] == "day-not-over"


@pytest.mark.parametrize(
    ("kind", "code"), [(Kind.STUDENTS, "students-not-read"), (Kind.MENTORING_ENTRIES, "entries-not-read")]
)
@pytest.mark.parametrize("occasion", Occasion)
def test_no_source_of_students_or_entries_holds(kind: Kind, code: str, occasion: Occasion) -> None:
    assert code in codes(tuple(read for read in READS if read.kind != kind), occasion)


def test_staff_feed_only_where_no_report_of_groups_does() -> None:
    old_staff = ReadFacts("sims", Kind.STAFF, at(DEADLINE, 6))
    assert codes((*READS, old_staff)) == []
    assert codes((*(read for read in READS if read.kind != Kind.TUTOR_GROUPS), old_staff)) == ["read-too-old"]


def test_academic_results_never_hold() -> None:
    assert codes((*READS, ReadFacts("sims", Kind.RESULTS, None))) == []


def test_before_the_deadline_each_source_must_have_been_read_once() -> None:
    never = (*READS[:2], replace(READS[2], began=None))
    assert codes(never, Occasion.BEFORE, at(date(2026, 12, 1))) == ["never-read"]


def test_a_half_term_that_is_not_assessed_has_no_gate() -> None:
    dates = replace(DATES, deadline=None, closing=None, not_assessed="x")
    assert complete_data((), dates, Occasion.DEADLINE, REPORT_MOMENT, SCHOOL_YEAR) == ()


@pytest.mark.parametrize(("hours", "fresh"), [(24, True), (24.1, False)])
def test_data_are_fresh_for_a_day(hours: float, *, fresh: bool) -> None:
    assert data_is_fresh(READS, SIX_O_CLOCK + timedelta(hours=hours)) is fresh


def test_the_oldest_read_makes_the_age() -> None:
    assert not data_is_fresh((*READS, ReadFacts("forms", Kind.PROFORMAS, None)), SIX_O_CLOCK)
    stale = ReadFacts("forms", Kind.PROFORMAS, SIX_O_CLOCK - timedelta(days=2), dropped=True)
    assert not data_is_fresh((*READS, stale), SIX_O_CLOCK)
    assert not data_is_fresh((), SIX_O_CLOCK)


# --- rule 8a ---


def test_the_golden_case_passes_the_guard() -> None:
    assert guarded(golden_group()) == []


def test_no_entry_at_all_holds_reports_and_reminders() -> None:
    facts = school(student("S"))
    assert guarded(facts) == ["no-entries", "mostly-not-started"]
    assert guarded(facts, reminder=True) == ["no-entries"]


def test_entries_of_another_half_term_are_none_of_this() -> None:
    facts = school(student("S"), entries=(entry("S", date(2026, 10, 1)),))
    assert "no-entries" in guarded(facts)


def test_a_draft_shows_that_the_source_works() -> None:
    facts = school(student("S"), entries=(entry("S", date(2026, 11, 10), state=EntryState.DRAFT),))
    assert guarded(facts) == []


@pytest.mark.parametrize(("started", "expected"), [(1, []), (0, ["mostly-not-started"])])
def test_more_than_half_of_the_groups_not_started_holds(started: int, expected: list[str]) -> None:
    pairs = [("S", "8A1"), ("R", "8A2")]
    entries = tuple(entry(name, date(2026, 11, 10)) for name, _ in pairs[:started])
    entries += (entry("elsewhere", date(2026, 11, 10)),)
    facts = school(*(student(name, group) for name, group in pairs), entries=entries)
    roles = (*facts.roles, replace(facts.roles[0], scope="8A2"))
    assert guarded(replace(facts, roles=roles)) == expected


@pytest.mark.parametrize(("done_before", "expected"), [(None, []), (4, []), (5, ["done-fell"])])
def test_fewer_done_than_before_holds(done_before: int | None, expected: list[str]) -> None:
    assert guarded(golden_group(), Previous(done=done_before)) == expected
    assert guarded(golden_group(), Previous(done=done_before), reminder=True) == expected


@pytest.mark.parametrize(
    ("due_before", "held"), [(None, False), (10, False), (11, False), (12, True), (9, True), (0, True)]
)
def test_due_moved_by_more_than_a_tenth_holds_the_report_only(due_before: int | None, *, held: bool) -> None:
    previous = Previous(due_at_reminder_2=due_before)
    assert guarded(golden_group(), previous) == (["due-moved"] if held else [])
    assert guarded(golden_group(), previous, reminder=True) == []


@pytest.mark.parametrize(
    "read",
    [
        replace(READS[2], held_removals=1),
        replace(READS[0], plan_only=True),
        ReadFacts("forms", Kind.PROFORMAS, None, dropped=True),
    ],
)
def test_a_source_in_doubt_holds(read: ReadFacts) -> None:
    assert guarded(golden_group(), reads=(*READS, read)) == ["source-in-doubt"]
    assert guarded(golden_group(), reads=(*READS, read), reminder=True) == ["source-in-doubt"]


def test_a_dropped_source_is_for_a_person_to_release_and_not_for_the_gate() -> None:
    dropped = ReadFacts("forms", Kind.PROFORMAS, None, dropped=True)
    assert codes((*READS, dropped)) == []
    found = assess(golden_group(), AUTUMN_2, Occasion.DEADLINE, REPORT_MOMENT)
    assert all(reason.releasable for reason in accusation_guard(found, Previous(), (*READS, dropped)))


def test_an_entry_that_can_be_anyones_holds() -> None:
    assert guarded(golden_group(), untied=1) == ["quarantine-untied"]


def test_what_is_not_assessed_is_not_guarded() -> None:
    facts = golden_group()
    early = replace(facts, settings=replace(facts.settings, starts_with=SPRING_1))
    assert guarded(early) == []


def test_every_reason_says_what_to_do() -> None:
    found: Assessment = assess(school(student("S")), AUTUMN_2, Occasion.DEADLINE, REPORT_MOMENT)
    reasons = accusation_guard(found, Previous(9, 99), (*READS, replace(READS[0], plan_only=True)), 2)
    assert len(reasons) == 6
    assert all(reason.what.endswith(".") and reason.do.endswith(".") for reason in reasons)
