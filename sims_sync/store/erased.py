"""Who was erased, or has gone by retention, as keyed hashes: added, looked up, released."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, select, update

from sims_sync.store.rows import upsert
from sims_sync.store.tables import erased_person

STUDENT, STAFF = "student", "staff"
LEFT = "left"  # gone by retention: nobody asked for it, and whoever comes back is welcome


@dataclass(frozen=True, slots=True)
class Erasure:
    """One erased person, without who it was. `released_at` None = they stay out."""

    erasure_id: str
    kind: str
    erased_at: datetime
    erased_by: str
    reason: str
    released_at: datetime | None
    released_by: str | None
    release_reason: str | None


def add_erasure(connection: Connection, school: str, erasure: Erasure, hashes: Iterable[str]) -> None:
    """Remember each id of one person; one who was released and is erased again stays out again."""
    row = {name: getattr(erasure, name) for name in Erasure.__slots__}
    upsert(connection, erased_person, [{"school": school, "person_hash": each, **row} for each in sorted(hashes)])


def take_over_notes(connection: Connection, school: str, notes: Iterable[Mapping[str, Any]]) -> None:
    """Add what a restored store does not know: erasures, and who was let in again (`erasure_key.noted_erasures`).

    Of somebody who was let in and erased again only the later erasure counts: the earlier one's release is over.
    """
    listed = list(notes)
    if not listed:
        return
    known = set(
        connection.execute(select(erased_person.c.erasure_id).where(erased_person.c.school == school)).scalars()
    )
    latest = {each: note["erasure_id"] for note in listed for each in note.get("hashes", ())}
    for note in listed:
        erasure_id = note["erasure_id"]
        if "hashes" in note and erasure_id not in known:
            at = datetime.fromisoformat(note["at"])
            erasure = Erasure(erasure_id, note["kind"], at, note["who"], note["reason"], None, None, None)
            add_erasure(connection, school, erasure, (each for each in note["hashes"] if latest[each] == erasure_id))
        elif "hashes" not in note:
            at = datetime.fromisoformat(note["at"])
            release_erasure(connection, school, erasure_id, who=note["who"], reason=note["reason"], at=at)


def load_hashes(connection: Connection, school: str) -> dict[str, str]:
    """Hash → "student", "staff" or "left", of everyone who has not been released."""
    chosen = select(erased_person.c.person_hash, erased_person.c.kind).where(
        erased_person.c.school == school, erased_person.c.released_at.is_(None)
    )
    return {row.person_hash: row.kind for row in connection.execute(chosen)}


def load_erasures(connection: Connection, school: str) -> tuple[Erasure, ...]:
    """Everyone who was erased on request, the latest first."""
    names = Erasure.__slots__
    chosen = select(*(erased_person.c[name] for name in names)).where(
        erased_person.c.school == school, erased_person.c.kind != LEFT
    )
    found = {row["erasure_id"]: row for row in connection.execute(chosen).mappings()}
    listed = [Erasure(**{name: row[name] for name in names}) for row in found.values()]
    return tuple(sorted(listed, key=lambda each: (each.erased_at, each.erasure_id), reverse=True))


def release_erasure(
    connection: Connection, school: str, erasure_id: str, *, who: str, reason: str, at: datetime
) -> bool:
    """Let one person in again; False where nobody is kept out under that id."""
    done = connection.execute(
        update(erased_person)
        .where(
            erased_person.c.school == school,
            erased_person.c.erasure_id == erasure_id,
            erased_person.c.released_at.is_(None),
        )
        .values(released_at=at, released_by=who, release_reason=reason)
    )
    return bool(done.rowcount)


def forget_hashes(connection: Connection, school: str, *, before: datetime) -> int:
    """Drop hashes of leavers, and of people let in again, that are older than `before`; how many."""
    of_school = erased_person.c.school == school
    left = delete(erased_person).where(of_school, erased_person.c.kind == LEFT, erased_person.c.erased_at < before)
    released = delete(erased_person).where(of_school, erased_person.c.released_at < before)
    return int(connection.execute(left).rowcount) + int(connection.execute(released).rowcount)
