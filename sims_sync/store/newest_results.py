"""When did each student last have a result in each aspect? Counted in the database: a school has 842,000 results."""

from collections.abc import Iterator
from datetime import date

from sqlalchemy import Connection, func, select

from sims_sync.store.tables import result


def newest_dates(connection: Connection, school: str) -> Iterator[tuple[str, str, date]]:
    """(student id, aspect, newest result date) of every result that has a date."""
    chosen = (
        select(result.c.student_id, result.c.aspect, func.max(result.c.result_date))
        .where(result.c.school == school, result.c.result_date.is_not(None))
        .group_by(result.c.student_id, result.c.aspect)
    )
    return (tuple(row) for row in connection.execute(chosen))


def undated_results(connection: Connection, school: str) -> Iterator[tuple[str, str, str]]:
    """(student id, aspect, result set or "") of every result without a date, each once."""
    chosen = (
        select(result.c.student_id, result.c.aspect, result.c.result_set)
        .where(result.c.school == school, result.c.result_date.is_(None))
        .distinct()
    )
    return (tuple(row) for row in connection.execute(chosen))
