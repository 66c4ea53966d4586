"""Each condition is one mail: no second while it lasts, a new one for another reason, one when it is over."""

from collections.abc import Sequence
from datetime import timedelta
from email.message import EmailMessage

import pytest

from sims_sync.alerts.telling import tell_of
from sims_sync.connector import Severity
from sims_sync.messages.letters import PROGRAMME_LEAD, MessageKind
from sims_sync.standing import Condition
from sims_sync.store.alerts import open_alerts
from sims_sync.store.messages import load_messages
from tests.sims_sync.builders import World

MORNING = "2026-12-16 06:00"


def broken(reason: str = "", **more: object) -> Condition:
    values: dict[str, object] = {
        "code": "job-failed",
        "subject": "pull_students",
        "severity": Severity.WRONG,
        "what": "pull_students failed.",
        "do": "Look at SIMS.",
        "reason": reason,
        **more,
    }
    return Condition(**values)  # type: ignore[arg-type]  # a test's shorthand


def look(world: World, when: str, *conditions: Condition) -> None:
    tell_of(world.context(when), world.id, "Austen Academy", conditions)


def subjects(world: World) -> list[str]:
    return [str(message["Subject"]) for message in world.post.messages]


def text_of(message: EmailMessage) -> str:
    body = message.get_body(("plain",))
    assert body is not None
    return " ".join(str(body.get_content()).split())


ALERT, OVER = "sims-sync at Austen Academy: 1 thing needs a person", "sims-sync at Austen Academy: 1 thing is over"


def test_a_condition_is_mailed_once_while_it_lasts_and_once_when_it_is_over(world: World) -> None:
    for when in (MORNING, "2026-12-16 06:15", "2026-12-16 07:00", "2026-12-16 08:14"):
        look(world, when, broken())
    assert subjects(world) == [ALERT]
    assert str(world.post.messages[0]["To"]) == "it@austen.example"
    assert "Look at SIMS. (docs/alerts.md#job-failed)" in text_of(world.post.messages[0])
    for when in ("2026-12-16 08:15", "2026-12-16 08:30"):
        look(world, when)
    assert subjects(world) == [ALERT, OVER]
    said = text_of(world.post.messages[1])
    assert "From Wed 16 Dec 2026 06:00 to Wed 16 Dec 2026 08:15, 2 h 15 min: pull_students failed." in said


def test_another_reason_is_mailed_anew_and_an_old_one_that_comes_back_is_not(sqlite_world: World) -> None:
    for minute, reason in enumerate(("disk", "disk", "server", "disk", "server")):
        look(sqlite_world, f"2026-12-16 06:{minute:02}", broken(reason))
    assert subjects(sqlite_world) == [ALERT, ALERT]


def test_figures_that_change_are_no_other_reason(sqlite_world: World) -> None:
    for minute in range(3):
        what = f"{minute + 1} rows are in quarantine."
        look(sqlite_world, f"2026-12-16 06:{minute:02}", broken(code="quarantine", what=what))
    assert subjects(sqlite_world) == [ALERT]
    with sqlite_world.store.reading() as connection:
        (row,) = open_alerts(connection, sqlite_world.id)
    assert row.what == "3 rows are in quarantine."


def test_many_conditions_at_once_are_one_mail(sqlite_world: World) -> None:
    several = [broken(subject=job) for job in ("pull_students", "pull_entries", "push_targets")]
    look(sqlite_world, MORNING, *several)
    assert subjects(sqlite_world) == ["sims-sync at Austen Academy: 3 things need a person"]
    look(sqlite_world, "2026-12-16 07:00")
    assert subjects(sqlite_world)[1:] == ["sims-sync at Austen Academy: 3 things are over"]


def test_what_comes_and_goes_makes_no_storm(sqlite_world: World) -> None:
    for quarter in range(12):  # three hours, every other look it is there
        when = f"2026-12-16 {6 + quarter // 4:02}:{15 * (quarter % 4):02}"
        look(sqlite_world, when, *([broken()] if quarter % 2 == 0 else []))
    assert subjects(sqlite_world) == [ALERT, OVER]
    look(sqlite_world, "2026-12-16 10:30", broken())  # it is still coming and going after four hours
    assert subjects(sqlite_world) == [ALERT, OVER, ALERT]


def test_a_condition_is_given_its_time_before_it_is_mailed(sqlite_world: World) -> None:
    patient = broken(patience=timedelta(hours=1))
    look(sqlite_world, MORNING, patient)
    look(sqlite_world, "2026-12-16 06:59", patient)
    assert subjects(sqlite_world) == []
    look(sqlite_world, "2026-12-16 07:00", patient)
    assert subjects(sqlite_world) == [ALERT]


def test_what_was_over_before_anybody_was_told_is_not_told_at_all(sqlite_world: World) -> None:
    look(sqlite_world, MORNING, broken(patience=timedelta(hours=1)))
    look(sqlite_world, "2026-12-16 06:30")
    assert subjects(sqlite_world) == []


def test_while_the_mail_server_is_down_nothing_is_lost_and_nothing_comes_twice(sqlite_world: World) -> None:
    sqlite_world.post.reachable = False
    for when in (MORNING, "2026-12-16 06:15", "2026-12-16 06:30"):
        look(sqlite_world, when, broken())
    assert subjects(sqlite_world) == []
    sqlite_world.post.reachable = True
    for when in ("2026-12-16 07:00", "2026-12-16 07:15"):
        look(sqlite_world, when, broken())
    assert subjects(sqlite_world) == [ALERT]


def test_an_alert_that_could_not_leave_before_it_was_over_is_waited_for_no_more(sqlite_world: World) -> None:
    sqlite_world.post.reachable = False
    look(sqlite_world, MORNING, broken())
    sqlite_world.post.reachable = True
    look(sqlite_world, "2026-12-16 09:00")
    assert subjects(sqlite_world) == []
    assert states(sqlite_world) == [(MessageKind.ALERT, "discarded")]


def test_what_the_guard_holds_goes_to_the_programme_lead_too_and_nothing_else_does(sqlite_world: World) -> None:
    held = broken(code="no-entries", subject="messages", what="No source has yielded any entry.", for_lead=True)
    look(sqlite_world, MORNING, broken(), held)
    sent = {str(message["To"]): text_of(message) for message in sqlite_world.post.messages}
    assert set(sent) == {"it@austen.example", "lead@austen.example"}
    assert "pull_students failed" in sent["it@austen.example"]
    assert "pull_students failed" not in sent["lead@austen.example"]
    with sqlite_world.store.reading() as connection:
        assert PROGRAMME_LEAD in {row.staff_id for row in load_messages(connection, sqlite_world.id)}


def test_a_mail_that_left_just_before_a_crash_is_not_sent_again(
    sqlite_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("sims_sync.alerts.telling._mark_told", lambda *_: None)  # the crash: sent, and not written down
        look(sqlite_world, MORNING, broken())
    look(sqlite_world, "2026-12-16 06:15", broken())
    look(sqlite_world, "2026-12-16 06:30", broken())
    assert subjects(sqlite_world) == [ALERT]


def test_where_messages_are_switched_off_it_is_written_down_and_not_mailed(sqlite_world: World) -> None:
    quiet = sqlite_world.with_school(messages=sqlite_world.school.messages.model_copy(update={"mode": "off"}))
    look(quiet, MORNING, broken())
    assert subjects(quiet) == []
    with quiet.store.reading() as connection:
        assert [row.code for row in open_alerts(connection, quiet.id)] == ["job-failed"]


def test_with_a_broken_calendar_the_admin_is_told_all_the_same_and_once(sqlite_world: World) -> None:
    calendar = sqlite_world.school.calendar.model_copy(update={"half_terms": ()})
    without = sqlite_world.with_school(calendar=calendar)
    for when in (MORNING, "2026-12-16 06:15"):
        look(without, when, broken())
    assert subjects(without) == [ALERT]
    assert "Look at SIMS." in text_of(without.post.messages[0])


def test_nothing_is_written_where_nothing_changed(sqlite_world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    look(sqlite_world, MORNING, broken())

    def refuse(*_: object) -> None:
        raise AssertionError("it wrote")

    monkeypatch.setattr(type(sqlite_world.store), "writing", refuse)
    look(sqlite_world, "2026-12-16 06:05", broken())


def test_a_code_that_a_look_says_nothing_about_is_left_as_it_was(sqlite_world: World) -> None:
    expires = broken(code="certificate-expires", subject="mail.example")
    look(sqlite_world, MORNING, expires)
    tell_of(sqlite_world.context("2026-12-16 07:00"), sqlite_world.id, "Austen", (), ("certificate-expires",))
    with sqlite_world.store.reading() as connection:
        assert [row.code for row in open_alerts(connection, sqlite_world.id)] == ["certificate-expires"]


def states(world: World) -> Sequence[tuple[str, str]]:
    with world.store.reading() as connection:
        return [(row.kind, row.state) for row in load_messages(connection, world.id)]
