"""What people decided: closures, announced deadlines, excusals, exemptions, and the audit log of all of it."""

import uuid
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, bindparam, select

from sims_sync.compliance.facts import Excusal, Exemption, Span
from sims_sync.school_year import Closure, HalfTermId
from sims_sync.store.json_values import json_ready
from sims_sync.store.rows import upsert
from sims_sync.store.tables import announced_deadline, audit, away, closure, excusal, exemption

SCHOOL_ZONE = ZoneInfo("Europe/London")


# Every step of a run asks for the calendar: these are made once, for making them costs more than asking.
_CLOSURES = select(closure).where(closure.c.school == bindparam("of")).order_by(closure.c.day)
_ANNOUNCED = select(
    announced_deadline.c.half_term, announced_deadline.c.deadline, announced_deadline.c.announced_at
).where(announced_deadline.c.school == bindparam("of"))


def load_closures(connection: Connection, school: str) -> tuple[Closure, ...]:
    """Closures entered so far, by day."""
    rows = connection.execute(_CLOSURES, {"of": school}).mappings()
    return tuple(Closure(row["day"], row["reason"], row["entered"]) for row in rows)


def add_closure(connection: Connection, school: str, entered: Closure, who: str) -> None:
    """Enter a closure; the same day entered again keeps its first moment (rule 4 depends on it)."""
    known = {item.day for item in load_closures(connection, school)}
    if entered.day in known:
        return
    row = {"day": entered.day, "reason": entered.reason, "entered": entered.entered, "entered_by": who}
    upsert(connection, closure, [{"school": school, **row}])


def load_announced(connection: Connection, school: str) -> dict[HalfTermId, tuple[date, datetime]]:
    """Half term → the deadline announced for it (rule 4), and when."""
    rows = connection.execute(_ANNOUNCED, {"of": school})
    return {HalfTermId.parse(half_term): (deadline, at) for half_term, deadline, at in rows}


def announce(connection: Connection, school: str, half_term: HalfTermId, deadline: date, at: datetime) -> None:
    """Store an announced deadline once; an earlier announcement stands."""
    if half_term in load_announced(connection, school):
        return
    row = {"half_term": str(half_term), "deadline": deadline, "announced_at": at}
    upsert(connection, announced_deadline, [{"school": school, **row}])


def load_excusals(connection: Connection, school: str, zone: ZoneInfo = SCHOOL_ZONE) -> tuple[Excusal, ...]:
    """Every excusal given, decided or not; the date of a decision is that of `zone`."""
    rows = connection.execute(select(excusal).where(excusal.c.school == school)).mappings()
    return tuple(
        Excusal(
            row["student_id"],
            HalfTermId.parse(row["half_term"]),
            row["reason"],
            row["effective"],
            row["accepted"],
            row["decided_at"].astimezone(zone).date() if row["decided_at"] else None,
        )
        for row in rows
    )


def save_excusal(connection: Connection, school: str, given: Excusal, who: str, at: datetime) -> None:
    """Give an excusal; one already decided stays decided unless its reason changed."""
    known = {(item.student_id, item.half_term): item for item in load_excusals(connection, school)}
    before = known.get((given.student_id, given.half_term))
    if before is not None and before.reason == given.reason:
        return
    upsert(
        connection,
        excusal,
        [
            {
                "school": school,
                "student_id": given.student_id,
                "half_term": str(given.half_term),
                "reason": given.reason,
                "effective": given.effective,
                "given_by": who,
                "given_at": at,
                "accepted": None,
                "decided_by": None,
                "decided_at": None,
                "decision_reason": None,
            }
        ],
    )


def decide_excusal(
    connection: Connection, school: str, student_id: str, half_term: HalfTermId, decision: Mapping[str, Any]
) -> None:
    """Accept or refuse: `decision` has accepted, decided_by, decided_at, decision_reason."""
    connection.execute(
        excusal.update()
        .where(excusal.c.school == school, excusal.c.student_id == student_id, excusal.c.half_term == str(half_term))
        .values(**decision)
    )


def load_exemptions(connection: Connection, school: str) -> tuple[Exemption, ...]:
    """Every exemption."""
    rows = connection.execute(select(exemption).where(exemption.c.school == school)).mappings()
    return tuple(Exemption(row["student_id"], HalfTermId.parse(row["half_term"]), row["reason"]) for row in rows)


def save_exemption(connection: Connection, school: str, given: Exemption, who: str, at: datetime) -> None:
    """Exempt a student for one half term."""
    row = {
        "school": school,
        "student_id": given.student_id,
        "half_term": str(given.half_term),
        "reason": given.reason,
        "given_by": who,
        "given_at": at,
    }
    upsert(connection, exemption, [row])


def load_away(connection: Connection, school: str) -> dict[str, tuple[Span, ...]]:
    """Staff code (casefolded) → when they are away; no reason is stored (DOMAIN rule 12)."""
    rows = connection.execute(select(away).where(away.c.school == school).order_by(away.c.first)).mappings()
    found: dict[str, list[Span]] = {}
    for row in rows:
        found.setdefault(row["staff_code"].casefold(), []).append(Span("away", row["first"], row["last"]))
    return {code: tuple(spans) for code, spans in found.items()}


def save_away(connection: Connection, school: str, staff_code: str, span: Span, who: str, at: datetime) -> None:
    """A tutor is away for the span (its `last` None = until further notice)."""
    row = {"staff_code": staff_code, "first": span.first, "last": span.last, "entered_by": who, "entered_at": at}
    upsert(connection, away, [{"school": school, **row}])


def record_audit(
    connection: Connection, school: str, *, at: datetime, who: str, action: str, subject: str, detail: Mapping[str, Any]
) -> None:
    """One line of the audit log: who saw or changed what. `subject` is an id, never a name."""
    row = {"audit_id": uuid.uuid4().hex, "at": at, "who": who, "action": action, "subject": subject}
    upsert(connection, audit, [{"school": school, **row, "detail": json_ready(dict(detail))}])
