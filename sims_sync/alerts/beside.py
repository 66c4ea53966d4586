"""What is told beside the jobs, whichever runs or cannot: of every school, and of the service itself?"""

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import structlog

from sims_sync.alerts.emergency import remember_mail_settings, tell_admin_without_store, tell_recovered
from sims_sync.alerts.telling import tell_of
from sims_sync.config import Config, SchoolConfig
from sims_sync.context import RunContext, school_clock, system_clock
from sims_sync.errors import ConfigProblem, SimsSyncError
from sims_sync.standing import SLOW_CODES, service_standing, standing_of
from sims_sync.store.messages import sender_beside
from sims_sync.store.runs import lease_owner
from sims_sync.store.session import Store
from sims_sync.store.tables import ALL_SCHOOLS

LEAST_SECONDS, MOST_SECONDS = 60.0, 900.0
SHARE_OF_TIME = 0.002  # of one core: sixty schools are looked at less often than one

log = structlog.get_logger("sims_sync.alerts")


@dataclass(slots=True)
class _Looks:
    """When the next look is due, by `time.monotonic`, for each configuration of this process."""

    due: dict[Path, float] = field(default_factory=dict)


_LOOKS = _Looks()


def tell(store: Store, config: Config, *, at_once: bool = False) -> None:
    """Look how all stand and tell what is new; at most once a minute, unless `at_once`. Never raises.

    Where the store does not answer the admin is told without it.
    """
    began, work_before = time.monotonic(), time.thread_time()
    if not at_once and began < _LOOKS.due.get(config.file, began):
        return
    try:
        _look(store, config)
    except SimsSyncError as error:
        log.warning("conditions could not be looked at", code=error.code)
        tell_admin_without_store(config.file, [ConfigProblem("store", error.what, error.do)], system_clock())
    except Exception:
        log.exception("unforeseen fault")
    # Its own work counts, not what it waited for: a mail server that hangs must not keep the next look off for hours.
    worked = time.thread_time() - work_before
    _LOOKS.due[config.file] = began + min(max(LEAST_SECONDS, worked / SHARE_OF_TIME), MOST_SECONDS)


def carrier_of(config: Config) -> SchoolConfig | None:
    """The school by whose mailer the service's own conditions are told: of the admin whom most schools name."""
    admins = Counter(school.people.admin.casefold() for school in config.schools.values())
    if not admins:
        return None
    chosen = admins.most_common(1)[0][0]
    return next(school for school in config.schools.values() if school.people.admin.casefold() == chosen)


def _look(store: Store, config: Config) -> None:
    for school in config.schools.values():
        with _one_by_one(school):
            standing = standing_of(store, school)
            tell_of(_context(store, school), school.id, standing.name, standing.conditions, SLOW_CODES)
    carrier = carrier_of(config)
    if carrier is not None:
        with _one_by_one(carrier):
            service = service_standing(store, config)
            tell_of(_context(store, carrier), ALL_SCHOOLS, service.name, service.conditions)
    tell_recovered(config.file, system_clock())
    remember_mail_settings(config)


@contextmanager
def _one_by_one(school: SchoolConfig) -> Iterator[None]:
    """What is the matter with one school or its mailer must not keep the others from being told."""
    try:
        yield
    except SimsSyncError as error:
        if error.code == "store":
            raise
        log.warning("nobody could be told", school=school.id, code=error.code)
    except Exception:
        log.exception("unforeseen fault", school=school.id)


def _context(store: Store, school: SchoolConfig) -> RunContext:
    return RunContext(store, school, school_clock(school.demo), sender_beside(lease_owner()))
