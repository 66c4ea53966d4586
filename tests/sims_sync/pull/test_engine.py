"""One source through read, map, plan, guard and apply: whole or not at all, in one sentence, twice the same."""

import pytest
from sqlalchemy import Table, select

from sims_sync.errors import RetriableError, SourceFailed, SourceRefused, SourceUnavailable
from sims_sync.outcome import Ending
from sims_sync.records import Kind
from sims_sync.store.reads import good_reads, load_quarantine
from sims_sync.store.tables import metadata
from tests.sims_sync.builders import (
    JOBS,
    Row,
    World,
    at,
    group,
    proforma,
    result,
    staff,
    student,
    students,
    typed,
)

FIRST, SECOND, THIRD = "2026-11-20 06:00", "2026-12-01 06:00", "2026-12-02 06:00"
LIST_ROWS: dict[Kind, list[Row]] = {
    Kind.STAFF: [staff(f"T{number}") for number in range(1, 9)],
    Kind.STUDENTS: students(30),
    Kind.TUTOR_GROUPS: [group(f"8A{number}", f"T{number}") for number in range(1, 9)],
    Kind.RESULTS: [result(number, "7") for number in range(1, 31)],
    Kind.MENTORING_ENTRIES: [typed(number) for number in range(1, 31)],
    Kind.PROFORMAS: [proforma(f"r{number}", number) for number in range(1, 31)],
}
# What may differ between two runs that did the same: who ran, when, and what was only planned or asked for.
RUN_TABLES = frozenset({"run", "plan", "lease", "alembic_version", "kept_read", "breaker"})
RUN_COLUMNS = frozenset({"run_id"})


def rows_of(world: World, table: Table) -> list[tuple[object, ...]]:
    columns = [column for column in table.columns if column.name not in RUN_COLUMNS]
    with world.store.reading() as connection:
        return sorted((tuple(row) for row in connection.execute(select(*columns))), key=repr)


def everything(world: World) -> dict[str, list[tuple[object, ...]]]:
    """The whole store but for runs and plans."""
    tables = metadata.sorted_tables
    return {table.name: rows_of(world, table) for table in tables if table.name not in RUN_TABLES}


def without_reads(content: dict[str, list[tuple[object, ...]]]) -> dict[str, list[tuple[object, ...]]]:
    """The same but for when each source was last read, and when it last said each row."""
    unmarked = [tuple(map(_without_mark, row)) for row in content["entry_version"]]
    return {name: rows for name, rows in content.items() if name != "read"} | {"entry_version": unmarked}


def _without_mark(cell: object) -> object:
    return {name: text for name, text in cell.items() if name != "last_said"} if isinstance(cell, dict) else cell


def read_every_kind(world: World) -> World:
    """Read every kind once, well."""
    for kind in (Kind.STAFF, Kind.TUTOR_GROUPS):
        world.put(kind, LIST_ROWS[kind], FIRST)
    for kind in (Kind.STUDENTS, Kind.RESULTS, Kind.MENTORING_ENTRIES, Kind.PROFORMAS):
        world.read_well(kind, LIST_ROWS[kind], FIRST)
    return world


@pytest.fixture
def school(world: World) -> World:
    """A school of which every kind was read once."""
    return read_every_kind(world)


def test_reading_the_same_again_changes_nothing_of_any_kind(school: World) -> None:
    before = without_reads(everything(school))
    for kind, rows in LIST_ROWS.items():
        counts = school.read_well(kind, rows, SECOND).outcome.counts
        assert (counts["added"], counts["changed"], counts["missing"]) == (0, 0, 0), kind
        assert counts["unchanged"] == len(rows), kind
        assert without_reads(everything(school)) == before, kind


EDITED: dict[Kind, list[Row]] = {
    Kind.STAFF: [*LIST_ROWS[Kind.STAFF][1:], staff("T1", "Married"), staff("T9")],
    Kind.STUDENTS: [student(1, "8A2"), *students(29, first=3), student(31, Reg="", Year="Year  7")],
    Kind.TUTOR_GROUPS: [group("8A1", "T9"), *LIST_ROWS[Kind.TUTOR_GROUPS][2:], group("8A9", "T2")],
    Kind.RESULTS: [result(1, "8"), *LIST_ROWS[Kind.RESULTS][2:], result(2, "7", "Maths Attainment")],
    Kind.MENTORING_ENTRIES: [typed(1, "Another text of some length"), *LIST_ROWS[Kind.MENTORING_ENTRIES][2:]],
    Kind.PROFORMAS: [proforma("r1", 1, text="Another text of some length"), proforma("r99", 5, interview_date="?")],
}


def test_a_plan_says_what_the_run_then_does_and_leaves_the_store_as_it_is(school: World) -> None:
    for kind, rows in EDITED.items():
        before = everything(school)
        reading = school.put(kind, rows, SECOND)
        planned = school.run(JOBS[kind], SECOND, dry=True).outcome
        assert everything(school) == before, kind
        assert reading.settled is None, kind
        done = school.run(JOBS[kind], SECOND).outcome
        assert (planned.counts, planned.ending) == (done.counts, done.ending), kind
        assert [problem.code for problem in planned.problems] == [problem.code for problem in done.problems], kind
        assert everything(school) != before, kind


FAULTS = {
    "failed": SourceFailed("error", "SIMS reported an error.", "Run the report by hand."),
    "refused": SourceRefused("truncated", "The file ends in the middle.", "Export it again."),
    "unavailable": SourceUnavailable("away", "The folder is not there.", "Check the share."),
    "later": RetriableError("later", "The server said later.", "Wait."),
}


@pytest.mark.parametrize("fault", sorted(FAULTS))
def test_a_read_that_does_not_end_whole_leaves_the_store_as_it_is(fault: str, sqlite_world: World) -> None:
    before = everything(read_every_kind(sqlite_world))
    for kind in sorted(set(Kind) - {Kind.PROFORMAS}):
        reading = sqlite_world.put(kind, EDITED[kind], SECOND, error=FAULTS[fault], fail_after=20)
        report = sqlite_world.run(JOBS[kind], SECOND)
        assert report.outcome.ending in {Ending.FAILED, Ending.STOPPED}
        assert [problem.code for problem in report.outcome.problems] == [FAULTS[fault].code]
        assert reading.settled == (report.run_id, False)
    assert everything(sqlite_world) == before


def test_a_source_that_cannot_be_opened_does_not_stop_the_others(sqlite_world: World) -> None:
    sqlite_world.shelves["staff"].fail(Kind.STAFF, FAULTS["unavailable"])
    report = sqlite_world.read(Kind.STUDENTS, students(3), FIRST)
    assert report.outcome.ending is Ending.FAILED
    assert report.outcome.counts["added"] == 3
    assert [problem.source for problem in report.outcome.problems] == ["staff"]


@pytest.mark.parametrize(
    ("rows", "when", "code"),
    [
        ([], SECOND, "empty"),
        (students(30), "2026-11-19 06:00", "older"),
        (
            [{name: text for name, text in row.items() if name != "Year"} for row in students(30)],
            SECOND,
            "missing-column",
        ),
        (
            [{name: text for name, text in row.items() if name != "House"} for row in students(30)],
            SECOND,
            "silent-column",
        ),
        (students(30, "9B1", first=900), SECOND, "wrong-school"),
        ([student(number, "8B7") for number in range(1, 31)], SECOND, "change-storm"),
        ([student(number, Year="Sixth") for number in range(1, 31)], SECOND, "too-many-held"),
        ([student(number, **{"DfE Number": "933/9999"}) for number in range(1, 31)], SECOND, "wrong-school"),
    ],
)
def test_each_sign_of_a_wrong_source_stops_it_with_one_sentence(
    rows: list[Row], when: str, code: str, sqlite_world: World
) -> None:
    sqlite_world.read_well(Kind.STUDENTS, students(30), FIRST)
    before = {name: found for name, found in everything(sqlite_world).items() if name != "quarantine"}
    reading = sqlite_world.put(Kind.STUDENTS, rows, when)
    report = sqlite_world.run("pull_students", SECOND)
    assert report.outcome.ending is Ending.STOPPED
    assert report.outcome.exit_code == 4
    (problem,) = report.outcome.problems
    assert problem.code == code
    assert problem.do
    assert "Vorrin" not in str(problem)
    assert reading.settled == (report.run_id, False)
    assert {name: found for name, found in everything(sqlite_world).items() if name != "quarantine"} == before


def test_a_stopped_read_is_no_good_read_and_the_next_good_one_goes_on(world: World) -> None:
    world.read_well(Kind.STUDENTS, students(30), FIRST)
    assert world.read(Kind.STUDENTS, students(30, "9B1", first=900), SECOND).outcome.ending is Ending.STOPPED
    with world.store.reading() as connection:
        assert good_reads(connection, world.id)[(Kind.STUDENTS, "students")].began == at(FIRST)
    assert world.read_well(Kind.STUDENTS, students(30), THIRD).outcome.counts["unchanged"] == 30


def test_several_waiting_reads_are_taken_oldest_first(world: World) -> None:
    world.put(Kind.STUDENTS, students(31), SECOND)
    world.put(Kind.STUDENTS, students(30), FIRST)
    report = world.run("pull_students", SECOND)
    assert report.outcome.counts["added"] == 31
    with world.store.reading() as connection:
        assert good_reads(connection, world.id)[(Kind.STUDENTS, "students")].began == at(SECOND)


def test_a_source_whose_clock_runs_ahead_counts_from_now(world: World) -> None:
    world.put(Kind.STUDENTS, students(30), "2027-01-20 06:00")
    world.run("pull_students", FIRST)
    with world.store.reading() as connection:
        began = good_reads(connection, world.id)[(Kind.STUDENTS, "students")].began
    assert began.date() == at(FIRST).date()
    world.read_well(Kind.STUDENTS, students(30), SECOND)


def test_a_held_row_is_in_quarantine_until_it_is_well(world: World) -> None:
    rows = [*students(29), student(30, Year="Sixth")]
    report = world.read(Kind.STUDENTS, rows, FIRST)
    assert report.outcome.ending is Ending.HELD
    (problem,) = report.outcome.problems
    assert (problem.code, problem.what) == (
        "quarantine",
        "1 row is held (nc_year: is not an NC year such as 9, Year 9, R or N1).",
    )
    with world.store.reading() as connection:
        assert [row.record_number for row in load_quarantine(connection, world.id)] == [30]
    world.read_well(Kind.STUDENTS, students(30), SECOND)
    with world.store.reading() as connection:
        assert load_quarantine(connection, world.id) == ()


def test_an_optional_value_that_cannot_be_used_is_dropped_with_a_note(world: World) -> None:
    rows = [*students(29), student(30, UPN="none")]
    report = world.read_well(Kind.STUDENTS, rows, FIRST)
    assert any("upn: 1 values not used" in note for note in report.outcome.notes)


def test_one_row_with_many_aspects_of_nobody_known_is_one_row(world: World) -> None:
    section = world.school.sources["mentoring_entries"].model_copy(
        update={"mapping": "sims_mentoring_entries_by_aspect"}
    )
    wide = world.with_school(sources={**world.school.sources, "mentoring_entries": section})
    wide.read_well(Kind.STUDENTS, students(30), FIRST)

    def row(number: int) -> Row:
        captions = [
            f"Mentoring {what} {slot} (Mentoring Autumn 2 2026/27)"
            for what in ("Target", "Review")
            for slot in (1, 2, 3)
        ]
        return {"Person ID": str(number), **dict.fromkeys(captions, "Hand in every piece of homework")}

    report = wide.read(Kind.MENTORING_ENTRIES, [row(number) for number in (*range(1, 31), 99)], SECOND)
    assert report.outcome.ending is Ending.HELD
    assert report.outcome.counts["held"] == 1
    assert report.outcome.problems[0].what.startswith("1 row is held")


def test_a_mapping_of_another_kind_is_refused(sqlite_world: World) -> None:
    section = sqlite_world.school.sources["students"].model_copy(update={"mapping": "sims_staff"})
    wrong = sqlite_world.with_school(sources={"students": section})
    wrong.confirmed = False
    assert wrong.read(Kind.STUDENTS, students(3), FIRST).outcome.ending is Ending.MISCONFIGURED


def test_without_a_source_there_is_nothing_to_do_and_nothing_wrong(sqlite_world: World) -> None:
    empty = sqlite_world.with_school(sources={}, source_options={})
    report = empty.run("pull_results", FIRST)
    assert report.outcome.ending is Ending.DONE
    assert report.outcome.notes == ("No source of results is configured: nothing to do.",)


def test_nothing_new_waiting_is_said_so(sqlite_world: World) -> None:
    report = sqlite_world.run("pull_students", FIRST)
    assert report.outcome.ending is Ending.DONE
    assert any("nothing new is waiting" in note for note in report.outcome.notes)
