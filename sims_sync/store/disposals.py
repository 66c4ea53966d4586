"""Evidence of deletion: what went, how many, by which rule; never whose (DOMAIN §8)."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from sims_sync.store.json_values import json_ready
from sims_sync.store.rows import upsert
from sims_sync.store.tables import disposal


@dataclass(frozen=True, slots=True)
class Disposal:
    """One kind of thing that was deleted: `before` = older than this moment, where age is the rule."""

    what: str
    rule: str
    count: int
    before: datetime | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)
    at: datetime | None = None


def record_disposals(
    connection: Connection, school: str, disposals: list[Disposal], *, at: datetime, run_id: str
) -> None:
    """Write the evidence; where nothing went there is none."""
    rows = [
        {
            "school": school,
            "disposal_id": uuid.uuid4().hex,
            "at": at,
            "run_id": run_id,
            "what": each.what,
            "rule": each.rule,
            "count": each.count,
            "before": each.before,
            "detail": json_ready(dict(each.detail)),
        }
        for each in disposals
        if each.count or each.detail
    ]
    if rows:
        upsert(connection, disposal, rows)


def load_disposals(connection: Connection, school: str, since: datetime | None = None) -> tuple[Disposal, ...]:
    """What was deleted, the latest first."""
    chosen = select(disposal).where(disposal.c.school == school)
    if since is not None:
        chosen = chosen.where(disposal.c.at >= since)
    rows = connection.execute(chosen.order_by(disposal.c.at.desc(), disposal.c.what)).mappings()
    names = Disposal.__slots__
    return tuple(Disposal(**{name: row[name] for name in names}) for row in rows)
