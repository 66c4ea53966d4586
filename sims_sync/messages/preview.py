"""What would be sent, word for word, without sending it: for a person who wants to see it first."""

from collections.abc import Sequence
from email.message import EmailMessage

from sims_sync.compliance.facts import HoldReason, Occasion
from sims_sync.compliance_report import compliance_report
from sims_sync.context import RunContext
from sims_sync.errors import RunError
from sims_sync.messages.corrections import correction_letters
from sims_sync.messages.going_live import is_before_going_live
from sims_sync.messages.letters import Letter, MessageKind, envelope_of, recipient_of
from sims_sync.messages.pointers import NO_POINTER
from sims_sync.messages.reminders import OCCASIONS, SECOND, due_reminder, reminder_holds, reminder_letters
from sims_sync.messages.reports import OCCASION, report_half_term, report_letters
from sims_sync.school_year import HalfTermId

PREVIEWED = (MessageKind.REMINDER, MessageKind.REPORT, MessageKind.CORRECTION)


def held_for(context: RunContext, half_term: HalfTermId, occasion: str) -> tuple[HoldReason, ...]:
    """What holds one occasion's messages now, whether it was released or not."""
    report = compliance_report(context, half_term)
    return reminder_holds(context, report) if occasion in OCCASIONS else report.held


def due_occasions(context: RunContext) -> tuple[tuple[HalfTermId, str], ...]:
    """The half terms and occasions whose messages are due now: a reminder, a report, both or neither.

    Not what became due before going live: it is never sent, so that there is nothing to release.
    """
    school_year = context.school_year()
    starts_with = HalfTermId.parse(context.school.programme.starts_with)
    reminder = due_reminder(school_year, starts_with, context.now())
    found = [reminder] if reminder is not None else []
    half_term = report_half_term(school_year, starts_with, context.now())
    if half_term is not None and (day := school_year.dates(half_term).report) is not None:
        found.append((half_term, OCCASION, day))
    return tuple((each, occasion) for each, occasion, day in found if not is_before_going_live(context, day))


def previewed(context: RunContext, kind: MessageKind, half_term: HalfTermId) -> list[EmailMessage]:
    """Every message of a kind as it would leave now, whoever released what; nothing is sent or stored.

    Raises:
        RunError: the figures are held or there are none, so that nothing may be shown; or there is nowhere to point to.
    """
    return [_composed(context, letter) for letter in _letters(context, kind, half_term)]


def _letters(context: RunContext, kind: MessageKind, half_term: HalfTermId) -> Sequence[Letter]:
    if kind is MessageKind.CORRECTION:
        letters = correction_letters(context, context.school_year())
        return [letter for letter in letters if letter.half_term == half_term]
    report = compliance_report(context, half_term)
    if report.assessment.not_assessed is not None:
        raise RunError("not-assessed", report.assessment.not_assessed, "No message is sent about it.")
    if kind is MessageKind.REMINDER and report.assessment.occasion is not Occasion.BEFORE:
        raise RunError("deadline", "The deadline is over: nobody is reminded any more.", "See the report instead.")
    if kind is MessageKind.REPORT and report.assessment.occasion is Occasion.BEFORE:
        raise RunError(
            "deadline", "The deadline is still to come: there is no report yet.", "See the reminders instead."
        )
    held = reminder_holds(context, report) if kind is MessageKind.REMINDER else report.held
    for reason in held:
        raise RunError(reason.code, f"Held: {reason.what}", reason.do)
    if kind is MessageKind.REMINDER:
        day = report.school_year.local_date(context.now())
        return reminder_letters(context, report, SECOND, day)
    return report_letters(context, report)


def _composed(context: RunContext, letter: Letter) -> EmailMessage:
    if letter.link is None:
        raise RunError(NO_POINTER.code, NO_POINTER.what, NO_POINTER.do)
    recipient = recipient_of(context.school, letter) or context.school.people.programme_lead
    return letter.compose(envelope_of(context, letter, recipient))
