"""What `check` looks at: configuration, disk, store, calendar, roles, sources, mappings, the push, mail, folders."""

import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from sims_sync.config import Config, SchoolConfig
from sims_sync.config_file import load_config
from sims_sync.connector import Finding, Severity
from sims_sync.context import RunContext, connector_context, school_clock
from sims_sync.errors import ConfigurationError, SimsSyncError
from sims_sync.lists.refreshing import folders_checked
from sims_sync.mapping import load_mapping
from sims_sync.messages.going_live import NOT_DECIDED, last_decision, shown_moment
from sims_sync.messages.wordings import wording_problems
from sims_sync.push.readiness import push_findings
from sims_sync.records import Kind
from sims_sync.registry import build_mailer, build_source
from sims_sync.roles_file import read_roles
from sims_sync.school_year import HalfTermId
from sims_sync.store.session import Store, open_store

FREE_DISK_BYTES = 1_000_000_000
SAFE_SQLITE = (3, 51, 3)  # earlier ones can lose a commit when the write-ahead log is reset under load

Examination = Callable[[RunContext], Iterator[Finding]]


def examine(config_file: Path) -> Sequence[Finding]:
    """Every finding, in the order in which things build on each other; never raises for a foreseeable fault."""
    try:
        config = load_config(config_file)
    except ConfigurationError as error:
        return [Finding(Severity.WRONG, problem.path, problem.what, problem.do) for problem in error.problems]
    findings = [Finding(Severity.FINE, str(config_file), f"configures {len(config.schools)} schools.")]
    for name, problems in config.broken.items():
        findings += [Finding(Severity.WRONG, name, text) for text in problems]
    findings += _place(config)
    try:
        store = open_store(config.store.url, config.base)
    except SimsSyncError as error:
        return [*findings, Finding(Severity.WRONG, "store", error.what, error.do)]
    try:
        findings += list(_store(store))
        for school in config.schools.values():
            findings += _school(store, school)
    finally:
        store.close()
    return findings


def _place(config: Config) -> Iterator[Finding]:
    free = shutil.disk_usage(config.base).free
    shown = f"{free / 1e9:.1f} GB are free."
    if free < FREE_DISK_BYTES:
        yield Finding(Severity.WARN, "disk", shown, "Make room: a full disk stops every run.")
    else:
        yield Finding(Severity.FINE, "disk", shown)
    if not os.access(config.base, os.W_OK):
        yield Finding(Severity.WRONG, str(config.base), "cannot be written to.", "Give this account the right.")


def _store(store: Store) -> Iterator[Finding]:
    yield Finding(Severity.FINE, "store", f"{store.dialect}, schema up to date.")
    if store.dialect == "sqlite" and sqlite3.sqlite_version_info < SAFE_SQLITE:
        what = f"SQLite {sqlite3.sqlite_version} has a rare fault when its log is reset while two programs write."
        yield Finding(Severity.WARN, "store", what, "Use a Python that brings SQLite 3.51.3 or newer when you can.")


def _school(store: Store, school: SchoolConfig) -> list[Finding]:
    context = RunContext(store, school, school_clock(school.demo), "check", rehearsal=True)
    findings: list[Finding] = []
    for look in (_calendar, _roles, _sources, push_findings, _mail, folders_checked):
        try:
            findings += list(look(context))
        except ConfigurationError as error:
            findings += [Finding(Severity.WRONG, problem.path, problem.what, problem.do) for problem in error.problems]
        except SimsSyncError as error:
            findings.append(Finding(Severity.WRONG, school.id, error.what, error.do))
    return findings


def _calendar(context: RunContext) -> Iterator[Finding]:
    school_year = context.school_year()
    programme = context.school.programme
    subject = f"{context.school_id}: calendar"
    yield Finding(Severity.FINE, subject, f"{len(school_year.ids())} half terms.")
    if HalfTermId.parse(programme.starts_with) not in school_year.ids():
        what = f"does not hold {programme.starts_with}, with which the programme starts."
        yield Finding(Severity.WRONG, subject, what, "Correct programme.starts_with, or import that year's calendar.")
    for sentence in school_year.warnings(school_year.local_date(context.now())):
        yield Finding(Severity.WARN, subject, sentence)


def _roles(context: RunContext) -> Iterator[Finding]:
    path = context.school.path(context.school.roles.file)
    roles = read_roles(path)
    subject = f"{context.school_id}: {path.name}"
    if roles:
        yield Finding(Severity.FINE, subject, f"{len(roles)} roles.")
    else:
        do = "Name the Heads of House in it; until then their reports go to the programme lead."
        yield Finding(Severity.WARN, subject, "holds no roles.", do)


def _sources(context: RunContext) -> Iterator[Finding]:
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


def _mail(context: RunContext) -> Iterator[Finding]:
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
