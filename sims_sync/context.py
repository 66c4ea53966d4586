"""What a job works with: one school, the store, the clock, and the run it belongs to."""

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from sims_sync.config import Config, DemoSection, SchoolConfig
from sims_sync.connector import Clock, ConnectorContext
from sims_sync.errors import RetriableError
from sims_sync.school_calendar import build_school_year
from sims_sync.school_year import SchoolYear
from sims_sync.secrets import read_secret
from sims_sync.store.decisions import load_announced, load_closures
from sims_sync.store.session import Store
from sims_sync.store.snapshots import deadline_snapshots

WORK_FOLDER = "work"
DEMO_NOW_VARIABLE = "SIMS_DEMO_NOW"


def system_clock() -> datetime:
    """Now."""
    return datetime.now(UTC)


def school_clock(demo: DemoSection | None, as_of: datetime | None = None) -> Clock:
    """The product's clock: `as_of` stands still; the demo's runs on from its own moment at real speed."""
    if as_of is not None:
        return lambda: as_of
    if demo is None:
        return system_clock
    return lambda: demo.clock.astimezone(UTC) + (system_clock() - demo.started.astimezone(UTC))


def _silent(_text: str) -> None:
    """No progress is shown."""


@dataclass(frozen=True, slots=True)
class RunContext:
    """One run of one job for one school. `dry` = plan only; `rehearsal` = `--as-of`: no slot or outbox row.

    `config`: every school's, for a job that speaks of them all; None in what a person does by hand.
    """

    store: Store
    school: SchoolConfig
    clock: Clock
    run_id: str
    dry: bool = False
    rehearsal: bool = False
    progress: Callable[[str], None] = field(default=_silent)
    config: Config | None = None

    @property
    def school_id(self) -> str:
        """The school's id."""
        return self.school.id

    def now(self) -> datetime:
        """The present moment, aware and UTC."""
        return self.clock()

    def school_year(self) -> SchoolYear:
        """The school's calendar with the closures, announcements and deadline snapshots stored so far."""
        with self.store.reading() as connection:
            closures = load_closures(connection, self.school_id)
            announced = load_announced(connection, self.school_id)
            snapshots = deadline_snapshots(connection, self.school_id)
        return build_school_year(self.school, closures, announced, snapshots)

    def connector_context(self) -> ConnectorContext:
        """What this school's connectors are built with."""
        return connector_context(self.school, self.clock)


def connector_context(school: SchoolConfig, clock: Clock) -> ConnectorContext:
    """What a school's connectors are built with; makes the work folder.

    Raises:
        RetriableError: the work folder cannot be made.
    """
    work: Path = school.base / WORK_FOLDER / school.id
    try:
        work.mkdir(parents=True, exist_ok=True)
    except OSError:
        what = f"The work folder {work} cannot be made."
        raise RetriableError("work-folder", what, "Check that path, the disk and this account's rights.") from None
    environment = (
        {DEMO_NOW_VARIABLE: clock().isoformat()} if school.demo and DEMO_NOW_VARIABLE not in os.environ else {}
    )
    return ConnectorContext(
        base=school.base,
        work=work,
        now=clock,
        secret=lambda reference: read_secret(reference, school.base),
        environment=environment,
    )
