"""Stored plans, the sources that a person confirmed, and the reads kept for a release or a retry (DESIGN §4)."""

import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, select, update

from sims_sync.connector import Row, SourceState
from sims_sync.guard import Verdict
from sims_sync.plan import Plan
from sims_sync.records import Kind
from sims_sync.store.rows import remove, upsert
from sims_sync.store.tables import confirmed_source, kept_read, plan

WAITING = ("stopped", "waiting")  # states in which a person can release the whole plan


@dataclass(frozen=True, slots=True)
class StoredPlan:
    """One plan: its totals, why it stands where it does, and each change by key and field names."""

    plan_id: str
    run_id: str
    kind: str
    source: str
    created: datetime
    state: str
    totals: Mapping[str, int]
    reasons: Sequence[Mapping[str, str]]
    changes: Sequence[Mapping[str, Any]]
    content: str
    kept_id: str | None
    released_at: datetime | None
    released_by: str | None
    release_reason: str | None


@dataclass(frozen=True, slots=True)
class KeptRead:
    """A read as it was kept: mapped columns only."""

    kept_id: str
    kind: Kind
    source: str
    state: SourceState
    rows: tuple[Row, ...]


def save_plan(connection: Connection, school: str, planned: Plan, verdict: Verdict, row: Mapping[str, Any]) -> None:
    """Store a plan before anything is written. `row`: plan_id, run_id, source, created, state, content, kept_id."""
    changes = [{"action": c.action.value, "key": c.key, "fields": list(c.altered)} for c in planned.changes]
    changes += [{"action": "missing", "key": key, "fields": []} for key in planned.missing]
    reasons = [
        {"code": reason.code, "what": reason.what, "do": reason.do}
        for reason in (*verdict.stops, *verdict.waits, *verdict.holds)
    ]
    values = {"kind": planned.kind.value, "totals": planned.counts, "reasons": reasons, "changes": changes}
    upsert(connection, plan, [{"school": school, **row, **values}])


def load_plans(connection: Connection, school: str) -> tuple[StoredPlan, ...]:
    """Every stored plan, newest first."""
    rows = connection.execute(
        select(plan).where(plan.c.school == school).order_by(plan.c.created.desc(), plan.c.plan_id.desc())
    ).mappings()
    names = StoredPlan.__slots__
    return tuple(StoredPlan(**{name: row[name] for name in names}) for row in rows)


def load_plan(connection: Connection, school: str, plan_id: str) -> StoredPlan | None:
    """One plan by id, or by an unmistakable beginning of it."""
    found = [each for each in load_plans(connection, school) if each.plan_id.startswith(plan_id)]
    exact = [each for each in found if each.plan_id == plan_id]
    return (exact or found)[0] if exact or len(found) == 1 else None


def supersede(connection: Connection, school: str, kind: Kind, source: str, but: str) -> None:
    """A newer read took the place of those that still waited."""
    connection.execute(
        update(plan)
        .where(
            plan.c.school == school,
            plan.c.kind == kind.value,
            plan.c.source == source,
            plan.c.state.in_(WAITING),
            plan.c.plan_id != but,
        )
        .values(state="superseded")
    )


def set_released(connection: Connection, school: str, plan_id: str, values: Mapping[str, Any]) -> None:
    """A person released a plan: once."""
    connection.execute(
        update(plan).where(plan.c.school == school, plan.c.plan_id == plan_id).values(state="released", **values)
    )


def released_contents(connection: Connection, school: str, kind: Kind, source: str) -> frozenset[str]:
    """The contents that a person released for a source whose reads are not kept."""
    chosen = select(plan.c.content).where(
        plan.c.school == school, plan.c.kind == kind.value, plan.c.source == source, plan.c.state == "released"
    )
    return frozenset(connection.execute(chosen).scalars())


def confirmed(connection: Connection, school: str, kind: Kind) -> dict[str, str]:
    """Source → the fingerprint of its configuration that a person confirmed."""
    rows = connection.execute(
        select(confirmed_source.c.source, confirmed_source.c.fingerprint).where(
            confirmed_source.c.school == school, confirmed_source.c.kind == kind.value
        )
    )
    return {row.source: row.fingerprint for row in rows}


def confirm(
    connection: Connection, school: str, kind: Kind, source: str, *, fingerprint: str, who: str, at: datetime
) -> None:
    """A person said: yes, this is our school, read like this."""
    row = {"kind": kind.value, "source": source, "fingerprint": fingerprint, "confirmed_at": at, "confirmed_by": who}
    upsert(connection, confirmed_source, [{"school": school, **row}])


def unconfirm(connection: Connection, school: str, kind: Kind, source: str) -> None:
    """Let the next run of a source plan only, until a person has looked."""
    remove(connection, confirmed_source, school=school, kind=kind.value, source=source)


def waiting_sources(connection: Connection, school: str) -> frozenset[tuple[str, str]]:
    """(kind, source) of every source whose newest rows wait for a person."""
    chosen = select(plan.c.kind, plan.c.source).where(plan.c.school == school, plan.c.state == "waiting")
    return frozenset((kind, source) for kind, source in connection.execute(chosen))


def waiting_plans(connection: Connection, school: str) -> tuple[str, ...]:
    """The id of every plan that waits for a person, in order."""
    chosen = select(plan.c.plan_id).where(plan.c.school == school, plan.c.state == "waiting")
    return tuple(connection.execute(chosen.order_by(plan.c.plan_id)).scalars())


def keep(
    connection: Connection, school: str, kept_id: str, state: SourceState, rows: Sequence[Row], row: Mapping[str, Any]
) -> None:
    """Keep a read's rows (already cut to its mapped columns). `row`: kind, source, run_id, kept_at, began."""
    text = json.dumps([[each.number, dict(each.values)] for each in rows], ensure_ascii=False)
    values = {
        "kept_id": kept_id,
        "name": state.name,
        "size": state.size,
        "fingerprint": state.fingerprint,
        "rows": zlib.compress(text.encode("utf-8")),
    }
    upsert(connection, kept_read, [{"school": school, **row, **values}])


def load_kept(connection: Connection, school: str, kept_id: str) -> KeptRead | None:
    """One kept read."""
    row = (
        connection.execute(select(kept_read).where(kept_read.c.school == school, kept_read.c.kept_id == kept_id))
        .mappings()
        .first()
    )
    return _kept(row) if row else None


def kept_of_source(connection: Connection, school: str, source: str) -> tuple[KeptRead, ...]:
    """Every kept read of a source, newest first."""
    rows = connection.execute(
        select(kept_read)
        .where(kept_read.c.school == school, kept_read.c.source == source)
        .order_by(kept_read.c.kept_at.desc())
    ).mappings()
    return tuple(_kept(row) for row in rows)


def forget_kept(connection: Connection, school: str, before: datetime) -> int:
    """Forget reads kept before a moment (14 days by default); how many."""
    done = connection.execute(delete(kept_read).where(kept_read.c.school == school, kept_read.c.kept_at < before))
    return int(done.rowcount)


def _kept(row: Mapping[Any, Any]) -> KeptRead:
    rows = json.loads(zlib.decompress(row["rows"]).decode("utf-8"))
    state = SourceState(row["name"], row["began"], row["size"], row["fingerprint"])
    return KeptRead(
        row["kept_id"], Kind(row["kind"]), row["source"], state, tuple(Row(number, values) for number, values in rows)
    )
