"""The compliance report of one half term, from the store to a summary: gate and guard before anything is shown."""

from dataclasses import dataclass
from datetime import UTC, date, datetime

from sims_sync.compliance.facts import Assessment, HoldReason, Occasion, StaffFacts
from sims_sync.compliance.figures import assess
from sims_sync.compliance.gate import accusation_guard, complete_data, data_is_fresh
from sims_sync.compliance.snapshot_form import closing_history
from sims_sync.config import SchoolConfig
from sims_sync.context import RunContext
from sims_sync.report.summary import ComplianceSummary, summarise
from sims_sync.school_facts import LoadedFacts, load_facts
from sims_sync.school_year import WINDOW_OPENS, HalfTermId, SchoolYear
from sims_sync.store.computations import load_previous, save_computation
from sims_sync.store.snapshots import load_closings


@dataclass(frozen=True, slots=True)
class ComplianceReport:
    """One half term's assessment, the facts it rests on, and why it may not be shown (`held`), if so."""

    assessment: Assessment
    loaded: LoadedFacts
    held: tuple[HoldReason, ...]
    school_year: SchoolYear

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
        previous = load_previous(
            connection,
            context.school_id,
            half_term,
            before=moment,
            reminder_2_at=_opening(school_year, dates.reminder_2) if dates.reminder_2 else None,
        )
        closings = load_closings(connection, context.school_id, half_term)
    history = closing_history(closings, _assessed_before(school_year, half_term, loaded.facts.settings.starts_with))
    fresh = data_is_fresh(loaded.reads, moment)
    assessment = assess(loaded.facts, half_term, occasion, moment, fresh=fresh, history=history)
    held: tuple[HoldReason, ...] = ()
    if assessment.not_assessed is None:
        # The guard compares whole figures: from incomplete data its findings would only repeat that they are not.
        held = complete_data(loaded.reads, dates, occasion, moment, school_year) or accusation_guard(
            assessment, previous, loaded.reads, loaded.untied_entries
        )
    return ComplianceReport(assessment, loaded, held, school_year)


def remember(context: RunContext, report: ComplianceReport) -> None:
    """Keep the totals of a computation that was shown, for the guard's next comparison; a rehearsal leaves no trace."""
    if context.rehearsal or context.dry or report.held or report.assessment.not_assessed is not None:
        return
    with context.store.writing() as connection:
        save_computation(connection, context.school_id, report.assessment, context.run_id)


def summary_of(
    report: ComplianceReport, school: SchoolConfig, *, house: str | None = None, names: bool = False
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
    )


def _assessed_before(school_year: SchoolYear, half_term: HalfTermId, starts_with: HalfTermId) -> list[HalfTermId]:
    """The year's earlier half terms that the programme assesses, oldest first."""
    this_year = (each for each in school_year.ids_from(starts_with) if each.year == half_term.year and each < half_term)
    return [each for each in this_year if school_year.dates(each).not_assessed is None]


def _opening(school_year: SchoolYear, day: date) -> datetime:
    return datetime.combine(day, WINDOW_OPENS, school_year.calendar.timezone).astimezone(UTC)
