"""Entries typed in SIMS from read to read: recorded when they were first there, corrected, and withdrawn when gone."""

from datetime import date

import pytest
from sqlalchemy import select

from sims_sync.outcome import Ending
from sims_sync.records import Entry, EntryState, Kind
from sims_sync.store.entries import load_entries
from sims_sync.store.reads import load_quarantine
from sims_sync.store.students import load_students
from sims_sync.store.tables import entry_version
from tests.sims_sync.builders import AUTUMN_1_SET, OTHER_TEXT, TEXT, Row, World, at, students, typed

DAY_1, DAY_2, DAY_3 = "2026-11-16 06:00", "2026-11-17 06:00", "2026-11-18 06:00"
AFTER_D = "2026-12-16 06:00"


@pytest.fixture
def school(world: World) -> World:
    """Ten students, read before the first entry."""
    world.read_well(Kind.STUDENTS, students(10), "2026-11-13 06:00")
    return world


def entries(world: World) -> dict[str, Entry]:
    """Entries by the student's number, then aspect and set."""
    with world.store.reading() as connection:
        numbers = {key: record.ref.person_id for key, record in load_students(connection, world.id).items()}
        found = load_entries(connection, world.id)
    return {f"{numbers[entry.student_id]} {entry.key.split(':', 2)[2]}": entry for entry in found.values()}


def only(world: World) -> Entry:
    (entry,) = entries(world).values()
    return entry


def read(world: World, when: str, *rows: Row) -> Ending:
    return world.read(Kind.MENTORING_ENTRIES, rows, when).outcome.ending


def test_in_the_first_read_an_entry_was_recorded_on_its_result_date(school: World) -> None:
    assert read(school, DAY_1, typed(1)) is Ending.DONE
    assert only(school).recorded_at == at("2026-11-12 00:00")
    assert only(school).targets[0].text == TEXT


def test_a_new_value_was_recorded_when_the_last_good_read_did_not_hold_it_yet(school: World) -> None:
    read(school, DAY_1, typed(1))
    read(school, DAY_2, typed(1), typed(2, day="2026-11-17"))
    assert entries(school)["2 mentoringtarget1:mentoringautumn22026/27"].recorded_at == at(DAY_1)


def test_typed_in_the_night_before_the_deadline_ends_counts_as_on_time(school: World) -> None:
    read(school, "2026-12-15 06:00", typed(1))
    read(school, AFTER_D, typed(1), typed(2, day="2026-12-15"))
    assert entries(school)["2 mentoringtarget1:mentoringautumn22026/27"].recorded_at <= at("2026-12-15 23:59")


def test_a_failed_read_in_between_makes_nobody_late(school: World) -> None:
    read(school, "2026-12-15 06:00", typed(1))
    assert read(school, "2026-12-16 05:00") is Ending.STOPPED  # an empty report
    read(school, "2026-12-17 06:00", typed(1), typed(2, day="2026-12-15"))
    assert entries(school)["2 mentoringtarget1:mentoringautumn22026/27"].recorded_at == at("2026-12-15 06:00")


def test_a_correction_after_the_deadline_makes_nobody_late(school: World) -> None:
    read(school, DAY_1, typed(1))
    read(school, "2026-12-15 06:00", typed(1))
    read(school, "2026-12-17 06:00", typed(1, OTHER_TEXT))
    assert only(school).targets[0].text == OTHER_TEXT
    assert only(school).recorded_at == at("2026-11-12 00:00")


def test_a_text_that_was_too_short_is_recorded_when_it_became_long_enough(school: World) -> None:
    read(school, DAY_1, typed(1, "Maths"))
    read(school, "2026-12-16 06:00", typed(1, "Maths"))
    read(school, "2026-12-17 06:00", typed(1, TEXT))
    assert only(school).recorded_at == at("2026-12-16 06:00")


def test_every_version_of_an_entry_is_kept(school: World) -> None:
    for when, text in ((DAY_1, TEXT), (DAY_2, OTHER_TEXT), (DAY_3, OTHER_TEXT)):
        read(school, when, typed(1, text))
    assert versions(school) == [TEXT, OTHER_TEXT]


def versions(world: World) -> list[str]:
    """The texts of an entry's versions, oldest first."""
    with world.store.reading() as connection:
        rows = connection.execute(select(entry_version.c.content).order_by(entry_version.c.version)).scalars()
        return [content["targets"][0]["text"] for content in rows]


def test_reading_the_same_again_changes_nothing(school: World) -> None:
    rows = [typed(1), typed(2, day=""), typed(3, result_set="Tutor notes")]
    read(school, DAY_1, *rows)
    before = entries(school)
    for when in (DAY_2, DAY_3, "2027-01-20 06:00"):
        report = school.read_well(Kind.MENTORING_ENTRIES, rows, when)
        assert (report.outcome.counts["changed"], report.outcome.counts["unchanged"]) == (0, 3)
    assert entries(school) == before


def test_a_date_that_is_added_in_sims_is_a_correction(school: World) -> None:
    read(school, DAY_1, typed(1, day=""))
    assert only(school).interview_date == date(2026, 11, 16)
    read(school, DAY_2, typed(1, day="2026-11-11"))
    assert only(school).interview_date == date(2026, 11, 11)


def test_values_of_other_aspects_are_left_alone_and_said_so(school: World) -> None:
    report = school.read_well(Kind.MENTORING_ENTRIES, [typed(1), typed(1, Aspect="English Attainment")], DAY_1)
    assert len(entries(school)) == 1
    assert any("1 values of other aspects" in note for note in report.outcome.notes)


def test_exact_duplicates_are_read_once_and_said_so(school: World) -> None:
    report = school.read_well(Kind.MENTORING_ENTRIES, [typed(1), typed(1)], DAY_1)
    assert any("1 exact duplicate" in note for note in report.outcome.notes)


def test_of_two_texts_in_one_place_the_student_is_done_and_the_other_is_held(school: World) -> None:
    assert read(school, DAY_1, typed(1), typed(1, OTHER_TEXT), *(typed(n) for n in range(2, 9))) is Ending.HELD
    assert len(entries(school)) == 8


def test_an_entry_of_nobody_known_is_held_and_the_others_go_on(school: World) -> None:
    assert read(school, DAY_1, typed(1), typed(99)) is Ending.HELD
    assert len(entries(school)) == 1
    with school.store.reading() as connection:
        (row,) = load_quarantine(connection, school.id)
    assert (row.code, row.student_id) == ("unknown-student", None)


def test_an_entry_that_cannot_be_dated_is_held_for_its_student(school: World) -> None:
    assert read(school, DAY_1, typed(1), typed(2, result_set="", day="")) is Ending.HELD
    with school.store.reading() as connection:
        (row,) = load_quarantine(connection, school.id)
    assert row.student_id is not None


def test_gone_for_less_than_the_grace_nothing_happens_and_it_may_come_back(school: World) -> None:
    read(school, DAY_1, typed(1), typed(2))
    for when in (DAY_2, "2026-11-30 06:00"):
        assert read(school, when, typed(2)) is Ending.DONE
    assert {entry.state for entry in entries(school).values()} == {EntryState.SUBMITTED}
    read(school, "2026-12-01 05:00", typed(1), typed(2))
    read(school, "2026-12-02 06:00", typed(2))
    assert {entry.state for entry in entries(school).values()} == {EntryState.SUBMITTED}


def test_gone_from_fourteen_days_of_good_reads_is_withdrawn_with_its_history(school: World) -> None:
    read(school, DAY_1, typed(1), typed(2))
    read(school, DAY_2, typed(2))
    report = school.read_well(Kind.MENTORING_ENTRIES, [typed(2)], "2026-12-01 06:00")
    states = {key.split()[0]: entry.state for key, entry in entries(school).items()}
    assert states == {"1": EntryState.WITHDRAWN, "2": EntryState.SUBMITTED}
    assert report.outcome.counts["changed"] == 1
    assert any("count as withdrawn" in note for note in report.outcome.notes)
    again = school.read_well(Kind.MENTORING_ENTRIES, [typed(2)], "2026-12-02 06:00")
    assert again.outcome.counts["changed"] == 0
    assert len(versions(school)) == 3


def test_a_plan_names_the_entries_that_would_be_withdrawn(school: World) -> None:
    read(school, DAY_1, typed(1), typed(2))
    read(school, DAY_2, typed(2))
    school.put(Kind.MENTORING_ENTRIES, [typed(2)], "2026-12-01 06:00")
    planned = school.run("pull_entries", "2026-12-01 06:00", dry=True)
    done = school.run("pull_entries", "2026-12-01 06:00")
    assert planned.outcome.counts == done.outcome.counts
    assert planned.outcome.counts["changed"] == 1


def test_a_withdrawn_entry_that_is_typed_again_counts_again(school: World) -> None:
    read(school, DAY_1, typed(1), typed(2))
    read(school, DAY_2, typed(2))
    read(school, "2026-12-01 06:00", typed(2))
    read(school, "2026-12-02 06:00", typed(1), typed(2))
    assert {entry.state for entry in entries(school).values()} == {EntryState.SUBMITTED}


def test_a_report_filtered_to_another_result_set_withdraws_nothing(school: World) -> None:
    read(school, DAY_1, typed(1), typed(2))
    for when in (DAY_2, "2026-12-01 06:00", "2026-12-14 06:00"):
        read(school, when, typed(3, result_set=AUTUMN_1_SET, day="2026-10-01"))
    assert {entry.state for entry in entries(school).values()} == {EntryState.SUBMITTED}


def test_one_column_for_each_aspect_gives_the_same_entries(world: World) -> None:
    section = world.school.sources["mentoring_entries"].model_copy(
        update={"mapping": "sims_mentoring_entries_by_aspect"}
    )
    wide = world.with_school(sources={**world.school.sources, "mentoring_entries": section})
    wide.read_well(Kind.STUDENTS, students(10), "2026-11-13 06:00")
    columns = {
        "Mentoring Target 1 (Mentoring Autumn 2 2026/27)": TEXT,
        "Mentoring Review 1 (Mentoring Autumn 2 2026/27)": OTHER_TEXT,
    }
    wide.read_well(Kind.MENTORING_ENTRIES, [{"Person ID": "1", **columns}, {"Person ID": "2"}], DAY_1)
    assert len(entries(wide)) == 2
