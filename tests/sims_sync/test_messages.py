"""The outbox: each report leaves once, in the window, about the right half term, or is listed as unknown."""

from email.message import EmailMessage

import pytest

from sims_sync.connector import SendOutcome, SendResult
from sims_sync.errors import RetriableError
from sims_sync.messages import outbox
from sims_sync.messages.letters import MessageKind, message_key
from sims_sync.messages.reports import report_half_term
from sims_sync.outcome import Ending
from sims_sync.records import Kind
from sims_sync.run import RunReport
from sims_sync.school_year import HalfTermId
from sims_sync.store.computations import load_previous
from sims_sync.store.messages import StoredMessage, load_messages, set_message_state
from tests.sims_sync.builders import (
    AUTUMN_1,
    AUTUMN_2,
    SPRING_1,
    Row,
    World,
    at,
    group,
    staff,
    student,
    students,
    typed,
)
from tests.sims_sync.compliance.invented_school import SCHOOL_YEAR

REPORT_DAY = "2026-12-16 07:30"
ROLES = "staff_code,role,scope,from,to\nH1,head of house,Austen,,\nH2,head of house,Bronte,,\n"


def two_houses() -> list[Row]:
    return [*students(12), *(student(number, "8B1", "Bronte") for number in range(13, 25))]


def read_everything(world: World, when: str, entries: list[Row] | None = None) -> None:
    """All that feeds the figures, read well at `when`."""
    world.read_well(Kind.STAFF, [staff(code) for code in ("T1", "T2", "H1", "H2")], when)
    world.read_well(Kind.STUDENTS, two_houses(), when)
    world.read_well(Kind.TUTOR_GROUPS, [group("8A1", "T1"), group("8B1", "T2", "Bronte")], when)
    world.read_well(Kind.MENTORING_ENTRIES, entries or [typed(number) for number in range(1, 13)], when)
    world.run("collect_proformas", when)


@pytest.fixture
def with_an_admin(sqlite_world: World) -> World:
    """Two houses with a Head each; everything read on the morning after the deadline."""
    (sqlite_world.school.base / "roles.csv").write_text(ROLES, encoding="utf-8")
    read_everything(sqlite_world, "2026-12-16 06:00")
    return sqlite_world


@pytest.fixture
def school(with_an_admin: World) -> World:
    """The same, whose programme lead is the admin too, so that shadow mode has one reader."""
    return with_people(with_an_admin, admin="Lead@austen.example")


def with_people(world: World, **update: str) -> World:
    return world.with_school(people=world.school.people.model_copy(update=update))


def report(world: World, when: str = REPORT_DAY) -> RunReport:
    return world.run("report_compliance", when)


def messages(world: World) -> dict[str, StoredMessage]:
    """Stored messages by their last key part's state order: key → row."""
    with world.store.reading() as connection:
        return {found.message_key: found for found in load_messages(connection, world.id)}


def states(world: World) -> list[str]:
    return sorted(found.state for found in messages(world).values())


class UnsureMailer:
    """A mailer that gives what a test wants it to give, message after message."""

    def __init__(self, *results: SendResult | Exception) -> None:
        self.results = list(results)
        self.tried: list[EmailMessage] = []

    def send(self, message: EmailMessage) -> SendResult:
        self.tried.append(message)
        given = self.results.pop(0) if self.results else SendResult(SendOutcome.SENT)
        if isinstance(given, Exception):
            raise given
        return given


def with_mailer(world: World, mailer: UnsureMailer) -> World:
    section = world.school.messages.mailer.model_copy(update={"post": mailer})
    section = type(section).model_validate({"connector": "post", "post": mailer})
    return world.with_school(messages=world.school.messages.model_copy(update={"mailer": section}))


def test_each_head_of_house_gets_one_report_delivered_to_the_programme_lead(school: World) -> None:
    found = report(school)
    assert found.outcome.ending is Ending.DONE, found.outcome.problems
    assert found.outcome.notes == ("2 reports sent.",)
    sent = school.post.messages
    assert [str(message["To"]) for message in sent] == ["lead@austen.example"] * 2
    assert all("SHADOW" in str(message["Subject"]) for message in sent)
    assert states(school) == ["sent", "sent"]
    assert all(row.half_term == str(AUTUMN_2) for row in messages(school).values())


def test_in_shadow_mode_the_admin_receives_each_too_once_and_under_a_key_of_its_own(with_an_admin: World) -> None:
    found = report(with_an_admin)
    assert found.outcome.notes == ("2 reports sent.", "Shadow mode: 2 of them to the admin too.")
    report(with_an_admin, "2026-12-16 09:00")
    sent = with_an_admin.post.messages
    assert sorted(str(message["To"]) for message in sent) == ["it@austen.example"] * 2 + ["lead@austen.example"] * 2
    assert all("SHADOW" in str(message["Subject"]) for message in sent)
    assert len({str(message["Message-ID"]) for message in sent}) == len(messages(with_an_admin)) == 4


def test_an_admins_copy_that_failed_is_tried_again_and_the_leads_is_not(with_an_admin: World) -> None:
    mailer = UnsureMailer(SendResult(SendOutcome.SENT), RetriableError("later", "The server said later.", "Wait."))
    unsure = with_mailer(with_an_admin, mailer)
    assert report(unsure).outcome.ending is Ending.FAILED
    report(unsure, "2026-12-16 09:00")
    assert [str(message["To"]) for message in mailer.tried].count("lead@austen.example") == 2
    assert states(unsure) == ["sent"] * 4


def test_an_admin_outside_of_the_schools_domains_receives_no_copy(with_an_admin: World) -> None:
    outside = with_people(with_an_admin, admin="help@it-firm.example")
    assert report(outside).outcome.ending is Ending.DONE
    assert {str(message["To"]) for message in outside.post.messages} == {"lead@austen.example"}


def test_no_mail_names_a_student(school: World) -> None:
    report(school)
    everything = "".join(message.as_string() for message in school.post.messages)
    assert "Vorrin" not in everything
    assert "Zulpa" not in everything


def test_it_is_sent_once_however_often_the_job_runs(school: World) -> None:
    report(school)
    for when in ("2026-12-16 09:00", "2026-12-17 07:30", "2027-01-06 07:30"):
        again = report(school, when)
        assert again.outcome.ending in {Ending.DONE, Ending.HELD}
    assert len(school.post.messages) == 2


def test_a_key_says_school_half_term_kind_occasion_and_person(school: World) -> None:
    report(school)
    context = school.context(REPORT_DAY)
    for key, row in messages(school).items():
        assert key == message_key(context.school_id, AUTUMN_2, MessageKind.REPORT, "report", row.staff_id)
        assert key.startswith("austen/2026-27/autumn-2/head-of-house-report/report/")
    assert len({row.message_id for row in messages(school).values()}) == 2


def test_the_same_message_has_the_same_id_in_every_attempt(school: World) -> None:
    mailer = UnsureMailer(RetriableError("later", "The server said later.", "Wait."))
    unsure = with_mailer(school, mailer)
    report(unsure)
    report(unsure, "2026-12-16 08:00")
    ids = [str(message["Message-ID"]) for message in mailer.tried]
    assert len(ids) == 3
    assert len(set(ids)) == 2


def test_a_failed_message_is_tried_again_and_the_others_are_not(school: World) -> None:
    mailer = UnsureMailer(RetriableError("later", "The server said later.", "Wait."))
    unsure = with_mailer(school, mailer)
    assert report(unsure).outcome.ending is Ending.FAILED
    assert states(school) == ["failed", "sent"]
    assert report(unsure, "2026-12-16 08:00").outcome.notes == ("1 report sent.",)
    assert states(school) == ["sent", "sent"]
    assert sorted(row.attempts for row in messages(school).values()) == [1, 2]


@pytest.mark.parametrize(
    ("given", "state"),
    [
        (RetriableError("later", "The server does not answer.", "Wait."), "failed"),
        (SendResult(SendOutcome.UNKNOWN, "The server does not answer."), "unknown"),
    ],
)
def test_a_mail_server_that_hangs_is_left_alone_after_two_and_the_rest_leave_in_the_next_run(
    given: SendResult | Exception, state: str, with_an_admin: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else forty reports keep the school's other jobs waiting for an hour, or are forty of which nobody knows."""
    mailer = UnsureMailer(*[given] * 4)
    unsure = with_mailer(with_an_admin, mailer)
    with monkeypatch.context() as patch:
        patch.setattr(outbox, "HANGS_SECONDS", 0)
        (problem,) = report(unsure).outcome.problems
    assert problem.what.startswith("4 reports did not leave: The server does not answer.")
    assert len(mailer.tried) == 2
    assert states(unsure) == [state, state]
    mailer.results.clear()
    report(unsure, "2026-12-16 08:00")
    assert states(unsure).count("sent") == (4 if state == "failed" else 2)


@pytest.mark.parametrize(("outcome", "state"), [(SendOutcome.UNKNOWN, "unknown"), (SendOutcome.REFUSED, "refused")])
def test_an_unknown_or_refused_message_is_not_sent_again_by_itself(
    outcome: SendOutcome, state: str, school: World
) -> None:
    mailer = UnsureMailer(SendResult(outcome, "The server did not say."))
    unsure = with_mailer(school, mailer)
    found = report(unsure)
    assert found.outcome.ending is Ending.FAILED
    assert found.outcome.problems[0].what == "1 report did not leave: The server did not say."
    report(unsure, "2026-12-16 08:00")
    assert len(mailer.tried) == 2
    assert states(school) == sorted(["sent", state])


def test_a_message_found_half_sent_becomes_unknown_and_is_never_sent_again(school: World) -> None:
    report(school)
    key = next(iter(messages(school)))
    with school.store.writing() as connection:
        set_message_state(connection, school.id, key, {"state": "sending"})
    report(school, "2026-12-16 08:00")
    assert messages(school)[key].state == "unknown"
    assert len(school.post.messages) == 2


def test_a_mailer_that_dies_leaves_the_message_as_sending_not_as_never_tried(school: World) -> None:
    unsure = with_mailer(school, UnsureMailer(MemoryError("gone")))
    assert report(unsure).outcome.ending is Ending.FAILED
    assert states(school) == ["sending"]
    report(school, "2026-12-16 08:00")
    assert states(school) == ["sent", "unknown"]


@pytest.mark.parametrize("when", ["2026-12-16 07:29", "2026-12-16 17:00", "2026-12-19 10:00", "2026-12-25 10:00"])
def test_outside_the_window_nothing_leaves_and_the_wait_is_said(when: str, school: World) -> None:
    if when > "2026-12-18 23:59":
        read_everything(school, "2026-12-19 06:00")
    found = report(school, when)
    assert "2 reports wait for the send window" in found.outcome.notes[0]
    assert (school.post.messages, messages(school)) == ([], {})


@pytest.mark.parametrize("when", ["2026-11-02 08:00", "2026-12-15 16:59"])
def test_before_the_report_day_no_report_is_due(when: str, school: World) -> None:
    assert report(school, when).outcome.notes == ("No report is due.",)


def test_nothing_is_sent_about_half_terms_before_the_programme(school: World) -> None:
    programme = school.school.programme.model_copy(update={"starts_with": str(SPRING_1)})
    later = school.with_school(programme=programme)
    assert report(later).outcome.notes == ("No report is due.",)
    assert school.post.messages == []


def test_a_read_older_than_the_deadlines_end_holds_the_report(sqlite_world: World) -> None:
    read_everything(sqlite_world, "2026-12-15 22:00")
    found = report(sqlite_world)
    assert found.outcome.ending is Ending.HELD
    assert {problem.code for problem in found.outcome.problems} == {"read-too-old"}
    assert sqlite_world.post.messages == []
    assert messages(sqlite_world) == {}


def test_an_untied_quarantined_entry_holds_the_report(school: World) -> None:
    rows = [*(typed(number) for number in range(1, 13)), typed(99)]
    school.read(Kind.MENTORING_ENTRIES, rows, "2026-12-16 07:00")
    found = report(school)
    assert [problem.code for problem in found.outcome.problems] == ["quarantine-untied"]
    assert school.post.messages == []


def test_switched_off_nothing_is_sent(school: World) -> None:
    off = school.with_school(messages=school.school.messages.model_copy(update={"mode": "off"}))
    assert report(off).outcome.notes == ("Messages are switched off: nothing was sent.",)


def test_without_a_link_no_report_leaves_and_the_key_is_named(school: World) -> None:
    without = school.with_school(reports=school.school.reports.model_copy(update={"link": None}))
    found = report(without)
    assert found.outcome.ending in {Ending.HELD, Ending.MISCONFIGURED}
    assert "reports.link" in str(found.outcome.problems[0])
    assert messages(school) == {}


def test_a_house_without_a_head_goes_to_the_programme_lead(school: World) -> None:
    (school.school.base / "roles.csv").write_text("staff_code,role,scope\nH1,head of house,Austen\n", encoding="utf-8")
    report(school)
    assert "programme-lead" in {row.staff_id for row in messages(school).values()}


def test_one_head_of_two_houses_gets_one_message_about_both(school: World) -> None:
    both = "staff_code,role,scope\nH1,head of house,Austen\nH1,head of house,Bronte\n"
    (school.school.base / "roles.csv").write_text(both, encoding="utf-8")
    report(school)
    (message,) = school.post.messages
    assert "Austen" in str(message["Subject"])
    assert "Bronte" in str(message["Subject"])


def test_a_plan_and_a_rehearsal_send_nothing_and_keep_nothing(school: World) -> None:
    planned = school.run("report_compliance", REPORT_DAY, dry=True)
    assert planned.outcome.notes == ("2 reports would be sent.",)
    with school.store.reading() as connection:
        previous = load_previous(connection, school.id, AUTUMN_2, before=at("2027-01-01"), reminder_2_at=None)
    assert (school.post.messages, messages(school), previous.done) == ([], {}, None)


def test_what_was_shown_is_remembered_and_a_fall_holds_the_next(school: World) -> None:
    report(school)
    fewer = [typed(number) for number in range(1, 11)]
    school.read_well(Kind.MENTORING_ENTRIES, fewer, "2026-12-17 06:00")
    with school.store.reading() as connection:
        previous = load_previous(connection, school.id, AUTUMN_2, before=at("2027-01-01"), reminder_2_at=None)
    assert previous.done == 12


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        ("2026-10-20 12:00", None),
        ("2026-10-21 00:00", AUTUMN_1),
        ("2026-12-15 23:59", AUTUMN_1),
        ("2026-12-16 00:00", AUTUMN_2),
        ("2027-02-09 12:00", AUTUMN_2),
        ("2027-02-10 12:00", SPRING_1),
        ("2027-07-16 12:00", HalfTermId("2026-27", 5)),
        ("2027-08-31 12:00", HalfTermId("2026-27", 5)),
        ("2027-09-01 12:00", None),  # no message outlives its academic year
    ],
)
def test_the_report_due_is_that_of_the_last_half_term_whose_day_has_come(
    when: str, expected: HalfTermId | None
) -> None:
    assert report_half_term(SCHOOL_YEAR, AUTUMN_1, at(when)) == expected


def test_a_half_term_before_the_programme_has_no_report() -> None:
    assert report_half_term(SCHOOL_YEAR, AUTUMN_2, at("2026-11-20 12:00")) is None


def test_a_plan_leaves_a_message_found_half_sent_as_it_is(school: World) -> None:
    report(school)
    key = next(iter(messages(school)))
    with school.store.writing() as connection:
        set_message_state(connection, school.id, key, {"state": "sending"})
    school.run("report_compliance", "2026-12-16 08:00", dry=True)
    assert messages(school)[key].state == "sending"


def test_a_house_in_which_nothing_is_due_gets_no_report(school: World) -> None:
    joined = [{**row, "Admission Date": "2026-12-07"} if row["House"] == "Bronte" else row for row in two_houses()]
    school.read_well(Kind.STUDENTS, joined, "2026-12-16 06:30")
    assert report(school).outcome.notes == ("1 report sent.",)
    assert "Austen" in str(school.post.messages[0]["Subject"])
