"""What people decided is kept, once, with who and when."""

from dataclasses import replace
from datetime import date, timedelta

from sqlalchemy import select

from sims_sync.compliance.facts import Excusal, Exemption, Occasion, Span
from sims_sync.compliance.figures import assess
from sims_sync.plan import Action, Change
from sims_sync.records import Student, StudentRef
from sims_sync.school_year import Closure
from sims_sync.store.computations import load_previous, save_computation
from sims_sync.store.decisions import (
    add_closure,
    announce,
    decide_excusal,
    load_announced,
    load_away,
    load_closures,
    load_excusals,
    load_exemptions,
    record_audit,
    save_away,
    save_excusal,
    save_exemption,
)
from sims_sync.store.session import Store
from sims_sync.store.students import SpanStart, apply_students
from sims_sync.store.tables import audit
from tests.sims_sync.builders import AUTUMN_2, DEADLINE, SCHOOL_ID, at
from tests.sims_sync.compliance.invented_school import REPORT_MOMENT, golden_house

NOW = at("2026-12-10 12:00")
GIVEN = Excusal("s1", AUTUMN_2, "suspended", date(2026, 12, 10))


def add_student(store: Store) -> None:
    record = Student(StudentRef(person_id="1"), "Vorrin", "Zulpa", "8", "8A1")
    start = SpanStart(date(2026, 9, 1), first_read=True, year_start=date(2026, 9, 1))
    with store.writing() as connection:
        apply_students(connection, SCHOOL_ID, [Change(Action.ADD, "s1", record)], start, "r")


def excusals(store: Store) -> tuple[Excusal, ...]:
    with store.reading() as connection:
        return load_excusals(connection, SCHOOL_ID)


def give(store: Store, given: Excusal) -> None:
    with store.writing() as connection:
        save_excusal(connection, SCHOOL_ID, given, "T1", NOW)


def decide(store: Store, when: str, *, accepted: bool) -> None:
    decision = {"accepted": accepted, "decided_by": "H1", "decided_at": at(when), "decision_reason": "known"}
    with store.writing() as connection:
        decide_excusal(connection, SCHOOL_ID, "s1", AUTUMN_2, decision)


def test_an_excusal_is_undecided_until_the_head_of_house_decides(store: Store) -> None:
    add_student(store)
    give(store, GIVEN)
    assert excusals(store) == (GIVEN,)
    decide(store, "2026-12-16 00:30", accepted=False)
    assert excusals(store) == (replace(GIVEN, accepted=False, decided=date(2026, 12, 16)),)


def test_given_again_a_decided_excusal_stays_decided_unless_its_reason_changed(store: Store) -> None:
    add_student(store)
    give(store, GIVEN)
    decide(store, "2026-12-11", accepted=True)
    give(store, replace(GIVEN, effective=date(2026, 12, 14)))
    assert excusals(store)[0].accepted is True
    give(store, replace(GIVEN, reason="refused"))
    assert (excusals(store)[0].reason, excusals(store)[0].accepted) == ("refused", None)


def test_exemptions_and_absences_are_kept(store: Store) -> None:
    add_student(store)
    span = Span("away", date(2026, 12, 1), None)
    with store.writing() as connection:
        save_exemption(connection, SCHOOL_ID, Exemption("s1", AUTUMN_2, "agreed"), "H1", NOW)
        save_away(connection, SCHOOL_ID, "T1", span, "an admin", NOW)
        assert load_exemptions(connection, SCHOOL_ID) == (Exemption("s1", AUTUMN_2, "agreed"),)
        assert load_away(connection, SCHOOL_ID) == {"t1": (span,)}


def test_a_closure_entered_again_keeps_its_first_moment(store: Store) -> None:
    first = Closure(date(2026, 12, 11), "snow", NOW)
    with store.writing() as connection:
        add_closure(connection, SCHOOL_ID, first, "an admin")
        add_closure(connection, SCHOOL_ID, replace(first, entered=NOW + timedelta(days=9)), "another")
        assert load_closures(connection, SCHOOL_ID) == (first,)


def test_an_announced_deadline_stands(store: Store) -> None:
    with store.writing() as connection:
        announce(connection, SCHOOL_ID, AUTUMN_2, DEADLINE, NOW)
        announce(connection, SCHOOL_ID, AUTUMN_2, DEADLINE - timedelta(days=3), NOW + timedelta(days=1))
        assert load_announced(connection, SCHOOL_ID) == {AUTUMN_2: (DEADLINE, NOW)}


def test_the_audit_log_says_who_did_what_when(store: Store) -> None:
    with store.writing() as connection:
        record_audit(connection, SCHOOL_ID, at=NOW, who="H1", action="accept", subject="s1", detail={"day": DEADLINE})
        row = connection.execute(select(audit)).mappings().one()
    assert (row["at"], row["who"], row["action"]) == (NOW, "H1", "accept")
    assert row["detail"] == {"day": "2026-12-15"}


def test_the_guard_compares_with_the_last_computation_before(store: Store) -> None:
    assessment = assess(golden_house(), AUTUMN_2, Occasion.DEADLINE, REPORT_MOMENT)
    moments = [REPORT_MOMENT - timedelta(days=days) for days in (20, 6, 0)]
    with store.writing() as connection:
        for moment in moments:
            save_computation(connection, SCHOOL_ID, replace(assessment, moment=moment), "r")

        def previous(before: int, reminder: int | None) -> tuple[int | None, int | None]:
            found = load_previous(
                connection,
                SCHOOL_ID,
                AUTUMN_2,
                before=moments[before],
                reminder_2_at=moments[reminder] if reminder is not None else None,
            )
            return found.done, found.due_at_reminder_2

        assert previous(2, 1) == (59, 92)
        assert previous(2, None) == (59, None)
        assert previous(0, None) == (None, None)
