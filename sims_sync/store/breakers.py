"""Which jobs keep failing, since when, and when are they tried again?"""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, select

from sims_sync.breaker import Breaker, after_run, says_nothing
from sims_sync.outcome import Ending, Problem
from sims_sync.store.rows import remove, upsert
from sims_sync.store.tables import breaker


def load_breakers(connection: Connection, school: str) -> tuple[Breaker, ...]:
    """The jobs of a school whose last run failed, in the order of their names."""
    chosen = select(breaker).where(breaker.c.school == school).order_by(breaker.c.job)
    return tuple(_breaker(row) for row in connection.execute(chosen).mappings())


def all_breakers(connection: Connection) -> dict[tuple[str, str], Breaker]:
    """Those of every school, by school and job."""
    return {(row["school"], row["job"]): _breaker(row) for row in connection.execute(select(breaker)).mappings()}


def load_breaker(connection: Connection, school: str, job: str) -> Breaker | None:
    """One job's; None: its last run did not fail."""
    chosen = select(breaker).where(breaker.c.school == school, breaker.c.job == job)
    row = connection.execute(chosen).mappings().first()
    return None if row is None else _breaker(row)


def note_ending(
    connection: Connection, school: str, job: str, ending: Ending, problems: Sequence[Problem], now: datetime
) -> None:
    """Count a run that has ended, one by hand like one of the service."""
    if says_nothing(ending):
        return
    after = after_run(load_breaker(connection, school, job), school, job, ending, problems, now)
    if after is None:
        remove(connection, breaker, school=school, job=job)
    else:
        upsert(connection, breaker, [asdict(after)])


def _breaker(row: RowMapping) -> Breaker:
    values: dict[str, Any] = dict(row)
    return Breaker(**values)
