"""Which Progress Leaders are told that academic data are not there, and when (DOMAIN rule 18)?"""

from email.message import EmailMessage

from sims_sync.compliance.readiness import Check, check_day
from sims_sync.context import RunContext
from sims_sync.messages.letters import Compose, Envelope, Letter, MessageKind, addressed
from sims_sync.messages.outbox import Outbox
from sims_sync.outcome import Outcome
from sims_sync.readiness import readiness_alerts
from sims_sync.report.readiness import ReadinessAlert, compose_readiness_text
from sims_sync.school_year import HalfTermId
from sims_sync.store.staff import load_staff

NOUN = ("readiness alert", "readiness alerts")
CHECKS: tuple[Check, ...] = (1, 2)


def check_readiness(context: RunContext, *, patient: bool = False) -> Outcome:
    """Alert on a check's own day; a second time only if it is still so then. Tutors are never flagged for it."""
    if context.school.messages.mode == "off":
        return Outcome(notes=("Messages are switched off: nothing was sent.",))
    school_year = context.school_year()
    today = school_year.local_date(context.now())
    letters = [
        letter
        for half_term in school_year.ids_from(HalfTermId.parse(context.school.programme.starts_with))
        for check in CHECKS
        if check_day(school_year.dates(half_term), school_year, check) == today
        for letter in _letters(context, half_term, check)
    ]
    if not letters:
        return Outcome(notes=("No Progress Leader has to be told about academic data today.",))
    return Outbox(context, school_year, NOUN, patient).send(letters)


def _letters(context: RunContext, half_term: HalfTermId, check: Check) -> list[Letter]:
    with context.store.reading() as connection:
        staff = load_staff(connection, context.school_id)
    lead, today = context.school.people.programme_lead, context.school_year().local_date(context.now())
    return [
        Letter(
            kind=MessageKind.READINESS,
            half_term=half_term,
            occasion=f"check-{check}",
            staff_id=alert.staff_id,
            intended_for="a Progress Leader",
            day=today,
            compose=_compose(alert),
            address=staff[alert.staff_id].email if alert.staff_id in staff else None,
            fallback=lead,
        )
        for alert in readiness_alerts(context, half_term, check)
    ]


def _compose(alert: ReadinessAlert) -> Compose:
    def compose(envelope: Envelope) -> EmailMessage:
        subject, text, html = compose_readiness_text(alert, envelope.notice)
        message = addressed(envelope, subject)
        message.set_content(text, cte="quoted-printable")
        message.add_alternative(html, subtype="html", cte="quoted-printable")
        return message

    return compose
