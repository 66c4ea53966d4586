"""Pro-formas that are handed in: each file stands alone, and whatever cannot be used is never passed over."""

import pytest

from sims_sync.errors import SourceFailed
from sims_sync.outcome import Ending
from sims_sync.pull.release import Decision, release_first
from sims_sync.records import Entry, EntryState, Kind
from sims_sync.store.decisions import load_excusals
from sims_sync.store.entries import load_entries
from sims_sync.store.plans import unconfirm
from sims_sync.store.reads import HeldRow, good_reads, load_quarantine
from sims_sync.store.students import load_students
from tests.sims_sync.builders import OTHER_TEXT, TEXT, Row, World, at, proforma, students

DAY_1, DAY_2, DAY_3 = "2026-11-16 16:00", "2026-11-17 16:00", "2026-11-18 16:00"


@pytest.fixture
def school(world: World) -> World:
    world.read_well(Kind.STUDENTS, students(20), "2026-11-13 06:00")
    return world


def hand_in(world: World, when: str, *rows: Row, name: str = "t1.csv") -> Ending:
    return world.read(Kind.PROFORMAS, rows, when, name=name).outcome.ending


def entries(world: World) -> list[Entry]:
    with world.store.reading() as connection:
        return list(load_entries(connection, world.id).values())


def held(world: World) -> tuple[HeldRow, ...]:
    with world.store.reading() as connection:
        return load_quarantine(connection, world.id)


def student_of(world: World, entry: Entry) -> str | None:
    with world.store.reading() as connection:
        return load_students(connection, world.id)[entry.student_id].ref.person_id


def test_a_row_is_recorded_when_the_file_was_written_but_not_after_it_was_collected(school: World) -> None:
    assert hand_in(school, DAY_1, proforma("r1", 1)) is Ending.DONE
    assert entries(school)[0].recorded_at == at(DAY_1)
    school.put(Kind.PROFORMAS, [proforma("r2", 2)], "2026-12-24 12:00", name="t2.csv")  # a clock that runs ahead
    school.run("collect_proformas", DAY_2)
    assert max(entry.recorded_at for entry in entries(school)).date() == at(DAY_2).date()


def test_files_may_come_in_any_order(school: World) -> None:
    hand_in(school, DAY_2, proforma("r1", 1))
    assert hand_in(school, DAY_1, proforma("r2", 2), name="t2.csv") is Ending.DONE
    assert len(entries(school)) == 2


def test_handed_in_again_unchanged_nothing_changes(school: World) -> None:
    hand_in(school, DAY_1, proforma("r1", 1))
    before = entries(school)
    report = school.read_well(Kind.PROFORMAS, [proforma("r1", 1)], DAY_2, name="t1.csv")
    assert (report.outcome.counts["changed"], report.outcome.counts["unchanged"]) == (0, 1)
    assert entries(school) == before


def test_drafts_that_come_back_submitted_are_recorded_then(school: World) -> None:
    rows = [proforma(f"r{number}", number) for number in range(1, 21)]
    hand_in(school, DAY_1, *({**row, "state": "draft"} for row in rows))
    assert {entry.state for entry in entries(school)} == {EntryState.DRAFT}
    assert hand_in(school, DAY_2, *rows) is Ending.DONE
    assert {(entry.state, entry.recorded_at) for entry in entries(school)} == {(EntryState.SUBMITTED, at(DAY_2))}


def test_a_correction_makes_nobody_late(school: World) -> None:
    hand_in(school, DAY_1, proforma("r1", 1))
    hand_in(school, "2026-12-17 12:00", proforma("r1", 1, text=OTHER_TEXT))
    (entry,) = entries(school)
    assert (entry.targets[0].text, entry.recorded_at) == (OTHER_TEXT, at(DAY_1))


def test_a_withdrawn_row_withdraws_its_entry(school: World) -> None:
    hand_in(school, DAY_1, proforma("r1", 1))
    hand_in(school, DAY_2, proforma("r1", 1, state="withdrawn"))
    assert entries(school)[0].state is EntryState.WITHDRAWN


def test_what_another_file_lacks_is_not_gone(school: World) -> None:
    hand_in(school, DAY_1, proforma("r1", 1))
    for when in (DAY_2, "2026-12-14 12:00"):
        hand_in(school, when, proforma("r2", 2), name="t2.csv")
    assert {entry.state for entry in entries(school)} == {EntryState.SUBMITTED}


def test_an_excusal_is_given_with_the_row(school: World) -> None:
    hand_in(school, DAY_1, proforma("r1", 1, text="", area="", kind="", state="", excusal_reason="Suspended"))
    with school.store.reading() as connection:
        (excusal,) = load_excusals(connection, school.id)
    assert (excusal.reason, excusal.accepted) == ("suspended", None)
    assert entries(school) == []


def test_a_row_that_cannot_be_used_is_held_for_its_student(school: World) -> None:
    assert hand_in(school, DAY_1, proforma("r1", 1), proforma("r2", 2, interview_date="soon")) is Ending.HELD
    (row,) = held(school)
    assert row.student_id is not None
    assert len(entries(school)) == 1


@pytest.mark.parametrize("surname", ["Tolmek", ""])
def test_an_admission_number_needs_its_surname(surname: str, school: World) -> None:
    assert hand_in(school, DAY_1, proforma("r1", 1, surname=surname)) is Ending.HELD
    assert [row.code for row in held(school)] == ["unknown-student"]
    assert entries(school) == []


def test_handed_in_well_again_the_row_is_no_longer_held(school: World) -> None:
    hand_in(school, DAY_1, proforma("r1", 1, interview_date="soon"))
    hand_in(school, DAY_2, proforma("r1", 1))
    assert held(school) == ()


def test_another_file_does_not_free_it(school: World) -> None:
    hand_in(school, DAY_1, proforma("r1", 1, interview_date="soon"))
    hand_in(school, DAY_2, proforma("r2", 2), name="t2.csv")
    assert [row.scope for row in held(school)] == ["t1.csv"]


def test_a_row_id_that_stands_for_another_student_overwrites_nothing(school: World) -> None:
    hand_in(school, DAY_1, proforma("r1", 1))
    assert hand_in(school, DAY_2, proforma("r1", 2), name="t2.csv") is Ending.HELD
    (entry,) = entries(school)
    assert student_of(school, entry) == "1"
    (row,) = held(school)
    assert row.student_id is not None


def test_one_row_id_on_two_rows_of_a_file_loses_neither_student(school: World) -> None:
    assert hand_in(school, DAY_1, proforma("r1", 1), proforma("r1", 2)) is Ending.HELD
    assert len(entries(school)) == 1
    assert [row.student_id is not None for row in held(school)] == [True]


def test_a_file_that_cannot_be_read_may_hold_anyones_entry(school: World) -> None:
    error = SourceFailed("broken", "The workbook cannot be opened.", "Save it again.")
    assert school.read(Kind.PROFORMAS, [], DAY_1, name="t1.xlsx", error=error).outcome.ending is Ending.FAILED
    (row,) = held(school)
    assert (row.student_id, row.scope) == (None, "t1.xlsx")
    hand_in(school, DAY_2, proforma("r1", 1), name="t1.xlsx")
    assert held(school) == ()


def test_the_good_rows_of_a_file_that_was_stopped_are_not_passed_over(school: World) -> None:
    bad = [proforma(f"b{number}", number, interview_date="soon") for number in range(1, 7)]
    good = [proforma(f"g{number}", number) for number in range(7, 20)]
    assert hand_in(school, DAY_1, *bad, *good) is Ending.STOPPED
    assert entries(school) == []
    rows = held(school)
    assert any(row.student_id is None for row in rows)
    assert sum(row.student_id is not None for row in rows) == 6
    hand_in(school, DAY_2, *(proforma(f"b{number}", number) for number in range(1, 7)), *good)
    assert (len(entries(school)), held(school)) == (19, ())


def test_a_file_that_lacks_a_column_is_stopped_and_held(school: World) -> None:
    row = {name: text for name, text in proforma("r1", 1).items() if name != "interview_date"}
    assert hand_in(school, DAY_1, row) is Ending.STOPPED
    assert None in {found.student_id for found in held(school)}


def test_a_folder_that_was_looked_through_counts_as_read_also_when_it_is_empty(school: World) -> None:
    assert school.run("collect_proformas", DAY_1).outcome.ending is Ending.DONE
    with school.store.reading() as connection:
        read = good_reads(connection, school.id)[(Kind.PROFORMAS, "proformas")]
    assert read.began >= at(DAY_1)


def test_a_folder_with_an_unfinished_file_was_not_looked_through(school: World) -> None:
    school.shelves["proformas"].notes = ("t1.xlsx is not complete yet.",)
    school.run("collect_proformas", DAY_1)
    with school.store.reading() as connection:
        assert (Kind.PROFORMAS, "proformas") not in good_reads(connection, school.id)


def test_long_texts_are_kept_alike_on_every_database(school: World) -> None:
    long = "word " * 400
    row = proforma("r1", 1, state="draft", kind="review", outcome=long, evidence=long, next_step=long, text=TEXT)
    other = proforma("r" * 200, 2, state="draft", area=long, support=long, author=long)
    school.read_well(Kind.PROFORMAS, [row, other], DAY_1)
    assert len(entries(school)) == 2


def test_files_that_wait_for_a_persons_word_are_each_taken_when_it_comes(school: World) -> None:
    asked = school.with_school(sources={**school.school.sources})
    asked.confirmed = False
    with school.store.writing() as connection:
        unconfirm(connection, school.id, Kind.PROFORMAS, "proformas")
    for number in (1, 2):
        assert hand_in(asked, DAY_1, proforma(f"r{number}", number), name=f"t{number}.csv") is Ending.HELD
    assert entries(school) == []
    release_first(school.context(DAY_2), Decision("an admin", "it is our school"))
    assert len(entries(school)) == 2
