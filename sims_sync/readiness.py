"""Is academic data there before the interviews: from the store to figures and to Progress Leaders' alerts (rule 18).

An accusation is a write: where results were never read, or not in the last day, there is a sentence and no alert.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import Connection

from sims_sync.compliance.academic_data import NewestResult, Selection, half_term_named
from sims_sync.compliance.facts import HoldReason, SchoolFacts
from sims_sync.compliance.gate import FRESH_HOURS
from sims_sync.compliance.readiness import (
    Check,
    Leader,
    Readiness,
    Scope,
    ScopeFigures,
    check_day,
    leaders,
)
from sims_sync.config import SchoolConfig
from sims_sync.context import RunContext
from sims_sync.records import Kind
from sims_sync.report.readiness import LeaderRow, ReadinessAlert, ReadinessSummary
from sims_sync.school_facts import load_facts
from sims_sync.school_year import HalfTermId, SchoolYear
from sims_sync.store.newest_results import newest_dates, undated_results
from sims_sync.store.plans import waiting_sources
from sims_sync.store.reads import good_reads


@dataclass(frozen=True, slots=True)
class LoadedReadiness:
    """The figures by year and by leader, or `silent`: why there are none, as a sentence and what to do.

    `doubts`: why no alert leaves, although there are figures. `as_of`: when the oldest read of results began.
    """

    facts: SchoolFacts
    day: date | None
    as_of: datetime | None
    years: tuple[ScopeFigures, ...] = ()
    by_leader: tuple[tuple[Leader, tuple[ScopeFigures, ...]], ...] = ()
    silent: tuple[HoldReason, ...] = ()
    doubts: tuple[HoldReason, ...] = ()


def readiness_alerts(context: RunContext, half_term: HalfTermId, check: Check) -> tuple[ReadinessAlert, ...]:
    """The alerts of one check, one per Progress Leader whose data are not there, as things stand at the context's now.

    Check 1 is made on the half term's first school day, check 2 ten school days before its deadline
    (`compliance.readiness.check_day`): there is one only if it is so then. Empty where data lack
    (`readiness_summary(...).doubts` says why), or before the programme.

    Raises:
        ConfigurationError: roles.csv cannot be used.
        KeyError: the calendar does not have the half term.
    """
    loaded = load_readiness(context, half_term, check)
    if loaded.silent or loaded.doubts or loaded.as_of is None or loaded.day is None:
        return ()
    return tuple(
        ReadinessAlert(
            school=context.school.school.name,
            staff_id=leader.staff_id,
            shown=leader.shown,
            half_term=half_term,
            check=check,
            as_of=loaded.as_of,
            zone=context.school_year().calendar.timezone,
            scopes=alerting,
        )
        for leader, figures in loaded.by_leader
        if (alerting := tuple(each for each in figures if each.is_alert))
    )


def readiness_summary(context: RunContext, half_term: HalfTermId, check: Check) -> ReadinessSummary:
    """What the report shows: figures by year and by Progress Leader; counts only.

    Raises:
        ConfigurationError: roles.csv cannot be used.
        KeyError: the calendar does not have the half term.
    """
    loaded = load_readiness(context, half_term, check)
    return ReadinessSummary(
        school=context.school.school.name,
        half_term=half_term,
        check=check,
        day=loaded.day,
        as_of=loaded.as_of,
        zone=context.school_year().calendar.timezone,
        years=loaded.years,
        leaders=tuple(LeaderRow(leader.shown, figures) for leader, figures in loaded.by_leader),
        silent=loaded.silent,
        doubts=loaded.doubts,
    )


def load_readiness(context: RunContext, half_term: HalfTermId, check: Check) -> LoadedReadiness:
    """The school's academic data as the store has them now, seen on the day of the check, or today if that is earlier.

    Raises:
        ConfigurationError: roles.csv cannot be used.
        KeyError: the calendar does not have the half term.
    """
    year, now = context.school_year(), context.now()
    day = check_day(year.dates(half_term), year, check)
    with context.store.reading() as connection:
        facts = load_facts(connection, context.school, year, half_term).facts
        silent, doubts, as_of = _reads(connection, context.school, now)
        silent = silent or _before_programme(facts, half_term)
        found = () if silent else tuple(_results(connection, context.school_id, year))
    seen_on = min(day or year.local_date(now), year.local_date(now))
    selection = _selection(context.school)
    if not silent and not any(selection.has(each.aspect) for each in found):
        silent = (_nothing_selected(),)
    if silent:
        return LoadedReadiness(facts, day, as_of, silent=silent)
    readiness = Readiness(facts, half_term, seen_on, check, found, selection)
    years = tuple(readiness.figures(Scope(each)) for each in readiness.years)
    by_leader = tuple(
        (leader, tuple(readiness.figures(scope) for scope in leader.scopes)) for leader in leaders(facts, seen_on)
    )
    return LoadedReadiness(facts, day, as_of, years, by_leader, doubts=doubts)


def _selection(school: SchoolConfig) -> Selection:
    mentoring = frozenset((*school.entries.target_aspects, *school.entries.review_aspects))
    return Selection(school.programme.readiness_aspects, mentoring)


def _results(connection: Connection, school: str, year: SchoolYear) -> Iterator[NewestResult]:
    for student_id, aspect, dated in newest_dates(connection, school):
        yield NewestResult(student_id, aspect, dated)
    known = set(year.ids())
    for student_id, aspect, result_set in undated_results(connection, school):
        named = half_term_named(result_set)
        yield NewestResult(
            student_id, aspect, year.dates(named).owns_from if named is not None and named in known else None
        )


def _reads(
    connection: Connection, school: SchoolConfig, now: datetime
) -> tuple[tuple[HoldReason, ...], tuple[HoldReason, ...], datetime | None]:
    """Why there are no figures, why there is no alert, and when the oldest read of results began."""
    names = list(school.sources_of(Kind.RESULTS))
    reads = good_reads(connection, school.id)
    if not names:
        do = "Configure a source of results (docs/readiness.md), or nobody is told about academic data."
        return (_reason("results-not-configured", "No source of results is configured.", do),), (), None
    began = [reads[Kind.RESULTS, name].began for name in names if (Kind.RESULTS, name) in reads]
    if len(began) < len(names):
        return (_reason("results-never-read", "Results have never been read well.", "Run pull_results."),), (), None
    waiting = waiting_sources(connection, school.id)
    students = [read.began for (kind, _), read in reads.items() if kind is Kind.STUDENTS]
    oldest = now - timedelta(hours=FRESH_HOURS)
    doubts = []
    if min(began) < oldest:
        what = "Results have not been read in the last 24 hours, so nobody is told anything."
        doubts.append(_reason("results-too-old", what, "Run pull_results."))
    if not students or max(students) < oldest:
        what = "The list of students has not been read in the last 24 hours, so nobody is told anything."
        doubts.append(_reason("students-too-old", what, "Run pull_students."))
    if any((Kind.RESULTS.value, name) in waiting for name in names):
        what = "The source of results is plan-only: its newest rows are not in these figures."
        doubts.append(_reason("results-plan-only", what, "Look at its plan (sims-sync plans list)."))
    return (), tuple(doubts), min(began)


def _before_programme(facts: SchoolFacts, half_term: HalfTermId) -> tuple[HoldReason, ...]:
    if half_term >= facts.settings.starts_with:
        return ()
    what = f"The programme starts with {facts.settings.starts_with}: nothing before it is looked at."
    return (_reason("before-the-programme", what, "Ask about a later half term."),)


def _nothing_selected() -> HoldReason:
    what = "No student has a result in any selected aspect: rather a wrong selection than a school without data."
    do = "Compare [programme] readiness_aspects with the aspects in SIMS."
    return _reason("no-selected-result", what, do)


def _reason(code: str, what: str, do: str) -> HoldReason:
    return HoldReason(code, what, do, releasable=False)
