"""Deliveries with their revisions and their story, issued files, and trials."""

import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, bindparam, delete, func, insert, literal, select, update

from sims_sync.delivery import DeliveryState, StoredDelivery
from sims_sync.entry_text import normalise
from sims_sync.store.rows import upsert
from sims_sync.store.tables import delivery, delivery_event, delivery_revision, issued_file, push_trial

_COLUMNS = tuple(field.name for field in fields(StoredDelivery) if field.name != "ours")
_STATE = _COLUMNS.index("state")
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
_FEW = 5  # so many rows are written sooner one by one than by a statement of their own
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
    half_terms: Iterable[str] | None = None,
    student_id: str | None = None,
    student_ids: Iterable[str] | None = None,
    keys: Iterable[str] | None = None,
) -> dict[str, StoredDelivery]:
    """Every delivery (of these states, half terms, student or students, keys) by key, in order of key."""
    people = student_ids if student_id is None else [student_id]
    where = _where(school, state=states, half_term=half_terms, student_id=people)
    chosen = select(*(delivery.c[name] for name in _COLUMNS)).where(*where).order_by(delivery.c.delivery_key)
    if keys is None:
        return _load(connection, school, chosen)
    found: dict[str, StoredDelivery] = {}
    for batch in _batches(sorted(keys)):
        found |= _load(connection, school, chosen.where(delivery.c.delivery_key.in_(batch)))
    return found


def list_keys(
    connection: Connection, school: str, states: Iterable[DeliveryState], half_term: str | None = None
) -> list[str]:
    """The keys alone of the deliveries in these states (of this half term), in order."""
    where = _where(school, state=states, half_term=None if half_term is None else [half_term])
    chosen = select(delivery.c.delivery_key).where(*where).order_by(delivery.c.delivery_key)
    return list(connection.execute(chosen).scalars())


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


def save_progress(
    connection: Connection,
    school: str,
    rows: Iterable[StoredDelivery],
    run_id: str,
    columns: Sequence[str] = _PROGRESS,
) -> None:
    """Write how far deliveries have come whose text, revision and place are in the store as they are.

    A fraction of the cost of `save_deliveries`, for the thousands of a push: what has come equally far, and that is
    nearly all of them, is written by one statement.
    """
    alike: dict[Sequence[object], list[str]] = defaultdict(list)
    for row in rows:
        alike[tuple(getattr(row, name) for name in columns)].append(row.delivery_key)
    one_by_one: list[dict[str, object]] = []
    for values, keys in alike.items():
        new = dict(zip(columns, values, strict=True))
        if len(keys) <= _FEW:
            one_by_one += [{"the_key": key, **{f"new_{name}": value for name, value in new.items()}} for key in keys]
            continue
        for batch in _batches(keys):
            connection.execute(update(delivery).where(*_where(school, delivery_key=batch)).values(run_id=run_id, **new))
    if one_by_one:
        this = update(delivery).where(delivery.c.school == school, delivery.c.delivery_key == bindparam("the_key"))
        named: dict[str, Any] = {name: bindparam(f"new_{name}") for name in columns}
        connection.execute(this.values(run_id=run_id, **named), one_by_one)


def begin_attempts(
    connection: Connection, school: str, rows: Collection[StoredDelivery], at: datetime, run_id: str
) -> None:
    """An attempt to send each begins: from now on its text may be in SIMS."""
    new = {"state": DeliveryState.SENDING, "reason": "", "attempts": delivery.c.attempts + 1, "attempted_at": at}
    for batch in _batches([row.delivery_key for row in rows]):
        connection.execute(update(delivery).where(*_where(school, delivery_key=batch)).values(run_id=run_id, **new))
    mark_attempted(connection, school, rows, at)


def drop_delivery(connection: Connection, school: str, key: str) -> None:
    """Take out a delivery of which nothing ever left, because it moves to another slot."""
    for table in (delivery_event, delivery_revision, delivery):
        connection.execute(delete(table).where(table.c.school == school, table.c.delivery_key == key))


def mark_attempted(connection: Connection, school: str, rows: Iterable[StoredDelivery], at: datetime | None) -> None:
    """From now on their present texts may be in SIMS, and are ours when seen there (rule 17).

    None takes that back: they were certainly not written.
    """
    alike: dict[int, list[str]] = defaultdict(list)
    for row in rows:
        alike[row.revision].append(row.delivery_key)
    for revision, keys in alike.items():
        for batch in _batches(keys):
            here = (delivery_revision.c.school == school, delivery_revision.c.delivery_key.in_(batch))
            changed = update(delivery_revision).where(*here, delivery_revision.c.revision == revision)
            connection.execute(changed.values(attempted_at=at))


def tell(
    connection: Connection, school: str, steps: Iterable[tuple[StoredDelivery, str]], at: datetime, run_id: str
) -> None:
    """Add a line to the story of each delivery as it now stands in the store: (delivery, who); each at most once."""
    alike: dict[str, list[str]] = defaultdict(list)
    for row, who in steps:
        alike[who].append(row.delivery_key)
    told = delivery_event.alias()
    same = (told.c.school == delivery.c.school, told.c.delivery_key == delivery.c.delivery_key)
    place = select(func.coalesce(func.max(told.c.place), 0) + 1).where(*same).scalar_subquery()
    as_it_stands = ("school", "delivery_key", "state", "reason", "revision")
    new = {"run_id": literal(run_id), "place": place, "at": literal(at, delivery_event.c.at.type)}
    for who, keys in alike.items():
        chosen = select(*(delivery.c[name] for name in as_it_stands), *new.values(), literal(who))
        for batch in _batches(keys):
            lines = chosen.where(*_where(school, delivery_key=batch))
            connection.execute(insert(delivery_event).from_select([*as_it_stands, *new, "who"], lines))


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


def _where(school: str, **among: Iterable[str] | None) -> list[ColumnElement[bool]]:
    """The school's deliveries that have one of these values in each column named; None = whatever stands there."""
    named = ((delivery.c[name], list(map(str, values))) for name, values in among.items() if values is not None)
    return [delivery.c.school == school, *(column.in_(values) for column, values in named)]


def _load(connection: Connection, school: str, chosen: Select[Any]) -> dict[str, StoredDelivery]:
    rows = connection.execute(chosen).all()
    ours = _attempted_texts(connection, school, [row.delivery_key for row in rows])
    return {row.delivery_key: _stored(row, ours.get(row.delivery_key, frozenset())) for row in rows}


def _stored(row: Sequence[Any], ours: frozenset[str]) -> StoredDelivery:
    values = [*row, ours]  # in the order of the fields: by their names it takes longer
    values[_STATE] = DeliveryState(values[_STATE])
    return StoredDelivery(*values)


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


def _batches(keys: Sequence[str]) -> Iterable[Sequence[str]]:
    return (keys[start : start + _KEYS_PER_QUERY] for start in range(0, len(keys), _KEYS_PER_QUERY))
