"""What was computed before: the accusation guard compares with it (DOMAIN rule 8a)."""

from datetime import datetime

from sqlalchemy import Connection, select

from sims_sync.compliance.facts import Assessment
from sims_sync.compliance.gate import Previous
from sims_sync.school_year import HalfTermId
from sims_sync.store.rows import upsert
from sims_sync.store.tables import computation


def load_previous(
    connection: Connection, school: str, half_term: HalfTermId, *, before: datetime, reminder_2_at: datetime | None
) -> Previous:
    """The last computation before `before`, and the due of the last one made by `reminder_2_at`."""
    chosen = (
        select(computation.c.computed_at, computation.c.due, computation.c.done)
        .where(
            computation.c.school == school,
            computation.c.half_term == str(half_term),
            computation.c.computed_at < before,
        )
        .order_by(computation.c.computed_at.desc())
    )
    rows = connection.execute(chosen).all()
    by_reminder = [row.due for row in rows if reminder_2_at is not None and row.computed_at <= reminder_2_at]
    return Previous(done=rows[0].done if rows else None, due_at_reminder_2=by_reminder[0] if by_reminder else None)


def save_computation(connection: Connection, school: str, assessment: Assessment, run_id: str) -> None:
    """Remember one computation's totals."""
    row = {
        "school": school,
        "half_term": str(assessment.half_term),
        "computed_at": assessment.moment,
        "occasion": assessment.occasion.value,
        "due": sum(house.due for house in assessment.houses),
        "done": sum(house.done for house in assessment.houses),
        "run_id": run_id,
    }
    upsert(connection, computation, [row])
