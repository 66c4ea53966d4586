"""A mentoring application's entries in the store: they land, corrections become versions, withdrawals withdraw."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from connectors import CONNECTORS
from sims_sync.config import SourceSection
from sims_sync.demo.proforma_api_server import TOKEN, Item, MentoringApplication, ProformaApiServer
from sims_sync.outcome import Ending
from sims_sync.plan import Action, Change
from sims_sync.records import Entry, EntryState, Kind, Target
from sims_sync.registry import connector_class
from sims_sync.run import RunReport
from sims_sync.store.decisions import load_excusals
from sims_sync.store.entries import Origin, apply_entries, load_entries
from sims_sync.store.plans import unconfirm
from sims_sync.store.reads import load_quarantine
from sims_sync.store.tables import entry_version
from tests.sims_sync.builders import OTHER_TEXT, TEXT, World, at, students

SUBMITTED_AT = "2026-12-15 15:59"
DAY_1, DAY_2, DAY_3 = "2026-12-16 06:00", "2026-12-17 06:00", "2026-12-18 06:00"
TARGET_1: Item = {"id": "t1", "state": "current", "area": "Maths", "text": TEXT}
TARGET_2: Item = {"id": "t2", "state": "current", "text": OTHER_TEXT}


@dataclass
class Mentoring:
    """A school that reads a mentoring application; both have the clock that a test sets."""

    world: World
    server: ProformaApiServer
    application: MentoringApplication
    moment: list[datetime] = field(default_factory=list)

    def at(self, when: str) -> "Mentoring":
        self.moment[0] = at(when)
        return self

    def save(self, entry_id: str = "e1", student: int = 1, **content: object) -> None:
        fixed: Item = {
            "state": "submitted",
            "interview_date": "2026-12-08",
            "author": "T1",
            "student": {"person_id": str(student)},
            "targets": [TARGET_1, TARGET_2],
        }
        self.application.save(entry_id, **(fixed | content))

    def pull(self, when: str, *, dry: bool = False) -> RunReport:
        self.at(when)
        return self.world.run("collect_proformas", when, dry=dry)

    def pull_well(self, when: str) -> RunReport:
        report = self.pull(when)
        assert report.outcome.ending is Ending.DONE, [str(problem) for problem in report.outcome.problems]
        return report

    def entries(self) -> dict[str, Entry]:
        """By row id."""
        with self.world.store.reading() as connection:
            found = load_entries(connection, self.world.id)
        return {key.partition("application:")[2]: entry for key, entry in found.items()}

    def texts(self) -> list[str]:
        live = (entry for entry in self.entries().values() if entry.state is EntryState.SUBMITTED)
        return [target.text for entry in live for target in entry.targets]

    def versions(self, row_id: str) -> int:
        key = f"proforma:application:{row_id}"
        with self.world.store.reading() as connection:
            return len(connection.execute(select(entry_version).where(entry_version.c.entry_key == key)).all())

    def asked_since(self) -> list[str | None]:
        return [each.query.get("updated_after") for each in self.server.web.asked]


@pytest.fixture
def school(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Mentoring]:
    monkeypatch.setitem(CONNECTORS, "proforma_api", "connectors.proforma_api:ProformaApi")
    monkeypatch.setenv("MENTORING_TOKEN", TOKEN)
    moment = [datetime(2026, 12, 1, tzinfo=UTC)]
    application = MentoringApplication(lambda: moment[0])
    with ProformaApiServer(application, lambda: moment[0], largest_page=2) as server:
        options = {"base_url": server.url, "token": "env:MENTORING_TOKEN", "wait_seconds": 0}
        section = {"kind": "proformas", "connector": "proforma_api", "mapping": "proforma_api", **options}
        sources = {name: source for name, source in world.school.sources.items() if name != "proformas"}
        sources["application"] = SourceSection.model_validate(section)
        checked = connector_class("proforma_api", "source").Options.model_validate(options)
        read_by = {**world.school.source_options, "application": checked}
        found = Mentoring(world.with_school(sources=sources, source_options=read_by), server, application, moment)
        found.world.read_well(Kind.STUDENTS, students(20), "2026-11-13 06:00")
        yield found


def test_every_target_and_review_lands_as_an_entry(school: Mentoring) -> None:
    review = {"id": "r1", "state": "current", "outcome": "partly", "text": "Reads most evenings"}
    school.at(SUBMITTED_AT).save(reviews=[review])
    school.save("e2", 2, targets=[], no_new_target={"state": "current", "reason": "Still working on both targets"})
    school.pull_well(DAY_1)
    found = school.entries()
    assert set(found) == {"e1/target/t1", "e1/target/t2", "e1/review/r1", "e2/no-new-target"}
    assert found["e1/target/t1"].targets == (Target(TEXT, "Maths"),)
    assert found["e1/review/r1"].reviews[0].outcome == "partly"
    assert found["e2/no-new-target"].no_target_reason == "Still working on both targets"


def test_an_entry_of_the_last_minute_is_on_time_although_it_is_read_the_next_morning(school: Mentoring) -> None:
    school.at(SUBMITTED_AT).save()
    school.pull_well(DAY_1)
    assert {entry.recorded_at for entry in school.entries().values()} == {at(SUBMITTED_AT)}


def test_a_clock_that_runs_ahead_records_nothing_later_than_the_read(school: Mentoring) -> None:
    school.at("2026-12-20 12:00").save()
    school.pull_well(DAY_1)
    assert {entry.recorded_at.date() for entry in school.entries().values()} == {at(DAY_1).date()}


def test_reading_again_changes_nothing(school: Mentoring) -> None:
    school.at(SUBMITTED_AT).save()
    school.pull_well(DAY_1)
    before = school.entries()
    for when in ("2026-12-16 07:00", DAY_2, "2026-12-27 06:00"):  # the last one reads everything again
        assert school.pull_well(when).outcome.counts.get("changed", 0) == 0
    assert school.entries() == before
    assert school.versions("e1/target/t1") == 1
    assert [since is None for since in school.asked_since()] == [True, False, False, True]


def test_a_correction_is_a_new_version_and_stays_recorded_when_the_entry_was(school: Mentoring) -> None:
    school.at(SUBMITTED_AT).save()
    school.pull_well(DAY_1)
    school.at("2026-12-16 10:00").save(targets=[{**TARGET_1, "text": OTHER_TEXT + " please"}, TARGET_2])
    school.pull_well(DAY_2)
    corrected = school.entries()["e1/target/t1"]
    assert corrected.targets[0].text == OTHER_TEXT + " please"
    assert corrected.recorded_at == at(SUBMITTED_AT)
    assert (school.versions("e1/target/t1"), school.versions("e1/target/t2")) == (2, 1)


def test_a_corrected_date_moves_the_entry_and_makes_no_second_one(school: Mentoring) -> None:
    school.at(SUBMITTED_AT).save(interview_date="2026-10-20")
    school.pull_well(DAY_1)
    school.at("2026-12-16 10:00").save(targets=[{**TARGET_1, "text": OTHER_TEXT + " please"}, TARGET_2])
    school.pull_well(DAY_2)
    assert {str(entry.interview_date) for entry in school.entries().values()} == {"2026-12-08"}
    assert len(school.entries()) == 2


def test_a_text_that_was_too_short_is_recorded_when_it_was_mended(school: Mentoring) -> None:
    school.at(SUBMITTED_AT).save(targets=[{**TARGET_1, "text": "maths"}])
    school.pull_well(DAY_1)
    school.at("2026-12-16 10:00").save(targets=[TARGET_1])
    school.pull_well(DAY_2)
    assert school.entries()["e1/target/t1"].recorded_at == at("2026-12-16 10:00")


def test_a_draft_is_recorded_when_it_is_submitted(school: Mentoring) -> None:
    school.at("2026-12-08 09:00").save(state="draft")
    school.pull_well(DAY_1)
    school.at("2026-12-16 10:00").save(recorded_at="2026-12-16T10:00:00Z")
    school.pull_well(DAY_2)
    assert {entry.recorded_at for entry in school.entries().values()} == {at("2026-12-16 10:00")}


def test_a_target_that_was_taken_out_is_withdrawn_and_the_others_stay(school: Mentoring) -> None:
    school.at(SUBMITTED_AT).save()
    school.pull_well(DAY_1)
    school.at("2026-12-16 10:00").save(targets=[{"id": "t1", "state": "withdrawn"}, TARGET_2])
    school.pull_well(DAY_2)
    found = school.entries()
    assert found["e1/target/t1"].state is EntryState.WITHDRAWN
    assert school.texts() == [OTHER_TEXT]


def test_a_target_that_is_merely_not_listed_stays(school: Mentoring) -> None:
    school.at(SUBMITTED_AT).save()
    school.pull_well(DAY_1)
    school.at("2026-12-16 10:00").save(targets=[TARGET_2])
    school.pull_well(DAY_2)
    assert sorted(school.texts()) == sorted([TEXT, OTHER_TEXT])


def test_a_withdrawn_entry_withdraws_all_its_parts(school: Mentoring) -> None:
    school.at(SUBMITTED_AT).save()
    school.pull_well(DAY_1)
    school.at("2026-12-16 10:00").save(state="withdrawn")
    school.pull_well(DAY_2)
    assert {entry.state for entry in school.entries().values()} == {EntryState.WITHDRAWN}


def test_an_older_revision_never_takes_the_place_of_a_newer_one(school: Mentoring) -> None:
    school.at(SUBMITTED_AT).save()
    school.pull_well(DAY_1)
    school.at("2026-12-16 10:00").save(targets=[{"id": "t1", "state": "withdrawn"}, {**TARGET_2, "text": TEXT}])
    school.pull_well(DAY_2)
    before = school.entries()
    school.application.list_stale("e1", 1)
    school.save("e2", 2)
    report = school.pull_well(DAY_3)
    after = school.entries()
    assert {row_id: after[row_id] for row_id in before} == before
    assert "e2/target/t1" in after
    assert any("left alone" in note for note in report.outcome.notes)


def test_what_was_typed_in_sims_since_outlives_a_revision_that_says_nothing_new(school: Mentoring) -> None:
    school.at(SUBMITTED_AT).save()
    school.pull_well(DAY_1)
    typed_in_sims(school, "e1/target/t1", "Hand in maths homework every Monday")
    school.at("2026-12-16 10:00").save(targets=[TARGET_1, {**TARGET_2, "text": TEXT}])  # another target changed
    school.pull_well(DAY_2)
    assert set(school.texts()) == {"Hand in maths homework every Monday", TEXT}
    school.pull_well("2026-12-27 06:00")
    assert set(school.texts()) == {"Hand in maths homework every Monday", TEXT}
    school.at("2026-12-28 10:00").save(targets=[{**TARGET_1, "text": OTHER_TEXT}, TARGET_2])
    school.pull_well("2026-12-29 06:00")
    assert "Hand in maths homework every Monday" not in school.texts()


def test_a_row_that_is_held_comes_again_until_it_is_put_right(school: Mentoring) -> None:
    school.at(SUBMITTED_AT).save()
    school.save("e2", 99)
    assert school.pull(DAY_1).outcome.ending is Ending.HELD
    school.at("2026-12-16 10:00").save("e3", 3)
    assert school.pull(DAY_2).outcome.ending is Ending.HELD  # not forgotten because something else is new
    assert held_codes(school) == {"unknown-student"}
    school.at("2026-12-17 10:00").save("e2", 4)
    school.pull_well(DAY_3)
    assert held_codes(school) == set()


def test_an_entry_that_breaks_the_contract_is_held_and_tied_to_its_student(school: Mentoring) -> None:
    school.at(SUBMITTED_AT).save()
    school.save("e2", 2, targets=[{"state": "current", "text": TEXT}])
    school.save("e3", 3, recorded_at="2026-12-15T15:59:00")
    school.pull(DAY_1)
    with school.world.store.reading() as connection:
        held = load_quarantine(connection, school.world.id)
    assert {(row.code, row.field) for row in held} == {("required-empty", "row_id"), ("bad-value", "recorded_at")}
    assert all(row.student_id for row in held)


def test_an_entry_that_changes_its_student_is_held(school: Mentoring) -> None:
    school.at(SUBMITTED_AT).save()
    school.pull_well(DAY_1)
    school.at("2026-12-16 10:00").save(student=2)
    assert school.pull(DAY_2).outcome.ending is Ending.HELD
    assert held_codes(school) == {"row-id-taken"}


def test_an_excusal_counts_from_the_day_on_which_it_was_given(school: Mentoring) -> None:
    school.at(SUBMITTED_AT).save(targets=[], interview_date=None, excusal={"state": "current", "reason": "suspended"})
    school.pull_well(DAY_1)
    with school.world.store.reading() as connection:
        (excusal,) = load_excusals(connection, school.world.id)
    assert (excusal.reason, str(excusal.effective)) == ("suspended", "2026-12-15")


def test_a_plan_that_waits_for_a_person_is_asked_for_again(school: Mentoring) -> None:
    with school.world.store.writing() as connection:
        unconfirm(connection, school.world.id, Kind.PROFORMAS, "application")
    school.at(SUBMITTED_AT).save()
    for _ in range(2):
        assert school.pull(DAY_1).outcome.ending is Ending.HELD
    assert school.asked_since() == [None, None]


def test_planning_leaves_the_next_run_everything(school: Mentoring) -> None:
    school.at(SUBMITTED_AT).save()
    school.pull(DAY_1, dry=True)
    assert school.entries() == {}
    school.pull_well(DAY_1)
    assert len(school.entries()) == 2


def test_a_run_without_news_is_a_good_read(school: Mentoring) -> None:
    school.at("2026-12-01 12:00").save()
    school.pull_well(DAY_1)
    report = school.pull_well(DAY_2)
    assert report.outcome.notes == ("application: nothing new is waiting.",)


def typed_in_sims(school: Mentoring, row_id: str, text: str) -> None:
    """As the push adopts a newer value: the entry's next version, of another run."""
    before = school.entries()[row_id]
    after = Entry(**{**{name: getattr(before, name) for name in Entry.__slots__}, "targets": (Target(text),)})
    with school.world.store.writing() as connection:
        change = Change(Action.CHANGE, before.key, after, before)
        apply_entries(connection, school.world.id, [change], Origin("application", "push-run"))


def held_codes(school: Mentoring) -> set[str]:
    with school.world.store.reading() as connection:
        return {row.code for row in load_quarantine(connection, school.world.id)}
