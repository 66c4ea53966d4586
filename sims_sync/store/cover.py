"""Who covers which tutor group, from when to when: entered by a person, beside SIMS and roles.csv (rule 12)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, select

from sims_sync.compliance.facts import RoleFacts
from sims_sync.records import RoleName
from sims_sync.store.rows import remove, upsert
from sims_sync.store.tables import cover


@dataclass(frozen=True, slots=True)
class Cover:
    """One person's cover of one group; `last` None = until further notice."""

    tutor_group: str
    staff_code: str
    first: date
    last: date | None
    entered_by: str
    entered_at: datetime


def load_cover(connection: Connection, school: str) -> tuple[Cover, ...]:
    """Every cover that was entered, by group, first day and staff code."""
    chosen = select(cover).where(cover.c.school == school)
    rows = connection.execute(chosen.order_by(cover.c.tutor_group, cover.c.first, cover.c.staff_code)).mappings()
    return tuple(_cover(row) for row in rows)


def cover_roles(connection: Connection, school: str) -> tuple[RoleFacts, ...]:
    """The same as roles; `staff_id` here is the staff code, resolved later."""
    return tuple(
        RoleFacts(each.staff_code, RoleName.COVER, each.tutor_group, each.first, each.last)
        for each in load_cover(connection, school)
    )


def save_cover(connection: Connection, school: str, entered: Cover) -> None:
    """Enter a cover; of the same group, person and first day the last day entered stands."""
    row = {
        "school": school,
        "tutor_group": entered.tutor_group,
        "staff_code": entered.staff_code,
        "first": entered.first,
        "last": entered.last,
        "entered_by": entered.entered_by,
        "entered_at": entered.entered_at,
    }
    upsert(connection, cover, [row])


def remove_cover(connection: Connection, school: str, entered: Cover) -> None:
    """Take a cover out that never was."""
    key = {"tutor_group": entered.tutor_group, "staff_code": entered.staff_code, "first": entered.first}
    remove(connection, cover, None, school=school, **key)


def _cover(row: Mapping[Any, Any]) -> Cover:
    return Cover(row["tutor_group"], row["staff_code"], row["first"], row["last"], row["entered_by"], row["entered_at"])
