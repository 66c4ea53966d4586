"""Pulling staff: who works here, their address, and the group or house a column gives them."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta

from sqlalchemy import Connection

from sims_sync.errors import RecordError
from sims_sync.plan import Plan
from sims_sync.pull.reading import Ground, HeldRow, MappedRead, Wanted, When
from sims_sync.records import Kind, RoleName, StaffMember
from sims_sync.store.reads import load_missing
from sims_sync.store.staff import RoleKey, apply_staff, load_staff, reconcile_roles

ORIGIN = "staff"
_STAFF_ID_BYTES = 8


class StaffPull:
    """The kind `staff`."""

    def wanted(self, connection: Connection, ground: Ground, read: MappedRead, when: When) -> Wanted:
        """Staff by staff id. Staff with several roles repeat in SIMS: equal rows are one, differing ones are held."""
        del connection, when
        found: dict[str, tuple[int, StaffMember]] = {}
        held: list[HeldRow] = []
        duplicates = 0
        for number, member in read.records:
            staff_id = new_staff_id(ground.school_id, member)
            before = found.setdefault(staff_id, (number, member))[1]
            if before is member:
                continue
            if before == member:
                duplicates += 1
            else:
                held.append((number, _clash(), None))
        return Wanted({key: member for key, (_, member) in found.items()}, tuple(held), duplicates)

    def stored(self, connection: Connection, ground: Ground, read: MappedRead) -> Mapping[str, StaffMember]:
        """Every known member of staff by staff id."""
        del read
        return load_staff(connection, ground.school_id)

    def write(
        self, connection: Connection, ground: Ground, read: MappedRead, when: When, plan: Plan, wanted: Wanted
    ) -> Sequence[str]:
        """Staff, and the roles that mapped columns give them."""
        apply_staff(connection, ground.school_id, plan.changes, ground.run_id)
        if read.filled.get("tutor_group") or read.filled.get("head_of_house"):
            reconcile_roles(
                connection,
                ground.school_id,
                ORIGIN,
                dict.fromkeys(self._roles(connection, ground, when, plan, wanted), (None, None)),
                default_first=when.year_start if when.first_read else when.read_on,
                read_on=when.read_on,
                run_id=ground.run_id,
            )
        return ()

    @staticmethod
    def _roles(connection: Connection, ground: Ground, when: When, plan: Plan, wanted: Wanted) -> Sequence[RoleKey]:
        """The roles of those who are listed, and of those absent of late whose roles nobody listed has taken over."""
        listed = [key for member in wanted.records.values() for key in _roles_of(member)]
        taken = {(role, scope) for _, role, scope in listed}
        known, missing = (
            load_staff(connection, ground.school_id),
            load_missing(connection, ground.school_id, Kind.STAFF),
        )
        grace = timedelta(days=ground.school.guard.grace_days)
        absent = [
            *plan.missing,
            *(key for key in plan.still_missing if missing[key].held or when.began - missing[key].since < grace),
        ]
        kept = [key for gone in absent for key in _roles_of(known[gone]) if key[1:] not in taken]
        return [*listed, *kept]


def new_staff_id(school: str, member: StaffMember) -> str:
    """An opaque id from the staff code, else the person id, else the e-mail address."""
    digest = hashlib.blake2b(f"{school}\x1f{member.key}".encode(), digest_size=_STAFF_ID_BYTES)
    return f"t{digest.hexdigest()}"


def _roles_of(member: StaffMember) -> Iterator[RoleKey]:
    reference = member.staff_code or member.email or member.person_id or ""
    if member.tutor_group:
        yield reference, RoleName.TUTOR.value, member.tutor_group
    if member.head_of_house:
        yield reference, RoleName.HEAD_OF_HOUSE.value, member.head_of_house


def _clash() -> RecordError:
    do = "The first row was used. Give each member of staff one row, or put roles into roles.csv."
    return RecordError("duplicate-staff", "staff_code", "the source holds different rows of one member of staff", do)
