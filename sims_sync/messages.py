"""The outbox: each report leaves once, or is listed as unknown (DOMAIN rules 6, 7, 8c, 22, 23)."""

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sims_sync.compliance_report import ComplianceReport, compliance_report, remember
from sims_sync.connector import Mailer, SendOutcome, SendResult
from sims_sync.context import RunContext
from sims_sync.errors import RetriableError
from sims_sync.outcome import Ending, Outcome, Problem
from sims_sync.registry import build_mailer
from sims_sync.report.mail import compose_report_mail, is_worth_sending
from sims_sync.report.summary import ComplianceSummary, summarise
from sims_sync.school_year import HalfTermId, SchoolYear
from sims_sync.store.messages import load_message, save_message, set_message_state

PROGRAMME_LEAD = "programme-lead"
KIND = "head-of-house-report"
_STATES = {SendOutcome.SENT: "sent", SendOutcome.REFUSED: "refused", SendOutcome.UNKNOWN: "unknown"}
_SETTLED = frozenset({"sent", "unknown", "refused"})


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


def send_reports(context: RunContext) -> Outcome:
    """Send the Heads of House their report, once each; in shadow mode to the programme lead only (rule 8c)."""
    if context.school.messages.mode == "off":
        return Outcome(notes=("Messages are switched off: nothing was sent.",))
    school_year = context.school_year()
    half_term = report_half_term(school_year, HalfTermId.parse(context.school.programme.starts_with), context.now())
    if half_term is None:
        return Outcome(notes=("No report is due.",))
    if not (context.school.reports.link or "").strip():
        what, do = "No report is mailed without reports.link.", "Set it to where Heads of House open the report."
        return Outcome(Ending.HELD, problems=(Problem("no-link", what, do),))
    report = compliance_report(context, half_term)
    if report.assessment.not_assessed is not None:
        return Outcome(notes=(report.assessment.not_assessed,))
    if report.held:
        return Outcome(Ending.HELD, problems=tuple(Problem(hold.code, hold.what, hold.do) for hold in report.held))
    remember(context, report)
    return _send_all(context, report, half_term)


def _send_all(context: RunContext, report: ComplianceReport, half_term: HalfTermId) -> Outcome:
    waiting = _not_yet_settled(context, addressees(report), half_term)
    if not waiting:
        return Outcome(notes=(f"Every report about {half_term.shown} has been dealt with: nothing was sent.",))
    if not report.school_year.in_send_window(context.now()):
        opening = report.school_year.next_send(context.now())
        when = f"{opening.astimezone(report.school_year.calendar.timezone):%a %d %b %H:%M}" if opening else "never"
        return Outcome(notes=(f"{len(waiting)} reports wait for the send window: {when}.",))
    if context.rehearsal or context.dry:
        return Outcome(notes=(f"{len(waiting)} reports would be sent.",))
    section = context.school.messages.mailer
    mailer = build_mailer(section.connector, section.options, context.connector_context())
    return _counted([_send(context, mailer, report, half_term, addressee) for addressee in waiting])


def addressees(report: ComplianceReport) -> tuple[Addressee, ...]:
    """Who gets a report: each Head with all their houses; the programme lead for a house without a Head (rule 13)."""
    houses: dict[str, list[str]] = defaultdict(list)
    for figures in report.assessment.houses:
        for head in figures.heads or (PROGRAMME_LEAD,):
            houses[head].append(figures.house)
    return tuple(Addressee(head, _intended_for(head, led), tuple(led)) for head, led in sorted(houses.items(), key=str))


def _intended_for(head: str, houses: Sequence[str]) -> str:
    shown = " and ".join(house if house.endswith("House") else f"{house} House" for house in houses)
    return f"the programme lead ({shown} has no Head)" if head == PROGRAMME_LEAD else f"the Head of {shown}"


def message_key(context: RunContext, half_term: HalfTermId, occasion: str, staff_id: str) -> str:
    """Rule 7's key: school, academic year, half term, kind, occasion, staff id."""
    return "/".join((context.school_id, str(half_term), KIND, occasion, staff_id))


def _not_yet_settled(context: RunContext, readers: Sequence[Addressee], half_term: HalfTermId) -> tuple[Addressee, ...]:
    """Those whose report has neither left nor been given up: one report per Head and half term."""
    with context.store.reading() as connection:
        states = {
            reader: load_message(
                connection, context.school_id, message_key(context, half_term, "report", reader.staff_id)
            )
            for reader in readers
        }
    return tuple(reader for reader, stored in states.items() if stored is None or stored.state not in _SETTLED)


def _send(
    context: RunContext, mailer: Mailer, report: ComplianceReport, half_term: HalfTermId, reader: Addressee
) -> SendResult | None:
    """One report: None where nothing is due in these houses (rule 22)."""
    summary = _summary(context, report, reader)
    if not is_worth_sending(summary):
        return None
    key = message_key(context, half_term, "report", reader.staff_id)
    mode: Literal["shadow"] = "shadow"  # the configuration refuses live mail until its rules are complete
    message_id = _message_id(context, key)
    message = compose_report_mail(
        summary,
        recipient=context.school.people.programme_lead,
        sender=context.school.messages.sender,
        link=context.school.reports.link,
        message_id=message_id,
        date=context.now(),
        mode=mode,
        intended_for=reader.intended_for,
        allowed_domains=context.school.messages.allowed_domains,
    )
    _write_sending(context, key, half_term, reader, message_id)
    try:
        result = mailer.send(message)
    except RetriableError as error:
        _set_state(context, key, "failed", str(error))
        return SendResult(SendOutcome.REFUSED, str(error))
    _set_state(context, key, _STATES[result.outcome], result.detail)
    return result


def _summary(context: RunContext, report: ComplianceReport, reader: Addressee) -> ComplianceSummary:
    facts = report.loaded.facts
    return summarise(
        report.assessment,
        school_name=context.school.school.name,
        staff=report.staff(),
        students={student.student_id: student for student in facts.students},
        reads=report.loaded.reads,
        held=report.held,
        house=reader.houses,
        zone=report.school_year.calendar.timezone,
    )


def _write_sending(context: RunContext, key: str, half_term: HalfTermId, reader: Addressee, message_id: str) -> None:
    """The row is there before the attempt: a crash in between leaves `sending`, which nobody resends blindly."""
    now = context.now()
    with context.store.writing() as connection:
        before = load_message(connection, context.school_id, key)
        save_message(
            connection,
            context.school_id,
            {
                "message_key": key,
                "academic_year": half_term.year,
                "half_term": str(half_term),
                "kind": KIND,
                "occasion": "report",
                "staff_id": reader.staff_id,
                "message_id": message_id,
                "state": "sending",
                "shadow": True,
                "attempts": (before.attempts if before else 0) + 1,
                "created": before.created if before else now,
                "sent_at": None,
                "detail": "",
                "content": None,
                "run_id": context.run_id,
            },
        )


def _set_state(context: RunContext, key: str, state: str, detail: str) -> None:
    values: Mapping[str, object] = {
        "state": state,
        "detail": detail[:300],
        "sent_at": context.now() if state == "sent" else None,
    }
    with context.store.writing() as connection:
        set_message_state(connection, context.school_id, key, values)


def _message_id(context: RunContext, key: str) -> str:
    """The same key always has the same Message-ID: a mailbox shows at once whether it came twice."""
    digest = hashlib.blake2b(key.encode(), digest_size=12).hexdigest()
    domain = context.school.messages.sender.rsplit("@", 1)[-1]
    return f"<{digest}@{domain}>"


def _counted(results: Sequence[SendResult | None]) -> Outcome:
    sent = sum(result is not None and result.outcome is SendOutcome.SENT for result in results)
    failed = [result for result in results if result is not None and result.outcome is not SendOutcome.SENT]
    note = f"{sent} reports sent." if sent != 1 else "1 report sent."
    if not failed:
        return Outcome(notes=(note,))
    what = f"{len(failed)} reports did not leave: {failed[0].detail}"
    problem = Problem("mail", what, "See `sims-sync messages list`; check the mail settings.")
    return Outcome(Ending.FAILED, problems=(problem,), notes=(note,))
