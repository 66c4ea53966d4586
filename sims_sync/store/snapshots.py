"""What was kept of a half term: snapshots, written once, and their dated restatements (DOMAIN rules 5, 17, 27)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, bindparam, func, select

from sims_sync.compliance.facts import Occasion
from sims_sync.compliance.snapshot_form import Restated, Snapshot, from_json, to_json
from sims_sync.school_year import HalfTermId
from sims_sync.store.rows import insert_new
from sims_sync.store.snapshot_totals import reduced_half_terms
from sims_sync.store.tables import snapshot

FIRST = 1
# Asked for with the calendar, many times in a run: made once, for making it costs more than asking.
_DEADLINES = select(snapshot.c.half_term, snapshot.c.taken_at).where(
    snapshot.c.school == bindparam("of"), snapshot.c.occasion == bindparam("occasion"), snapshot.c.version == FIRST
)


@dataclass(frozen=True, slots=True)
class StoredSnapshot:
    """One version: 1 = as taken, each later one a restatement. `taken_at` is aware UTC."""

    half_term: HalfTermId
    occasion: Occasion
    version: int
    taken_at: datetime
    run_id: str
    content: Snapshot

    @property
    def restated(self) -> Restated | None:
        """Who restated, and why; None = as taken."""
        return self.content.restated


def take_snapshot(connection: Connection, school: str, taken: Snapshot, *, at: datetime, run_id: str) -> bool:
    """Write the first version; whether it was written. One that is there is never overwritten."""
    return insert_new(connection, snapshot, _row(school, taken, FIRST, at, run_id))


def restate_snapshot(connection: Connection, school: str, restated: Snapshot, *, at: datetime, run_id: str) -> int:
    """Write the next version; its number, or 0 where another wrote the same one just now.

    Raises:
        ValueError: nothing was taken that could be restated, or it does not say who and why.
    """
    if restated.restated is None:
        raise ValueError("a restatement says who and why")
    half_term, occasion = restated.assessment.half_term, restated.assessment.occasion
    newest = connection.execute(_of(select(func.max(snapshot.c.version)), school, half_term, occasion)).scalar()
    if newest is None:
        raise ValueError("only a snapshot that was taken can be restated")
    written = insert_new(connection, snapshot, _row(school, restated, newest + 1, at, run_id))
    return newest + 1 if written else 0


def taken_snapshots(connection: Connection, school: str) -> frozenset[tuple[HalfTermId, Occasion]]:
    """Which half terms have a snapshot on which occasion, or had one of which only totals are left."""
    rows = connection.execute(select(snapshot.c.half_term, snapshot.c.occasion).where(snapshot.c.school == school))
    found = {(half_term, occasion) for half_term, occasion in rows} | reduced_half_terms(connection, school)
    return frozenset((HalfTermId.parse(half_term), Occasion[occasion.upper()]) for half_term, occasion in found)


def deadline_snapshots(connection: Connection, school: str) -> dict[HalfTermId, datetime]:
    """When each deadline snapshot was taken: a closure entered later moves no deadline (rule 4)."""
    rows = connection.execute(_DEADLINES, {"of": school, "occasion": _name(Occasion.DEADLINE)})
    return {HalfTermId.parse(half_term): at for half_term, at in rows}


def load_snapshots(
    connection: Connection, school: str, half_term: HalfTermId, occasion: Occasion
) -> tuple[StoredSnapshot, ...]:
    """Every version of one snapshot, the first one first; empty = never taken."""
    chosen = _of(select(snapshot), school, half_term, occasion).order_by(snapshot.c.version)
    return tuple(_stored(row) for row in connection.execute(chosen).mappings())


def list_snapshots(connection: Connection, school: str) -> tuple[StoredSnapshot, ...]:
    """Every version of every snapshot, by half term, deadline before closing, first version first."""
    rows = connection.execute(select(snapshot).where(snapshot.c.school == school)).mappings()
    found = (_stored(row) for row in rows)
    order = list(Occasion)
    return tuple(sorted(found, key=lambda each: (each.half_term, order.index(each.occasion), each.version)))


def load_closings(connection: Connection, school: str, before: HalfTermId) -> tuple[Snapshot, ...]:
    """The newest version of each closing snapshot of the same academic year before `before`, oldest first (rule 21)."""
    taken = taken_snapshots(connection, school)
    wanted = sorted(
        half_term
        for half_term, occasion in taken
        if occasion is Occasion.CLOSING and half_term.year == before.year and half_term < before
    )
    versions = (load_snapshots(connection, school, each, Occasion.CLOSING) for each in wanted)
    return tuple(found[-1].content for found in versions if found)


def _of(statement: Select[Any], school: str, half_term: HalfTermId, occasion: Occasion) -> Select[Any]:
    return statement.where(
        snapshot.c.school == school,
        snapshot.c.half_term == str(half_term),
        snapshot.c.occasion == _name(occasion),
    )


def _name(occasion: Occasion) -> str:
    return occasion.name.lower()


def _row(school: str, content: Snapshot, version: int, at: datetime, run_id: str) -> dict[str, object]:
    return {
        "school": school,
        "half_term": str(content.assessment.half_term),
        "occasion": _name(content.assessment.occasion),
        "version": version,
        "taken_at": at,
        "content": to_json(content),
        "run_id": run_id,
    }


def _stored(row: Mapping[Any, Any]) -> StoredSnapshot:
    return StoredSnapshot(
        HalfTermId.parse(row["half_term"]),
        Occasion[row["occasion"].upper()],
        row["version"],
        row["taken_at"],
        row["run_id"],
        from_json(row["content"]),
    )
