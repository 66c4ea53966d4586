"""What does the store know of each half term of an academic year: closed ones as kept, the current one live?"""

from dataclasses import dataclass
from datetime import date

from sims_sync.compliance.facts import Occasion
from sims_sync.compliance.half_terms_known import (
    HalfTermKnown,
    Standing,
    from_closing,
    from_live,
    with_work,
)
from sims_sync.compliance_report import compliance_report
from sims_sync.context import RunContext
from sims_sync.school_year import HALF_TERM_NAMES, HalfTermId, SchoolYear
from sims_sync.store.entries import load_entries
from sims_sync.store.snapshots import StoredSnapshot, load_snapshots, taken_snapshots


@dataclass(frozen=True, slots=True)
class YearKnown:
    """The six half terms of one academic year, in order, and the calendar they rest on."""

    year: str
    half_terms: tuple[HalfTermKnown, ...]
    school_year: SchoolYear


def year_known(context: RunContext, year: str, until: HalfTermId | None = None) -> YearKnown:
    """Closed half terms from the newest version of their closing snapshots, the current one through the gate.

    `until`: the last half term looked at; those after it are *not yet*. Nothing is written.

    Raises:
        ValueError: the calendar has no such academic year.
    """
    school_year = context.school_year()
    if all(each.year != year for each in school_year.ids()):
        known = ", ".join(sorted({each.year for each in school_year.ids()}))
        raise ValueError(f'The academic year "{year}" is not in the calendar: choose one of {known}.')
    ids = [HalfTermId(year, index) for index in range(len(HALF_TERM_NAMES))]
    closings = _closings(context, ids)
    found = [_known(context, school_year, each, closings.get(each), until) for each in ids]
    with context.store.reading() as connection:
        entries = load_entries(connection, context.school_id)
    return YearKnown(year, tuple(with_work(found, entries.values(), school_year)), school_year)


def _closings(context: RunContext, ids: list[HalfTermId]) -> dict[HalfTermId, StoredSnapshot]:
    with context.store.reading() as connection:
        taken = taken_snapshots(connection, context.school_id)
        versions = {
            each: load_snapshots(connection, context.school_id, each, Occasion.CLOSING)
            for each in ids
            if (each, Occasion.CLOSING) in taken
        }
    # A rehearsal of an earlier moment (`--as-of`) must not see what was kept after it.
    then = {each: [one for one in found if one.taken_at <= context.now()] for each, found in versions.items()}
    return {each: found[-1] for each, found in then.items() if found}


def _known(
    context: RunContext,
    school_year: SchoolYear,
    half_term: HalfTermId,
    closing: StoredSnapshot | None,
    until: HalfTermId | None,
) -> HalfTermKnown:
    if until is not None and half_term > until:
        return HalfTermKnown(half_term, Standing.NOT_YET)
    if closing is not None:
        return from_closing(half_term, closing.content, closing.version)
    standing = _standing(context, school_year, half_term)
    if standing is not Standing.FIGURES:
        return HalfTermKnown(half_term, standing)
    report = compliance_report(context, half_term)
    return from_live(report.assessment, report.held)


def _standing(context: RunContext, school_year: SchoolYear, half_term: HalfTermId) -> Standing:
    """Why a half term without a snapshot has no figures; FIGURES = it is the current one, so compute them."""
    if half_term < HalfTermId.parse(context.school.programme.starts_with):
        return Standing.BEFORE_PROGRAMME
    if half_term not in school_year.ids():
        return Standing.NOT_ASSESSED
    today: date = school_year.local_date(context.now())
    current = school_year.latest_started(today)
    if current is None or half_term > current:
        return Standing.NOT_YET
    if school_year.dates(half_term).not_assessed is not None:
        return Standing.NOT_ASSESSED
    return Standing.FIGURES if half_term == current else Standing.NOT_KEPT
