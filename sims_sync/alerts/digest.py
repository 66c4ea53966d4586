"""What does the daily digest say, to whom does it go, and from which school (one for each admin and day)?"""

from collections.abc import Mapping, Sequence
from zoneinfo import ZoneInfo

from sims_sync.alerts.beside import carrier_of
from sims_sync.alerts.certificates import look_at_certificates
from sims_sync.alerts.letters import letter, page_of
from sims_sync.alerts.telling import tell_of
from sims_sync.config import Config, SchoolConfig
from sims_sync.connector import Severity
from sims_sync.context import RunContext
from sims_sync.errors import SimsSyncError
from sims_sync.messages.letters import MessageKind
from sims_sync.messages.outbox import Outbox
from sims_sync.outcome import Outcome
from sims_sync.school_year import shown_day
from sims_sync.standing import (
    SLOW_CODES,
    Standing,
    broken_standings,
    schools_worst_first,
    service_standing,
    standing_of,
)
from sims_sync.standing.service import THE_SERVICE
from sims_sync.standing.words import line_of, line_of_all
from sims_sync.store.pauses import Pause, all_pauses, pause_of
from sims_sync.store.tables import ALL_SCHOOLS

JOB = "daily_digest"
NOUN = ("digest", "digests")
NEVER, WHEN_WRONG = "never", "when something is wrong"


def send_digest(context: RunContext) -> Outcome:
    """Look at what is looked at once a day, then mail how it stands, if it is this school's turn to.

    Raises:
        RetriableError: the store does not answer.
    """
    if not (context.dry or context.rehearsal):
        _look_at_certificates(context)
    config = context.config
    schools = _same_admin(config, context.school) if config is not None else [context.school]
    if context.school.monitoring.digest == NEVER or context.school.messages.mode == "off":
        return Outcome(notes=("The digest is switched off.",))
    sender = _sender(schools, _resting(context))
    if sender.id != context.school_id:
        return Outcome(notes=(f"The digest of {sender.id} speaks of this school too.",))
    return _mailed(context, schools)


def digest_content(
    line: str, day: str, standings: Sequence[Standing], lines: Mapping[str, str], name: str
) -> Mapping[str, object]:
    """What the digest's wording may use; schools that are well are not listed where others are not."""
    troubled = [each for each in standings if each.verdict is not Severity.FINE]
    schools = [
        {
            "line": lines[each.school],
            "problems": [{"what": one.what, "do": one.do, "page": page_of(one)} for one in each.conditions],
        }
        for each in troubled
    ]
    return {"line": line, "day": day, "schools": schools, "school": name}


def _mailed(context: RunContext, schools: Sequence[SchoolConfig]) -> Outcome:
    config, now = context.config, context.now()
    zone = ZoneInfo(context.school.school.timezone)
    speaks_of_service = config is not None and _is_carrier(config, schools)
    service = (
        service_standing(context.store, config, with_broken=False)
        if config is not None and speaks_of_service
        else Standing(ALL_SCHOOLS, THE_SERVICE, ())
    )
    found = [standing_of(context.store, school) for school in schools]
    found += broken_standings(config) if config is not None and speaks_of_service else ()
    standings = schools_worst_first(found)
    line = line_of_all(standings, service, now, zone)
    well = all(each.verdict is Severity.FINE for each in (*standings, service))
    if well and context.school.monitoring.digest == WHEN_WRONG:
        return Outcome(notes=(f"{line}. Nothing is wrong: no digest.",))
    lines = {each.school: line_of(each, now, zone) for each in standings} | {
        ALL_SCHOOLS: line_of_all((), service, now, zone)
    }
    school_year = context.school_year()
    today = school_year.local_date(now)
    content = digest_content(line, shown_day(today), [*standings, service], lines, context.school.school.name)
    sent = letter(context, school_year, MessageKind.DIGEST, today.isoformat(), content)
    return Outbox(context, school_year, NOUN).send([sent])


def _same_admin(config: Config, school: SchoolConfig) -> list[SchoolConfig]:
    """The schools whose digest goes to the same address, this one's among them, in the order of the configuration."""
    admin = school.people.admin.casefold()
    return [
        each
        for each in config.schools.values()
        if each.people.admin.casefold() == admin and each.monitoring.digest != NEVER and each.messages.mode != "off"
    ]


def _resting(context: RunContext) -> tuple[Pause, ...]:
    with context.store.reading() as connection:
        return all_pauses(connection)


def _sender(schools: Sequence[SchoolConfig], pauses: tuple[Pause, ...]) -> SchoolConfig:
    """The first of them whose digest runs on a schedule, else the first: it sends for all.

    One that is paused sends none, and no digest reads as "all is well" of the others.
    """
    for school in schools:
        job = school.jobs.get(JOB)
        is_paused = pause_of(pauses, school.id, JOB) is not None
        if job is not None and job.enabled and job.schedule is not None and not is_paused:
            return school
    return schools[0]


def _is_carrier(config: Config, schools: Sequence[SchoolConfig]) -> bool:
    carrier = carrier_of(config)
    return carrier is not None and any(carrier.people.admin == school.people.admin for school in schools)


def _look_at_certificates(context: RunContext) -> None:
    """What only a look at servers shows is told like any other condition, and lasts until the next look."""
    looked = look_at_certificates(context.school, context.now())
    kept = [
        each
        for each in standing_of(context.store, context.school).conditions
        if each.code not in SLOW_CODES or each.subject in looked.unseen
    ]
    try:
        tell_of(context, context.school_id, context.school.school.name, [*kept, *looked.conditions])
    except SimsSyncError as error:
        if error.code == "store":
            raise
