"""The decision to send messages to staff (DOMAIN rule 8c), and what was released (rule 8a)."""

from dataclasses import dataclass, fields
from datetime import date, datetime

from sqlalchemy import Connection, insert, select

from sims_sync.store.rows import upsert
from sims_sync.store.tables import go_live, message_release


@dataclass(frozen=True, slots=True)
class GoLive:
    """Who decided when, after which half term's snapshot, how many students were checked, when staff were told."""

    decided_at: datetime
    decided_by: str
    half_term: str
    students_checked: int
    staff_told: date


@dataclass(frozen=True, slots=True)
class Release:
    """What a person released before one occasion's messages: `found` are the guard's sentences, word for word."""

    half_term: str
    occasion: str
    released_at: datetime
    found: frozenset[str]
    released_by: str
    reason: str


def load_decision(connection: Connection, school: str, *, first: bool = False) -> GoLive | None:
    """The newest decision, or the first."""
    order = go_live.c.decided_at if first else go_live.c.decided_at.desc()
    chosen = select(go_live).where(go_live.c.school == school).order_by(order).limit(1)
    row = connection.execute(chosen).mappings().first()
    return GoLive(**{each.name: row[each.name] for each in fields(GoLive)}) if row else None


def save_decision(connection: Connection, school: str, decided: GoLive) -> None:
    """Record one more decision."""
    upsert(
        connection, go_live, [{"school": school, **{each.name: getattr(decided, each.name) for each in fields(GoLive)}}]
    )


def load_releases(connection: Connection, school: str, half_term: str, occasion: str) -> tuple[Release, ...]:
    """Every release for one occasion, oldest first."""
    rows = connection.execute(
        select(message_release)
        .where(
            message_release.c.school == school,
            message_release.c.half_term == half_term,
            message_release.c.occasion == occasion,
        )
        .order_by(message_release.c.released_at)
    ).mappings()
    return tuple(
        Release(
            row["half_term"],
            row["occasion"],
            row["released_at"],
            frozenset(row["codes"]),
            row["released_by"],
            row["reason"],
        )
        for row in rows
    )


def save_release(connection: Connection, school: str, release: Release) -> None:
    """Record a release."""
    row = {
        "school": school,
        "half_term": release.half_term,
        "occasion": release.occasion,
        "released_at": release.released_at,
        "codes": sorted(release.found),
        "released_by": release.released_by,
        "reason": release.reason,
    }
    connection.execute(insert(message_release), [row])
