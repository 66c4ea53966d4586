"""`why`: a wrongly accused tutor is cleared, or not, in one command; whoever is meant must be plain."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import Result

import jobs
from sims_sync.cli import why_command
from sims_sync.cli.why_command import why
from sims_sync.compliance.facts import Occasion, Span
from sims_sync.compliance.snapshot_form import Restated
from sims_sync.records import Kind
from sims_sync.snapshots import restate
from sims_sync.store.decisions import save_away
from sims_sync.store.tables import read
from tests.sims_sync.builders import AUTUMN_2, TEXT, World, at, staff, typed
from tests.sims_sync.cli.closed_school import HALF_TERM, NOW, audited, copied, live_through, typed_in
from tests.sims_sync.test_snapshots import golden_entries, lived_to_the_deadline


@pytest.fixture(autouse=True)
def _job(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(jobs.JOBS, "take_snapshots", "jobs.take_snapshots:run")


@pytest.fixture(scope="module")
def lived(sqlite_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return live_through(sqlite_model, tmp_path_factory.mktemp("lived"))


@pytest.fixture
def closed(lived: Path, tmp_path: Path) -> Iterator[World]:
    """The golden case on 5 January, both snapshots taken."""
    with copied(lived, tmp_path) as world:
        yield world


def look(world: World, *words: str, when: str = NOW, code: int = 0) -> Result:
    """`why` as typed at `when`."""
    return typed_in(world, why_command, why, words, when, code)


def test_a_tutor_in_need_of_a_follow_up_is_not_cleared_and_every_student_is_explained(closed: World) -> None:
    said = look(closed, "T1", *HALF_TERM).output
    assert said.splitlines()[:2] == [
        "Mrs Kerra TolmT1 (T1), Autumn 2 2026-27",
        "NOT CLEARED: needs a follow-up in 8A1.",
    ]
    assert "▲ Action needed, 5 of 10 done (50 %), 5 outstanding" in said
    assert "Zulpa2 Vorrin2 – outstanding" in said
    assert "DOMAIN rule 9: due, and no entry counts" in said
    assert "late: recorded after the deadline" in said
    assert "from mentoring_entries, version 1, run " in said
    assert "students from students: Tue 5 Jan 2027, 06:00, run " in said
    assert "What clears a tutor who was not there" in said
    assert TEXT not in said


def test_the_snapshots_stand_beside_what_is_known_today(closed: World) -> None:
    said = look(closed, "T1", *HALF_TERM).output
    assert "Snapshot deadline, version 1, Wed 16 Dec 2026, 07:00" in said
    assert "then: ▲ Action needed, 4 of 10 done (40 %), 6 outstanding; named Mrs Kerra TolmT1" in said
    assert said.count("from what is known today: the same") == 2


def all_done(day: str) -> list[dict[str, str]]:
    """What SIMS would have held, had nobody overlooked T1's entries: everyone's, dated in time."""
    return [*golden_entries(day), *(typed(number, day="2026-12-10") for number in (2, 3, 6, 12, 15))]


def test_entries_that_were_there_in_time_clear_a_tutor_whom_a_snapshot_names(closed: World) -> None:
    world = closed
    with world.store.writing() as connection:  # as if nobody had looked before: nothing says that they came late
        connection.execute(read.delete().where(read.c.kind == Kind.MENTORING_ENTRIES.value))
    world.read_well(Kind.MENTORING_ENTRIES, all_done("2027-01-05"), "2027-01-05 08:00")
    said = look(world, "T1", *HALF_TERM).output
    assert said.splitlines()[1].startswith("CLEARED: a snapshot names them"), said
    assert "Zulpa2 Vorrin2: outstanding then, done now" in said
    assert "sims-sync snapshots restate --half-term 2026-27/autumn-2 --occasion closing" in said
    by = Restated("V. Head", "Entries overlooked")
    for occasion in (Occasion.DEADLINE, Occasion.CLOSING):
        restate(world.context(NOW), AUTUMN_2, occasion, by, release=True)
    said = look(world, "T1", *HALF_TERM).output
    assert said.splitlines()[1] == "CLEARED: nothing names them as needing a follow-up.", said
    assert "version 2, Tue 5 Jan 2027, 09:00, restated by V. Head: Entries overlooked" in said


def test_whoever_was_away_is_cleared_and_the_rule_is_told(closed: World) -> None:
    with closed.store.writing() as connection:
        save_away(connection, closed.id, "T1", Span("away", at("2026-11-03").date()), "an admin", at(NOW))
    said = look(closed, "T1", *HALF_TERM).output
    assert said.splitlines()[1].startswith("CLEARED: a snapshot names them")
    assert "not named - away on Tue 15 Dec 2026 (rule 12)" in said
    assert "8A1 (no active tutor)" in said


def test_a_tutor_whose_group_is_complete_is_cleared(closed: World) -> None:
    assert look(closed, "T2", *HALF_TERM).output.splitlines()[1] == (
        "CLEARED: nothing names them as needing a follow-up."
    )


def test_where_data_lack_nobody_is_outstanding_and_no_figure_is_shown(sqlite_world: World) -> None:
    world = lived_to_the_deadline(sqlite_world)
    late = "2026-12-19 09:00"  # closing has come; nothing was read since
    said = look(world, "T1", *HALF_TERM, when=late).output
    assert said.splitlines()[1] == "NOT KNOWN: data lack, so nobody is named and no figure is shown."
    assert "outstanding" not in said
    assert "has not been read whole since the end of" in said
    student = look(world, "000002", *HALF_TERM, when=late).output
    assert "nobody can say whether anything is outstanding" in student
    document = json.loads(look(world, "T1", "--json", *HALF_TERM, when=late).stdout)
    assert (document["verdict"], document["groups"][0]["row"]) == ("not known", None)
    assert {each["class"] for each in document["groups"][0]["students"]} == {None}


def test_a_held_report_says_so_before_anything_else(closed: World) -> None:
    said = look(closed, "T1", "--half-term", "2026-27/spring-1").output
    assert "The report is held and names nobody until it is released" in said
    assert "No source has yielded any entry for Spring 1" in said


def test_before_the_programme_nobody_is_named(closed: World) -> None:
    said = look(closed, "T1", "--half-term", "2026-27/autumn-1").output
    assert said.splitlines()[1].startswith("Nobody is named: The programme starts with 2026-27/autumn-2")


@pytest.mark.parametrize("who", ["t1", "code:T1", "Kerra TolmT1", "TolmT1, Kerra", "Mrs TolmT1", "tolmt1"])
def test_a_tutor_is_known_by_code_or_name(closed: World, who: str) -> None:
    assert look(closed, who, *HALF_TERM).output.startswith("Mrs Kerra TolmT1 (T1)")


@pytest.mark.parametrize("who", ["8a1", "group:8A1"])
def test_a_tutor_group_is_known_by_its_name(closed: World, who: str) -> None:
    said = look(closed, who, *HALF_TERM).output
    assert said.splitlines()[:2] == ["8A1, Autumn 2 2026-27", "NOT CLEARED: needs a follow-up in 8A1."]


@pytest.mark.parametrize("who", ["000002", "student:000002", "Zulpa2 Vorrin2", "Vorrin2, Zulpa2"])
def test_a_student_is_known_by_number_or_name(closed: World, who: str) -> None:
    said = look(closed, who, *HALF_TERM).output
    assert said.startswith("Zulpa2 Vorrin2, 8A1, Autumn 2")
    assert "outstanding: DOMAIN rule 9" in said


def test_of_several_with_one_name_a_list_to_choose_from_is_given(closed: World) -> None:
    people = [staff("T1"), staff("T2"), staff("H1"), staff("V1", "Vorrin2", Forename="Zulpa2")]
    closed.read_well(Kind.STAFF, people, "2027-01-05 08:00")
    said = look(closed, "Zulpa2 Vorrin2", *HALF_TERM, code=2).output
    assert '"code:V1"  Mrs Zulpa2 Vorrin2' in said
    assert '"student:000002"  student of 8A1' in said
    assert look(closed, "code:V1", *HALF_TERM).output.splitlines()[0].startswith("Mrs Zulpa2 Vorrin2 (V1)")


def test_nobody_known_is_a_sentence(closed: World) -> None:
    assert "No tutor, tutor group or student" in look(closed, "Nobody Atall", code=2).output
    assert "No tutor, tutor group or student" in look(closed, "code:000002", code=2).output


def test_a_member_of_staff_without_a_group_is_told_so(closed: World) -> None:
    assert "No tutor group counts to them in this half term." in look(closed, "H1", *HALF_TERM).output


def test_every_look_is_in_the_audit_log_by_id(closed: World) -> None:
    look(closed, "T1", *HALF_TERM)
    look(closed, "000002", *HALF_TERM)
    found = audited(closed, "why")
    assert len(found) == 2
    assert not [subject for subject in found if "Vorrin" in subject or "Tolm" in subject]


def test_as_json_the_same_story_without_any_text(closed: World) -> None:
    found = look(closed, "T1", "--json", *HALF_TERM).stdout
    document = json.loads(found)
    (group,) = document["groups"]
    assert (document["verdict"], document["staff_code"]) == ("not cleared", "T1")
    assert (group["row"]["done"], group["row"]["due"]) == (5, 10)
    assert [each["occasion"] for each in group["snapshots"]] == ["deadline", "closing"]
    assert len({entry["run"] for each in group["students"] for entry in each["entries"]}) > 1
    assert TEXT not in found
    student = json.loads(look(closed, "000001", "--json", *HALF_TERM).stdout)
    assert (student["student"]["class"], student["student"]["entries"][0]["worth"]) == ("done", "counts")
    assert TEXT not in json.dumps(student)
