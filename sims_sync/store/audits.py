"""The audit log, read: who saw or changed what (DOMAIN §8). `decisions.record_audit` writes it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select

from sims_sync.store.tables import audit

RESTORED = "restored"  # from a backup: what was done after it is not known here


@dataclass(frozen=True, slots=True)
class AuditLine:
    """One line. `who`: the account of the operating system, or a job; `subject`: an id, never a name."""

    at: datetime
    who: str
    action: str
    subject: str
    detail: Mapping[str, Any]


def load_audit(
    connection: Connection,
    school: str,
    *,
    since: datetime | None = None,
    about: frozenset[str] | None = None,
    who: str | None = None,
) -> tuple[AuditLine, ...]:
    """The lines, the latest first; `about`: only those whose subject or detail holds one of these ids."""
    chosen = select(audit).where(audit.c.school == school)
    if since is not None:
        chosen = chosen.where(audit.c.at >= since)
    if who is not None:
        chosen = chosen.where(audit.c.who == who)
    rows = connection.execute(chosen.order_by(audit.c.at.desc(), audit.c.audit_id)).mappings()
    names = AuditLine.__slots__
    lines = (AuditLine(**{name: row[name] for name in names}) for row in rows)
    return tuple(line for line in lines if about is None or _is_about(line, about))


def last_restored(connection: Connection, school: str) -> datetime | None:
    """When the store was last restored from a backup (aware); None = never."""
    chosen = select(func.max(audit.c.at)).where(audit.c.school == school, audit.c.action == RESTORED)
    found: datetime | None = connection.execute(chosen).scalar()
    return found


def _is_about(line: AuditLine, about: frozenset[str]) -> bool:
    """A delivery's key has the student's id between slashes."""
    if about & {line.subject, *line.subject.split("/")}:
        return True
    return any(value in about for value in line.detail.values() if isinstance(value, str))
