"""What is the matter with the data, the texts for SIMS, the messages and the calendar of a school?"""

from collections.abc import Iterator
from datetime import date, timedelta

from sims_sync.connector import Severity
from sims_sync.messages.letters import TO_ADMIN
from sims_sync.messages.trouble import FAILED_FOR, outbox_troubles
from sims_sync.records import Kind
from sims_sync.school_year import SchoolYear, shown_day
from sims_sync.standing.condition import NEVER_MAILED, Condition
from sims_sync.standing.gathering import Facts
from sims_sync.standing.words import shown_at

SECRET_WARNING_DAYS = 30
LONG_STALE_SCHOOL_DAYS = 5  # then it is wrong, and told once more
UNREAD_PATIENCE = timedelta(days=1)  # a school that is being set up knows
QUARANTINE_PATIENCE = timedelta(days=1)  # often mended at the source by the next day
JOB_OF = {
    Kind.STUDENTS: "pull_students",
    Kind.STAFF: "pull_students",
    Kind.TUTOR_GROUPS: "pull_students",
    Kind.RESULTS: "pull_results",
    Kind.MENTORING_ENTRIES: "pull_entries",
    Kind.PROFORMAS: "collect_proformas",
}


def data_conditions(facts: Facts) -> Iterator[Condition]:
    """What is the matter with what was read, is to be written or is to be sent."""
    yield from _calendar(facts)
    yield from _sources(facts)
    yield from _plans(facts)
    yield from _held(facts)
    yield from _texts(facts)
    yield from _outbox(facts)
    yield from _secrets(facts)


def school_days_missed(school_year: SchoolYear, read_on: date, today: date) -> int:
    """How many whole school days lie between the day of a read and today, neither counted."""
    one = timedelta(days=1)
    return len(school_year.school_days_between(read_on + one, today - one))


def _calendar(facts: Facts) -> Iterator[Condition]:
    school_year = facts.school_year
    if school_year is None:
        do = "Mend the calendar, or import it again with `sims-sync calendar import FILE`."
        yield Condition("calendar-broken", "", Severity.WRONG, f"The calendar: {facts.calendar_problem}", do)
        return
    today = school_year.local_date(facts.now)
    lasting = set(school_year.warnings())  # those about a year's total: `check` says them when it is imported
    for sentence in school_year.warnings(today):
        if sentence not in lasting:
            do = "Import it: `sims-sync calendar import FILE`."
            yield Condition("calendar-ends", "", Severity.WARN, sentence, do)


def _sources(facts: Facts) -> Iterator[Condition]:
    for name, source in facts.school.sources.items():
        job = facts.school.jobs.get(JOB_OF[source.kind])
        if not source.enabled or (job is not None and not job.enabled):
            continue
        read = facts.reads.get((source.kind, name))
        if read is None:
            what = f"{name} has never been read."
            do = f"Run `sims-sync run {JOB_OF[source.kind]}` and look at what it says."
            yield Condition("source-never-read", name, Severity.WARN, what, do, patience=UNREAD_PATIENCE)
        elif (
            source.kind is not Kind.PROFORMAS and facts.school_year is not None
        ):  # those come when a tutor hands one in
            began = facts.school_year.local_date(read.began)
            missed = school_days_missed(facts.school_year, began, facts.school_year.local_date(facts.now))
            if missed > facts.school.monitoring.stale_school_days:
                days = "school day" if missed == 1 else "school days"
                what = f"{name} was last read well on {shown_at(read.began, facts.zone)}: {missed} {days} missed."
                do = "Do its exports arrive, does its job run? `sims-sync check` looks at its way."
                long = missed >= LONG_STALE_SCHOOL_DAYS
                severity, reason = (Severity.WRONG, "long") if long else (Severity.WARN, "")
                yield Condition("source-stale", name, severity, what, do, reason, since=read.began)


def _plans(facts: Facts) -> Iterator[Condition]:
    failed = {run.run_id for run in facts.runs if run.outcome == "stopped"}  # said there already
    for each in facts.plans:
        if each.run_id not in failed:
            what = f"A plan for {each.source} waits for a person since {shown_at(each.created, facts.zone)}."
            do = "`sims-sync plans list`; if its numbers are right, release it: docs/release-a-plan.md."
            yield Condition("plan-waiting", each.source, Severity.WARN, what, do, since=each.created)


def _held(facts: Facts) -> Iterator[Condition]:
    if facts.quarantined:
        what = f"{facts.quarantined} {'row is' if facts.quarantined == 1 else 'rows are'} in quarantine."
        do = "`sims-sync quarantine list` says which fields; mend them at the source."
        yield Condition("quarantine", "", Severity.WARN, what, do, patience=QUARANTINE_PATIENCE)
    if facts.held_removals:
        what = f"{facts.held_removals} {'removal is' if facts.held_removals == 1 else 'removals are'} held."
        do = "Is the report's filter right? If they have left: `sims-sync plans release --removals SOURCE`."
        yield Condition("removals-held", "", Severity.WARN, what, do)


def _texts(facts: Facts) -> Iterator[Condition]:
    for problem in facts.unconfirmed:
        yield Condition("unconfirmed", "", Severity.WARN, problem.what, problem.do)
    if facts.texts_for_a_person:
        count = facts.texts_for_a_person
        what = f"{count} {'text needs' if count == 1 else 'texts need'} a person before they are in SIMS."
        yield Condition("texts-need-a-person", "", Severity.WARN, what, "`sims-sync deliveries list` says why.")


def _outbox(facts: Facts) -> Iterator[Condition]:
    for trouble in outbox_troubles(facts.messages):
        problem = trouble.problem
        failing = problem.code == "mail-failed"
        yield Condition(
            problem.code,
            "",
            Severity.WARN,
            problem.what,
            problem.do,
            reason="" if failing else trouble.newest_id,  # each that is unknown or refused is told
            since=trouble.since,
            patience=FAILED_FOR if failing else timedelta(0),
        )
    untold = [each for each in facts.messages if each.kind in TO_ADMIN]
    if untold:
        count = sum(each.count for each in untold)
        what = f"{count} {'mail' if count == 1 else 'mails'} to the admin did not leave for certain."
        do = "`sims-sync messages list` says why; `sims-sync check` looks at the way to the mail server."
        since = min(each.oldest for each in untold)
        yield Condition("admin-not-told", "", Severity.WARN, what, do, since=since, patience=NEVER_MAILED)


def _secrets(facts: Facts) -> Iterator[Condition]:
    today = facts.now.astimezone(facts.zone).date()
    for name, last_day in facts.school.monitoring.secrets_expire.items():
        left = (last_day - today).days
        if left <= SECRET_WARNING_DAYS:
            ran_out = left < 0
            what = f"{name} {'ran out on' if ran_out else 'runs out on'} {shown_day(last_day)}."
            do = "Make a new one, put it in its place, and correct the day in [monitoring.secrets_expire]."
            severity = Severity.WRONG if ran_out else Severity.WARN
            yield Condition("secret-expires", name, severity, what, do, reason="over" if ran_out else "soon")
    for row in facts.looked_up:
        yield Condition(row.code, row.subject, Severity(row.severity), row.what, row.do, row.reason, row.since)
