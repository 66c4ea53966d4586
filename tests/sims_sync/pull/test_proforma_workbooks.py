"""Pro-forma workbooks from the issue to the store: filled in, handed in, answered, handed in again."""

from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import select

from connectors import CONNECTORS
from connectors.proforma_workbook import ProformaWorkbookOptions
from sims_sync.config import SourceSection
from sims_sync.outcome import Outcome
from sims_sync.plan import Action, Change
from sims_sync.proforma_issue import issue_proformas
from sims_sync.proforma_workbook.layout import Col
from sims_sync.records import Entry, EntryKind, EntryState, Kind, Target
from sims_sync.school_year import HalfTermId
from sims_sync.store.decisions import load_excusals
from sims_sync.store.entries import Origin, apply_entries, load_entries
from sims_sync.store.json_values import json_ready
from sims_sync.store.reads import HeldRow, load_quarantine
from sims_sync.store.session import Store
from sims_sync.store.students import load_students
from sims_sync.store.tables import entry_version
from tests.sims_sync.builders import (
    AUTUMN_1,
    AUTUMN_2,
    OTHER_TEXT,
    TEXT,
    World,
    make_world,
    result,
    staff,
    student,
    students,
    typed,
)
from tests.sims_sync.builders import group as tutor_group
from tests.sims_sync.proforma_workbook.hands import Workbook, open_workbook, sorted_by, texts

ISSUED = "2026-11-03 08:00"
DAY = date(2026, 11, 12)
DAY_1, DAY_2, DAY_3 = "2026-11-16 16:00", "2026-11-17 16:00", "2026-11-18 16:00"
KINDS = tuple(kind for kind in Kind if kind is not Kind.PROFORMAS)
SEVEN = "Vorrin7"
TYPED = "Hand in maths homework every Monday"
SAID: tuple[set[str], ...] = (set(), {OTHER_TEXT})

Issue = Callable[..., Workbook]


@pytest.fixture
def school(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setitem(CONNECTORS, "proforma_workbook", "connectors.proforma_workbook:ProformaWorkbook")
    world = make_world(store, tmp_path, KINDS)
    table = {"kind": "proformas", "connector": "proforma_workbook", "mapping": "proforma_workbook"}
    options = ProformaWorkbookOptions(folder="in", settle_seconds=0, patience_seconds=0)
    (tmp_path / "in").mkdir()
    world = world.with_school(
        sources={**world.school.sources, "workbooks": SourceSection.model_validate(table)},
        source_options={**world.school.source_options, "workbooks": options},
    )
    world.read_well(Kind.STAFF, [staff("T1"), staff("T2")], "2026-10-30 06:00")
    world.read_well(Kind.STUDENTS, [*students(10), *students(3, "9B", 21)], "2026-10-30 06:00")
    world.read_well(Kind.TUTOR_GROUPS, [tutor_group("8A1", "T1"), tutor_group("9B", "T2")], "2026-10-30 06:00")
    return world


def issue(world: World, half_term: HalfTermId = AUTUMN_2, when: str = ISSUED, group: str = "8A1") -> Workbook:
    (path,) = issue_proformas(world.context(when), half_term, world.school.base / "out", group=group)
    return open_workbook(path)


def hand_in(world: World, workbook: Workbook, when: str, name: str = "8A1.xlsx", *, collected: str = "") -> Outcome:
    workbook.save(world.school.base / "in" / name, when)
    return world.run("collect_proformas", collected or when).outcome


def entries(world: World) -> list[Entry]:
    with world.store.reading() as connection:
        return list(load_entries(connection, world.id).values())


def held(world: World) -> tuple[HeldRow, ...]:
    with world.store.reading() as connection:
        return load_quarantine(connection, world.id)


def person_of(world: World, entry: Entry) -> str | None:
    with world.store.reading() as connection:
        return load_students(connection, world.id)[entry.student_id].ref.person_id


def answer(world: World, name: str = "8A1 - please correct.xlsx") -> Workbook:
    return open_workbook(world.school.base / "in" / "answers" / name)


def said(workbook: Workbook, surname: str, at_row: int = 0, kind: str = "Target") -> str:
    return str(workbook.of(surname, kind)[at_row][Col.CORRECT])


def filled(workbook: Workbook, surname: str = SEVEN, text: str = TEXT, at_row: int = 0, **more: object) -> Workbook:
    cells = {"date": DAY, "text": text, "submitted": "yes", **more}
    return workbook.write(surname, "Target", at_row, **cells)


def typed_in_sims(world: World, text: str) -> None:
    """As the push adopts a newer value: the next version of the only entry, of another run."""
    (before,) = entries(world)
    after = replace(before, targets=(Target(text),))
    with world.store.writing() as connection:
        change = Change(Action.CHANGE, before.key, after, before)
        apply_entries(connection, world.id, [change], Origin("workbooks", "push-run"))


def versions(world: World) -> dict[tuple[str, int], dict[str, object]]:
    with world.store.reading() as connection:
        columns = (entry_version.c.entry_key, entry_version.c.version, entry_version.c.content)
        return {(row.entry_key, row.version): row.content for row in connection.execute(select(*columns))}


def texts_of(world: World) -> set[str]:
    return {target.text for entry in entries(world) for target in entry.targets}


def test_what_a_tutor_writes_becomes_the_students_entry(school: World) -> None:
    book = issue(school)
    filled(book, area="Maths", criterion="All in", support="Homework club", by_date=date(2027, 1, 29))
    outcome = hand_in(school, book, DAY_1)
    assert outcome.exit_code == 0, outcome.problems
    (entry,) = entries(school)
    (target,) = entry.targets
    assert (target.text, target.area, target.criterion, target.by_date) == (TEXT, "Maths", "All in", date(2027, 1, 29))
    assert (person_of(school, entry), entry.interview_date, entry.author) == ("7", DAY, "T1")
    assert (entry.state, entry.kind) == (EntryState.SUBMITTED, EntryKind.INTERVIEW)
    assert not (school.school.base / "in" / "answers").exists()
    assert list((school.school.base / "in" / "done").iterdir())


def test_rows_that_nobody_filled_in_are_no_entries(school: World) -> None:
    assert hand_in(school, issue(school), DAY_1).exit_code == 0
    assert (entries(school), held(school)) == ([], ())


def test_one_date_and_one_yes_are_enough_for_a_student(school: World) -> None:
    book = filled(issue(school)).write(SEVEN, at_row=1, text=OTHER_TEXT)
    assert hand_in(school, book, DAY_1).exit_code == 0
    assert [(each.state, each.interview_date) for each in entries(school)] == [(EntryState.SUBMITTED, DAY)] * 2


@pytest.mark.parametrize("word", ["no", ""])
def test_what_is_not_submitted_is_a_draft(word: str, school: World) -> None:
    hand_in(school, filled(issue(school), submitted=word), DAY_1)
    assert [each.state for each in entries(school)] == [EntryState.DRAFT]


def test_one_row_that_is_not_submitted_leaves_the_next_a_draft_too(school: World) -> None:
    book = filled(issue(school)).write(SEVEN, at_row=1, text=OTHER_TEXT, submitted="no")
    hand_in(school, book.write(SEVEN, at_row=2, text="Bring a calculator to maths"), DAY_1)
    assert sorted(each.state for each in entries(school)) == ["draft", "draft", "submitted"]


def test_an_excusal_is_given_for_the_student(school: World) -> None:
    assert hand_in(school, issue(school).write(SEVEN, excusal="suspended"), DAY_1).exit_code == 0
    with school.store.reading() as connection:
        (excusal,) = load_excusals(connection, school.id)
    assert (excusal.reason, excusal.half_term, entries(school)) == ("suspended", AUTUMN_2, [])


def test_no_new_target_with_a_reason_is_an_interview(school: World) -> None:
    book = issue(school).write(SEVEN, date=DAY, no_target="Still working on both targets", submitted="yes")
    hand_in(school, book, DAY_1)
    assert [each.no_target_reason for each in entries(school)] == ["Still working on both targets"]


def test_handed_in_twice_nothing_changes(school: World) -> None:
    book = filled(issue(school))
    hand_in(school, book, DAY_1)
    before = entries(school)
    outcome = hand_in(school, book, DAY_2, "8A1 again.xlsx")
    assert (outcome.exit_code, outcome.counts["changed"], entries(school)) == (0, 0, before)
    assert not any("differ" in note for note in outcome.notes)


def test_a_workbook_issued_again_has_the_same_rows_and_shows_what_was_handed_in(school: World) -> None:
    first = filled(issue(school))
    hand_in(school, first, DAY_1)
    again = issue(school, when=DAY_2)
    assert [row[Col.ROW_ID] for row in again.rows] == [row[Col.ROW_ID] for row in first.rows]
    row = again.of(SEVEN)[0]
    assert (row[Col.TEXT], row[Col.DATE], row[Col.SUBMITTED]) == (TEXT, DAY, "yes")
    assert hand_in(school, again, DAY_3).counts["changed"] == 0


def test_a_draft_handed_in_again_submitted_is_recorded_then(school: World) -> None:
    book = filled(issue(school), submitted="no")
    hand_in(school, book, DAY_1)
    hand_in(school, filled(book), DAY_2)
    assert [(each.state, each.recorded_at.day) for each in entries(school)] == [(EntryState.SUBMITTED, 17)]


def test_a_row_can_be_taken_back(school: World) -> None:
    book = filled(issue(school))
    hand_in(school, book, DAY_1)
    hand_in(school, filled(book, submitted="withdrawn"), DAY_2)
    assert [each.state for each in entries(school)] == [EntryState.WITHDRAWN]


def test_of_two_copies_the_one_saved_later_counts(school: World) -> None:
    book = issue(school)
    hand_in(school, filled(book), DAY_1, "8A1 one.xlsx")
    outcome = hand_in(school, filled(book, text=OTHER_TEXT), DAY_2, "8A1 two.xlsx")
    assert [each.targets[0].text for each in entries(school)] == [OTHER_TEXT]
    assert any("1 rows of 8A1 two.xlsx differ" in note for note in outcome.notes)


def test_an_older_copy_that_comes_later_overwrites_nothing_and_is_told_so(school: World) -> None:
    book = issue(school)
    hand_in(school, filled(book, text=OTHER_TEXT), DAY_2, "8A1 two.xlsx")
    outcome = hand_in(
        school, filled(book).write("Vorrin3", text=TEXT, date=DAY), DAY_1, "8A1 one.xlsx", collected=DAY_3
    )
    assert sorted(each.targets[0].text for each in entries(school)) == sorted((OTHER_TEXT, TEXT))
    assert any("1 rows of 8A1 one.xlsx were left alone" in note for note in outcome.notes)
    back = answer(school, "8A1 one - please correct.xlsx")
    assert "saved later" in said(back, SEVEN)
    assert said(back, "Vorrin3") == "Taken over."
    assert held(school) == ()


def test_an_older_copy_that_agrees_with_a_newer_one_leaves_the_newer_ones_time(school: World) -> None:
    book = filled(issue(school))
    for when, name in ((DAY_1, "a.xlsx"), (DAY_3, "b.xlsx")):
        hand_in(school, book, when, name)
    hand_in(school, filled(book, text=OTHER_TEXT), DAY_2, "c.xlsx", collected=DAY_3)  # older than b, which said TEXT
    assert [each.targets[0].text for each in entries(school)] == [TEXT]


def test_a_row_that_says_what_it_said_before_leaves_what_was_typed_in_sims_since(school: World) -> None:
    book = filled(issue(school))
    hand_in(school, book, DAY_1)
    typed_in_sims(school, TYPED)
    for number, when in enumerate((DAY_1, DAY_2), start=1):  # once the very same copy, once saved again with a new row
        outcome = hand_in(school, book, when, f"{number}.xlsx", collected=DAY_2)
        assert (outcome.exit_code, outcome.counts["changed"], texts_of(school)) == (0, 0, {TYPED} | SAID[number - 1])
        filled(book, "Vorrin8", text=OTHER_TEXT)
    hand_in(school, filled(book, text="Bring a calculator to maths"), DAY_3)
    assert texts_of(school) == {"Bring a calculator to maths", OTHER_TEXT}


def test_a_row_that_says_nothing_new_may_still_give_a_reason_for_no_interview(school: World) -> None:
    book = filled(issue(school))
    hand_in(school, book, DAY_1)
    typed_in_sims(school, TYPED)
    assert hand_in(school, book.write(SEVEN, excusal="suspended"), DAY_2).exit_code == 0
    with school.store.reading() as connection:
        assert [excusal.reason for excusal in load_excusals(connection, school.id)] == ["suspended"]
    assert texts_of(school) == {TYPED}


def test_the_same_copy_again_leaves_every_version_as_it_is(school: World) -> None:
    book = filled(issue(school))
    hand_in(school, book, DAY_1)
    before = versions(school)
    hand_in(school, book, DAY_1, collected=DAY_2)
    assert versions(school) == before
    hand_in(school, book, DAY_3)
    (key,) = before
    assert {name: text for name, text in versions(school)[key].items() if name != "last_said"} == json_ready(
        asdict(entries(school)[0])
    )


def test_a_copy_older_than_the_last_one_leaves_what_was_typed_in_sims_since(school: World) -> None:
    book = filled(issue(school))
    hand_in(school, filled(book, text=OTHER_TEXT), DAY_2, "two.xlsx")
    typed_in_sims(school, TYPED)
    outcome = hand_in(school, filled(book), DAY_1, "one.xlsx", collected=DAY_3)
    assert texts_of(school) == {TYPED}
    assert any("1 rows of one.xlsx were left alone" in note for note in outcome.notes)


def test_two_copies_in_one_folder_are_taken_in_the_order_in_which_they_were_saved(school: World) -> None:
    book = issue(school)
    filled(book, text=OTHER_TEXT).save(school.school.base / "in" / "a.xlsx", DAY_2)
    filled(book).save(school.school.base / "in" / "b.xlsx", DAY_1)
    school.run("collect_proformas", DAY_3)
    assert [each.targets[0].text for each in entries(school)] == [OTHER_TEXT]


def test_two_people_who_wrote_into_different_rows_lose_nothing(school: World) -> None:
    book = issue(school)
    hand_in(school, filled(book), DAY_1, "a.xlsx")
    hand_in(school, filled(issue(school), "Vorrin8"), DAY_2, "b.xlsx")
    assert sorted(str(person_of(school, each)) for each in entries(school)) == ["7", "8"]


def test_rows_and_columns_may_be_moved(school: World) -> None:
    book = filled(issue(school)).write(SEVEN, at_row=1, text=OTHER_TEXT)
    moved = sorted_by(lambda row: str(row[Col.ROW_ID]), book)
    moved.captions.reverse()
    assert hand_in(school, moved, DAY_1).exit_code == 0
    assert {person_of(school, each) for each in entries(school)} == {"7"}
    assert len(entries(school)) == 2


def test_without_its_hidden_sheet_and_renamed_it_is_still_known(school: World) -> None:
    book = filled(issue(school))
    book.others.clear()
    assert hand_in(school, book, DAY_1, "Copy of 8A1 (1).xlsx").exit_code == 0
    assert len(entries(school)) == 1


def test_a_student_who_moved_meanwhile_keeps_the_entry(school: World) -> None:
    book = filled(issue(school))
    moved = [student(7, "9B") if number == 7 else student(number) for number in range(1, 11)]
    school.read_well(Kind.STUDENTS, [*moved, *students(3, "9B", 21)], "2026-11-13 06:00")
    assert hand_in(school, book, DAY_1).exit_code == 0
    assert [person_of(school, each) for each in entries(school)] == ["7"]


def test_last_half_terms_workbook_counts_for_the_half_term_of_its_dates(school: World) -> None:
    book = issue(school, AUTUMN_1, "2026-10-30 08:00")
    hand_in(school, filled(book, date=date(2026, 10, 20)), "2026-10-30 16:00")
    hand_in(school, filled(book, text=OTHER_TEXT), DAY_1)
    assert {(each.interview_date, each.targets[0].text) for each in entries(school)} == {
        (date(2026, 10, 20), TEXT),
        (DAY, OTHER_TEXT),
    }
    assert hand_in(school, filled(book, text="Bring a calculator to maths"), DAY_2).counts["changed"] == 1
    assert len(entries(school)) == 2


def test_a_corrected_date_moves_the_entry_to_another_half_term(school: World) -> None:
    book = issue(school)
    hand_in(school, filled(book, date=date(2026, 10, 12)), DAY_1)
    hand_in(school, filled(book), DAY_2)
    assert [each.interview_date for each in entries(school)] == [DAY]


def test_a_row_that_cannot_be_used_comes_back_with_the_reason_beside_it(school: World) -> None:
    book = filled(issue(school), date=date(2026, 12, 24)).write("Vorrin8", text=TEXT, date=DAY, submitted="yes")
    outcome = hand_in(school, book, DAY_1)
    assert (outcome.exit_code, len(entries(school))) == (3, 1)
    back = answer(school)
    assert said(back, SEVEN) == "Date of interview: the interview lies in the future. Correct the date."
    assert (said(back, "Vorrin8"), said(back, "Vorrin9")) == ("Taken over.", "")
    assert back.of(SEVEN)[0][Col.TEXT] == TEXT


def test_the_corrected_answer_mends_what_was_held(school: World) -> None:
    hand_in(school, filled(issue(school), date=date(2026, 12, 24)), DAY_1)
    assert len(held(school)) == 1
    assert hand_in(school, filled(answer(school)), DAY_2, "8A1 - please correct.xlsx").exit_code == 0
    assert (len(entries(school)), held(school)) == (1, ())


def test_a_fourth_target_is_refused_and_the_three_are_kept(school: World) -> None:
    book = issue(school)
    for at_row in range(3):
        filled(book, at_row=at_row, text=f"{TEXT} number {at_row}")
    hand_in(school, book, DAY_1)
    older = issue(school, AUTUMN_1, DAY_1)
    assert hand_in(school, filled(older, text=OTHER_TEXT), DAY_2, "old.xlsx").exit_code == 3
    assert ([row.code for row in held(school)], len(entries(school))) == (["slots-full"], 3)
    assert "a fourth target" in said(answer(school, "old - please correct.xlsx"), SEVEN)


@pytest.mark.parametrize(
    ("text", "code", "told"),
    [
        ("word " * 250, "too-long", "SIMS holds 1000"),
        ("Hand in all homework \N{PARTY POPPER} on time", "characters", "\N{PARTY POPPER}"),
    ],
)
def test_a_text_that_sims_cannot_hold_is_refused_where_it_is_recorded(
    text: str, code: str, told: str, school: World
) -> None:
    outcome = hand_in(school, filled(issue(school), text=text), DAY_1)
    assert ([row.code for row in held(school)], entries(school)) == ([code], [])
    assert told in said(answer(school), SEVEN)
    assert "\N{PARTY POPPER}" not in f"{outcome} {held(school)}"  # of a text nothing is mailed, logged or kept


def test_a_draft_may_still_be_too_long(school: World) -> None:
    assert hand_in(school, filled(issue(school), text="word " * 250, submitted="no"), DAY_1).exit_code == 0


def test_another_schools_workbook_is_refused_as_a_whole(school: World) -> None:
    book = filled(issue(school))
    marks = book.others["sims-sync"]
    next(line for line in marks if line[0] == "school_dfe")[1] = "801/4000"
    assert hand_in(school, book, DAY_1).exit_code == 4
    assert entries(school) == []


def test_a_student_id_that_is_not_of_this_school_is_held(school: World) -> None:
    book = filled(issue(school))
    for row in book.of(SEVEN):
        row[Col.STUDENT] = "s0123456789abcdef"
    assert hand_in(school, book, DAY_1).exit_code == 3
    assert [row.code for row in held(school)] == ["unknown-student"]
    assert said(answer(school), SEVEN).startswith("This row does not say any more which student")


def test_a_row_copied_over_another_student_writes_over_nobodys_entry(school: World) -> None:
    book = filled(issue(school))
    book.of("Vorrin8")[0].update(book.of(SEVEN)[0], **{Col.STUDENT: book.of("Vorrin8")[0][Col.STUDENT]})
    assert hand_in(school, book, DAY_1).exit_code == 3
    assert ([row.code for row in held(school)], len(entries(school))) == (["row-id-taken"], 1)


def test_an_answer_that_cannot_be_written_takes_nothing_back(school: World) -> None:
    (school.school.base / "in" / "answers").write_text("a file is in the way", encoding="utf-8")
    book = filled(issue(school), date=date(2026, 12, 24)).write("Vorrin8", text=TEXT, date=DAY, submitted="yes")
    outcome = hand_in(school, book, DAY_1)
    assert outcome.exit_code == 3
    assert "answer-not-written" in {problem.code for problem in outcome.problems}
    assert len(entries(school)) == 1


def test_a_plan_alone_answers_nobody_and_leaves_the_copy(school: World) -> None:
    path = filled(issue(school), date=date(2026, 12, 24)).save(school.school.base / "in" / "8A1.xlsx", DAY_1)
    school.run("collect_proformas", DAY_1, dry=True)
    assert path.exists()
    assert not (school.school.base / "in" / "answers").exists()


def test_a_file_with_most_rows_wrong_is_answered_without_saying_that_anything_was_taken(school: World) -> None:
    book = issue(school)
    for number in range(1, 11):
        filled(book, f"Vorrin{number}", date=date(2026, 12, 24) if number < 10 else DAY)
    assert hand_in(school, book, DAY_1).exit_code == 4
    assert entries(school) == []
    assert said(answer(school), "Vorrin10").startswith("Not taken over yet")


def test_the_last_targets_stand_there_to_be_reviewed(school: World) -> None:
    hand_in(school, filled(issue(school, AUTUMN_1), date=date(2026, 10, 20), area="Maths"), DAY_1)
    again = issue(school, when=DAY_2)
    (row,) = again.of(SEVEN, "Review")
    assert row[Col.EARLIER] == f"Maths: {TEXT}"
    assert again.rows.index(row) < again.rows.index(again.of(SEVEN)[0])
    outcome = hand_in(school, again.write(SEVEN, "Review", date=DAY, outcome="partly", submitted="yes"), DAY_2)
    assert outcome.exit_code == 0
    (review,) = (each for each in entries(school) if each.kind is EntryKind.REVIEW)
    assert (review.reviews[0].outcome, person_of(school, review)) == ("partly", "7")


@pytest.mark.parametrize(("outcome", "open_again"), [("achieved", 0), ("not achieved", 0), ("partly", 1)])
def test_a_target_that_was_reviewed_is_not_asked_for_again(outcome: str, open_again: int, school: World) -> None:
    hand_in(school, filled(issue(school, AUTUMN_1), date=date(2026, 10, 20)), DAY_1)
    review = issue(school, when=DAY_2).write(SEVEN, "Review", date=DAY, outcome=outcome, submitted="yes")
    hand_in(school, review, DAY_2)
    spring = HalfTermId("2026-27", 2)
    assert len(issue(school, spring, "2027-01-05 08:00").of(SEVEN, "Review")) == open_again


def test_targets_typed_in_sims_are_to_be_reviewed_too(school: World) -> None:
    school.read_well(
        Kind.MENTORING_ENTRIES,
        [typed(7, result_set="Mentoring Autumn 1 2026/27", day="2026-10-12")],
        "2026-11-02 06:00",
    )
    assert [row[Col.EARLIER] for row in issue(school).of(SEVEN, "Review")] == [TEXT]


def test_the_newest_academic_data_stand_in_the_students_first_row(school: World) -> None:
    rows = [
        result(7, "5", Result_Date="2026-06-20", Result_Set="Summer 2"),
        result(7, "6"),
        result(7, "7", "Maths Attainment"),
        result(7, "Works hard in every single lesson of the year", "English Comment"),
        result(7, TEXT, "Mentoring Target 1"),
    ]
    school.read_well(Kind.RESULTS, rows, "2026-11-02 06:00")
    first, *others = issue(school).of(SEVEN)
    assert first[Col.DATA] == "English Attainment 6; Maths Attainment 7 (20/10/2026)"
    assert {row[Col.DATA] for row in others} == {""}


def test_each_group_has_a_workbook_of_its_own_students(school: World, tmp_path: Path) -> None:
    paths = issue_proformas(school.context(ISSUED), AUTUMN_2, tmp_path / "out")
    assert [path.name for path in paths] == ["8A1 Autumn 2 2026-27.xlsx", "9B Autumn 2 2026-27.xlsx"]
    (first, second) = ({row[Col.SURNAME] for row in open_workbook(path).rows} for path in paths)
    assert first == {f"Vorrin{number}" for number in range(1, 11)}
    assert second == {f"Vorrin{number}" for number in range(21, 24)}


def test_who_left_and_who_is_a_guest_is_not_in_it(school: World) -> None:
    rows = [student(1, Leaving_Date="2026-11-02"), student(2, Enrolment_Status="G"), *students(8, first=3)]
    school.read_well(Kind.STUDENTS, [*rows, *students(3, "9B", 21)], "2026-11-02 06:00")
    assert len({row[Col.SURNAME] for row in issue(school).rows}) == 8


def test_no_number_by_which_sims_knows_a_student_is_in_it(school: World) -> None:
    rows = [student(1, UPN="B801200005001", Adno="770001"), *students(9, first=2), *students(3, "9B", 21)]
    school.read_well(Kind.STUDENTS, rows, "2026-11-02 06:00")
    everything = " ".join(texts(issue(school)))
    assert "B801200005001" not in everything
    assert "770001" not in everything


def test_who_made_it_may_be_somebody_else(school: World) -> None:
    hand_in(school, filled(issue(school), author="T2"), DAY_1)
    assert [each.author for each in entries(school)] == ["T2"]


def test_a_later_copy_gives_another_reason_for_no_interview_and_an_older_one_does_not(school: World) -> None:
    book = issue(school)
    for reason, saved in (("suspended", DAY_2), ("refused", DAY_1)):
        hand_in(school, book.write(SEVEN, excusal=reason), saved, f"{reason}.xlsx", collected=DAY_3)
    with school.store.reading() as connection:
        assert [excusal.reason for excusal in load_excusals(connection, school.id)] == ["suspended"]
