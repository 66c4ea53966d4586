"""Live mail: to whom it goes, who decided it, what holds it, and what a person can do about it."""

from datetime import UTC, date, datetime
from email.message import EmailMessage
from pathlib import Path

import pytest
from sqlalchemy import delete, select, update

from sims_sync.compliance.facts import Occasion
from sims_sync.compliance.snapshot_form import Restated
from sims_sync.errors import ConfigProblem, ConfigurationError, RunError
from sims_sync.messages.decisions import discard_message, message_arrived, retry_message
from sims_sync.messages.going_live import go_live, sample
from sims_sync.messages.letters import MessageKind
from sims_sync.messages.outbox import LONGEST_WAIT, wait_after
from sims_sync.messages.preview import due_occasions, held_for, previewed
from sims_sync.messages.releasing import release_held
from sims_sync.messages.wordings import EXAMPLES, wording_problems
from sims_sync.outcome import Ending
from sims_sync.records import Kind
from sims_sync.released import still_held
from sims_sync.snapshots import restate
from sims_sync.store.audits import RESTORED
from sims_sync.store.decisions import record_audit
from sims_sync.store.going_live import GoLive, save_decision
from sims_sync.store.messages import StoredMessage, load_messages, set_message_state
from sims_sync.store.tables import audit, message
from tests.sims_sync.builders import AUTUMN_2, Row, World, at, group, staff, student, students, typed
from tests.sims_sync.test_snapshots import excuse

ROLES = "staff_code,role,scope,from,to\nH1,head of house,Austen,,\nH2,head of house,Bronte,,\n"
REMINDER_1, REPORT = "2026-12-01 07:30", "2026-12-16 07:30"
DONE = tuple(range(1, 10))
PEOPLE_AND_H3 = [staff(code) for code in ("T1", "T2", "H1", "H2", "H3")]


def read_all(world: World, when: str, *, people: list[Row] | None = None, done: tuple[int, ...] = DONE) -> None:
    """Everything that feeds the figures, read at `when`: three of 8A1's and all of 8B1's students are not done."""
    world.read_well(Kind.STAFF, people or [staff(code) for code in ("T1", "T2", "H1", "H2")], when)
    both = [*students(12), *(student(number, "8B1", "Bronte") for number in range(13, 25))]
    world.read_well(Kind.STUDENTS, both, when)
    world.read_well(Kind.TUTOR_GROUPS, [group("8A1", "T1"), group("8B1", "T2", "Bronte")], when)
    world.read_well(Kind.MENTORING_ENTRIES, [typed(number) for number in done], when)
    world.run("collect_proformas", when)


def live(world: World, **more: object) -> World:
    """The same school in live mode."""
    return world.with_school(messages=world.school.messages.model_copy(update={"mode": "live", **more}))


def decide(world: World, when: datetime = datetime(2026, 11, 1, tzinfo=UTC)) -> None:
    with world.store.writing() as connection:
        save_decision(connection, world.id, GoLive(when, "lead", "2026-27/autumn-1", 10, date(2026, 10, 1)))


@pytest.fixture
def school(sqlite_world: World) -> World:
    """A school in live mode that was decided on 1 November."""
    (sqlite_world.school.base / "roles.csv").write_text(ROLES, encoding="utf-8")
    decide(sqlite_world)
    return live(sqlite_world)


def to(world: World) -> list[str]:
    return [str(message["To"]) for message in world.post.messages]


def rows(world: World) -> list[StoredMessage]:
    with world.store.reading() as connection:
        return list(load_messages(connection, world.id))


def text_of(message: EmailMessage) -> str:
    body = message.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def test_a_tutor_is_reminded_in_counts_with_one_place_to_go(school: World) -> None:
    read_all(school, "2026-12-01 06:00")
    assert school.run("remind_tutors", REMINDER_1).outcome.notes == ("2 reminders sent.",)
    assert sorted(to(school)) == ["t1@austen.example", "t2@austen.example"]
    text = text_of(school.post.messages[0])
    assert "8A1: 3 of 12 still to come" in text
    assert "Tue 15 Dec 2026" in text
    assert "https://reports.austen.example/" in text
    assert "Zulpa" not in school.post.messages[0].as_string()
    assert "Vorrin" not in school.post.messages[0].as_string()
    assert "SHADOW" not in str(school.post.messages[0]["Subject"])


def test_a_tutor_of_whom_nothing_is_outstanding_is_left_alone(school: World) -> None:
    read_all(school, "2026-12-01 06:00", done=tuple(range(1, 13)))
    school.run("remind_tutors", REMINDER_1)
    assert to(school) == ["t2@austen.example"]


def test_a_reminder_waits_for_data_of_today_and_is_dropped_at_the_deadline(school: World) -> None:
    read_all(school, "2026-11-28 06:00")
    held = school.run("remind_tutors", REMINDER_1)
    assert held.outcome.ending is Ending.HELD
    assert [problem.code for problem in held.outcome.problems] == ["stale-data"]
    assert school.run("remind_tutors", "2026-12-16 07:30").outcome.notes == ("No reminder is due.",)
    assert to(school) == []


def test_the_second_reminder_takes_the_place_of_a_first_that_never_left(school: World) -> None:
    read_all(school, "2026-12-10 06:00")
    school.run("remind_tutors", "2026-12-10 07:30")
    assert {row.occasion for row in rows(school)} == {"reminder-2"}
    school.run("remind_tutors", "2026-12-11 07:30")
    assert len(to(school)) == 2


def test_no_entry_from_any_source_holds_the_reminder_and_names_nobody(school: World) -> None:
    read_all(school, "2026-12-01 06:00", done=())
    found = school.run("remind_tutors", REMINDER_1)
    assert [problem.code for problem in found.outcome.problems] == ["no-entries"]
    assert to(school) == []


def test_a_tutor_who_is_covered_or_away_is_not_reminded(school: World) -> None:
    covered = ROLES + "C1,cover,8B1,2026-11-03,\n"
    (school.school.base / "roles.csv").write_text(covered, encoding="utf-8")
    people = [staff(code) for code in ("T1", "T2", "H1", "H2", "C1")]
    read_all(school, "2026-12-01 06:00", people=people)
    school.run("remind_tutors", REMINDER_1)
    assert to(school) == ["t1@austen.example"]


def test_a_tutor_without_an_address_is_said_and_marked_not_reminded(school: World) -> None:
    people = [staff("T1", Work_Email=""), *(staff(code) for code in ("T2", "H1", "H2"))]
    read_all(school, "2026-12-01 06:00", people=people)
    found = school.run("remind_tutors", REMINDER_1)
    assert [problem.code for problem in found.outcome.problems] == ["no-address"]
    assert to(school) == ["t2@austen.example"]


def test_an_address_outside_the_schools_domains_gets_nothing(school: World) -> None:
    people = [staff("T1", Work_Email="t1@elsewhere.example"), *(staff(code) for code in ("T2", "H1", "H2"))]
    read_all(school, "2026-12-01 06:00", people=people)
    school.run("remind_tutors", REMINDER_1)
    assert to(school) == ["t2@austen.example"]


def test_a_report_goes_to_the_head_and_without_an_address_to_the_programme_lead(school: World) -> None:
    people = [staff("H2", Work_Email=""), *(staff(code) for code in ("T1", "T2", "H1"))]
    read_all(school, "2026-12-16 06:00", people=people)
    school.run("report_compliance", REPORT)
    assert sorted(to(school)) == ["h1@austen.example", "lead@austen.example"]


def test_the_row_of_a_head_who_tutors_goes_to_the_programme_lead_too(school: World) -> None:
    read_all(school, "2026-12-16 06:00")
    own = ROLES.replace("H1,head of house,Austen", "T1,head of house,Austen")
    (school.school.base / "roles.csv").write_text(own, encoding="utf-8")
    school.run("report_compliance", REPORT)
    assert {(row.kind, row.staff_id) for row in rows(school)} >= {("programme-lead-note", "programme-lead")}
    note = next(message for message in school.post.messages if "tutored by a Head" in str(message["Subject"]))
    assert "8A1 (Austen): Action needed, 9 of 12 done" in text_of(note)


def test_live_without_a_recorded_decision_sends_nothing_to_staff(sqlite_world: World) -> None:
    (sqlite_world.school.base / "roles.csv").write_text(ROLES, encoding="utf-8")
    world = live(sqlite_world)
    read_all(world, "2026-12-16 06:00")
    found = world.run("report_compliance", REPORT)
    assert [problem.code for problem in found.outcome.problems] == ["not-decided"]
    assert to(world) == []


def test_what_became_due_before_going_live_is_never_sent(sqlite_world: World) -> None:
    (sqlite_world.school.base / "roles.csv").write_text(ROLES, encoding="utf-8")
    decide(sqlite_world, datetime(2026, 12, 17, 9, tzinfo=UTC))
    world = live(sqlite_world)
    read_all(world, "2026-12-17 06:00")
    world.run("report_compliance", "2026-12-17 09:30")
    assert to(world) == []


def test_nobody_is_asked_to_release_what_became_due_before_going_live(sqlite_world: World) -> None:
    (sqlite_world.school.base / "roles.csv").write_text(ROLES, encoding="utf-8")
    decide(sqlite_world, datetime(2026, 12, 17, 9, tzinfo=UTC))
    world = live(sqlite_world)
    read_all(world, "2026-12-17 06:00", done=())  # no entry from any source: the guard would hold it
    found = world.run("report_compliance", "2026-12-17 09:30").outcome
    assert (found.ending, found.problems) == (Ending.DONE, ())
    assert due_occasions(world.context("2026-12-17 09:30")) == ()


def test_without_a_decision_that_is_what_is_said_and_no_release_is_asked_for(sqlite_world: World) -> None:
    (sqlite_world.school.base / "roles.csv").write_text(ROLES, encoding="utf-8")
    world = live(sqlite_world)
    read_all(world, "2026-12-16 06:00", done=())
    found = world.run("report_compliance", REPORT).outcome
    assert [problem.code for problem in found.problems] == ["not-decided"]


def test_a_released_entry_of_nobody_does_not_cover_another_at_its_place(school: World) -> None:
    read_all(school, "2026-12-16 06:00")
    nobodys = [*(typed(number) for number in DONE), typed(98)]
    school.read(Kind.MENTORING_ENTRIES, nobodys, "2026-12-16 06:30")
    context = school.context(REPORT)
    held = held_for(context, AUTUMN_2, "report")
    assert [reason.code for reason in held] == ["quarantine-untied"]
    release_held(context, AUTUMN_2, "report", held, who="lead", reason="It is a student who never came")
    moved = [typed(98), *(typed(number) for number in DONE)]
    school.read(Kind.MENTORING_ENTRIES, moved, "2026-12-16 06:40")  # the same entry, in another row
    assert still_held(context, AUTUMN_2, "report", held_for(context, AUTUMN_2, "report")) == ()
    school.read(Kind.MENTORING_ENTRIES, [*nobodys[:-1], typed(99)], "2026-12-16 06:50")
    found = school.run("report_compliance", REPORT).outcome
    assert [problem.code for problem in found.problems] == ["quarantine-untied"]
    assert to(school) == []


def test_going_live_needs_a_closed_snapshot_ten_students_and_staff_who_were_told(sqlite_world: World) -> None:
    (sqlite_world.school.base / "roles.csv").write_text(ROLES, encoding="utf-8")
    read_all(sqlite_world, "2026-12-16 06:00")
    with pytest.raises(RunError, match="closing snapshot"):
        go_live(sqlite_world.context(REPORT), AUTUMN_2, checked=10, staff_told=date(2026, 12, 1), who="lead")
    read_all(sqlite_world, "2027-01-05 06:00")
    sqlite_world.run("take_snapshots", "2027-01-05 07:00")
    context = sqlite_world.context("2027-01-05 09:00")
    drawn = sample(context, AUTUMN_2)
    assert len(drawn) == len({each.line.student_id for each in drawn}) == 10
    assert sample(context, AUTUMN_2) == drawn
    for checked, told in ((9, date(2027, 1, 4)), (10, date(2027, 1, 6))):
        with pytest.raises(RunError):
            go_live(context, AUTUMN_2, checked=checked, staff_told=told, who="lead")
    decided = go_live(context, AUTUMN_2, checked=10, staff_told=date(2027, 1, 4), who="lead")
    assert (decided.half_term, decided.decided_by) == (str(AUTUMN_2), "lead")


def test_a_release_is_of_what_was_shown_and_of_nothing_else(school: World) -> None:
    read_all(school, "2026-12-16 06:00", done=())
    assert school.run("report_compliance", REPORT).outcome.ending is Ending.HELD
    context = school.context(REPORT)
    held = held_for(context, AUTUMN_2, "report")
    assert {reason.code for reason in held} == {"no-entries", "mostly-not-started"}
    with pytest.raises(RunError, match="reason"):
        release_held(context, AUTUMN_2, "report", held, who="lead", reason=" ")
    release_held(context, AUTUMN_2, "report", held, who="lead", reason="Nobody has done anything, I asked them")
    school.read(Kind.MENTORING_ENTRIES, [typed(99)], "2026-12-16 07:40")  # an entry of nobody we know
    again = school.run("report_compliance", "2026-12-16 08:00")
    assert "quarantine-untied" in {problem.code for problem in again.outcome.problems}
    assert to(school) == []


def test_what_was_released_leaves_at_the_next_run(school: World) -> None:
    read_all(school, "2026-12-16 06:00", done=())
    context = school.context(REPORT)
    held = held_for(context, AUTUMN_2, "report")
    release_held(context, AUTUMN_2, "report", held, who="lead", reason="I asked each of them")
    assert school.run("report_compliance", REPORT).outcome.notes == ("2 reports sent.",)


def test_incomplete_data_cannot_be_released(school: World) -> None:
    read_all(school, "2026-12-15 06:00")
    context = school.context(REPORT)
    with pytest.raises(RunError, match="cannot be released"):
        release_held(context, AUTUMN_2, "report", held_for(context, AUTUMN_2, "report"), who="lead", reason="please")


def restated(world: World) -> None:
    """The report leaves; then reasons that were given by the deadline are accepted, and the snapshot is restated."""
    read_all(world, "2026-12-16 06:00")
    world.run("take_snapshots", "2026-12-16 07:00")
    world.run("report_compliance", REPORT)
    for number in (10, 11, 12):
        excuse(world, number, "2026-12-14", "2026-12-16")
    context = world.context("2026-12-16 12:30")
    restate(context, AUTUMN_2, Occasion.DEADLINE, Restated("V. Lead", "reasons were given in time"), release=True)


def test_a_restatement_is_mailed_once_to_whoever_was_told_a_wrong_status(school: World) -> None:
    restated(school)
    before = len(to(school))
    for when in ("2026-12-16 13:00", "2026-12-17 08:00"):
        school.run("send_messages", when)
    new = [message for message in school.post.messages[before:] if "Correction" in str(message["Subject"])]
    assert [str(message["To"]) for message in new] == ["h1@austen.example"]
    assert 'we said "Action needed, 9 of 12"; right is "Complete, 9 of 9"' in text_of(new[0])


def test_what_was_told_in_shadow_mode_is_corrected_to_nobody_else(sqlite_world: World) -> None:
    (sqlite_world.school.base / "roles.csv").write_text(ROLES, encoding="utf-8")
    decide(sqlite_world)
    restated(sqlite_world)
    now_live = live(sqlite_world)
    before = len(to(now_live))
    now_live.run("send_messages", "2026-12-16 13:00")
    assert to(now_live)[before:] == []


def test_a_report_after_a_closing_restatement_has_the_right_figures(school: World) -> None:
    read_all(school, "2026-12-16 06:00")
    read_all(school, "2027-01-05 06:00")
    school.run("take_snapshots", "2027-01-05 07:00")
    for number in (10, 11, 12):
        excuse(school, number, "2026-12-14", "2026-12-16")
    by = Restated("V. Lead", "reasons were given in time")
    restate(school.context("2027-01-05 08:30"), AUTUMN_2, Occasion.CLOSING, by, release=True)
    school.run("report_compliance", "2027-01-05 10:00")
    (austen,) = [message for message in school.post.messages if "Austen" in str(message["Subject"])]
    assert "all complete" in str(austen["Subject"]).casefold()


def test_one_broken_wording_stops_neither_the_reports_nor_the_alert(school: World, tmp_path: Path) -> None:
    own = tmp_path / "wordings"
    own.mkdir()
    (own / "programme-lead-note.txt.j2").write_text("Note\n\n{{ nobody }}\n", encoding="utf-8")
    (own / "admin-alert.txt.j2").write_text("Alert\n\n{{ nobody }}\n", encoding="utf-8")
    (school.school.base / "roles.csv").write_text(ROLES + "T1,head of house,Austen,,\n", encoding="utf-8")
    spoken = live(school, templates=str(own))
    read_all(spoken, "2026-12-16 06:00")
    spoken.run("send_messages", REPORT)
    assert {"h1@austen.example", "h2@austen.example"} <= set(to(spoken))
    assert not [row for row in rows(spoken) if row.state == "sending"]


def test_a_mailer_that_is_wrongly_set_up_loses_nothing(school: World) -> None:
    read_all(school, "2026-12-16 06:00")

    class WithoutPassword:
        def send(self, message: EmailMessage) -> None:
            del message
            raise ConfigurationError([ConfigProblem("env:PASSWORD", "is not set.", "Set it.")])

    section = school.school.messages.mailer
    named = type(section).model_validate({"connector": "post", "post": WithoutPassword()})
    broken = school.with_school(messages=school.school.messages.model_copy(update={"mailer": named}))
    broken.run("report_compliance", REPORT)
    assert {row.state for row in rows(school)} == {"failed"}
    school.run("report_compliance", "2026-12-16 08:00")
    assert {row.state for row in rows(school)} == {"sent"}


def test_unknown_and_failing_mail_is_told_to_the_admin_once(school: World) -> None:
    read_all(school, "2026-12-16 06:00")
    school.run("report_compliance", REPORT)
    with school.store.writing() as connection:
        set_message_state(connection, school.id, rows(school)[0].message_key, {"state": "unknown"})
    for when in ("2026-12-16 20:00", "2026-12-16 20:15", "2026-12-17 03:00"):
        found = school.run("send_messages", when)
        assert "mail-unknown" in {problem.code for problem in found.outcome.problems}
    alerts = [message for message in school.post.messages if "needs a person" in str(message["Subject"])]
    assert [str(message["To"]) for message in alerts] == ["it@austen.example"]
    assert "may or may not have left" in text_of(alerts[0])


def test_what_the_guard_holds_is_told_to_admin_and_programme_lead(school: World) -> None:
    read_all(school, "2026-12-16 06:00", done=())
    school.run("send_messages", REPORT)
    school.run("send_messages", "2026-12-16 08:00")
    assert sorted(to(school)) == ["it@austen.example", "lead@austen.example"]


def test_a_person_may_retry_or_discard_what_did_not_leave_and_nothing_that_did(school: World) -> None:
    read_all(school, "2026-12-16 06:00")
    school.run("report_compliance", REPORT)
    first, second = rows(school)
    with pytest.raises(RunError, match="was sent"):
        retry_message(school.context(REPORT), first, "admin")
    with school.store.writing() as connection:
        for row in (first, second):
            set_message_state(connection, school.id, row.message_key, {"state": "unknown"})
    unknown = {row.message_key: row for row in rows(school)}
    retry_message(school.context(REPORT), unknown[first.message_key], "admin")
    discard_message(school.context(REPORT), unknown[second.message_key], "admin", "told in person")
    school.run("report_compliance", "2026-12-16 08:00")
    assert {row.message_key: row.state for row in rows(school)} == {
        first.message_key: "sent",
        second.message_key: "discarded",
    }
    assert len(to(school)) == 3


def test_a_message_that_a_person_found_in_the_mailbox_counts_as_sent_then_and_is_audited(school: World) -> None:
    read_all(school, "2026-12-16 06:00")
    school.run("report_compliance", REPORT)
    first, _ = rows(school)
    with pytest.raises(RunError, match="not unknown"):
        message_arrived(school.context(REPORT), first, "admin")
    with school.store.writing() as connection:
        values = {"state": "unknown", "sent_at": None}
        set_message_state(connection, school.id, first.message_key, values)
    unknown = next(row for row in rows(school) if row.message_key == first.message_key)
    message_arrived(school.context("2026-12-16 12:00"), unknown, "admin")
    found = next(row for row in rows(school) if row.message_key == first.message_key)
    assert (found.state, found.sent_at) == ("sent", first.sent_at)
    school.run("report_compliance", "2026-12-16 13:00")
    assert len(to(school)) == 2
    with school.store.reading() as connection:
        said = connection.execute(select(audit.c.action, audit.c.subject)).all()
    assert ("message-arrived", first.message_key) in said


def test_a_preview_is_word_for_word_and_leaves_no_trace(school: World) -> None:
    read_all(school, "2026-12-16 06:00")
    shown = previewed(school.context(REPORT), MessageKind.REPORT, AUTUMN_2)
    assert (rows(school), to(school)) == ([], [])
    school.run("report_compliance", REPORT)
    assert sorted(map(text_of, shown)) == sorted(map(text_of, school.post.messages))


def test_no_reminder_is_previewed_once_the_deadline_is_over(school: World) -> None:
    read_all(school, "2026-12-16 06:00")
    with pytest.raises(RunError, match="deadline is over"):
        previewed(school.context(REPORT), MessageKind.REMINDER, AUTUMN_2)


def test_a_tutor_is_pointed_to_the_folder_of_their_own_group(school: World) -> None:
    folders = school.school.reports.folders.model_copy(update={"groups": "lists/{group}"})
    own = school.with_school(reports=school.school.reports.model_copy(update={"folders": folders}))
    read_all(own, "2026-12-01 06:00")
    own.run("remind_tutors", REMINDER_1)
    assert str(own.school.base / "lists" / "8A1") in text_of(own.post.messages[0])


def test_a_held_report_cannot_be_previewed_for_it_would_name_people(school: World) -> None:
    read_all(school, "2026-12-16 06:00", done=())
    with pytest.raises(RunError, match="Held"):
        previewed(school.context(REPORT), MessageKind.REPORT, AUTUMN_2)


def test_a_school_says_it_in_its_own_words(school: World, tmp_path: Path) -> None:
    own = tmp_path / "wordings"
    own.mkdir()
    (own / "tutor-reminder.txt.j2").write_text(
        "Diary note\n\nDear {{ tutor }}, {{ outstanding }} to go by {{ deadline }}.\n\n{{ link }}\n", encoding="utf-8"
    )
    spoken = live(school, templates=str(own))
    assert list(wording_problems(spoken.school)) == []
    read_all(spoken, "2026-12-01 06:00")
    spoken.run("remind_tutors", REMINDER_1)
    message = spoken.post.messages[0]
    assert str(message["Subject"]) == "Diary note"
    assert "Dear Mrs Kerra TolmT1, 3 to go by Tue 15 Dec 2026." in text_of(message)


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("tutor-reminder.txt.j2", "Hello\n\n{{ student_name }}\n", "cannot be used"),
        ("tutor-reminder.txt.j2", "Hello\n\n{% for x in %}\n", "cannot be used"),
        ("correction.txt.j2", "Only a subject\n", "has no text"),
        ("reminder.txt", "Hello\n\nthere\n", "is no wording of ours"),
    ],
)
def test_a_wording_that_cannot_be_used_is_found_by_check(
    school: World, tmp_path: Path, name: str, text: str, said: str
) -> None:
    own = tmp_path / "wordings"
    own.mkdir()
    (own / name).write_text(text, encoding="utf-8")
    (problem,) = wording_problems(live(school, templates=str(own)).school)
    assert said in str(problem)


def test_every_placeholder_of_our_own_wordings_resolves(school: World) -> None:
    assert set(EXAMPLES) >= {MessageKind.REMINDER, MessageKind.CORRECTION, MessageKind.ALERT}
    assert list(wording_problems(school.school)) == []


def test_a_mail_server_is_left_alone_longer_and_longer_but_never_for_ever() -> None:
    waits = [wait_after(attempts) for attempts in range(1, 12)]
    assert waits[0].total_seconds() == 300
    assert waits == sorted(waits)
    assert waits[-1] == LONGEST_WAIT


def test_a_second_head_of_a_house_whose_mail_failed_gets_it_the_next_day(school: World) -> None:
    (school.school.base / "roles.csv").write_text(ROLES + "T2,head of house,Austen,,\n", encoding="utf-8")
    read_all(school, "2026-12-16 06:00")
    school.run("report_compliance", REPORT)
    late = next(row for row in rows(school) if row.kind == "head-of-house-report")
    with school.store.writing() as connection:
        set_message_state(connection, school.id, late.message_key, {"state": "failed"})
    before = len(to(school))
    school.run("report_compliance", "2026-12-17 08:00")
    assert len(to(school)) == before + 1


def test_a_report_that_was_given_up_and_never_came_is_not_corrected(school: World) -> None:
    read_all(school, "2026-12-16 06:00")
    school.run("take_snapshots", "2026-12-16 07:00")
    school.run("report_compliance", REPORT)
    with school.store.writing() as connection:
        for row in rows(school):
            set_message_state(connection, school.id, row.message_key, {"state": "failed"})
    for row in rows(school):
        discard_message(school.context(REPORT), row, "admin", "told in person")
    for number in (10, 11, 12):
        excuse(school, number, "2026-12-14", "2026-12-16")
    restate(school.context("2026-12-16 12:30"), AUTUMN_2, Occasion.DEADLINE, Restated("Lead", "late"), release=True)
    school.run("send_messages", "2026-12-16 13:00")
    assert not [row for row in rows(school) if row.kind == "correction"]


def test_a_head_who_comes_after_the_report_left_gets_the_next_one_with_or_without_a_from_date(school: World) -> None:
    read_all(school, "2026-12-16 06:00", people=PEOPLE_AND_H3)
    school.run("take_snapshots", "2026-12-16 07:20")
    school.run("report_compliance", REPORT)
    before = sorted(to(school))
    for first in ("", "2026-12-17"):
        successor = ROLES.replace("H1,head of house,Austen,,", f"H3,head of house,Austen,{first},")
        (school.school.base / "roles.csv").write_text(successor, encoding="utf-8")
        read_all(school, "2026-12-17 06:00", people=PEOPLE_AND_H3)
        school.run("report_compliance", "2026-12-17 07:30")
        assert sorted(to(school)) == before == ["h1@austen.example", "h2@austen.example"]


def test_a_report_that_reached_nobody_yet_goes_to_whoever_leads_the_house_now(school: World) -> None:
    read_all(school, "2026-12-16 06:00", people=PEOPLE_AND_H3)
    school.run("take_snapshots", "2026-12-16 07:20")  # no report left: the service was switched off
    (school.school.base / "roles.csv").write_text(ROLES.replace("H1,", "H3,"), encoding="utf-8")
    read_all(school, "2026-12-17 06:00", people=PEOPLE_AND_H3)
    school.run("report_compliance", "2026-12-17 07:30")
    assert sorted(to(school)) == ["h2@austen.example", "h3@austen.example"]


def restored(world: World, when: str) -> None:
    """What a restore leaves in the store besides the rows of the backup."""
    with world.store.writing() as connection:
        record_audit(connection, world.id, at=at(when), who="it", action=RESTORED, subject="backup", detail={})


def test_what_was_due_before_a_restore_leaves_only_when_a_person_has_looked(school: World) -> None:
    read_all(school, "2026-12-16 06:00")
    school.run("report_compliance", REPORT)
    assert sorted(to(school)) == ["h1@austen.example", "h2@austen.example"]
    with school.store.writing() as connection:
        connection.execute(delete(message))  # the backup is of the evening before
    restored(school, "2026-12-17 09:00")
    assert [each.code for each in school.run("report_compliance", "2026-12-17 09:30").outcome.problems] == ["restored"]
    let_go(school, "2026-12-17 09:30")
    again = school.run("report_compliance", "2026-12-17 09:30").outcome
    assert [problem.code for problem in again.problems] == ["mail-unknown"]
    assert again.ending is Ending.HELD
    assert len(to(school)) == 2
    assert {row.state for row in rows(school)} == {"unknown"}
    assert {row.message_id for row in rows(school)} == {str(each["Message-ID"]) for each in school.post.messages}
    retry_message(school.context("2026-12-17 10:00"), rows(school)[0], "it")
    school.run("report_compliance", "2026-12-17 10:30")
    assert len(to(school)) == 3


def let_go(world: World, when: str) -> None:
    """The programme lead looked at what is held after a restore."""
    context = world.context(when)
    held = held_for(context, AUTUMN_2, "report")
    release_held(context, AUTUMN_2, "report", held, who="lead", reason="All was handed in again")


def test_after_a_restore_nobody_is_named_until_a_person_says_that_all_is_there_again(school: World) -> None:
    restored(school, "2026-12-15 20:00")
    read_all(school, "2026-12-16 06:00")
    assert [each.code for each in school.run("report_compliance", REPORT).outcome.problems] == ["restored"]
    assert to(school) == []
    let_go(school, REPORT)
    school.run("report_compliance", REPORT)
    assert len(to(school)) == 2


def test_a_restore_in_an_earlier_half_term_holds_nothing(school: World) -> None:
    restored(school, "2026-10-30 20:00")
    read_all(school, "2026-12-16 06:00")
    school.run("report_compliance", REPORT)
    assert len(to(school)) == 2


def test_what_was_being_tried_again_in_the_backup_may_have_left_since(school: World) -> None:
    read_all(school, "2026-12-16 06:00")
    school.run("report_compliance", REPORT)
    with school.store.writing() as connection:
        connection.execute(update(message).values(state="failed"))
    restored(school, "2026-12-17 09:00")
    let_go(school, "2026-12-17 09:30")
    school.run("report_compliance", "2026-12-17 09:30")
    assert len(to(school)) == 2
