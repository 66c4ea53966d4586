"""The outbox: one row per message, written as `sending` before the attempt (DOMAIN rule 7)."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select, update

from sims_sync.store.rows import upsert
from sims_sync.store.runs import is_alive
from sims_sync.store.tables import message

SENDING = "sending"
SENT = "sent"
FAILED = "failed"  # tried again by itself
REFUSED = "refused"
UNKNOWN = "unknown"  # it may have left: never resent by itself
DISCARDED = "discarded"  # a person gave it up
_BESIDE = "beside/"


@dataclass(frozen=True, slots=True)
class StoredMessage:
    """One message's key and state. `content`: what the outbox keeps of it, counts and times."""

    message_key: str
    half_term: str
    kind: str
    occasion: str
    staff_id: str
    message_id: str
    state: str
    attempts: int
    created: datetime
    sent_at: datetime | None
    detail: str
    shadow: bool = True
    content: bytes | None = None


def load_message(connection: Connection, school: str, message_key: str) -> StoredMessage | None:
    """One message by key."""
    chosen = select(message).where(message.c.school == school, message.c.message_key == message_key)
    row = connection.execute(chosen).mappings().first()
    return _stored(row) if row else None


def load_messages(connection: Connection, school: str) -> tuple[StoredMessage, ...]:
    """Every message, newest first."""
    rows = connection.execute(
        select(message).where(message.c.school == school).order_by(message.c.created.desc(), message.c.message_key)
    ).mappings()
    return tuple(_stored(row) for row in rows)


def not_reached(connection: Connection, school: str, half_term: str, kind: str) -> frozenset[str]:
    """The staff ids whose last message of a kind in this half term did not arrive for certain (rule 12).

    What went to the programme lead in shadow mode reached nobody: it says nothing of either.
    """
    chosen = select(message.c.staff_id, message.c.state).where(
        message.c.school == school,
        message.c.half_term == half_term,
        message.c.kind == kind,
        message.c.shadow.is_(False),
    )
    last = {row.staff_id: row.state for row in connection.execute(chosen.order_by(message.c.created))}
    return frozenset(staff_id for staff_id, state in last.items() if state != SENT)


def save_message(connection: Connection, school: str, row: Mapping[str, Any]) -> None:
    """Write a message's row."""
    upsert(connection, message, [{"school": school, **row}])


def set_message_state(connection: Connection, school: str, message_key: str, values: Mapping[str, Any]) -> None:
    """Say what became of it."""
    connection.execute(
        update(message).where(message.c.school == school, message.c.message_key == message_key).values(**values)
    )


def decide_state(connection: Connection, school: str, before: StoredMessage, values: Mapping[str, Any]) -> bool:
    """As `set_message_state`, but only if it still stands as it was seen; False = it does not."""
    here = (message.c.school == school, message.c.message_key == before.message_key)
    as_seen = (message.c.state == before.state, message.c.attempts == before.attempts)
    done = connection.execute(
        update(message).where(*here, *as_seen).values(**values), execution_options={"preserve_rowcount": True}
    )
    return done.rowcount == 1


def failed_but(
    connection: Connection, school: str, kinds: Collection[str], occasions: str, kept: Collection[str]
) -> tuple[StoredMessage, ...]:
    """Messages of some kinds that did not leave, whose occasion begins so, and whose keys are not among `kept`."""
    chosen = select(message).where(
        message.c.school == school,
        message.c.state == FAILED,
        message.c.kind.in_(list(kinds)),
        message.c.occasion.startswith(occasions, autoescape=True),
        message.c.message_key.not_in(list(kept)),
    )
    return tuple(_stored(row) for row in connection.execute(chosen).mappings())


def sender_beside(owner: str) -> str:
    """What stands in place of a run's id in messages that a process sends beside its runs, and without their lease."""
    return f"{_BESIDE}{owner}"


def mark_interrupted(connection: Connection, school: str, at: datetime) -> int:
    """Messages found `sending` at the start of a run may or may not have left: `unknown`, never resent by itself.

    Not those that a living process sends beside its runs: a server that hangs would else make them look dealt with.
    """
    sending = (message.c.school == school, message.c.state == SENDING)
    rows = connection.execute(select(message.c.message_key, message.c.run_id, message.c.created).where(*sending)).all()
    left = [
        row.message_key
        for row in rows
        if not (row.run_id.startswith(_BESIDE) and is_alive(row.run_id.removeprefix(_BESIDE), row.created, at))
    ]
    if left:
        connection.execute(update(message).where(*sending, message.c.message_key.in_(left)).values(state=UNKNOWN))
    return len(left)


def _stored(row: Mapping[Any, Any]) -> StoredMessage:
    names = StoredMessage.__slots__
    return StoredMessage(**{name: row[name] for name in names})
