"""How does each school stand, and the service: well, or what is the matter, the worst first?

`status`, the digest, the alerts, the health page and the metrics all ask here, so that they say the same.
"""

from dataclasses import replace

from sims_sync.clock_sanity import CLOCK_CODES
from sims_sync.config import Config, SchoolConfig
from sims_sync.connector import Severity
from sims_sync.standing.condition import Condition, Standing, schools_worst_first, worst_first
from sims_sync.standing.data import data_conditions
from sims_sync.standing.gathering import Facts, gather
from sims_sync.standing.runs import run_conditions
from sims_sync.standing.service import service_now, service_standing
from sims_sync.store.session import Store
from sims_sync.store.standing import LastRun

__all__ = [
    "OWN_CODES",
    "SLOW_CODES",
    "Condition",
    "Facts",
    "Standing",
    "all_standings",
    "broken_standings",
    "judge",
    "schools_worst_first",
    "service_now",
    "service_standing",
    "standing_of",
]

# The codes of our own conditions: each has its section in docs/alerts.md. Others are the codes of what a run said.
OWN_CODES = frozenset(
    {
        "admin-not-told",
        "backup-old",
        "calendar-broken",
        "calendar-ends",
        "certificate-expires",
        "clock-ahead",
        "clock-back",
        "config-broken",
        "disk-low",
        "job-failed",
        "mail-failed",
        "mail-refused",
        "mail-unknown",
        "paused",
        "plan-waiting",
        "quarantine",
        "removals-held",
        "run-long",
        "secret-expires",
        "service-down",
        "slot-given-up",
        "source-never-read",
        "source-stale",
        "texts-need-a-person",
        "unconfirmed",
    }
)
_BY_THE_CLOCK = frozenset({"calendar-ends", "secret-expires", "slot-given-up", "source-stale", "unconfirmed"})
SLOW_CODES = ("certificate-expires",)  # found by a look at servers, once a day; they last until the next look


def standing_of(store: Store, school: SchoolConfig, just_ended: LastRun | None = None) -> Standing:
    """How one school stands now.

    `just_ended`: a run whose end is not stored yet, because it is the one that asks.

    Raises:
        RetriableError: the store does not answer.
    """
    facts = gather(store, school, SLOW_CODES)
    if just_ended is not None:
        facts = replace(facts, runs=(*(run for run in facts.runs if run.job != just_ended.job), just_ended))
    return judge(facts)


def judge(facts: Facts) -> Standing:
    """What the facts mean. Pure."""
    school = facts.school
    reads = tuple(
        {
            "source": name,
            "kind": source.kind.value,
            "began": read.began.isoformat(),
            "hours": round((facts.now - read.began).total_seconds() / 3600, 1),
        }
        for name, source in school.sources.items()
        if (read := facts.reads.get((source.kind, name))) is not None
    )
    return Standing(
        school.id,
        school.school.name,
        worst_first(_conditions(facts)),
        max((read.began for read in facts.reads.values()), default=None),
        reads,
        {
            "held": facts.quarantined,
            "held_removals": facts.held_removals,
            "missing": facts.missing,
            "problems": facts.problems,
            "deliveries": dict(facts.texts),
        },
        _push(facts),
    )


def _conditions(facts: Facts) -> tuple[Condition, ...]:
    """By a clock that is not believed nothing is late: one wrong clock is one condition."""
    found = (*run_conditions(facts), *data_conditions(facts))
    if not any(each.code in CLOCK_CODES for each in found):
        return found
    return tuple(each for each in found if each.code not in _BY_THE_CLOCK)


def all_standings(store: Store, config: Config) -> tuple[Standing, ...]:
    """Every school, the worst first, with those whose configuration is broken.

    Raises:
        RetriableError: the store does not answer.
    """
    sound = (standing_of(store, school) for school in config.schools.values())
    return schools_worst_first([*sound, *broken_standings(config)])


def broken_standings(config: Config) -> tuple[Standing, ...]:
    """The schools that are left out because their configuration is broken."""
    return tuple(
        Standing(
            name,
            name,
            tuple(Condition("config-broken", name, Severity.WRONG, text, "") for text in problems),
        )
        for name, problems in config.broken.items()
    )


def _push(facts: Facts) -> dict[str, object]:
    destination = facts.school.push.destination
    return {
        "enabled": facts.school.push.enabled,
        "connector": destination.connector if destination is not None else None,
        "proven_with_sims": facts.proven is not None,
        "proven_on": facts.proven.isoformat() if facts.proven is not None else None,
    }
