"""Staff, tutor groups, houses, and who holds which role from when to when."""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Connection, select

from sims_sync.compliance.facts import RoleFacts
from sims_sync.plan import Change
from sims_sync.records import RegistrationGroup, RoleName, StaffMember, TutorPost
from sims_sync.store.json_values import json_ready
from sims_sync.store.rows import remove, upsert
from sims_sync.store.tables import house, role, staff_member, tutor_group

_STAFF_FIELDS = (
    "staff_code",
    "person_id",
    "surname",
    "forename",
    "title",
    "email",
    "tutor_group",
    "head_of_house",
    "leaving_date",
)

RoleKey = tuple[str, str, str]  # staff reference (code, e-mail or name), role, scope


def load_staff(connection: Connection, school: str) -> dict[str, StaffMember]:
    """Every member of staff by id, as last read."""
    rows = connection.execute(select(staff_member).where(staff_member.c.school == school)).mappings()
    return {row["staff_id"]: StaffMember(**{name: row[name] for name in _STAFF_FIELDS}) for row in rows}


def apply_staff(connection: Connection, school: str, changes: Iterable[Change], run_id: str) -> None:
    """Write added and changed staff; a change's key is the staff id."""
    upsert(
        connection,
        staff_member,
        [
            {
                "school": school,
                "staff_id": change.key,
                **{name: getattr(change.record, name) for name in _STAFF_FIELDS},
                "run_id": run_id,
            }
            for change in changes
        ],
    )


def load_groups(connection: Connection, school: str) -> dict[str, RegistrationGroup]:
    """Every tutor group by name, as last read."""
    rows = connection.execute(select(tutor_group).where(tutor_group.c.school == school)).mappings()
    return {
        row["name"]: RegistrationGroup(row["name"], row["nc_year"], row["house"], tuple(map(_post, row["posts"])))
        for row in rows
    }


def apply_groups(connection: Connection, school: str, changes: Iterable[Change], run_id: str) -> None:
    """Write added and changed tutor groups and the houses they name."""
    listed = list(changes)
    upsert(connection, tutor_group, [_group_row(school, change.record, run_id) for change in listed])
    add_houses(connection, school, (change.record.house for change in listed), run_id)


def add_houses(connection: Connection, school: str, names: Iterable[str | None], run_id: str) -> None:
    """Remember houses not seen before."""
    known = set(connection.execute(select(house.c.name).where(house.c.school == school)).scalars())
    new = sorted({name for name in names if name} - known)
    upsert(connection, house, [{"school": school, "name": name, "run_id": run_id} for name in new])


def load_roles(connection: Connection, school: str) -> dict[str, tuple[RoleFacts, ...]]:
    """Origin → its roles; `staff_id` here is the reference as SIMS gives it, resolved later."""
    rows = connection.execute(
        select(role)
        .where(role.c.school == school)
        .order_by(role.c.origin, role.c.scope, role.c.first, role.c.staff_ref)
    ).mappings()
    found: dict[str, list[RoleFacts]] = {}
    for row in rows:
        facts = RoleFacts(row["staff_ref"], RoleName(row["role"]), row["scope"], row["first"], row["last"])
        found.setdefault(row["origin"], []).append(facts)
    return {origin: tuple(listed) for origin, listed in found.items()}


def reconcile_roles(
    connection: Connection,
    school: str,
    origin: str,
    wanted: Mapping[RoleKey, tuple[date | None, date | None]],
    *,
    default_first: date,
    read_on: date,
    run_id: str,
) -> None:
    """Make the roles of one origin those of the newest good read, keeping from/to dates.

    A role no longer read ends the day before `read_on`; a new one starts at its mapped date or `default_first`.
    """
    newest = {
        (facts.staff_id, facts.role.value, facts.scope): facts
        for facts in load_roles(connection, school).get(origin, ())  # oldest first, so that the newest stays
    }
    opened = {key: facts for key, facts in newest.items() if facts.last is None or facts.last >= read_on}
    for key, facts in opened.items():
        if key not in wanted:
            _end_role(connection, school, origin, facts, read_on, run_id)
    rows: list[dict[str, Any]] = []
    for key, (first, last) in wanted.items():
        # A post that has ended and is still listed is the one known already, not one that begins today.
        known = newest.get(key) if last is not None and last < read_on else opened.get(key)
        begin = first or (known.first if known and known.first else default_first)
        if (known is not None and (known.first, known.last) == (begin, last)) or (last is not None and last < begin):
            continue
        if known is not None and known.first != begin:
            _delete_role(connection, school, origin, known, run_id)
        rows.append(_role_row(school, origin, key, begin, last, run_id))
    upsert(connection, role, rows)


def _end_role(connection: Connection, school: str, origin: str, facts: RoleFacts, read_on: date, run_id: str) -> None:
    first = facts.first or read_on
    if first >= read_on:
        _delete_role(connection, school, origin, facts, run_id)
        return
    key = (facts.staff_id, facts.role.value, facts.scope)
    upsert(connection, role, [_role_row(school, origin, key, first, read_on - timedelta(days=1), run_id)])


def _delete_role(connection: Connection, school: str, origin: str, facts: RoleFacts, run_id: str) -> None:
    remove(
        connection,
        role,
        run_id,
        school=school,
        origin=origin,
        staff_ref=facts.staff_id,
        role=facts.role.value,
        scope=facts.scope,
        first=facts.first,
    )


def _role_row(school: str, origin: str, key: RoleKey, first: date, last: date | None, run_id: str) -> dict[str, Any]:
    staff_ref, name, scope = key
    return {
        "school": school,
        "origin": origin,
        "staff_ref": staff_ref,
        "role": name,
        "scope": scope,
        "first": first,
        "last": last,
        "run_id": run_id,
    }


def _group_row(school: str, record: RegistrationGroup, run_id: str) -> dict[str, Any]:
    posts = [
        json_ready({"tutor": p.tutor, "role": p.role.value, "first": p.first, "last": p.last}) for p in record.posts
    ]
    return {
        "school": school,
        "name": record.name,
        "nc_year": record.nc_year,
        "house": record.house,
        "posts": posts,
        "run_id": run_id,
    }


def _post(stored: Mapping[str, Any]) -> TutorPost:
    return TutorPost(stored["tutor"], RoleName(stored["role"]), _day(stored["first"]), _day(stored["last"]))


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
