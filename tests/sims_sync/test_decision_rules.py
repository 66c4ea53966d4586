"""What may be decided about one student: reasons as they are kept, and the day they count from."""

import pytest
from sqlalchemy import select

from sims_sync.decision_rules import (
    Decision,
    exempt_student,
    find_excusal,
    give_excusal,
    plain_reason,
    reason_fault,
    settle_excusal,
)
from sims_sync.records import Kind
from sims_sync.store.students import load_students
from sims_sync.store.tables import audit, excusal
from tests.sims_sync.builders import AUTUMN_2, World, at, students


def decision(world: World, when: str = "2026-12-10") -> Decision:
    world.read_well(Kind.STUDENTS, students(1), f"{when} 06:00")
    with world.store.reading() as connection:
        (known,) = load_students(connection, world.id)
    return Decision(world.id, known, AUTUMN_2, "folder of 8A1", at(when), at("2026-12-16 07:15"))


@pytest.mark.parametrize(
    ("text", "kept"), [(" Trip or  Exams ", "trip or exams"), ("OTHER", "other"), ("At a\nfuneral", "At a funeral")]
)
def test_a_reason_is_one_line_in_its_own_spelling(text: str, kept: str) -> None:
    assert plain_reason(text) == kept


@pytest.mark.parametrize(("text", "fits"), [("x" * 80, True), ("x" * 81, False), (" \n", False)])
def test_a_reason_has_1_to_80_characters(text: str, fits: bool) -> None:
    assert (reason_fault(text) is None) is fits


def test_other_words_for_a_reason_that_waits_keep_its_day_a_decided_one_begins_anew(world: World) -> None:
    first = decision(world)
    with world.store.writing() as connection:
        give_excusal(connection, first, "trip", at("2026-12-10").date())
        give_excusal(connection, first, "a trip", at("2026-12-16").date())
        given = find_excusal(connection, first)
        assert given is not None
        assert (given.reason, given.effective) == ("a trip", at("2026-12-10").date())
        settle_excusal(connection, first, accepted=False, reason="was in school")
        give_excusal(connection, first, "suspended", at("2026-12-16").date())
        again = find_excusal(connection, first)
        assert again is not None
        assert (again.effective, again.accepted) == (at("2026-12-16").date(), None)


def test_each_decision_is_in_the_audit_log_when_it_was_noted(sqlite_world: World) -> None:
    made = decision(sqlite_world)
    with sqlite_world.store.writing() as connection:
        give_excusal(connection, made, "suspended", at("2026-12-10").date())
        settle_excusal(connection, made, accepted=True, reason=None)
        exempt_student(connection, made, "agreed")
        rows = connection.execute(select(audit.c.action, audit.c.who, audit.c.at)).all()
        assert connection.execute(select(excusal.c.decided_at)).scalar_one() == at("2026-12-10")
    assert {row.action for row in rows} == {"excusal-given", "excusal-accepted", "exempted"}
    assert {(row.who, row.at) for row in rows} == {("folder of 8A1", at("2026-12-16 07:15"))}
