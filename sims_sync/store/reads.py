"""What was read and when, who is missing, what is in quarantine, and the problems an admin sees."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, func, select, update

from sims_sync.compliance.facts import DataProblem
from sims_sync.errors import RecordError
from sims_sync.records import Kind
from sims_sync.store.json_values import json_ready
from sims_sync.store.rows import remove, upsert
from sims_sync.store.tables import missing, problem, quarantine, read

_IDS_PER_UPDATE = 500


@dataclass(frozen=True, slots=True)
class StoredRead:
    """One good read as stored."""

    kind: Kind
    source: str
    began: datetime
    row_count: int
    fingerprint: str | None
    filled: Mapping[str, int]
    unmapped: Sequence[str]
    held_removals: int
    held_rows: int
    run_id: str


@dataclass(frozen=True, slots=True)
class MissingRow:
    """A row that the newest good reads lack: since when, last seen when, and whether its removal is held."""

    key: str
    since: datetime
    last_seen: datetime | None
    held: bool
    released: bool = False


@dataclass(frozen=True, slots=True)
class HeldRow:
    """One row in quarantine; no content is kept."""

    quarantine_id: str
    kind: str
    source: str
    code: str
    field: str
    rule: str
    record_number: int
    student_id: str | None
    scope: str
    first_seen: datetime
    last_seen: datetime
    seen_count: int


def last_good_read(connection: Connection, school: str, kind: Kind, source: str) -> StoredRead | None:
    """The newest good read of a source, by when its data was true."""
    row = (
        connection.execute(
            select(read)
            .where(read.c.school == school, read.c.kind == kind.value, read.c.source == source, read.c.good)
            .order_by(read.c.began.desc(), read.c.finished.desc())
            .limit(1)
        )
        .mappings()
        .first()
    )
    return _stored_read(row) if row else None


def good_reads(connection: Connection, school: str) -> dict[tuple[Kind, str], StoredRead]:
    """(kind, source) → its newest good read."""
    newest = (
        select(read.c.kind, read.c.source, func.max(read.c.began).label("began"))
        .where(read.c.school == school, read.c.good)
        .group_by(read.c.kind, read.c.source)
        .subquery()
    )
    rows = connection.execute(
        select(read)
        .join(
            newest,
            (read.c.kind == newest.c.kind) & (read.c.source == newest.c.source) & (read.c.began == newest.c.began),
        )
        .where(read.c.school == school, read.c.good)
        .order_by(read.c.finished)
    ).mappings()
    return {(Kind(row["kind"]), row["source"]): _stored_read(row) for row in rows}


def first_good_read(connection: Connection, school: str, kind: Kind) -> datetime | None:
    """When the very first good read of a kind began."""
    chosen = select(func.min(read.c.began)).where(read.c.school == school, read.c.kind == kind.value, read.c.good)
    return connection.execute(chosen).scalar()


def save_read(connection: Connection, school: str, row: Mapping[str, Any]) -> None:
    """Store one read; `row` has the columns of the table but for the school."""
    upsert(connection, read, [{**row, "school": school}])


def load_missing(connection: Connection, school: str, kind: Kind) -> dict[str, MissingRow]:
    """Every missing row of a kind by key."""
    rows = connection.execute(
        select(missing).where(missing.c.school == school, missing.c.kind == kind.value)
    ).mappings()
    return {
        row["row_key"]: MissingRow(row["row_key"], row["since"], row["last_seen"], row["held"], row["released"])
        for row in rows
    }


def mark_missing(
    connection: Connection, school: str, kind: Kind, source: str, rows: Iterable[MissingRow], run_id: str
) -> None:
    """Remember that rows are absent; nothing else of them changes."""
    upsert(
        connection,
        missing,
        [
            {
                "school": school,
                "kind": kind.value,
                "row_key": row.key,
                "source": source,
                "since": row.since,
                "last_seen": row.last_seen,
                "held": row.held,
                "released": row.released,
                "run_id": run_id,
            }
            for row in rows
        ],
    )


def mark_returned(connection: Connection, school: str, kind: Kind, keys: Iterable[str]) -> None:
    """Rows are back in the source."""
    for key in keys:
        remove(connection, missing, school=school, kind=kind.value, row_key=key)


def held_removals(connection: Connection, school: str, kind: Kind) -> int:
    """How many removals of a kind are held."""
    return sum(row.held for row in load_missing(connection, school, kind).values())


def release_removals(connection: Connection, school: str, kind: Kind, keys: Iterable[str]) -> int:
    """Let held removals of rows that are still absent begin their grace; how many."""
    done = connection.execute(
        update(missing)
        .where(
            missing.c.school == school,
            missing.c.kind == kind.value,
            missing.c.row_key.in_(list(keys)),
            missing.c.held,
        )
        .values(held=False, released=True)
    )
    return int(done.rowcount)


def spoil_reads(connection: Connection, school: str, run_id: str) -> None:
    """The reads of a run that was undone are good no more: what they showed is not what the store holds."""
    connection.execute(update(read).where(read.c.school == school, read.c.run_id == run_id).values(good=False))


def forget_missing(connection: Connection, school: str, run_id: str) -> None:
    """Rows that a run found missing are not missing any more, for it was undone."""
    connection.execute(delete(missing).where(missing.c.school == school, missing.c.run_id == run_id))


def hold_rows(
    connection: Connection,
    school: str,
    kind: Kind,
    source: str,
    rows: Iterable[tuple[int, RecordError, str | None]],
    *,
    at: datetime,
    run_id: str,
    scope: str = "",
    contents: Mapping[int, str] | None = None,
) -> None:
    """Put rows in quarantine, or count them once more; rows of this source and `scope` that are well again leave it.

    `scope` is the file's name where a source hands in several: one file says nothing about the rows of another.
    `contents`: record number → a digest of the row, by which one that is nobody's is known again; else its number is.
    """
    known = _known_rows(connection, school, kind, source, scope)
    seen: dict[str, dict[str, Any]] = {}
    for number, error, student_id in rows:
        subject = student_id or (contents or {}).get(number) or f"record {number}"
        quarantine_id = _quarantine_id(kind, f"{source}/{scope}", error, subject)
        before = known.get(quarantine_id)
        seen[quarantine_id] = {
            "school": school,
            "quarantine_id": quarantine_id,
            "kind": kind.value,
            "source": source,
            "code": error.code,
            "field": error.field,
            "rule": error.rule,
            "record_number": number,
            "student_id": student_id,
            "scope": scope,
            "first_seen": before["first_seen"] if before else at,
            "last_seen": at,
            "seen_count": (before["seen_count"] if before else 0) + 1,
            # The same report holds a discarded row again every night; a pro-forma that comes again is a new matter.
            "state": "discarded" if before and before["state"] == "discarded" and not scope else "held",
            "run_id": run_id,
        }
    upsert(connection, quarantine, list(seen.values()))
    well_again = [quarantine_id for quarantine_id in known if quarantine_id not in seen]
    for start in range(0, len(well_again), _IDS_PER_UPDATE):
        batch = well_again[start : start + _IDS_PER_UPDATE]
        connection.execute(
            update(quarantine)
            .where(quarantine.c.school == school, quarantine.c.quarantine_id.in_(batch))
            .values(state="mended", last_seen=at)
        )


def _known_rows(
    connection: Connection, school: str, kind: Kind, source: str, scope: str
) -> dict[str, Mapping[Any, Any]]:
    """What the last read of this source and `scope` held, discarded by a person or not."""
    rows = connection.execute(
        select(quarantine).where(
            quarantine.c.school == school,
            quarantine.c.kind == kind.value,
            quarantine.c.source == source,
            quarantine.c.scope == scope,
            quarantine.c.state.in_(("held", "discarded")),
        )
    ).mappings()
    return {row["quarantine_id"]: row for row in rows}


def discard_row(connection: Connection, school: str, quarantine_id: str, who: str, reason: str, at: datetime) -> bool:
    """A person says that a held row is of no use; False where no such row is held."""
    done = connection.execute(
        update(quarantine)
        .where(quarantine.c.school == school, quarantine.c.quarantine_id == quarantine_id, quarantine.c.state == "held")
        .values(state="discarded", discarded_by=who, discard_reason=reason, last_seen=at)
    )
    return bool(done.rowcount)


def load_quarantine(
    connection: Connection, school: str, kind: Kind | None = None, source: str | None = None
) -> tuple[HeldRow, ...]:
    """Rows held now, oldest first."""
    chosen = select(quarantine).where(quarantine.c.school == school, quarantine.c.state == "held")
    if kind is not None:
        chosen = chosen.where(quarantine.c.kind == kind.value)
    if source is not None:
        chosen = chosen.where(quarantine.c.source == source)
    names: tuple[str, ...] = HeldRow.__slots__
    rows = connection.execute(chosen.order_by(quarantine.c.first_seen, quarantine.c.record_number)).mappings()
    return tuple(HeldRow(**{name: row[name] for name in names}) for row in rows)


def save_problems(
    connection: Connection,
    school: str,
    problems: Sequence[DataProblem],
    *,
    codes: Iterable[str],
    at: datetime,
    run_id: str,
) -> None:
    """Make the open problems of these codes exactly `problems`; one that is gone gets its end."""
    current = {(item.code, item.subject[:200]): item for item in problems}
    rows = connection.execute(
        select(problem.c.code, problem.c.subject, problem.c.first_seen).where(
            problem.c.school == school, problem.c.code.in_(list(codes)), problem.c.ended.is_(None)
        )
    )
    known = {(code, subject): first for code, subject, first in rows}
    upsert(
        connection,
        problem,
        [
            {
                "school": school,
                "code": code,
                "subject": subject,
                "what": item.what,
                "do": item.do,
                "first_seen": known.get((code, subject), at),
                "last_seen": at,
                "ended": None,
                "run_id": run_id,
            }
            for (code, subject), item in current.items()
        ],
    )
    for code, subject in known.keys() - current.keys():
        connection.execute(
            update(problem)
            .where(problem.c.school == school, problem.c.code == code, problem.c.subject == subject)
            .values(ended=at)
        )


def load_problems(connection: Connection, school: str) -> tuple[DataProblem, ...]:
    """Open problems, by code and subject."""
    rows = connection.execute(
        select(problem)
        .where(problem.c.school == school, problem.c.ended.is_(None))
        .order_by(problem.c.code, problem.c.subject)
    ).mappings()
    return tuple(DataProblem(row["code"], row["subject"], row["what"], row["do"]) for row in rows)


def _quarantine_id(kind: Kind, source: str, error: RecordError, subject: str) -> str:
    text = json_ready([kind.value, source, error.code, error.field, error.rule, subject])
    return "q" + hashlib.blake2b(repr(text).encode(), digest_size=8).hexdigest()


def _stored_read(row: Mapping[Any, Any]) -> StoredRead:
    return StoredRead(
        Kind(row["kind"]),
        row["source"],
        row["began"],
        row["row_count"],
        row["fingerprint"],
        row["filled"],
        row["unmapped"],
        row["held_removals"],
        row["held_rows"],
        row["run_id"],
    )
