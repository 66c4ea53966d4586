"""The nightly round through the folders: written whole, collected once, never over what somebody wrote."""

import os
import re
from collections.abc import Iterable
from pathlib import Path

import pytest

import jobs
from sims_sync.compliance.facts import Excusal, Exemption, StudentClass
from sims_sync.compliance_report import compliance_report
from sims_sync.config import ReportsSection
from sims_sync.lists.content import ListContent
from sims_sync.lists.layout import ACCEPT, FOR_THE_LEAD, REFUSE, Col
from sims_sync.outcome import Ending
from sims_sync.records import Kind
from sims_sync.run import RunReport
from sims_sync.store.decisions import load_excusals, load_exemptions
from sims_sync.store.notes import load_notes
from sims_sync.store.session import Store
from sims_sync.store.students import load_students
from sims_sync.store.tables import audit
from tests.sims_sync.builders import AUTUMN_2, Row, World, at, group, make_world, staff, student, typed
from tests.sims_sync.lists.hands import Opened, open_list, texts

FOLDERS = {"houses": "lists/houses/{house}", "groups": "lists/groups/{group}", "lead": "lists/lead"}
LISTS = ("houses/Austen", "houses/Bronte", "groups/8A1", "groups/8B1", "groups/9A1", "lead")
HOMES = {1: "8A1", 2: "8A1", 3: "8A1", 4: "8A1", 11: "8B1", 12: "8B1", 13: "8B1", 21: "9A1", 22: "9A1"}
HEADS = "staff_code,role,scope,from,to\nH1,head of house,Austen,,\n"  # Bronte's post is vacant
DONE = (1, 2, 11, 12, 21)


@pytest.fixture(autouse=True)
def _job(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(jobs.JOBS, "write_lists", "jobs.write_lists:run")


@pytest.fixture
def world(store: Store, tmp_path: Path) -> World:
    return settled(make_world(store, tmp_path, reports={"folders": FOLDERS}))


@pytest.fixture
def sqlite_world(sqlite_store: Store, tmp_path: Path) -> World:
    return settled(make_world(sqlite_store, tmp_path, reports={"folders": FOLDERS}))


def settled(world: World) -> World:
    """8A1 and 9A1 in Austen, where 9A1's tutor is the Head of House; 8B1 in Bronte."""
    (world.school.base / "roles.csv").write_text(HEADS, encoding="utf-8")
    for name in LISTS:
        (world.school.base / "lists" / name).mkdir(parents=True)
    read(world, "2026-12-10")
    return world


def read(world: World, day: str, homes: dict[int, str] | None = None, done: Iterable[int] = DONE) -> None:
    homes = homes or HOMES
    when = f"{day} 06:00"
    world.read_well(Kind.STAFF, [staff(code) for code in ("T1", "T2", "H1")], when)
    rows: list[Row] = [student(number, home, house_of(home)) for number, home in homes.items()]
    world.read_well(Kind.STUDENTS, rows, when)
    groups = [("8A1", "T1"), ("8B1", "T2"), ("9A1", "H1")]
    world.read_well(Kind.TUTOR_GROUPS, [group(name, code, house_of(name)) for name, code in groups], when)
    world.read_well(Kind.MENTORING_ENTRIES, [typed(number) for number in done], when)
    world.read_well(Kind.PROFORMAS, [], when)


def house_of(name: str) -> str:
    return "Bronte" if name == "8B1" else "Austen"


def place(world: World, name: str) -> Path:
    (found,) = (world.school.base / "lists" / name).glob("*.xlsx")
    return found


def opened(world: World, name: str) -> Opened:
    return open_list(place(world, name))


def write(world: World, when: str = "2026-12-10 07:15") -> RunReport:
    return world.run("write_lists", when)


def morning(world: World, day: str) -> RunReport:
    """SIMS is read as it was, then the lists are refreshed."""
    read(world, day)
    return write(world, f"{day} 07:15")


def student_id(world: World, number: int) -> str:
    with world.store.reading() as connection:
        known = load_students(connection, world.id).items()
    return next(key for key, held in known if held.ref.admission_number == f"{number:06}")


def excusals(world: World) -> dict[str, Excusal]:
    with world.store.reading() as connection:
        return {each.student_id: each for each in load_excusals(connection, world.id)}


def exemptions(world: World) -> tuple[Exemption, ...]:
    with world.store.reading() as connection:
        return load_exemptions(connection, world.id)


def audited(world: World) -> list[tuple[str, str]]:
    with world.store.reading() as connection:
        return [(row.action, row.who) for row in connection.execute(audit.select())]


def class_of(world: World, number: int, when: str) -> StudentClass:
    lines = compliance_report(world.context(when), AUTUMN_2).assessment.lines
    return {line.student_id: line.student_class for line in lines}[student_id(world, number)]


def test_each_list_holds_those_of_its_own_group_or_house_who_are_not_done(world: World) -> None:
    report = write(world)
    assert (report.outcome.ending, report.outcome.counts["added"]) == (Ending.DONE, len(LISTS))
    found = {name: opened(world, name).surnames() for name in LISTS}
    assert found == {
        "houses/Austen": ["Vorrin3", "Vorrin4", "Vorrin22"],
        "houses/Bronte": ["Vorrin13"],
        "groups/8A1": ["Vorrin3", "Vorrin4"],
        "groups/8B1": ["Vorrin13"],
        "groups/9A1": ["Vorrin22"],
        "lead": ["Vorrin13", "Vorrin22"],
    }


def test_a_second_round_writes_nothing(world: World) -> None:
    write(world)
    before = {name: place(world, name).read_bytes() for name in LISTS}
    again = write(world, "2026-12-10 07:20")
    assert again.outcome.counts["unchanged"] == len(LISTS)
    assert {name: place(world, name).read_bytes() for name in LISTS} == before
    assert [action for action, _ in audited(world)] == ["lists-written"]


def test_a_reason_from_the_tutors_list_waits_for_the_head_and_is_decided_in_theirs(world: World) -> None:
    write(world)
    opened(world, "groups/8A1").write("Vorrin3", reason="Suspended").save(place(world, "groups/8A1"))
    first = morning(world, "2026-12-11")
    assert first.outcome.ending is Ending.DONE
    given = excusals(world)[student_id(world, 3)]
    assert (given.reason, given.effective, given.accepted) == ("suspended", at("2026-12-10").date(), None)
    heads = opened(world, "houses/Austen")
    assert heads.of("Vorrin3")[Col.REASON] == "suspended"
    heads.write("Vorrin3", decision=ACCEPT).save(place(world, "houses/Austen"), "2026-12-11 16:00")
    morning(world, "2026-12-14")
    assert excusals(world)[student_id(world, 3)].accepted is True
    assert opened(world, "groups/8A1").of("Vorrin3")[Col.STATE] == "accepted"
    assert ("excusal-given", "folder of 8A1") in audited(world)
    assert ("excusal-accepted", "folder of Austen") in audited(world)


def test_a_reason_given_on_the_deadline_counts_though_it_is_collected_the_day_after(sqlite_world: World) -> None:
    world = sqlite_world
    write(world)
    opened(world, "groups/8A1").write("Vorrin3", reason="at a funeral").save(
        place(world, "groups/8A1"), "2026-12-15 16:30"
    )
    opened(world, "groups/8B1").write("Vorrin13", reason="at a funeral").save(
        place(world, "groups/8B1"), "2026-12-16 06:30"
    )
    morning(world, "2026-12-16")
    assert class_of(world, 3, "2026-12-16 07:30") is StudentClass.AWAITING_DECISION
    assert class_of(world, 13, "2026-12-16 07:30") is StudentClass.OUTSTANDING


def test_a_file_set_back_in_time_gives_no_earlier_reason_than_its_list(sqlite_world: World) -> None:
    world = sqlite_world
    morning(world, "2026-12-16")
    opened(world, "groups/8A1").write("Vorrin3", reason="suspended").save(place(world, "groups/8A1"), "2026-12-01")
    morning(world, "2026-12-17")
    assert excusals(world)[student_id(world, 3)].effective == at("2026-12-16").date()


def test_a_word_mended_after_the_deadline_does_not_lose_a_reason_given_in_time(sqlite_world: World) -> None:
    world = sqlite_world
    write(world)
    for text, saved, collected in (
        ("trip", "2026-12-14 15:00", "2026-12-15"),
        ("a trip", "2026-12-16 09:00", "2026-12-17"),
    ):
        opened(world, "groups/8A1").write("Vorrin3", reason=text).save(place(world, "groups/8A1"), saved)
        morning(world, collected)
    given = excusals(world)[student_id(world, 3)]
    assert (given.reason, given.effective) == ("a trip", at("2026-12-14").date())


def test_what_belongs_to_the_programme_lead_is_locked_for_the_head_and_open_for_the_lead(sqlite_world: World) -> None:
    world = sqlite_world
    write(world)
    for name, surname in (("groups/9A1", "Vorrin22"), ("groups/8B1", "Vorrin13")):
        opened(world, name).write(surname, reason="suspended").save(place(world, name))
    morning(world, "2026-12-11")
    heads = opened(world, "houses/Austen")
    assert heads.of("Vorrin22")[Col.DECISION] == FOR_THE_LEAD
    heads.write("Vorrin22", decision=ACCEPT, exempt="ours").save(place(world, "houses/Austen"), "2026-12-11 15:00")
    morning(world, "2026-12-14")
    assert "The programme lead decides here" in opened(world, "houses/Austen").of("Vorrin22")[Col.ANSWER]
    assert excusals(world)[student_id(world, 22)].accepted is None
    assert exemptions(world) == ()
    lead = opened(world, "lead").write("Vorrin22", decision=REFUSE, why="was in school")
    lead.write("Vorrin13", decision=ACCEPT).save(place(world, "lead"), "2026-12-14 15:00")
    morning(world, "2026-12-15")
    assert [excusals(world)[student_id(world, number)].accepted for number in (22, 13)] == [False, True]


def test_what_cannot_be_taken_over_is_answered_beside_its_cell_and_keeps_its_text(sqlite_world: World) -> None:
    world = sqlite_world
    write(world)
    tutors = opened(world, "groups/8A1").write("Vorrin3", reason="x" * 81).write("Vorrin4", reason="suspended")
    tutors.note("n" * 201)
    tutors.save(place(world, "groups/8A1"))
    report = morning(world, "2026-12-11")
    assert report.outcome.counts["held"] == 2
    for when in ("2026-12-11 07:20", "2026-12-11 07:25"):  # until somebody has seen it
        row = opened(world, "groups/8A1").of("Vorrin3")
        assert (row[Col.REASON], row[Col.ANSWER]) == ("x" * 81, "A reason has 1 to 80 characters.")
        assert opened(world, "groups/8A1").note() == "n" * 201
        assert any("at most 200 characters, this one has 201" in text for text in texts(opened(world, "groups/8A1")))
        write(world, when)
    assert set(excusals(world)) == {student_id(world, 4)}
    opened(world, "groups/8A1").write("Vorrin3", reason="ill").save(place(world, "groups/8A1"), "2026-12-14 15:00")
    morning(world, "2026-12-15")
    assert excusals(world)[student_id(world, 3)].reason == "ill"
    assert opened(world, "groups/8A1").of("Vorrin3")[Col.ANSWER] == ""


@pytest.mark.parametrize(
    ("cells", "answer"),
    [
        ({"decision": REFUSE}, "Say why it is not accepted."),
        ({"decision": "perhaps"}, "Choose accept or do not accept."),
        ({"why": "was in school"}, "Choose accept or do not accept."),
        ({"decision": ACCEPT, "reason": "another"}, "The reason given has changed since"),
    ],
)
def test_a_decision_that_is_none_is_answered(sqlite_world: World, cells: dict[str, str], answer: str) -> None:
    world = sqlite_world
    write(world)
    opened(world, "groups/8A1").write("Vorrin3", reason="suspended").save(place(world, "groups/8A1"))
    morning(world, "2026-12-11")
    opened(world, "houses/Austen").write("Vorrin3", **cells).save(place(world, "houses/Austen"), "2026-12-11 15:00")
    morning(world, "2026-12-14")
    assert answer in opened(world, "houses/Austen").of("Vorrin3")[Col.ANSWER]
    assert excusals(world)[student_id(world, 3)].accepted is None


def test_an_exemption_is_taken_over_but_not_of_a_student_who_is_done_by_now(sqlite_world: World) -> None:
    world = sqlite_world
    write(world)
    heads = opened(world, "houses/Austen").write("Vorrin3", exempt="agreed").write("Vorrin4", exempt="agreed")
    heads.save(place(world, "houses/Austen"))
    read(world, "2026-12-11", done=(*DONE, 4))
    write(world, "2026-12-11 07:15")
    assert [each.student_id for each in exemptions(world)] == [student_id(world, 3)]
    after = opened(world, "houses/Austen")
    assert "Vorrin4" not in after.surnames()
    assert any("Zulpa4 Vorrin4: This student has an entry already" in text for text in texts(after))


def test_a_student_who_moved_is_given_nothing_by_the_old_list_nor_named_in_it(sqlite_world: World) -> None:
    world = sqlite_world
    write(world)
    opened(world, "groups/8A1").write("Vorrin3", reason="suspended").save(place(world, "groups/8A1"))
    read(world, "2026-12-11", homes=HOMES | {3: "8B1"})
    write(world, "2026-12-11 07:15")
    assert excusals(world) == {}
    assert "1 row: this student is not in this list any more, so nothing was taken over." in set(
        texts(opened(world, "groups/8A1"))
    )
    assert not any("Vorrin3" in text for text in texts(opened(world, "groups/8A1")))


def test_rows_that_were_mixed_up_or_doubled_are_answered(sqlite_world: World) -> None:
    world = sqlite_world
    write(world)
    tutors = opened(world, "groups/8A1")
    sheet = tutors.sheets["Students not done"]
    for line in sheet[1:]:
        line[tutors.captions.index(Col.SURNAME)] = "Vorrin3"  # the names were sorted, the ids were not
    tutors.write("Vorrin3", reason="suspended")
    copied = list(sheet[1])
    copied[tutors.captions.index(Col.REASON)] = "ill"
    sheet.append(copied)
    tutors.save(place(world, "groups/8A1"))
    morning(world, "2026-12-11")
    assert excusals(world) == {}
    after = opened(world, "groups/8A1")
    assert "two rows of this student" in after.of("Vorrin3")[Col.ANSWER]
    assert any("the name and the hidden id" in text for text in texts(after))


def test_the_tutors_note_reaches_the_head_and_goes_when_it_is_emptied(world: World) -> None:
    write(world)
    tutors = opened(world, "groups/8A1")
    tutors.note('=HYPERLINK("x") two are on a trip')
    tutors.save(place(world, "groups/8A1"))
    morning(world, "2026-12-11")
    assert any(text.endswith("two are on a trip") for text in texts(opened(world, "houses/Austen")))
    assert not any("two are on a trip" in text for text in texts(opened(world, "houses/Bronte")))
    tutors = opened(world, "groups/8A1")
    tutors.note("")
    tutors.save(place(world, "groups/8A1"), "2026-12-11 15:00")
    morning(world, "2026-12-14")
    with world.store.reading() as connection:
        assert load_notes(connection, world.id, AUTUMN_2) == {}


def test_a_copy_saved_while_we_write_is_not_written_over(sqlite_world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world = sqlite_world
    write(world)
    path = place(world, "groups/8A1")
    copy = opened(world, "groups/8A1").write("Vorrin3", reason="suspended")

    def save_meanwhile(content: ListContent) -> bytes:
        copy.save(path)
        return content.marks.key.encode()

    monkeypatch.setattr("sims_sync.lists.refreshing.write_list", save_meanwhile)
    report = morning(world, "2026-12-11")
    assert report.outcome.ending is Ending.HELD
    assert opened(world, "groups/8A1").of("Vorrin3")[Col.REASON] == "suspended"


@pytest.mark.parametrize("mark", ["~${}", ".~lock.{}#"])
def test_a_list_open_in_a_program_is_collected_but_left_until_it_is_closed(sqlite_world: World, mark: str) -> None:
    world = sqlite_world
    write(world)
    path = place(world, "groups/8A1")
    opened(world, "groups/8A1").write("Vorrin3", reason="suspended").save(path)
    is_open = path.with_name(mark.format(path.name))
    is_open.write_bytes(b"")
    before = path.read_bytes()
    report = morning(world, "2026-12-11")
    assert [problem.code for problem in report.outcome.problems] == ["list-open"]
    assert path.read_bytes() == before
    assert len(excusals(world)) == 1
    is_open.unlink()
    assert morning(world, "2026-12-14").outcome.ending is Ending.DONE
    assert [action for action, _ in audited(world)].count("excusal-given") == 1


def test_a_file_held_by_a_program_is_held_with_a_sentence(sqlite_world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world = sqlite_world

    def refuse(path: Path, content: bytes) -> None:
        del content
        raise PermissionError(13, "in use", str(path))

    monkeypatch.setattr("sims_sync.lists.lying.write_whole", refuse)
    report = write(world)
    assert report.outcome.ending is Ending.HELD
    assert {problem.code for problem in report.outcome.problems} == {"list-open"}


def test_a_damaged_or_foreign_file_stays_and_is_said(sqlite_world: World) -> None:
    world = sqlite_world
    write(world)
    place(world, "groups/8A1").write_bytes(b"PK half a workbook")
    foreign = place(world, "groups/8B1")
    opened(world, "groups/9A1").write("Vorrin22", reason="mine").save(foreign)
    report = morning(world, "2026-12-11")
    assert sorted(problem.code for problem in report.outcome.problems) == ["list-foreign", "list-unreadable"]
    assert not any("Vorrin" in str(problem) for problem in report.outcome.problems)
    assert excusals(world) == {}
    assert opened(world, "groups/8B1").of("Vorrin22")[Col.REASON] == "mine"


def test_a_list_that_vanished_is_written_anew_and_a_missing_folder_is_said(sqlite_world: World) -> None:
    world = sqlite_world
    write(world)
    place(world, "groups/8A1").unlink()
    place(world, "groups/8B1").unlink()
    (world.school.base / "lists/groups/8B1").rmdir()
    report = write(world, "2026-12-10 07:20")
    assert report.outcome.counts["added"] == 1
    assert "1 of 6 folders for lists cannot be used" in report.outcome.problems[0].what
    assert not (world.school.base / "lists/groups/8B1").exists()


def test_the_list_of_a_group_that_is_no_more_goes_unless_somebody_wrote_in_it(sqlite_world: World) -> None:
    world = sqlite_world
    write(world)
    merged = {number: home.replace("8B1", "8A1") for number, home in HOMES.items()}
    read(world, "2026-12-11", merged)
    assert write(world, "2026-12-11 07:15").outcome.ending is Ending.DONE
    assert list((world.school.base / "lists/groups/8B1").iterdir()) == []
    opened(world, "groups/9A1").write("Vorrin22", reason="suspended").save(place(world, "groups/9A1"))
    read(world, "2026-12-14", {number: home.replace("9A1", "8A1") for number, home in merged.items()})
    report = write(world, "2026-12-14 07:15")
    assert [problem.code for problem in report.outcome.problems] == ["list-vanished"]
    assert opened(world, "groups/9A1").of("Vorrin22")[Col.REASON] == "suspended"


def test_held_figures_name_nobody_and_leave_a_copy_that_needs_an_answer(sqlite_world: World) -> None:
    world = sqlite_world
    write(world)
    opened(world, "groups/8A1").write("Vorrin3", reason="x" * 81).save(place(world, "groups/8A1"))
    opened(world, "groups/9A1").write("Vorrin22", reason="suspended").save(place(world, "groups/9A1"))
    report = write(world, "2026-12-16 07:15")  # nothing was read since the deadline
    assert [problem.code for problem in report.outcome.problems] == ["list-waits"]
    assert len(excusals(world)) == 1
    for name in LISTS:
        if name != "groups/8A1":
            found = list(texts(opened(world, name)))
            assert any("has not been read whole since the end of" in text for text in found)
            assert not any(re.search("Vorrin|Zulpa|Tolm", text) for text in found)
    assert opened(world, "groups/8A1").of("Vorrin3")[Col.REASON] == "x" * 81
    read(world, "2026-12-16")
    write(world, "2026-12-16 07:20")
    assert opened(world, "groups/8A1").of("Vorrin3")[Col.ANSWER] == "A reason has 1 to 80 characters."


def test_a_closed_half_term_is_shown_from_its_snapshot_and_takes_nothing_over(sqlite_world: World) -> None:
    world = sqlite_world
    morning(world, "2026-12-19")
    copy = opened(world, "groups/8A1").write("Vorrin3", reason="suspended")
    assert world.run("take_snapshots", "2026-12-19 07:20").outcome.ending is Ending.DONE
    copy.save(place(world, "groups/8A1"), "2026-12-20 15:00")
    write(world, "2026-12-21 07:15")
    assert excusals(world) == {}
    after = opened(world, "groups/8A1")
    assert after.surnames() == ["Vorrin3", "Vorrin4"]
    assert {row[Col.ROW_ID] for row in after.rows} == {""}
    assert any(text.startswith("This half term is closed") for text in texts(after))
    assert "The half term it was for is closed: nothing was taken over." in set(texts(after))


def test_old_data_before_the_deadline_list_nobody(sqlite_world: World) -> None:
    world = sqlite_world
    write(world, "2026-12-14 07:15")
    assert opened(world, "groups/8A1").surnames() == []
    assert any("too old to say who is not done" in text for text in texts(opened(world, "houses/Austen")))


def test_without_folders_a_plan_or_a_rehearsal_nothing_is_written(sqlite_world: World) -> None:
    world = sqlite_world
    assert world.run("write_lists", "2026-12-10 07:15", dry=True).outcome.ending is Ending.DONE
    assert write(world.with_school(reports=ReportsSection())).outcome.ending is Ending.DONE
    assert list((world.school.base / "lists").rglob("*.xlsx")) == []


@pytest.mark.skipif(os.name == "nt", reason="links need a right of their own there")
def test_a_link_is_neither_followed_nor_replaced(sqlite_world: World, tmp_path: Path) -> None:
    world = sqlite_world
    write(world)
    path = place(world, "groups/8A1")
    elsewhere = tmp_path / "elsewhere.xlsx"
    path.rename(elsewhere)
    path.symlink_to(elsewhere)
    report = morning(world, "2026-12-11")
    assert [problem.code for problem in report.outcome.problems] == ["list-open"]
    assert path.is_symlink()


def test_sorting_one_column_by_itself_gives_no_other_student_a_reason(sqlite_world: World) -> None:
    world = sqlite_world
    write(world)
    opened(world, "groups/8A1").write("Vorrin3", reason="Suspended").save(place(world, "groups/8A1"))
    morning(world, "2026-12-11")
    mine = opened(world, "groups/8A1")
    shifted = mine.write("Vorrin3", reason="").write("Vorrin4", reason="suspended")
    shifted.save(place(world, "groups/8A1"), "2026-12-11 16:00")
    morning(world, "2026-12-14")
    assert student_id(world, 4) not in excusals(world)
    assert "sorting it alone" in str(opened(world, "groups/8A1").of("Vorrin4"))


def test_what_was_refused_and_could_be_taken_over_later_stays_until_it_is_saved_once_more(sqlite_world: World) -> None:
    world = sqlite_world
    write(world)
    opened(world, "groups/8A1").write("Vorrin3", reason="suspended").save(place(world, "groups/8A1"))
    morning(world, "2026-12-11")
    heads = opened(world, "houses/Austen").write("Vorrin3", decision=ACCEPT)
    opened(world, "groups/8A1").write("Vorrin3", reason="refused").save(place(world, "groups/8A1"), "2026-12-11 15:00")
    morning(world, "2026-12-14")
    heads.save(place(world, "houses/Austen"), "2026-12-14 16:00")
    morning(world, "2026-12-15")
    assert "has changed since this list was written" in opened(world, "houses/Austen").of("Vorrin3")[Col.ANSWER]
    for day in ("2026-12-16", "2026-12-17"):  # nobody looked: the decision was about another reason, so it is not taken
        morning(world, day)
        row = opened(world, "houses/Austen").of("Vorrin3")
        assert row[Col.DECISION] == ACCEPT
        assert "save this list once more" in row[Col.ANSWER]
        assert excusals(world)[student_id(world, 3)].accepted is None
    opened(world, "houses/Austen").save(place(world, "houses/Austen"), "2026-12-17 15:00")
    morning(world, "2026-12-18")
    assert excusals(world)[student_id(world, 3)].accepted is True
