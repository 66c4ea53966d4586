"""How does a test move a service through time: a service whose clock it says, and what its due times became?"""

import os
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from sqlalchemy import update

from sims_sync.config import Config, DemoSection, JobSection, SchoolConfig, ServiceSection
from sims_sync.connector import Clock
from sims_sync.context import RunContext, system_clock
from sims_sync.outcome import Ending, Outcome, Problem
from sims_sync.run import RunOptions, RunReport, run_step
from sims_sync.service import Service
from sims_sync.store.runs import lease_owner, started_of
from sims_sync.store.session import Store
from sims_sync.store.slots import claim_slot, slots_of, states_of
from sims_sync.store.tables import slot
from tests.sims_sync.builders import World, at

JOB = "pull_students"
Job = Callable[[RunContext], Outcome]


class Watch:
    """A service whose clock a test moves."""

    def __init__(self, world: World, schedule: str = "0 0 6 * * *", **more: str) -> None:
        self.world = world
        self.seen: list[RunReport] = []
        jobs = {JOB: schedule, **more}
        self.jobs = {name: JobSection(schedule=line) for name, line in jobs.items()}
        self.section = ServiceSection()
        self.job: Job | None = None  # stands in for every job

    def config(self, when: str) -> Config:
        demo = DemoSection(clock=at(when), started=datetime.now(UTC))
        school = self.world.school.model_copy(update={"demo": demo, "jobs": self.jobs})
        return Config(file=school.base / "config.toml", schools={school.id: school}, service=self.section)

    def service(self, when: str) -> Service:
        config = self.config(when)
        if self.job is None:
            return Service(self.world.store, config, self.seen.append)
        return Service(self.world.store, config, self.seen.append, runner=running(self.job))

    def start(self, when: str) -> None:
        self.service(when).remember_start()

    def wake(self, when: str) -> list[str]:
        """What ran at `when`."""
        return [report.job for report in self.service(when).run_due()]

    def slots(self) -> Sequence[datetime]:
        with self.world.store.reading() as connection:
            return slots_of(connection, self.world.id, JOB)

    def state(self, when: str, job: str = JOB) -> str | None:
        """What became of one due time."""
        with self.world.store.reading() as connection:
            return states_of(connection, self.world.id, job).get(at(when))

    def fail(self, code: str = "share", what: str = "SIMS did not answer.") -> None:
        """From now on every job fails."""
        self.job = lambda _: Outcome(Ending.FAILED, problems=(Problem(code, what),))

    def end(self, ending: Ending = Ending.DONE) -> None:
        """From now on every job ends like this."""
        self.job = lambda _: Outcome(ending)


def running(job: Job) -> Callable[[Store, Config, SchoolConfig, str, RunOptions], RunReport]:
    """Runs `job` in place of each, as a real run: lease, row, due time, breaker."""

    def run(store: Store, config: Config, school: SchoolConfig, name: str, options: RunOptions) -> RunReport:
        del config
        return run_step(store, school, name, job, options)

    return run


def standing(moment: datetime) -> Callable[[SchoolConfig], Clock]:
    """Every school's clock stands at a moment."""
    return lambda _: lambda: moment


def parent_process() -> str:
    """The owner that the living parent of this process would be."""
    host = lease_owner().split("/")[0]
    return f"{host}/{os.getppid()}/{started_of(os.getppid())}"


def dead_process() -> str:
    """An owner of this host that is no more."""
    return f"{lease_owner()}0"


def claimed_by(world: World, owner: str, when: str = "2026-12-15 06:00", *, attempts: int = 1, job: str = JOB) -> None:
    """A due time that another process claimed."""
    with world.store.writing() as connection:
        claim_slot(connection, world.id, job, at(when), system_clock(), attempts=attempts)
        connection.execute(update(slot).where(slot.c.job == job, slot.c.due_at == at(when)).values(owner=owner))
