"""Which jobs of which schools have a schedule, and when is the next moment of each?"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from apscheduler.triggers.cron import CronTrigger

from sims_sync.config import Config, SchoolConfig
from sims_sync.registry import job_names
from sims_sync.schedule import kept_free_until, trigger_of


@dataclass(frozen=True, slots=True)
class Scheduled:
    """One job of one school with its due times; `blackouts` are the hours in which it does not begin."""

    school: SchoolConfig
    job: str
    trigger: CronTrigger
    blackouts: tuple[str, ...] = ()

    @property
    def key(self) -> tuple[str, str]:
        """School and job."""
        return self.school.id, self.job

    @property
    def zone(self) -> ZoneInfo:
        """The school's time zone."""
        return ZoneInfo(self.school.school.timezone)

    @property
    def only_on_school_days(self) -> bool:
        """Whether it rests on every other day."""
        return self.school.jobs[self.job].school_days_only

    def kept_free_until(self, moment: datetime) -> datetime | None:
        """When the hours end that are kept free at `moment`, if any are."""
        return kept_free_until(self.blackouts, moment, self.zone)


def scheduled(config: Config) -> Iterator[Scheduled]:
    """Every job with a schedule, school by school, in the order of the cycle."""
    for school in config.schools.values():
        blackouts = (*config.service.blackouts, *school.school.blackouts)
        for job in job_names():
            section = school.jobs.get(job)
            if section is not None and section.enabled and section.schedule is not None:
                yield Scheduled(school, job, trigger_of(section.schedule, school.school.timezone), blackouts)
