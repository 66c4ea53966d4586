"""Which Head of House reports are due, and what do they say (DOMAIN rules 5, 8, 8a, 13, 22, 23)?"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from email.message import EmailMessage
from typing import Any

from sims_sync.compliance.facts import Assessment, Occasion, StaffFacts
from sims_sync.compliance_report import ComplianceReport, compliance_report, remember, summary_of
from sims_sync.context import RunContext
from sims_sync.messages.letters import PROGRAMME_LEAD, Compose, Envelope, Letter, MessageKind
from sims_sync.messages.newcomers import Newcomers
from sims_sync.messages.outbox import Outbox
from sims_sync.messages.pointers import NO_POINTER, houses_pointer
from sims_sync.messages.releasing import problems_of_held
from sims_sync.messages.wordings import compose_letter
from sims_sync.outcome import Ending, Outcome
from sims_sync.released import REPORT
from sims_sync.report.mail import compose_report_mail, is_worth_sending
from sims_sync.report.summary import ComplianceSummary
from sims_sync.school_year import HalfTermId, SchoolYear
from sims_sync.snapshots import closed_summary
from sims_sync.store.snapshots import load_snapshots

OCCASION = REPORT
NOUN = ("report", "reports")


@dataclass(frozen=True, slots=True)
class Addressee:
    """One reader of the report: their staff id, how the shadow mark names them, and the houses they lead."""

    staff_id: str
    intended_for: str
    houses: tuple[str, ...]


def report_half_term(school_year: SchoolYear, starts_with: HalfTermId, moment: datetime) -> HalfTermId | None:
    """The half term whose report is due at `moment`: the last whose report day has come, in its own academic year.

    Half terms before the programme have no message (rule 8b), and no message outlives its academic year (rule 5).
    """
    today = school_year.local_date(moment)
    come = [
        half_term
        for half_term in school_year.ids_from(starts_with)
        if (report := school_year.dates(half_term).report) is not None and report <= today
    ]
    if not come:
        return None
    latest = come[-1]
    last_of_year = max(school_year.dates(each).owns_to for each in school_year.ids() if each.year == latest.year)
    return latest if today <= last_of_year else None


def send_reports(context: RunContext, *, patient: bool = False) -> Outcome:
    """Send the Heads of House their report, once each; in shadow mode to programme lead and admin only (rule 8c)."""
    if context.school.messages.mode == "off":
        return Outcome(notes=("Messages are switched off: nothing was sent.",))
    school_year = context.school_year()
    half_term = report_half_term(school_year, HalfTermId.parse(context.school.programme.starts_with), context.now())
    if half_term is None:
        return Outcome(notes=("No report is due.",))
    return _send_due(context, school_year, half_term, patient=patient)


def _send_due(context: RunContext, school_year: SchoolYear, half_term: HalfTermId, *, patient: bool) -> Outcome:
    report = compliance_report(context, half_term)
    if report.assessment.not_assessed is not None:
        return Outcome(notes=(report.assessment.not_assessed,))
    released = replace(report, held=())
    outbox, letters = Outbox(context, school_year, NOUN, patient), report_letters(context, released)
    nothing = outbox.nothing_can_leave(letters)
    if nothing is not None:
        return nothing  # what came after the last one left can hold nothing any more
    if report.held:
        return Outcome(Ending.HELD, problems=problems_of_held(report.held))
    if any(letter.link is None for letter in letters):
        return Outcome(Ending.HELD, problems=(NO_POINTER,))
    remember(context, released)
    return outbox.send(letters)


def report_letters(context: RunContext, report: ComplianceReport) -> list[Letter]:
    """One letter to each Head of House in whose houses anyone is due, and the programme lead's note (rule 13)."""
    half_term = report.assessment.half_term
    day = report.school_year.dates(half_term).report or report.school_year.local_date(context.now())
    staff, newcomers = report.staff(), Newcomers(context, report, day)
    letters = []
    for reader in addressees(report.assessment):
        if newcomers.came_later(reader.staff_id, reader.houses):
            continue
        summary = _summary(context, report, reader.houses)
        if is_worth_sending(summary):
            letters.append(_letter(context, summary, reader, staff, day))
    return [*letters, *_lead_note(context, report, day)]


def addressees(assessment: Assessment) -> tuple[Addressee, ...]:
    """Who gets a report: each Head with all their houses; the programme lead for a house without a Head (rule 13)."""
    houses: dict[str, list[str]] = defaultdict(list)
    for figures in assessment.houses:
        for head in figures.heads or (PROGRAMME_LEAD,):
            houses[head].append(figures.house)
    return tuple(Addressee(head, _intended_for(head, led), tuple(led)) for head, led in sorted(houses.items(), key=str))


def told_by(summary: ComplianceSummary) -> dict[str, Any]:
    """What a reader of this summary learns of each group, in counts: kept to know later whom a correction concerns."""
    groups = {
        row.figures.group: [row.figures.status.value, row.figures.done, row.figures.due]
        for house in summary.houses
        for row in house.groups
    }
    return {"occasion": summary.occasion.name.lower(), "groups": groups}


def _letter(
    context: RunContext, summary: ComplianceSummary, reader: Addressee, staff: Mapping[str, StaffFacts], day: date
) -> Letter:
    lead = context.school.people.programme_lead
    known = staff.get(reader.staff_id)
    return Letter(
        kind=MessageKind.REPORT,
        half_term=summary.half_term,
        occasion=OCCASION,
        staff_id=reader.staff_id,
        intended_for=reader.intended_for,
        day=day,
        compose=_report_mail(summary),
        address=lead if reader.staff_id == PROGRAMME_LEAD else (known.email if known else None),
        fallback=lead,  # a Head without an address must not mean that nobody looks
        link=houses_pointer(context.school, reader.houses),
        told=told_by(summary),
    )


def _report_mail(summary: ComplianceSummary) -> Compose:
    def compose(envelope: Envelope) -> EmailMessage:
        return compose_report_mail(
            summary,
            recipient=envelope.recipient,
            sender=envelope.sender,
            link=envelope.link,
            message_id=envelope.message_id,
            date=envelope.date,
            mode=envelope.mode,
            intended_for=envelope.intended_for,
            allowed_domains=envelope.allowed_domains,
        )

    return compose


def _lead_note(context: RunContext, report: ComplianceReport, day: date) -> Iterable[Letter]:
    """The rows of Heads who tutor go to the programme lead too (rule 13)."""
    houses = tuple(
        sorted({group.house for group in report.assessment.groups if group.to_programme_lead and group.house})
    )
    if not houses:
        return
    summary = _summary(context, report, houses)
    rows = [
        row.figures
        for house in summary.houses
        for row in house.groups
        if row.figures.to_programme_lead and row.figures.due
    ]
    if not rows:
        return
    content = {
        "half_term": report.assessment.half_term.shown,
        "school": context.school.school.name,
        "groups": [
            {
                "shown": row.shown,
                "house": row.house or "no house",
                "status": row.status.value,
                "done": row.done,
                "due": row.due,
            }
            for row in rows
        ],
    }
    lead = context.school.people.programme_lead
    yield Letter(
        kind=MessageKind.LEAD_NOTE,
        half_term=report.assessment.half_term,
        occasion=OCCASION,
        staff_id=PROGRAMME_LEAD,
        intended_for="the programme lead",
        day=day,
        compose=lambda envelope: compose_letter(context.school, MessageKind.LEAD_NOTE, envelope, content),
        address=lead,
        link=houses_pointer(context.school, ()) or houses_pointer(context.school, houses),
        told={
            "occasion": summary.occasion.name.lower(),
            "groups": {row.group: [row.status.value, row.done, row.due] for row in rows},
        },
    )


def _intended_for(head: str, houses: Sequence[str]) -> str:
    shown = " and ".join(house if house.endswith("House") else f"{house} House" for house in houses)
    return f"the programme lead ({shown} has no Head)" if head == PROGRAMME_LEAD else f"the Head of {shown}"


def _summary(context: RunContext, report: ComplianceReport, houses: tuple[str, ...]) -> ComplianceSummary:
    """After closing the snapshot, as `report compliance` shows it; else the figures as they are now."""
    if report.assessment.occasion is Occasion.CLOSING:
        closed = _closed(context, report.assessment.half_term, houses)
        if closed is not None:
            return closed
    return summary_of(report, context.school, house=houses)


def _closed(context: RunContext, half_term: HalfTermId, houses: tuple[str, ...]) -> ComplianceSummary | None:
    """The newest version that the guard did not doubt: nobody is told a figure that was restated since."""
    with context.store.reading() as connection:
        versions = load_snapshots(connection, context.school_id, half_term, Occasion.CLOSING)
    sound = [each.version for each in versions if not each.content.doubts]
    if not sound:
        return None
    try:
        closed = closed_summary(context, half_term, version=sound[-1], house=houses)
    except KeyError:
        return None  # a house that is new since
    return closed if closed is not None and closed.has_figures else None
