"""Deliveries with their revisions and their story, issued files, and trials."""

import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, delete, func, insert, select, update

from sims_sync.delivery import DeliveryState, StoredDelivery
from sims_sync.entry_text import normalise
from sims_sync.store.rows import upsert
from sims_sync.store.tables import delivery, delivery_event, delivery_revision, issued_file, push_trial

_COLUMNS = tuple(field.name for field in fields(StoredDelivery) if field.name != "ours")
# What changes while a text is on its way, and looked for: never the text itself, nor where it belongs.
_PROGRESS = (
    "state",
    "reason",
    "over_theirs",
    "sims_text",
    "attempts",
    "attempted_at",
    "sent_at",
    "confirmed_at",
    "confirmed_revision",
    "file",
)
_KEYS_PER_QUERY = 500
OPEN = "open"
VOID = "void"
DONE = "done"


@dataclass(frozen=True, slots=True)
class DeliveryEvent:
    """One step of a delivery's story."""

    at: datetime
    state: str
    reason: str
    revision: int
    who: str
    run_id: str


@dataclass(frozen=True, slots=True)
class IssuedFile:
    """One file that was written for a person to import: open, void or done."""

    number: str
    issued_at: datetime
    state: str
    ended_at: datetime | None


def load_deliveries(
    connection: Connection,
    school: str,
    *,
    states: Iterable[DeliveryState] | None = None,
    half_term: str | None = None,
    student_id: str | None = None,
) -> dict[str, StoredDelivery]:
    """Every delivery (of these states, half term, student) by key, in order of key."""
    chosen = select(delivery).where(delivery.c.school == school)
    if states is not None:
        chosen = chosen.where(delivery.c.state.in_([state.value for state in states]))
    if half_term is not None:
        chosen = chosen.where(delivery.c.half_term == half_term)
    if student_id is not None:
        chosen = chosen.where(delivery.c.student_id == student_id)
    rows = connection.execute(chosen.order_by(delivery.c.delivery_key)).mappings().all()
    ours = _attempted_texts(connection, school, [row["delivery_key"] for row in rows])
    return {row["delivery_key"]: _stored(row, ours) for row in rows}


def count_states(connection: Connection, school: str) -> dict[str, int]:
    """State → how many deliveries."""
    chosen = select(delivery.c.state, func.count()).where(delivery.c.school == school).group_by(delivery.c.state)
    return {state: int(count) for state, count in connection.execute(chosen)}


def queued_moments(connection: Connection, school: str, states: Iterable[DeliveryState]) -> dict[datetime, int]:
    """When what stands in these states was queued, and how many then."""
    here = (delivery.c.school == school, delivery.c.state.in_([state.value for state in states]))
    chosen = select(delivery.c.queued_at, func.count()).where(*here).group_by(delivery.c.queued_at)
    return {moment: int(count) for moment, count in connection.execute(chosen)}


def save_deliveries(connection: Connection, school: str, rows: Sequence[StoredDelivery], run_id: str) -> None:
    """Write deliveries whole, with the text of their present revision."""
    if not rows:
        return
    common = {"school": school, "run_id": run_id}
    upsert(connection, delivery, [{**common, **{name: getattr(row, name) for name in _COLUMNS}} for row in rows])
    upsert(
        connection,
        delivery_revision,
        [
            {
                **common,
                "delivery_key": row.delivery_key,
                "revision": row.revision,
                "text": row.text,
                "created": row.queued_at,
                "attempted_at": None,
            }
            for row in rows
        ],
        keep=("created", "attempted_at"),
    )


def save_progress(connection: Connection, school: str, rows: Sequence[StoredDelivery], run_id: str) -> None:
    """Write how far deliveries have come whose text, revision and place are in the store as they are.

    A third of the cost of `save_deliveries`, for the thousands of a push.
    """
    if not rows:
        return
    statement = (
        update(delivery)
        .where(delivery.c.school == school, delivery.c.delivery_key == bindparam("the_key"))
        .values(run_id=run_id, **{name: bindparam(f"new_{name}") for name in _PROGRESS})
    )
    connection.execute(
        statement,
        [{"the_key": row.delivery_key, **{f"new_{name}": getattr(row, name) for name in _PROGRESS}} for row in rows],
    )


def still_standing(connection: Connection, school: str, rows: Sequence[StoredDelivery]) -> list[StoredDelivery]:
    """Those that nobody decided about, or wrote anew, since they were read."""
    found: dict[str, tuple[str, int]] = {}
    for batch in _batches([row.delivery_key for row in rows]):
        chosen = select(delivery.c.delivery_key, delivery.c.state, delivery.c.revision).where(
            delivery.c.school == school, delivery.c.delivery_key.in_(batch)
        )
        found.update({key: (state, revision) for key, state, revision in connection.execute(chosen)})
    return [row for row in rows if found.get(row.delivery_key) == (row.state.value, row.revision)]


def drop_delivery(connection: Connection, school: str, key: str) -> None:
    """Take out a delivery of which nothing ever left, because it moves to another slot."""
    for table in (delivery_event, delivery_revision, delivery):
        connection.execute(delete(table).where(table.c.school == school, table.c.delivery_key == key))


def mark_attempted(connection: Connection, school: str, key: str, revision: int, at: datetime | None) -> None:
    """From now on this revision's text may be in SIMS, and is ours when it is seen there (rule 17).

    None takes that back: it was certainly not written.
    """
    here = (delivery_revision.c.school == school, delivery_revision.c.delivery_key == key)
    connection.execute(
        update(delivery_revision).where(*here, delivery_revision.c.revision == revision).values(attempted_at=at)
    )


def mark_many_attempted(connection: Connection, school: str, pairs: Sequence[tuple[str, int]], at: datetime) -> None:
    """`mark_attempted` for many: (delivery key, revision)."""
    if not pairs:
        return
    statement = (
        update(delivery_revision)
        .where(
            delivery_revision.c.school == school,
            delivery_revision.c.delivery_key == bindparam("the_key"),
            delivery_revision.c.revision == bindparam("the_revision"),
        )
        .values(attempted_at=at)
    )
    connection.execute(statement, [{"the_key": key, "the_revision": revision} for key, revision in pairs])


def tell(
    connection: Connection, school: str, steps: Sequence[tuple[StoredDelivery, str]], at: datetime, run_id: str
) -> None:
    """Add a line to the story of each delivery as it stands now: (delivery, who)."""
    if not steps:
        return
    last = _last_places(connection, school, [row.delivery_key for row, _ in steps])
    lines = []
    for row, who in steps:
        last[row.delivery_key] = place = last.get(row.delivery_key, 0) + 1
        lines.append(
            {
                "school": school,
                "run_id": run_id,
                "delivery_key": row.delivery_key,
                "place": place,
                "at": at,
                "state": row.state.value,
                "reason": row.reason,
                "revision": row.revision,
                "who": who,
            }
        )
    connection.execute(insert(delivery_event), lines)


def load_story(connection: Connection, school: str, key: str) -> tuple[DeliveryEvent, ...]:
    """What happened to one delivery, in order."""
    rows = connection.execute(
        select(delivery_event)
        .where(delivery_event.c.school == school, delivery_event.c.delivery_key == key)
        .order_by(delivery_event.c.place)
    ).mappings()
    return tuple(DeliveryEvent(**{name: row[name] for name in DeliveryEvent.__slots__}) for row in rows)


def load_revisions(connection: Connection, school: str, key: str) -> tuple[tuple[int, str, datetime | None], ...]:
    """(revision, text, when it was first attempted or None) of one delivery, in order."""
    columns = (delivery_revision.c.revision, delivery_revision.c.text, delivery_revision.c.attempted_at)
    rows = connection.execute(
        select(*columns)
        .where(delivery_revision.c.school == school, delivery_revision.c.delivery_key == key)
        .order_by(delivery_revision.c.revision)
    )
    return tuple((row.revision, row.text, row.attempted_at) for row in rows)


def open_file(connection: Connection, school: str) -> IssuedFile | None:
    """The file that a person has yet to import, if there is one."""
    chosen = select(issued_file).where(issued_file.c.school == school, issued_file.c.state == OPEN)
    row = connection.execute(chosen).mappings().first()
    return IssuedFile(**{name: row[name] for name in IssuedFile.__slots__}) if row else None


def save_issued_file(connection: Connection, school: str, number: str, at: datetime, run_id: str) -> None:
    """A file was written and waits for a person."""
    row = {"school": school, "number": number, "issued_at": at, "state": OPEN, "ended_at": None, "run_id": run_id}
    upsert(connection, issued_file, [row])


def end_issued_file(connection: Connection, school: str, number: str, state: str, at: datetime) -> None:
    """It is done (everything in it is confirmed) or void."""
    here = (issued_file.c.school == school, issued_file.c.number == number)
    connection.execute(update(issued_file).where(*here).values(state=state, ended_at=at))


def save_trial(connection: Connection, school: str, row: Mapping[str, Any]) -> None:
    """What a trial in the training database gave."""
    connection.execute(insert(push_trial).values(school=school, trial_id=uuid.uuid4().hex, **row))


def last_trial(connection: Connection, school: str, destination: str, settings: str) -> datetime | None:
    """When a trial of this destination with these settings last ended well."""
    here = (push_trial.c.school == school, push_trial.c.destination == destination, push_trial.c.settings == settings)
    found = connection.execute(select(func.max(push_trial.c.at)).where(*here, push_trial.c.outcome == "proven"))
    return found.scalar()


def _stored(row: Mapping[Any, Any], ours: Mapping[str, frozenset[str]]) -> StoredDelivery:
    values = {name: row[name] for name in _COLUMNS}
    values["state"] = DeliveryState(values["state"])
    return StoredDelivery(**values, ours=ours.get(row["delivery_key"], frozenset()))


def _attempted_texts(connection: Connection, school: str, keys: Sequence[str]) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for batch in _batches(keys):
        rows = connection.execute(
            select(delivery_revision.c.delivery_key, delivery_revision.c.text).where(
                delivery_revision.c.school == school,
                delivery_revision.c.delivery_key.in_(batch),
                delivery_revision.c.attempted_at.is_not(None),
            )
        )
        for row in rows:
            found[row.delivery_key].add(normalise(row.text))
    return {key: frozenset(texts) for key, texts in found.items()}


def _last_places(connection: Connection, school: str, keys: Sequence[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for batch in _batches(keys):
        rows = connection.execute(
            select(delivery_event.c.delivery_key, func.max(delivery_event.c.place))
            .where(delivery_event.c.school == school, delivery_event.c.delivery_key.in_(batch))
            .group_by(delivery_event.c.delivery_key)
        )
        found.update({key: int(place) for key, place in rows})
    return found


def _batches(keys: Sequence[str]) -> Iterable[Sequence[str]]:
    return (keys[start : start + _KEYS_PER_QUERY] for start in range(0, len(keys), _KEYS_PER_QUERY))
