"""Which summary does a report command show: the closed half term's snapshot, or what is computed now?"""

from datetime import datetime

from sims_sync.cli.shared import Opened, chosen_half_term
from sims_sync.compliance_report import compliance_report, summary_of
from sims_sync.config import SchoolConfig
from sims_sync.errors import ConfigProblem, ConfigurationError, RunError
from sims_sync.report.summary import ComplianceSummary
from sims_sync.school_year import HalfTermId
from sims_sync.snapshots import closed_summary
from sims_sync.store.snapshot_totals import reduced_half_terms


def chosen_summary(
    place: Opened,
    school: SchoolConfig,
    half_term: str | None,
    house: str | None,
    as_of: datetime | None,
    *,
    names: bool = False,
) -> ComplianceSummary:
    """The same figures as `report compliance` would show.

    Raises:
        ConfigurationError: there is no such house.
        RunError: it is so old that only totals are kept.
        click.UsageError: there is no such half term.
    """
    context = place.context(school, as_of)
    chosen = chosen_half_term(context.school_year(), half_term, context.now())
    closed = closed_summary(context, chosen, names=names) if as_of is None else None
    if closed is not None:
        known = [figures.house for figures in closed.houses]
    else:
        _refuse_reduced(place, school, chosen)
        report = compliance_report(context, chosen)
        known = [figures.house for figures in report.assessment.houses]
    if house is not None and house not in known and not (closed is not None and not closed.has_figures):
        do = f"Known: {', '.join(known)}."
        raise ConfigurationError([ConfigProblem(f"--house {house}", "is not known.", do)])
    if closed is not None:
        return closed_summary(context, chosen, house=house, names=names) or closed
    return summary_of(report, school, house=house, names=names)


def _refuse_reduced(place: Opened, school: SchoolConfig, half_term: HalfTermId) -> None:
    """Of an old half term the students have gone: what could be computed now would be wrong.

    Raises:
        RunError: only totals are kept of it.
    """
    with place.store.reading() as connection:
        reduced = {each for each, _ in reduced_half_terms(connection, school.id)}
    if str(half_term) in reduced:
        what = f"Of {half_term} only totals by house and year are kept."
        raise RunError("only-totals", what, "See `sims-sync snapshots totals`.")
