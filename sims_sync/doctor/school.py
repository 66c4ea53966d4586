"""Does what a school has configured fit together: calendar, roles, sources and their mappings, mail and its mode?"""

from collections.abc import Iterator

from sims_sync.connector import Finding, Severity
from sims_sync.context import RunContext, connector_context
from sims_sync.mapping import load_mapping
from sims_sync.messages.going_live import NOT_DECIDED, last_decision, shown_moment
from sims_sync.messages.wordings import wording_problems
from sims_sync.records import Kind
from sims_sync.registry import build_mailer, build_source, job_names
from sims_sync.roles_file import read_roles
from sims_sync.school_year import HalfTermId
from sims_sync.standing.data import JOB_OF

_SILENTLY_MISSED = {
    "take_snapshots": "no half term is kept as it was at its deadline and its closing",
    "send_messages": "mail that failed is not tried again, and nobody is reminded",
    "retention": "nothing that is too old is deleted",
}


def calendar_findings(context: RunContext) -> Iterator[Finding]:
    """The half terms are there, and the programme's first is among them."""
    school_year = context.school_year()
    programme = context.school.programme
    subject = f"{context.school_id}: calendar"
    yield Finding(Severity.FINE, subject, f"{len(school_year.ids())} half terms.")
    if HalfTermId.parse(programme.starts_with) not in school_year.ids():
        what = f"does not hold {programme.starts_with}, with which the programme starts."
        yield Finding(Severity.WRONG, subject, what, "Correct programme.starts_with, or import that year's calendar.")
    for sentence in school_year.warnings(school_year.local_date(context.now())):
        yield Finding(Severity.WARN, subject, sentence)


def roles_findings(context: RunContext) -> Iterator[Finding]:
    """Somebody holds a role."""
    path = context.school.path(context.school.roles.file)
    roles = read_roles(path)
    subject = f"{context.school_id}: {path.name}"
    if roles:
        yield Finding(Severity.FINE, subject, f"{len(roles)} roles.")
    else:
        do = "Name the Heads of House in it; until then their reports go to the programme lead."
        yield Finding(Severity.WARN, subject, "holds no roles.", do)


def source_findings(context: RunContext) -> Iterator[Finding]:
    """Each source has a mapping of its kind, and its connector can reach it."""
    school = context.school
    kinds = {source.kind for source in school.sources.values() if source.enabled}
    if Kind.STUDENTS not in kinds:
        yield Finding(Severity.WRONG, f"{school.id}: sources", "no source of students.", "Add [sources.students].")
    if kinds.isdisjoint({Kind.MENTORING_ENTRIES, Kind.PROFORMAS}):
        yield Finding(Severity.WRONG, f"{school.id}: sources", "no source of entries.", "Add [sources.entries].")
    place = connector_context(school, context.clock)
    for name, section in school.sources.items():
        rules = load_mapping(section.mapping, [school.path(school.mappings_folder)])
        subject = f"{school.id}: sources.{name}"
        if rules.kind is not section.kind:
            what = f"its mapping {section.mapping} is one of {rules.kind.value}, not of {section.kind.value}."
            yield Finding(Severity.WRONG, subject, what, "Name a mapping of this kind.")
        for found in build_source(section.connector, school.source_options[name], place).check():
            yield Finding(found.severity, f"{subject}: {found.subject}", found.what, found.do)


def schedule_findings(context: RunContext) -> Iterator[Finding]:
    """What would silently never happen has a schedule: reads, messages, snapshots, retention."""
    school = context.school
    wanted = {
        JOB_OF[source.kind]: f"{name} is read by hand only" for name, source in school.sources.items() if source.enabled
    } | _SILENTLY_MISSED
    if school.messages.mode == "off":
        del wanted["send_messages"]
    for job in job_names():
        section = school.jobs.get(job)
        if job in wanted and (section is None or section.schedule is None or not section.enabled):
            what = f"has no schedule, so {wanted[job]}."
            yield Finding(Severity.WARN, f"{school.id}: jobs.{job}", what, "Copy its lines from config.example.toml.")


def mail_findings(context: RunContext) -> Iterator[Finding]:
    """The mode is decided, the wordings hold, and the mailer can log in."""
    school = context.school
    subject = f"{school.id}: messages"
    yield from _mode(context, subject)
    for problem in wording_problems(school):
        yield Finding(Severity.WRONG, f"{school.id}: {problem.path}", problem.what, problem.do)
    if not (school.reports.link or school.reports.folders.houses):
        do = "Set reports.link to where Heads of House open the report; until then no report is mailed."
        yield Finding(Severity.WARN, f"{school.id}: reports.link", "is not set.", do)
    for name, address in (("programme_lead", school.people.programme_lead),):
        if address.rsplit("@", 1)[-1].casefold() not in {each.casefold() for each in school.messages.allowed_domains}:
            what = "is in none of messages.allowed_domains."
            yield Finding(Severity.WRONG, f"{school.id}: people.{name}", what, "Add its domain, or correct it.")
    section = school.messages.mailer
    mailer = build_mailer(section.connector, section.options, connector_context(school, context.clock))
    for found in mailer.check():
        yield Finding(found.severity, f"{subject}: {found.subject}", found.what, found.do)


def _mode(context: RunContext, subject: str) -> Iterator[Finding]:
    mode = context.school.messages.mode
    if mode != "live":
        yield Finding(Severity.FINE, subject, f"mode {mode}.")
        return
    decided = last_decision(context)
    if decided is None:
        yield Finding(Severity.WRONG, subject, NOT_DECIDED.what, NOT_DECIDED.do)
    else:
        yield Finding(Severity.FINE, subject, f"mode live, decided on {shown_moment(decided.decided_at)}.")
