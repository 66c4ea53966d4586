"""Which tutors are reminded, when, and of what (DOMAIN rules 5, 8, 8a, 12)?"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime

from sims_sync.compliance.facts import GroupFigures, HoldReason, ReadFacts, StaffFacts, Status
from sims_sync.compliance.gate import accusation_guard, data_is_fresh
from sims_sync.compliance_report import ComplianceReport, compliance_report, previous_of, remember
from sims_sync.context import RunContext
from sims_sync.messages.letters import Compose, Letter, MessageKind
from sims_sync.messages.outbox import Outbox
from sims_sync.messages.pointers import NO_POINTER, groups_pointer
from sims_sync.messages.releasing import problems_of_held
from sims_sync.messages.wordings import compose_letter
from sims_sync.outcome import Ending, Outcome, Problem
from sims_sync.records import Kind
from sims_sync.released import still_held
from sims_sync.school_year import HalfTermDates, HalfTermId, SchoolYear, shown_day

NOUN = ("reminder", "reminders")
FIRST, SECOND = "reminder-1", "reminder-2"
OCCASIONS = (FIRST, SECOND)
_STALE = Problem(
    "stale-data",
    "No reminder leaves: a source that feeds the figures has not been read in the last 24 hours.",
    "Run its job; reminders follow by themselves until the deadline.",
)


def remind_tutors(context: RunContext, *, patient: bool = False) -> Outcome:
    """Remind each tutor of whom something is outstanding, at most twice in a half term; dropped once D is over."""
    if context.school.messages.mode == "off":
        return Outcome(notes=("Messages are switched off: nothing was sent.",))
    school_year = context.school_year()
    due = due_reminder(school_year, HalfTermId.parse(context.school.programme.starts_with), context.now())
    if due is None:
        return Outcome(notes=("No reminder is due.",))
    return _send_due(context, school_year, *due, patient=patient)


def _send_due(
    context: RunContext, school_year: SchoolYear, half_term: HalfTermId, occasion: str, day: date, *, patient: bool
) -> Outcome:
    report = compliance_report(context, half_term)
    if report.assessment.not_assessed is not None:
        return Outcome(notes=(report.assessment.not_assessed,))
    outbox, letters = Outbox(context, school_year, NOUN, patient), reminder_letters(context, report, occasion, day)
    nothing = outbox.nothing_can_leave(letters) if letters else None
    if nothing is not None:
        return nothing
    problems = _why_not(context, report, occasion, letters)
    if problems:
        return Outcome(Ending.HELD, problems=problems)
    remember(context, replace(report, held=()))  # what was released, or holds reports alone
    if not letters:
        return Outcome(notes=(f"{half_term.shown}: nothing is outstanding, nobody is reminded.",))
    return outbox.send(letters)


def _why_not(
    context: RunContext, report: ComplianceReport, occasion: str, letters: Sequence[Letter]
) -> tuple[Problem, ...]:
    if not data_is_fresh(report.loaded.reads, context.now()):
        return (_STALE,)
    held = still_held(context, report.assessment.half_term, occasion, reminder_holds(context, report))
    if held:
        return problems_of_held(held)
    return (NO_POINTER,) if any(letter.link is None for letter in letters) else ()


def due_reminder(
    school_year: SchoolYear, starts_with: HalfTermId, moment: datetime
) -> tuple[HalfTermId, str, date] | None:
    """The half term and occasion whose reminder may go at `moment`, and its day; None outside of every such time.

    The first is dropped once the second is due, and both once the deadline is over (rule 5).
    """
    today = school_year.local_date(moment)
    for half_term in school_year.ids_from(starts_with):
        dates: HalfTermDates = school_year.dates(half_term)
        if dates.deadline is None or today > dates.deadline:
            continue
        for occasion, day in ((SECOND, dates.reminder_2), (FIRST, dates.reminder_1)):
            if day is not None and day <= today:
                return half_term, occasion, day
    return None


def reminder_holds(context: RunContext, report: ComplianceReport) -> tuple[HoldReason, ...]:
    """What the gate and the guard find before a reminder (rules 8, 8a)."""
    gate = tuple(reason for reason in report.held if not reason.releasable)
    return gate or accusation_guard(
        report.assessment,
        previous_of(context, report),
        report.loaded.reads,
        report.loaded.untied_entries,
        restored_on=report.loaded.restored_on,
        reminder=True,
    )


def reminder_letters(context: RunContext, report: ComplianceReport, occasion: str, day: date) -> list[Letter]:
    """One letter to each tutor, about all their groups in which something is outstanding."""
    groups: dict[str, list[GroupFigures]] = defaultdict(list)
    for group in report.assessment.groups:
        if group.flagged and group.outstanding and group.status is not Status.COMPLETE:
            for tutor in group.tutors:
                groups[tutor].append(group)
    staff = report.staff()
    return [
        _letter(context, report, occasion, day, staff[tutor], own)
        for tutor, own in sorted(groups.items())
        if tutor in staff  # a tutor who is not in the staff list is not named, and cannot be written to
    ]


def _letter(
    context: RunContext,
    report: ComplianceReport,
    occasion: str,
    day: date,
    tutor: StaffFacts,
    groups: Sequence[GroupFigures],
) -> Letter:
    shown = " and ".join(group.shown for group in groups)
    content = _content(context, report, tutor, groups)
    return Letter(
        kind=MessageKind.REMINDER,
        half_term=report.assessment.half_term,
        occasion=occasion,
        staff_id=tutor.staff_id,
        intended_for=f"the tutor of {shown}",
        day=day,
        compose=_compose(context, content),
        address=tutor.email,
        link=groups_pointer(context.school, [group.group for group in groups]),
        told={"groups": {group.group: [group.status.value, group.done, group.due] for group in groups}},
    )


def _compose(context: RunContext, content: Mapping[str, object]) -> Compose:
    return lambda envelope: compose_letter(context.school, MessageKind.REMINDER, envelope, content)


def _content(
    context: RunContext, report: ComplianceReport, tutor: StaffFacts, groups: Sequence[GroupFigures]
) -> dict[str, object]:
    deadline = report.assessment.deadline
    return {
        "tutor": tutor.shown,
        "school": context.school.school.name,
        "half_term": report.assessment.half_term.shown,
        "deadline": shown_day(deadline) if deadline else "",
        "outstanding": sum(group.outstanding for group in groups),
        "groups": [
            {
                "shown": group.shown,
                "done": group.done,
                "due": group.due,
                "outstanding": group.outstanding,
                "too_short": group.too_short,
                "drafts": group.drafts,
            }
            for group in groups
        ],
        "entries_in": "SIMS or in your pro-forma" if _has_proformas(report) else "SIMS",
        "data_as_of": _oldest(report.loaded.reads, report.school_year),
    }


def _has_proformas(report: ComplianceReport) -> bool:
    return any(read.kind == Kind.PROFORMAS for read in report.loaded.reads)


def _oldest(reads: Sequence[ReadFacts], school_year: SchoolYear) -> str:
    began = [read.began for read in reads if read.began is not None]
    local = min(began).astimezone(school_year.calendar.timezone)
    return f"{shown_day(local.date())} {local:%H:%M}"
