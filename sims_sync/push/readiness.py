"""Is the way into SIMS ready: switched on, proven, its places there now and for the next half term? For `check`."""

from collections.abc import Iterator

from sims_sync.connector import Destination, Finding, Severity
from sims_sync.context import RunContext
from sims_sync.entry_text import render_withdrawn
from sims_sync.push.destination import open_destination
from sims_sync.push.trial import MARKSHEET, marksheet_seen, settings_of
from sims_sync.push.wanted import delivery_key
from sims_sync.records import Delivery, Slot, Student
from sims_sync.school_year import HalfTermId, SchoolYear
from sims_sync.store.deliveries import last_trial
from sims_sync.store.students import load_students
from sims_sync.typed_entries import result_set_name, slot_aspects

WARN_SCHOOL_DAYS = 10
_MISSING = {"no-result-set", "no-aspect"}


def push_findings(context: RunContext) -> Iterator[Finding]:
    """Everything `check` says of the push; asks the destination, writes nothing."""
    school = context.school
    subject = f"{school.id}: push"
    if not school.push.enabled:
        yield Finding(Severity.FINE, subject, "switched off: nothing is written into SIMS.")
        return
    with open_destination(context) as destination:
        for found in destination.check():
            yield Finding(found.severity, f"{subject}: {found.subject}", found.what, found.do)
        yield _proof(context, subject)
        yield _marksheet(context, subject)
        if not destination.traits.needs_person:
            yield from _places(context, destination, subject)


def _proof(context: RunContext, subject: str) -> Finding:
    section = context.school.push.destination
    connector = section.connector if section else ""
    with context.store.reading() as connection:
        proven = last_trial(connection, context.school_id, connector, settings_of(context.school))
    if proven is not None:
        return Finding(Severity.FINE, subject, f"{connector}: proven in the training database on {proven:%d %b %Y}.")
    what = f"{connector}: proven_with_sims = no. No text has been read back from your SIMS by this way."
    return Finding(Severity.WARN, subject, what, "Try it in SIMS's training database: `sims-sync push trial`.")


def _marksheet(context: RunContext, subject: str) -> Finding:
    """A result on no marksheet is almost invisible, and only a teacher can see what teachers see (SIMS §3)."""
    school_year = context.school_year()
    current = school_year.latest_started(school_year.local_date(context.now()))
    if current is not None and (seen := marksheet_seen(context, current.year)) is not None:
        return Finding(Severity.FINE, subject, f"a teacher saw the {MARKSHEET} on {seen:%d %b %Y}.")
    what = f"nobody has said yet that an ordinary teacher sees the mentoring {MARKSHEET}."
    do = "Log in to SIMS as a teacher, open it, then `sims-sync push marksheet-seen`."
    return Finding(Severity.WARN, subject, what, do)


def _places(context: RunContext, destination: Destination, subject: str) -> Iterator[Finding]:
    with context.store.reading() as connection:
        student = next(iter(load_students(connection, context.school_id).values()), None)
    if student is None:
        return
    for half_term in _to_look_at(context.school_year(), context):
        probes = _probes(context, half_term, student)
        missing = {seen.code for seen in destination.look_up(probes) if not seen.known} & _MISSING
        name = result_set_name(context.school.entries, half_term)
        if not missing:
            what = f"the places of {half_term.shown} are there; whether its result set is locked shows at a write only."
            yield Finding(Severity.FINE, subject, what)
            continue
        what = f"the result set {name!r}, or one of its six aspects, is not in SIMS."
        yield Finding(Severity.WARN, subject, what, "Make it in SIMS; `sims-sync sims-setup` writes the definitions.")


def _to_look_at(school_year: SchoolYear, context: RunContext) -> Iterator[HalfTermId]:
    """The present half term, and the next one from ten school days before its first."""
    today = school_year.local_date(context.now())
    current = school_year.latest_started(today)
    for half_term in school_year.ids_from(HalfTermId.parse(context.school.programme.starts_with)):
        starts = school_year.dates(half_term).owns_from
        near = len(school_year.school_days_between(today, starts)) <= WARN_SCHOOL_DAYS + 1
        if half_term == current or (starts > today and near):
            yield half_term


def _probes(context: RunContext, half_term: HalfTermId, student: Student) -> list[Delivery]:
    today = context.school_year().local_date(context.now())
    result_set = result_set_name(context.school.entries, half_term)
    return [
        Delivery(
            delivery_key=delivery_key(str(half_term), "probe", slot),
            student=student.ref,
            forename=student.forename,
            half_term=str(half_term),
            slot=Slot(slot),
            aspect=aspect,
            result_set=result_set,
            text=render_withdrawn(today),
            result_date=today,
        )
        for slot, aspect in slot_aspects(context.school.entries).items()
    ]
