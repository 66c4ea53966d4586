"""What are the lists of a half term made of: the report's own figures, and what people gave and decided so far?"""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from sims_sync.compliance.facts import Assessment, RoleFacts, StudentLine
from sims_sync.compliance.figures import NO_HOUSE
from sims_sync.compliance.roll import MAIN_TUTOR_ROLES, fold
from sims_sync.compliance_report import ComplianceReport, compliance_report, summary_of
from sims_sync.config import SchoolConfig
from sims_sync.context import RunContext
from sims_sync.lists.content import Figures
from sims_sync.records import RoleName
from sims_sync.report.summary import ComplianceSummary, clean
from sims_sync.school_year import HalfTermId
from sims_sync.snapshots import closed_summary
from sims_sync.store.notes import load_notes


def current_half_term(context: RunContext) -> HalfTermId | None:
    """The half term that the lists are about: the latest started."""
    school_year = context.school_year()
    return school_year.latest_started(school_year.local_date(context.now()))


def gather(context: RunContext, half_term: HalfTermId) -> Figures:
    """Everything the lists of one half term show; of a closed one the closing snapshot, never computed anew."""
    closed = closed_summary(context, half_term, names=True)
    if closed is not None:
        return _closed(context, closed)
    return figures_of(compliance_report(context, half_term), context.school, _notes(context, half_term))


def figures_of(report: ComplianceReport, school: SchoolConfig, notes: Mapping[str, str]) -> Figures:
    """What the lists of a half term that is not closed are made of: of the same report that is mailed."""
    assessment, facts = report.assessment, report.loaded.facts
    here = assessment.half_term
    named = [house.house for house in assessment.houses if house.house != NO_HOUSE]
    return Figures(
        school=school.id,
        whole=summary_of(report, school),
        summaries={clean(house): summary_of(report, school, house=house) for house in named},
        houses={clean(house.house): tuple(clean(each.group) for each in house.groups) for house in assessment.houses},
        heads={clean(house.house): house.heads for house in assessment.houses},
        lines=tuple(_plain(line) for line in assessment.lines),
        students={student.student_id: student for student in facts.students},
        excusals={each.student_id: each for each in facts.excusals if each.half_term == here},
        exemptions={each.student_id: each for each in facts.exemptions if each.half_term == here},
        notes=notes,
        own_groups=frozenset(_own_groups(report, assessment)),
    )


def _closed(context: RunContext, whole: ComplianceSummary) -> Figures:
    houses = [house.house for house in whole.houses if house.house != NO_HOUSE]
    found = {house: closed_summary(context, whole.half_term, house=house, names=True) for house in houses}
    return Figures(
        school=context.school_id,
        whole=whole,
        summaries={house: summary for house, summary in found.items() if summary is not None},
        houses={house.house: tuple(row.figures.group for row in house.groups) for house in whole.houses},
        heads={house.house: house.heads for house in whole.houses},
        lines=(),
        students={},
        notes=_notes(context, whole.half_term),
        closed=True,
    )


def _notes(context: RunContext, half_term: HalfTermId) -> Mapping[str, str]:
    with context.store.reading() as connection:
        return load_notes(connection, context.school_id, half_term)


def _plain(line: StudentLine) -> StudentLine:
    """With its group and house as the summary spells them."""
    return replace(line, group=line.group and clean(line.group), house=line.house and clean(line.house))


def _own_groups(report: ComplianceReport, assessment: Assessment) -> Iterable[str]:
    """The groups of which a Head of House is a main tutor, away or not: the programme lead decides there (rule 11)."""
    today = report.school_year.local_date(assessment.moment)
    roles = [role for role in report.loaded.facts.roles if role.holds(today)]
    heads = {role.staff_id for role in roles if role.role is RoleName.HEAD_OF_HOUSE}
    tutored = {fold(role.scope) for role in roles if _is_of(role, heads)}
    for group in assessment.groups:
        if group.to_programme_lead or fold(group.group) in tutored:
            yield clean(group.group)


def _is_of(role: RoleFacts, heads: set[str]) -> bool:
    return role.role in MAIN_TUTOR_ROLES and role.staff_id in heads
