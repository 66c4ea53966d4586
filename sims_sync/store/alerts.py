"""Conditions that a person must know of: since when, whether they were told, and when they were over."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select, text, update

from sims_sync.store.rows import upsert
from sims_sync.store.tables import alert


@dataclass(frozen=True, slots=True)
class OpenAlert:
    """One condition as it is stored. `told_reason`: every reason that was told of, with blanks between them."""

    school: str
    code: str
    subject: str
    since: datetime
    severity: str
    reason: str
    what: str
    do: str
    last_seen: datetime
    told_at: datetime | None = None
    told_reason: str | None = None
    ended: datetime | None = None
    end_told_at: datetime | None = None

    @property
    def key(self) -> tuple[str, str]:
        """Which condition it is, whenever it was."""
        return self.code, self.subject


def open_alerts(connection: Connection, school: str) -> tuple[OpenAlert, ...]:
    """What is not over, by code, subject and time."""
    chosen = select(alert).where(alert.c.school == school, alert.c.ended.is_(None))
    return _stored(connection, chosen)


def alerts_since(connection: Connection, school: str, moment: datetime) -> tuple[OpenAlert, ...]:
    """What is not over, or ended or was told of since a moment, or whose end is still to be told."""
    untold = alert.c.told_at.is_not(None) & alert.c.end_told_at.is_(None)
    recent = (alert.c.ended.is_(None)) | (alert.c.ended >= moment) | (alert.c.told_at >= moment) | untold
    return _stored(connection, select(alert).where(alert.c.school == school, recent))


def one_at_a_time(connection: Connection, school: str) -> None:
    """Let no other process judge this school's conditions until the transaction ends; SQLite has one writer anyway."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(hashtext(:name))"), {"name": f"alert/{school}"})


def save_alerts(connection: Connection, school: str, rows: Iterable[Mapping[str, Any]]) -> None:
    """Store conditions that are new or come back; `rows` have every column but the school."""
    upsert(connection, alert, [{**row, "school": school} for row in rows])


def change_alert(connection: Connection, row: OpenAlert, values: Mapping[str, Any]) -> None:
    """Write down what became of one."""
    same = (
        alert.c.school == row.school,
        alert.c.code == row.code,
        alert.c.subject == row.subject,
        alert.c.since == row.since,
    )
    connection.execute(update(alert).where(*same).values(**values))


def _stored(connection: Connection, chosen: Any) -> tuple[OpenAlert, ...]:  # noqa: ANN401 - SQLAlchemy's own generic
    rows = connection.execute(chosen.order_by(alert.c.code, alert.c.subject, alert.c.since)).mappings()
    return tuple(OpenAlert(**{name: row[name] for name in OpenAlert.__slots__}) for row in rows)
