"""Students from read to read: who is there, in which group since when, and what was taken for somebody else's."""

from datetime import date

import pytest

from sims_sync.compliance.facts import Span
from sims_sync.outcome import Ending
from sims_sync.records import Kind
from sims_sync.store.reads import load_missing
from sims_sync.store.students import load_spans, load_students
from tests.sims_sync.builders import Row, World, at, student, students

YEAR_START = date(2026, 9, 1)
FIRST, SECOND, THIRD = "2026-11-20 06:00", "2026-12-01 06:00", "2026-12-02 06:00"
FROM = "Reg_Start_Date"


def spans(world: World, number: int = 1, what: str = "group") -> list[tuple[str, date, date | None]]:
    """One student's spans: value, first, last."""
    with world.store.reading() as connection:
        known = load_students(connection, world.id)
        student_id = next(key for key, record in known.items() if record.ref.person_id == str(number))
        found = load_spans(connection, world.id, what).get(student_id, ())
    return [(span.value, span.first, span.last) for span in found]


def read_all(world: World, *reads: tuple[str, list[Row]]) -> None:
    for when, rows in reads:
        world.read_well(Kind.STUDENTS, rows, when)


def test_the_very_first_read_shows_what_has_held_since_the_year_began(world: World) -> None:
    world.read_well(Kind.STUDENTS, students(3), FIRST)
    assert spans(world) == [("8A1", YEAR_START, None)]
    assert spans(world, what="house") == [("Austen", YEAR_START, None)]


def test_in_the_first_read_nobody_is_in_a_group_before_they_were_admitted(world: World) -> None:
    world.read_well(Kind.STUDENTS, [student(1, Admission_Date="2026-11-16")], FIRST)
    assert spans(world) == [("8A1", date(2026, 11, 16), None)]


def test_a_mapped_from_date_is_believed_in_any_read(world: World) -> None:
    read_all(world, (FIRST, [student(1, **{FROM: "2026-11-09"})]))
    assert spans(world) == [("8A1", date(2026, 11, 9), None)]


def test_a_joiner_is_in_the_group_since_the_first_read_that_shows_it(world: World) -> None:
    read_all(world, (FIRST, students(5)), (SECOND, students(6)))
    assert spans(world, 6) == [("8A1", date(2026, 12, 1), None)]


def test_a_move_ends_the_old_group_the_day_before(world: World) -> None:
    moved = [student(1, "8A2", "Bronte"), *students(4, first=2)]
    read_all(world, (FIRST, students(5)), (SECOND, moved))
    assert spans(world) == [("8A1", YEAR_START, date(2026, 11, 30)), ("8A2", date(2026, 12, 1), None)]
    assert spans(world, what="house") == [
        ("Austen", YEAR_START, date(2026, 11, 30)),
        ("Bronte", date(2026, 12, 1), None),
    ]
    assert spans(world, 2) == [("8A1", YEAR_START, None)]


def test_a_back_dated_move_begins_on_its_mapped_date(world: World) -> None:
    read_all(world, (FIRST, [student(1)]), (SECOND, [student(1, "8A2", **{FROM: "2026-11-23"})]))
    assert spans(world) == [("8A1", YEAR_START, date(2026, 11, 22)), ("8A2", date(2026, 11, 23), None)]


@pytest.mark.parametrize("day", ["2026-11-09", "2026-11-27", "2026-12-02"])
def test_a_corrected_from_date_moves_the_beginning_and_never_overlaps(day: str, world: World) -> None:
    corrected = date.fromisoformat(day)
    read_all(
        world,
        (FIRST, [student(1)]),
        (SECOND, [student(1, "8A2", **{FROM: "2026-11-23"})]),
        (THIRD, [student(1, "8A2", **{FROM: day})]),
    )
    old, new = spans(world)
    assert new == ("8A2", corrected, None)
    assert old[:2] == ("8A1", YEAR_START)
    assert old[2] is not None
    assert old[2] < corrected


def test_moves_within_one_day_leave_only_the_last(world: World) -> None:
    read_all(
        world,
        (FIRST, [student(1)]),
        ("2026-12-01 06:00", [student(1, "8A2")]),
        ("2026-12-01 12:00", [student(1, "8A3")]),
    )
    assert spans(world) == [("8A1", YEAR_START, date(2026, 11, 30)), ("8A3", date(2026, 12, 1), None)]


def test_a_move_taken_back_on_the_same_day_leaves_the_student_where_they_were(world: World) -> None:
    read_all(
        world,
        (FIRST, [student(1)]),
        ("2026-12-01 06:00", [student(1, "8A2")]),
        ("2026-12-01 12:00", [student(1, "8A1")]),
    )
    assert {value for value, _, _ in spans(world)} == {"8A1"}
    assert [Span(*span).holds(date(2026, 12, day)) for span in spans(world) for day in (1, 2)][-2:] == [True, True]


def test_a_student_without_a_group_is_kept_and_the_old_group_ends(world: World) -> None:
    read_all(world, (FIRST, students(3)), (SECOND, [student(1, Reg=""), *students(2, first=2)]))
    assert spans(world) == [("8A1", YEAR_START, date(2026, 11, 30))]


def test_reading_the_same_again_changes_nothing_and_says_so(world: World) -> None:
    world.read_well(Kind.STUDENTS, students(4), FIRST)
    before = spans(world)
    report = world.read_well(Kind.STUDENTS, students(4), SECOND)
    assert report.outcome.counts == {"read": 4, "added": 0, "changed": 0, "missing": 0, "unchanged": 4, "held": 0}
    assert any("nothing changed" in note for note in report.outcome.notes)
    assert spans(world) == before


def test_a_student_who_is_absent_is_missing_and_nothing_else_of_them_changes(world: World) -> None:
    read_all(world, (FIRST, students(5)))
    report = world.read_well(Kind.STUDENTS, students(4), SECOND)
    assert report.outcome.counts["missing"] == 1
    with world.store.reading() as connection:
        (row,) = load_missing(connection, world.id, Kind.STUDENTS).values()
        assert len(load_students(connection, world.id)) == 5
    assert (row.since, row.last_seen, row.held) == (at(SECOND), at(FIRST), False)
    assert spans(world, 5) == [("8A1", YEAR_START, None)]


def test_a_student_who_is_back_is_no_longer_missing_and_has_their_history(world: World) -> None:
    read_all(world, (FIRST, students(5)), (SECOND, students(4)), (THIRD, students(5)))
    with world.store.reading() as connection:
        assert load_missing(connection, world.id, Kind.STUDENTS) == {}
    assert spans(world, 5) == [("8A1", YEAR_START, None)]


def test_too_many_absent_at_once_are_held_and_the_rest_is_applied(world: World) -> None:
    read_all(world, (FIRST, students(40)))
    short = [student(1, "8A2"), *students(27, first=2)]
    report = world.read(Kind.STUDENTS, short, SECOND)
    assert report.outcome.ending is Ending.HELD
    assert [problem.code for problem in report.outcome.problems] == ["removals-held"]
    with world.store.reading() as connection:
        assert {row.held for row in load_missing(connection, world.id, Kind.STUDENTS).values()} == {True}
    assert spans(world)[-1][0] == "8A2"


def test_absences_are_counted_together_over_the_days(world: World) -> None:
    read_all(world, (FIRST, students(40)), (SECOND, students(38)))
    report = world.read(Kind.STUDENTS, students(36), THIRD)
    assert [problem.code for problem in report.outcome.problems] == ["removals-held"]
    with world.store.reading() as connection:
        held = [row.held for row in load_missing(connection, world.id, Kind.STUDENTS).values()]
    assert sorted(held) == [False, False, True, True]


def test_a_row_that_is_there_but_cannot_be_used_is_no_removal(world: World) -> None:
    read_all(world, (FIRST, students(40)))
    bad = [*students(37), *(student(number, Year="Upper Sixth") for number in (38, 39, 40))]
    report = world.read(Kind.STUDENTS, bad, SECOND)
    assert [problem.code for problem in report.outcome.problems] == ["quarantine"]
    assert (report.outcome.counts["missing"], report.outcome.counts["held"]) == (0, 3)
    with world.store.reading() as connection:
        assert load_missing(connection, world.id, Kind.STUDENTS) == {}


def test_an_incremental_source_removes_nobody(world: World) -> None:
    read_all(world, (FIRST, students(40)))
    report = world.read_well(Kind.STUDENTS, [student(1, "8A2")], SECOND, incremental=True)
    assert (report.outcome.counts["changed"], report.outcome.counts["missing"]) == (1, 0)
    with world.store.reading() as connection:
        assert load_missing(connection, world.id, Kind.STUDENTS) == {}


def test_a_student_is_known_again_by_upn_when_the_person_id_is_gone(world: World) -> None:
    upn = "B801200005001"
    without = {name: text for name, text in student(1, UPN=upn, House="Bronte").items() if name != "Person ID"}
    read_all(world, (FIRST, [student(1, UPN=upn), *students(4, first=2)]))
    report = world.read_well(Kind.STUDENTS, [without, *students(4, first=2)], SECOND)
    assert (report.outcome.counts["added"], report.outcome.counts["changed"]) == (0, 1)


def test_a_re_used_admission_number_makes_another_student(world: World) -> None:
    def row(surname: str) -> Row:
        return {name: text for name, text in student(1, Surname=surname).items() if name != "Person ID"}

    read_all(world, (FIRST, [row("Vorrin"), *students(8, first=2)]))
    report = world.read_well(Kind.STUDENTS, [row("Tolmek"), *students(8, first=2)], SECOND)
    assert (report.outcome.counts["added"], report.outcome.counts["missing"]) == (1, 1)
    again = world.read_well(Kind.STUDENTS, [row("Tolmek"), *students(8, first=2)], THIRD)
    assert (again.outcome.counts["added"], again.outcome.counts["changed"]) == (0, 0)


def test_another_schools_list_is_refused(world: World) -> None:
    read_all(world, (FIRST, students(20)))
    report = world.read(Kind.STUDENTS, students(20, "9B1", first=500), SECOND)
    assert report.outcome.ending is Ending.STOPPED
    assert "wrong-school" in {problem.code for problem in report.outcome.problems}
    with world.store.reading() as connection:
        assert len(load_students(connection, world.id)) == 20
        assert load_missing(connection, world.id, Kind.STUDENTS) == {}


def test_a_source_under_a_new_name_is_no_very_first_read(world: World) -> None:
    read_all(world, (FIRST, students(5)))
    section = world.school.sources["students"]
    renamed = world.with_school(
        sources={"sims": section}, source_options={"sims": world.school.source_options["students"]}
    )
    renamed.read_well(Kind.STUDENTS, students(6), SECOND, source="students")
    assert spans(world, 6) == [("8A1", date(2026, 12, 1), None)]


def test_very_long_texts_are_kept_alike_on_every_database(world: World) -> None:
    row = student(1, House="House " * 60, Surname="Vorrin" * 40, Enrolment_Status="Current " * 20)
    world.read_well(Kind.STUDENTS, [row], FIRST)
    with world.store.reading() as connection:
        (record,) = load_students(connection, world.id).values()
    assert record.house == ("House " * 60).strip()
