"""Which summary does a report command show: the closed half term's snapshot, or what is computed now?"""

from datetime import datetime

from sims_sync.cli.shared import Opened, chosen_half_term
from sims_sync.compliance_report import compliance_report, summary_of
from sims_sync.config import SchoolConfig
from sims_sync.errors import ConfigProblem, ConfigurationError
from sims_sync.report.summary import ComplianceSummary
from sims_sync.snapshots import closed_summary


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
        click.UsageError: there is no such half term.
    """
    context = place.context(school, as_of)
    chosen = chosen_half_term(context.school_year(), half_term, context.now())
    closed = closed_summary(context, chosen, names=names) if as_of is None else None
    if closed is not None:
        known = [figures.house for figures in closed.houses]
    else:
        report = compliance_report(context, chosen)
        known = [figures.house for figures in report.assessment.houses]
    if house is not None and house not in known and not (closed is not None and not closed.has_figures):
        do = f"Known: {', '.join(known)}."
        raise ConfigurationError([ConfigProblem(f"--house {house}", "is not known.", do)])
    if closed is not None:
        return closed_summary(context, chosen, house=house, names=names) or closed
    return summary_of(report, school, house=house, names=names)
