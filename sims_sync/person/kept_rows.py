"""Which rows of the kept reads are a student's, and how are they taken out (DOMAIN §8)?

Such rows are as the source gave them, so only its mapping knows whose they are. A kept read whose mapping is no more
cannot be tried again either: it goes as a whole.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, delete, select

from sims_sync.connector import Row
from sims_sync.context import RunContext
from sims_sync.errors import RecordError, SimsSyncError
from sims_sync.identity import Register
from sims_sync.mapping import Mapper, load_mapping
from sims_sync.records import Kind
from sims_sync.store.one_member import StaffKeys
from sims_sync.store.one_student import StudentKeys
from sims_sync.store.plans import KeptRead, keep, load_kept
from sims_sync.store.students import load_register
from sims_sync.store.tables import kept_read


@dataclass(frozen=True, slots=True)
class _Split:
    """One kept read: their rows, and the others. `readable` False = nobody can say whose its rows are."""

    kept: KeptRead
    theirs: tuple[Row, ...]
    others: tuple[Row, ...]
    readable: bool = True


def kept_rows(connection: Connection, context: RunContext, keys: StudentKeys) -> list[dict[str, Any]]:
    """Their rows, by mapped column."""
    return [
        {"source": split.kept.source, "began": split.kept.state.began, **row.values}
        for split in _splits(connection, context, keys)
        for row in split.theirs
    ]


def remove_kept_rows(connection: Connection, context: RunContext, keys: StudentKeys) -> int:
    """Take their rows out; how many. Call it while the students are still known."""
    count = 0
    for split in list(_splits(connection, context, keys)):
        here = (kept_read.c.school == context.school_id, kept_read.c.kept_id == split.kept.kept_id)
        if not split.readable:
            count += connection.execute(delete(kept_read).where(*here)).rowcount
        elif split.theirs:
            about = connection.execute(select(kept_read).where(*here)).mappings().one()
            row = {name: about[name] for name in ("kind", "source", "run_id", "kept_at", "began")}
            keep(connection, context.school_id, split.kept.kept_id, split.kept.state, split.others, row)
            count += len(split.theirs)
    return count


def kept_staff_rows(connection: Connection, context: RunContext, keys: StaffKeys) -> list[dict[str, Any]]:
    """Their rows of kept staff lists, by mapped column; of other lists only that their code or name stands there."""
    found: list[dict[str, Any]] = []
    chosen = select(kept_read.c.kept_id).where(kept_read.c.school == context.school_id)
    for kept_id in connection.execute(chosen).scalars().all():
        kept = load_kept(connection, context.school_id, kept_id)
        for row in kept.rows if kept is not None else ():
            theirs = {name: text for name, text in row.values.items() if keys.called(text)}
            if kept is not None and theirs:
                shown = dict(row.values) if kept.kind is Kind.STAFF else theirs
                found.append({"source": kept.source, "began": kept.state.began, **shown})
    return found


def remove_kept_staff(connection: Connection, context: RunContext, keys: StaffKeys) -> int:
    """Take a member of staff out: their rows of staff lists, and their code or name wherever it fills a cell; reads."""
    count = 0
    chosen = select(kept_read).where(kept_read.c.school == context.school_id)
    for about in connection.execute(chosen).mappings().all():
        kept = load_kept(connection, context.school_id, about["kept_id"])
        if kept is None or not any(keys.called(text) for row in kept.rows for text in row.values.values()):
            continue
        rows = [
            row for row in kept.rows if kept.kind is not Kind.STAFF or not any(map(keys.called, row.values.values()))
        ]
        rows = [
            Row(row.number, {name: "" if keys.called(text) else text for name, text in row.values.items()})
            for row in rows
        ]
        row = {name: about[name] for name in ("kind", "source", "run_id", "kept_at", "began")}
        keep(connection, context.school_id, kept.kept_id, kept.state, rows, row)
        count += 1
    return count


def _splits(connection: Connection, context: RunContext, keys: StudentKeys) -> Iterator[_Split]:
    chosen = select(kept_read.c.kept_id).where(kept_read.c.school == context.school_id)
    register = load_register(connection, context.school_id)
    for kept_id in connection.execute(chosen).scalars().all():
        kept = load_kept(connection, context.school_id, kept_id)
        if kept is not None:
            yield _split(context, kept, register, keys)


def _split(context: RunContext, kept: KeptRead, register: Register, keys: StudentKeys) -> _Split:
    section = context.school.sources.get(kept.source)
    try:
        if section is None:
            return _Split(kept, (), kept.rows, readable=False)
        rules = load_mapping(section.mapping, [context.school.path(context.school.mappings_folder)])
    except SimsSyncError:
        return _Split(kept, (), kept.rows, readable=False)
    mapper = Mapper(rules, result_set=section.result_set)
    theirs = tuple(row for row in kept.rows if _is_theirs(mapper, row, register, keys))
    numbers = {row.number for row in theirs}
    return _Split(kept, theirs, tuple(row for row in kept.rows if row.number not in numbers))


def _is_theirs(mapper: Mapper, row: Row, register: Register, keys: StudentKeys) -> bool:
    ref = mapper.student_ref(row)
    if ref is None:
        return False
    try:
        return register.find(ref) in keys.student_ids
    except RecordError:
        return False
