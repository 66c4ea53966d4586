"""Which jobs did a person let rest, since when, and why?"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import Connection, RowMapping, select

from sims_sync.store.rows import insert_new, remove
from sims_sync.store.tables import ALL_SCHOOLS, pause

EVERY_JOB = ""


@dataclass(frozen=True, slots=True)
class Pause:
    """One pause; `job` "" = every job, `school` "*" = every school."""

    school: str
    job: str
    since: datetime
    paused_by: str
    reason: str

    def covers(self, school: str, job: str) -> bool:
        """Whether a job of a school rests by it."""
        return self.school in {school, ALL_SCHOOLS} and self.job in {job, EVERY_JOB}

    @property
    def shown(self) -> str:
        """As a sentence's part: since when, by whom, why."""
        return f"paused since {self.since:%a %d %b %Y %H:%M} UTC by {self.paused_by}: {self.reason}"


def load_pauses(connection: Connection, school: str) -> tuple[Pause, ...]:
    """Every pause that concerns a school, its own and those of all, the oldest first."""
    chosen = select(pause).where(pause.c.school.in_([school, ALL_SCHOOLS]))
    return _in_order(connection.execute(chosen).mappings().all())


def all_pauses(connection: Connection) -> tuple[Pause, ...]:
    """Every pause of every school, the oldest first."""
    return _in_order(connection.execute(select(pause)).mappings().all())


def save_pause(connection: Connection, given: Pause) -> bool:
    """Let a job rest; False: it rests already, and that stands."""
    return insert_new(connection, pause, asdict(given))


def end_pause(connection: Connection, school: str, job: str) -> Pause | None:
    """Let it work again; the pause that ended, or None where there was none."""
    chosen = select(pause).where(pause.c.school == school, pause.c.job == job).with_for_update()
    row = connection.execute(chosen).mappings().first()
    if row is None:
        return None
    remove(connection, pause, school=school, job=job)
    return _pause(row)


def pause_of(pauses: tuple[Pause, ...], school: str, job: str) -> Pause | None:
    """The oldest pause by which a job of a school rests; None: it works."""
    return next((each for each in pauses if each.covers(school, job)), None)


def _in_order(rows: Sequence[RowMapping]) -> tuple[Pause, ...]:
    return tuple(sorted((_pause(row) for row in rows), key=lambda each: (each.since, each.school, each.job)))


def _pause(row: RowMapping) -> Pause:
    return Pause(row["school"], row["job"], row["since"], row["paused_by"], row["reason"])
