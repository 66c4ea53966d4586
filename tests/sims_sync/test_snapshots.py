"""Snapshots: taken once when their data are complete, never changed, restated with a date, shown as they were."""

from collections.abc import Sequence

import pytest

import jobs
from sims_sync.compliance.facts import Excusal, Occasion
from sims_sync.compliance.snapshot_form import Restated
from sims_sync.compliance_report import compliance_report
from sims_sync.errors import RunError, SafetyStop
from sims_sync.outcome import Ending
from sims_sync.records import Kind
from sims_sync.report.exports import render_json
from sims_sync.report.page import render_html
from sims_sync.report.text import render_text
from sims_sync.run import RunReport
from sims_sync.school_year import Closure, HalfTermId
from sims_sync.snapshots import closed_summary, restate
from sims_sync.store.decisions import add_closure, decide_excusal, save_excusal
from sims_sync.store.snapshots import StoredSnapshot, list_snapshots, load_snapshots
from sims_sync.store.students import load_students
from tests.sims_sync.builders import (
    AUTUMN_1_SET,
    AUTUMN_2,
    SPRING_1,
    Row,
    World,
    at,
    group,
    proforma,
    staff,
    student,
    students,
    typed,
)

MORNINGS = ("2026-11-03", "2026-12-01", "2026-12-02", "2026-12-03", "2026-12-04", "2026-12-16")
TYPED = {1: "2026-11-12", 8: "2026-12-16", 10: "2026-11-10", 15: "2026-10-29"}
FIRST = {3: "2026-12-02", 4: "2026-12-03"}
LEAVES = {5: "2026-12-04", 6: "2026-12-16"}
MOVED = {10: "2026-12-01", 11: "2026-12-04"}
CLOSING_READ = "2026-12-19 06:00"
BY = Restated("V. Head", "The entry was another student's")


@pytest.fixture(autouse=True)
def _job(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(jobs.JOBS, "take_snapshots", "jobs.take_snapshots:run")


def golden_students(day: str) -> list[Row]:
    rows = []
    for number in range(1, 16):
        if FIRST.get(number, "") <= day <= LEAVES.get(number, "9"):
            where = "8B1" if day < MOVED.get(number, "") else "8A1"
            more = {"Leaving_Date": LEAVES.get(number, ""), "Admission_Date": FIRST.get(number, "2024-09-01")}
            status = {"Enrolment_Status": "Guest Pupil"} if number == 13 else {}
            rows.append(student(number, where, "Austen" if where == "8A1" else "Bronte", **more, **status))
    return [*rows, *(student(number, "8B1", "Bronte") for number in range(101, 121))]


def golden_entries(day: str) -> list[Row]:
    others = [typed(number) for number in range(101, 121)] if day > "2026-11-12" else []
    mine = [
        typed(number, day=on, **({"result_set": AUTUMN_1_SET} if number == 15 else {}))
        for number, on in TYPED.items()
        if on < day
    ]
    return [*mine, *others]


def golden_proformas(day: str) -> list[Row]:
    rows = [
        ("2026-12-01", proforma("r9", 9, interview_date="2026-11-20", author="H1")),
        ("2026-12-01", proforma("r12", 12, interview_date="2026-11-26", state="draft")),
        ("2026-12-15", proforma("r14", 14, interview_date="2026-12-14")),
    ]
    return [row for since, row in rows if since <= day]


def read_morning(world: World, day: str, clock: str = "06:00", entries: Sequence[Row] | None = None) -> None:
    when = f"{day} {clock}"
    world.read_well(Kind.STAFF, [staff(code) for code in ("T1", "T2", "H1")], when)
    world.read_well(Kind.STUDENTS, golden_students(day), when)
    world.read_well(Kind.TUTOR_GROUPS, [group("8A1", "T1"), group("8B1", "T2", "Bronte")], when)
    world.read_well(Kind.MENTORING_ENTRIES, entries or golden_entries(day), when)
    world.read_well(Kind.PROFORMAS, golden_proformas(day), when)


def snap(world: World, when: str) -> RunReport:
    return world.run("take_snapshots", when)


def stored(world: World, occasion: Occasion = Occasion.CLOSING) -> tuple[StoredSnapshot, ...]:
    with world.store.reading() as connection:
        return load_snapshots(connection, world.id, AUTUMN_2, occasion)


def student_id(world: World, number: int) -> str:
    with world.store.reading() as connection:
        known = load_students(connection, world.id).items()
    return next(key for key, held in known if held.ref.admission_number == f"{number:06}")


def excuse(world: World, number: int, given: str, decided: str) -> None:
    who = student_id(world, number)
    reason = Excusal(who, AUTUMN_2, "long-term absence", at(given).date())
    decision = {"accepted": True, "decided_by": "H1", "decided_at": at(decided), "decision_reason": None}
    with world.store.writing() as connection:
        save_excusal(connection, world.id, reason, "T1", at(given))
        decide_excusal(connection, world.id, who, AUTUMN_2, decision)


def count(world: World) -> int:
    with world.store.reading() as connection:
        return len(list_snapshots(connection, world.id))


def figures(world: World, occasion: Occasion, name: str = "8A1") -> tuple[int, int]:
    found = {each.group: each for each in stored(world, occasion)[0].content.assessment.groups}
    return found[name].done, found[name].due


def lived_to_the_deadline(world: World) -> World:
    (world.school.base / "roles.csv").write_text(
        "staff_code,role,scope,from,to\nH1,head of house,Austen,,\n", encoding="utf-8"
    )
    for day in MORNINGS:
        if day == "2026-12-16":
            world.read_well(Kind.PROFORMAS, golden_proformas("2026-12-15"), "2026-12-15 15:00")
        read_morning(world, day)
    excuse(world, 7, "2026-12-02", "2026-12-03")
    return world


def lived_to_closing(world: World) -> World:
    lived_to_the_deadline(world)
    first = snap(world, "2026-12-16 07:00")
    read_morning(world, "2026-12-19")
    second = snap(world, "2026-12-19 07:00")
    assert [first.outcome.counts, second.outcome.counts] == [{"added": 1}, {"added": 1}]
    return world


def test_the_golden_case_is_kept_at_the_deadline_and_at_closing_whatever_comes_later(world: World) -> None:
    lived_to_closing(world)
    assert figures(world, Occasion.DEADLINE) == (4, 10)
    assert figures(world, Occasion.CLOSING) == (5, 10)
    kept = stored(world, Occasion.DEADLINE), stored(world)
    moved = [row | {"Reg": "8B1"} for row in golden_students("2026-12-19") if row["Person ID"] in {"2", "3"}]
    others = [row for row in golden_students("2026-12-19") if row["Person ID"] not in {"2", "3"}]
    world.read_well(Kind.STUDENTS, [*moved, *others], "2027-01-05 06:00")
    late = [*golden_entries("2027-01-05"), typed(2, day="2026-12-14")]
    world.read_well(Kind.MENTORING_ENTRIES, late, "2027-01-05 06:00")
    again = snap(world, "2027-01-05 07:00")
    assert (again.outcome.ending, again.outcome.counts.get("added", 0)) == (Ending.DONE, 0)
    assert (stored(world, Occasion.DEADLINE), stored(world)) == kept


def test_a_snapshot_holds_no_students_name_and_the_tutors_as_they_were(sqlite_world: World) -> None:
    lived_to_closing(sqlite_world)
    content = stored(sqlite_world)[0].content
    assert "Vorrin" not in repr(content)
    assert "Zulpa" not in repr(content)
    assert [content.staff[tutor] for tutor in content.tutors[student_id(sqlite_world, 1)]] == ["Mrs Kerra TolmT1"]


def test_nothing_is_taken_before_the_day_is_over_and_it_is_held_until_all_was_read_since(sqlite_world: World) -> None:
    world = sqlite_world
    for day in MORNINGS[:-1]:
        read_morning(world, day)
    early = snap(world, "2026-12-15 23:00")
    assert (early.outcome.ending, count(world)) == (Ending.DONE, 0)
    waiting = snap(world, "2026-12-16 05:00")
    assert waiting.outcome.ending is Ending.HELD
    assert any("has not been read whole since the end of" in problem.what for problem in waiting.outcome.problems)
    assert count(world) == 0
    assert world.post.messages == []


def test_a_plan_or_a_rehearsal_takes_none(sqlite_world: World) -> None:
    world = lived_to_the_deadline(sqlite_world)
    assert world.run("take_snapshots", "2026-12-16 07:00", dry=True).outcome.ending is Ending.DONE
    assert count(world) == 0
    assert snap(world, "2026-12-16 07:00").outcome.counts["added"] == 1


def test_half_terms_before_the_programme_have_none(sqlite_world: World) -> None:
    world = lived_to_the_deadline(sqlite_world)
    programme = world.school.programme.model_copy(update={"starts_with": "2026-27/spring-1"})
    later = world.with_school(programme=programme)
    assert snap(later, "2026-12-16 07:00").outcome.notes == ("No snapshot is due.",)
    assert count(world) == 0


def test_no_snapshot_is_taken_from_students_that_sims_has_promoted(sqlite_world: World) -> None:
    world = lived_to_the_deadline(sqlite_world)
    read_morning(world, "2027-09-03")
    ended = snap(world, "2027-09-03 07:00")
    assert count(world) == 0
    assert any("SIMS has promoted" in note for note in ended.outcome.notes)


def test_a_late_decision_is_a_dated_restatement_and_the_report_lists_it(world: World) -> None:
    lived_to_closing(world)
    excuse(world, 2, "2026-12-14", "2026-12-21")
    before = stored(world)
    version, changed = restate(world.context("2026-12-21 09:00"), AUTUMN_2, Occasion.CLOSING, BY)
    assert (version, changed) == (2, ("8A1: 5 of 10, Action needed → 5 of 9, Action needed",))
    assert stored(world)[:1] == before
    summary = closed_summary(world.context("2027-01-05 07:30"), AUTUMN_2)
    assert summary is not None
    assert {house.house: (house.done, house.due) for house in summary.houses}["Austen"] == (5, 10)
    for text in (render_text(summary), render_html(summary)):
        flat = " ".join(text.split())
        assert "As closed on Sat 19 Dec 2026, 07:00" in flat
        assert "Restated on Mon 21 Dec 2026, 09:00 by V. Head" in flat
    assert '"why": "The entry was another student\'s"' in render_json(summary)


def test_a_closure_entered_after_the_deadline_snapshot_moves_no_deadline(sqlite_world: World) -> None:
    world = lived_to_the_deadline(sqlite_world)
    snap(world, "2026-12-16 07:00")
    with world.store.writing() as connection:
        for day in ("2026-12-10", "2026-12-11"):
            closed = Closure(at(day).date(), "snow", at("2026-12-17"))
            add_closure(connection, world.id, closed, "it")
    assert world.context("2026-12-17").school_year().dates(AUTUMN_2).deadline == at("2026-12-15").date()


def test_a_restatement_names_no_tutor_whom_the_snapshot_did_not_name_unless_released(sqlite_world: World) -> None:
    world = lived_to_closing(sqlite_world)
    with (world.school.base / "roles.csv").open("a", encoding="utf-8") as roles:
        roles.write("T2,tutor,8A1,,\n")  # the new tutor, without a first day
    context = world.context("2026-12-21 09:00")
    with pytest.raises(SafetyStop, match=r"whom the snapshot did not name: 8A1\."):
        restate(context, AUTUMN_2, Occasion.CLOSING, BY)
    assert len(stored(world)) == 1
    assert restate(context, AUTUMN_2, Occasion.CLOSING, BY, release=True)[0] == 2


def test_nothing_can_be_restated_that_was_never_taken(sqlite_world: World) -> None:
    with pytest.raises(RunError, match="has no snapshot"):
        restate(sqlite_world.context("2026-12-21"), AUTUMN_2, Occasion.CLOSING, BY)


def test_incomplete_half_terms_in_a_row_come_from_the_closing_snapshots(sqlite_world: World) -> None:
    world = lived_to_closing(sqlite_world)
    read_morning(world, "2027-02-10")
    found = compliance_report(world.context("2027-02-10 07:30"), SPRING_1, Occasion.DEADLINE)
    rows = {each.group: each.incomplete_in_a_row for each in found.assessment.groups}
    assert rows == {"8A1": 1, "8B1": 0}


def test_a_snapshot_in_doubt_names_nobody(sqlite_world: World) -> None:
    world = sqlite_world
    world.read_well(Kind.STAFF, [staff("T1")], "2026-12-19 06:00")
    world.read_well(Kind.STUDENTS, students(12), "2026-12-19 06:00")
    world.read_well(Kind.TUTOR_GROUPS, [group("8A1", "T1")], "2026-12-19 06:00")
    old = [typed(number, result_set=AUTUMN_1_SET, day="2026-10-01") for number in range(1, 13)]
    world.read_well(Kind.MENTORING_ENTRIES, old, "2026-12-19 06:00")
    world.read_well(Kind.PROFORMAS, golden_proformas("2026-12-01")[:0], "2026-12-19 06:00")
    snap(world, "2026-12-19 07:00")
    summary = closed_summary(world.context("2027-01-05"), AUTUMN_2)
    assert summary is not None
    assert summary.held
    assert "TolmT1" not in render_text(summary)
    restate(world.context("2027-01-05"), AUTUMN_2, Occasion.CLOSING, BY, release=True)
    released = closed_summary(world.context("2027-01-05"), AUTUMN_2)
    assert released is not None
    assert "TolmT1" in render_text(released)


def test_without_a_snapshot_there_is_no_closed_report(sqlite_world: World) -> None:
    assert closed_summary(sqlite_world.context("2026-12-21"), HalfTermId("2026-27", 3)) is None
