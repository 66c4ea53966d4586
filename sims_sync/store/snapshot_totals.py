"""What is kept of snapshots that are too old for tutor groups: done of due by house and by NC year (DOMAIN §8)."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from sims_sync.school_year import HalfTermId
from sims_sync.store.rows import upsert
from sims_sync.store.tables import snapshot_total


def save_totals(
    connection: Connection, school: str, half_term: HalfTermId, occasion: str, taken_at: datetime, totals: Iterable[Any]
) -> None:
    """Write the totals of one snapshot; each has scope, name, due and done."""
    common = {"school": school, "half_term": str(half_term), "occasion": occasion, "taken_at": taken_at}
    rows = [{**common, "scope": each.scope, "name": each.name, "due": each.due, "done": each.done} for each in totals]
    if rows:
        upsert(connection, snapshot_total, rows)


def load_totals(connection: Connection, school: str) -> list[Mapping[Any, Any]]:
    """Every total, by half term, occasion, scope and name."""
    rows = connection.execute(select(snapshot_total).where(snapshot_total.c.school == school)).mappings().all()
    found = sorted(
        rows, key=lambda row: (HalfTermId.parse(row["half_term"]), row["occasion"], row["scope"], row["name"])
    )
    return list(found)


def reduced_half_terms(connection: Connection, school: str) -> frozenset[tuple[str, str]]:
    """(half term, occasion) of every snapshot of which only totals are left."""
    chosen = select(snapshot_total.c.half_term, snapshot_total.c.occasion).where(snapshot_total.c.school == school)
    return frozenset((half_term, occasion) for half_term, occasion in connection.execute(chosen.distinct()))
