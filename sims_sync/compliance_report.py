"""The compliance report of one half term, from the store to a summary: gate and guard before anything is shown."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from sims_sync.compliance.facts import Assessment, HoldReason, Occasion, StaffFacts
from sims_sync.compliance.figures import assess
from sims_sync.compliance.gate import Previous, accusation_guard, complete_data, data_is_fresh
from sims_sync.compliance.snapshot_form import Snapshot, closing_history
from sims_sync.config import SchoolConfig
from sims_sync.context import RunContext
from sims_sync.released import REPORT, still_held
from sims_sync.report.summary import ComplianceSummary, summarise
from sims_sync.school_facts import LoadedFacts, load_facts
from sims_sync.school_year import HalfTermId, SchoolYear
from sims_sync.store.computations import load_previous, save_computation
from sims_sync.store.snapshots import load_closings


@dataclass(frozen=True, slots=True)
class ComplianceReport:
    """One half term's assessment, the facts it rests on, and why it may not be shown (`held`), if so.

    `closings`: the year's earlier closing snapshots, newest versions, oldest first (for the trend of rule 22).
    """

    assessment: Assessment
    loaded: LoadedFacts
    held: tuple[HoldReason, ...]
    school_year: SchoolYear
    closings: tuple[Snapshot, ...] = ()

    def staff(self) -> dict[str, StaffFacts]:
        """Staff by id."""
        return {member.staff_id: member for member in self.loaded.facts.staff}


def occasion_at(school_year: SchoolYear, half_term: HalfTermId, moment: datetime) -> Occasion:
    """Which figures a moment asks for: before the deadline is over, those at the deadline, those at closing."""
    dates = school_year.dates(half_term)
    if dates.deadline is None or moment <= school_year.end_of_day(dates.deadline):
        return Occasion.BEFORE
    if dates.closing is None or moment <= school_year.end_of_day(dates.closing):
        return Occasion.DEADLINE
    return Occasion.CLOSING


def compliance_report(context: RunContext, half_term: HalfTermId, occasion: Occasion | None = None) -> ComplianceReport:
    """Assess the whole school for one half term at the context's now; `remember` keeps what was shown.

    `occasion`: a snapshot asks for its own; None = the one that now asks for.
    """
    school_year, moment = context.school_year(), context.now()
    occasion = occasion or occasion_at(school_year, half_term, moment)
    dates = school_year.dates(half_term)
    with context.store.reading() as connection:
        loaded = load_facts(connection, context.school, school_year, half_term)
        previous = _previous(connection, context.school_id, school_year, half_term, moment)
        closings = load_closings(connection, context.school_id, half_term)
    history = closing_history(closings, _assessed_before(school_year, half_term, loaded.facts.settings.starts_with))
    fresh = data_is_fresh(loaded.reads, moment)
    assessment = assess(loaded.facts, half_term, occasion, moment, fresh=fresh, history=history)
    held: tuple[HoldReason, ...] = ()
    if assessment.not_assessed is None:
        # The guard compares whole figures: from incomplete data its findings would only repeat that they are not.
        restored_on = None if occasion is Occasion.BEFORE else loaded.restored_on  # a reminder asks for itself
        held = complete_data(loaded.reads, dates, occasion, moment, school_year) or accusation_guard(
            assessment, previous, loaded.reads, loaded.untied_entries, restored_on=restored_on
        )
    if occasion is not Occasion.BEFORE:
        held = still_held(context, half_term, REPORT, held)
    return ComplianceReport(assessment, loaded, held, school_year, closings)


def previous_of(context: RunContext, report: ComplianceReport) -> Previous:
    """What was computed before a report, for the guard's comparison (rule 8a)."""
    assessment = report.assessment
    with context.store.reading() as connection:
        return _previous(connection, context.school_id, report.school_year, assessment.half_term, assessment.moment)


def remember(context: RunContext, report: ComplianceReport) -> None:
    """Keep the totals of a computation that was shown, for the guard's next comparison; a rehearsal leaves no trace."""
    if context.rehearsal or context.dry or report.held or report.assessment.not_assessed is not None:
        return
    with context.store.writing() as connection:
        save_computation(connection, context.school_id, report.assessment, context.run_id)


def summary_of(
    report: ComplianceReport, school: SchoolConfig, *, house: str | tuple[str, ...] | None = None, names: bool = False
) -> ComplianceSummary:
    """The summary of one house, or of all."""
    facts = report.loaded.facts
    return summarise(
        report.assessment,
        school_name=school.school.name,
        staff=report.staff(),
        students={student.student_id: student for student in facts.students},
        reads=report.loaded.reads,
        held=report.held,
        house=house,
        names=names,
        first_read_note=" ".join(report.assessment.notes) or None,
        zone=report.school_year.calendar.timezone,
        closings=report.closings,
    )


def _assessed_before(school_year: SchoolYear, half_term: HalfTermId, starts_with: HalfTermId) -> list[HalfTermId]:
    """The year's earlier half terms that the programme assesses, oldest first."""
    this_year = (each for each in school_year.ids_from(starts_with) if each.year == half_term.year and each < half_term)
    return [each for each in this_year if school_year.dates(each).not_assessed is None]


def _previous(
    connection: Connection, school: str, school_year: SchoolYear, half_term: HalfTermId, moment: datetime
) -> Previous:
    """Reminder 2's computation is that of its day: the job that sends it starts when the window has opened."""
    day = school_year.dates(half_term).reminder_2
    at = school_year.end_of_day(day) if day else None
    return load_previous(connection, school, half_term, before=moment, reminder_2_at=at)
