"""The tutor's own note about a group, for the Head of House (DOMAIN rule 22): in folder, workbook and console."""

from datetime import datetime

from sqlalchemy import Connection, select

from sims_sync.school_year import HalfTermId
from sims_sync.store.rows import remove, upsert
from sims_sync.store.tables import tutor_note


def load_notes(connection: Connection, school: str, half_term: HalfTermId) -> dict[str, str]:
    """Tutor group → its note of that half term."""
    chosen = select(tutor_note.c.tutor_group, tutor_note.c.text).where(
        tutor_note.c.school == school, tutor_note.c.half_term == str(half_term)
    )
    return {row.tutor_group: row.text for row in connection.execute(chosen)}


def save_note(
    connection: Connection, school: str, half_term: HalfTermId, group: str, text: str, *, who: str, at: datetime
) -> None:
    """Keep a group's note in place of the one before; an empty `text` takes it away."""
    if not text:
        remove(connection, tutor_note, school=school, half_term=str(half_term), tutor_group=group)
        return
    row = {"half_term": str(half_term), "tutor_group": group, "text": text, "given_by": who, "given_at": at}
    upsert(connection, tutor_note, [{"school": school, **row}])
