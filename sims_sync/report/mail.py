"""The one message a Head of House gets: counts and a pointer, never a student (DOMAIN rules 22, 23)."""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Literal

from sims_sync.compliance.facts import Occasion
from sims_sync.errors import ConfigProblem, ConfigurationError, SafetyStop
from sims_sync.report import trend, wording
from sims_sync.report.page import TABLE_SECTIONS, TEMPLATES
from sims_sync.report.ready_to_send import ready_to_send
from sims_sync.report.summary import ComplianceSummary, HouseSummary, Section, clean

Mode = Literal["shadow", "live"]


def is_worth_sending(summary: ComplianceSummary) -> bool:
    """Whether there is anything to send: sent also when all is complete, not when nothing is due (rule 22)."""
    return summary.has_figures and any(house.due for house in summary.houses)


def compose_report_mail(
    summary: ComplianceSummary,
    *,
    recipient: str,
    sender: str,
    link: str | None,
    message_id: str,
    date: datetime,
    mode: Mode,
    intended_for: str,
    allowed_domains: Collection[str],
) -> EmailMessage:
    """The report of one Head of House's house or houses, as text and HTML.

    `link` is where the report with names can be opened: an address or a folder. `message_id` is fixed by the outbox
    (rule 7) and put in as it is. `intended_for` says in words for whom the message would be in live mode ("the Head of
    Austen House"): in shadow mode subject and first line say that it did not go there. `date` is aware.

    Raises:
        ConfigurationError: no link, or a recipient who is not exactly one address in one of `allowed_domains`.
        SafetyStop: the summary is held or has no figures: such a report never becomes a message.
        ValueError: no house, or figures from before the deadline, of which no report is sent.
    """
    _check_figures(summary)
    _check_settings(recipient, sender, link, allowed_domains)
    counts_only = _without_students(summary)
    notice = f"SHADOW {wording.DASH} not sent to {clean(intended_for)}" if mode == "shadow" else ""
    content = {
        "summary": counts_only,
        "w": wording,
        "Section": Section,
        "table_sections": TABLE_SECTIONS,
        "trend": trend,
        "ready": ready_to_send,
        "notice": notice,
        "link": link,
        "link_is_address": (link or "").startswith(("https://", "http://")),
        "problems": len(summary.problems),
    }
    message = headed(sender, recipient, subject(summary), notice, message_id=message_id, date=date)
    message.set_content(TEMPLATES.get_template("mail.txt.j2").render(content), cte="quoted-printable")
    message.add_alternative(
        TEMPLATES.get_template("mail.html.j2").render(content), subtype="html", cte="quoted-printable"
    )
    return message


def headed(sender: str, recipient: str, subject: str, notice: str, *, message_id: str, date: datetime) -> EmailMessage:
    """A message with its headers and no body yet; `notice` is the shadow mark, "" in live mode. `date` is aware."""
    message = EmailMessage()
    message["From"] = sender
    message["To"] = recipient
    message["Subject"] = f"{notice}: {subject}" if notice else subject
    message["Date"] = format_datetime(date)
    message["Message-ID"] = message_id
    message["Auto-Submitted"] = "auto-generated"
    return message


def subject(summary: ComplianceSummary) -> str:
    """House, half term and how many distinct people need a follow-up (rule 23): neutral, as it may show on a screen."""
    houses = wording.joined([wording.house_name(house.house) for house in summary.houses])
    verdict = wording.verdict(summary, summary.houses)
    ending = verdict if verdict[0].isdigit() else verdict[0].lower() + verdict[1:]
    return f"{houses} {wording.DASH} {summary.half_term.shown} mentoring: {ending}"


def _check_figures(summary: ComplianceSummary) -> None:
    if summary.held:
        raise SafetyStop(summary.held[0].code, summary.held[0].what, summary.held[0].do)
    if summary.not_assessed is not None:
        raise SafetyStop("not-assessed", f"Not assessed: {summary.not_assessed}", "No report is sent about it.")
    if not summary.houses or summary.occasion is Occasion.BEFORE:
        raise ValueError("a report mail needs a house, and figures at the deadline or at closing")


def _check_settings(recipient: str, sender: str, link: str | None, allowed_domains: Collection[str]) -> None:
    problems = []
    if not (link and link.strip()):
        problems.append(
            ConfigProblem(
                "reports.link",
                "is missing: a report mail carries counts and points to the report with names.",
                "Write the address or folder where Heads of House open it.",
            )
        )
    if not is_deliverable(recipient, allowed_domains):
        problems.append(
            ConfigProblem(
                "messages.allowed_domains",
                "does not list the domain of a recipient of the report.",
                "Add the domain, or correct the person's address.",
            )
        )
    if _domain(sender) is None:
        problems.append(ConfigProblem("messages.sender", "is not one e-mail address.", "Write name@domain."))
    if problems:
        raise ConfigurationError(problems)


def is_deliverable(address: str, allowed_domains: Collection[str]) -> bool:
    """Whether mail may go there: exactly one address, in one of the school's domains (rule 23)."""
    return _domain(address) in {domain.casefold() for domain in allowed_domains}


def _domain(address: str) -> str | None:
    """The domain of exactly one plain address ("name@domain"), casefolded; None for anything else."""
    try:
        return Address(addr_spec=address).domain.casefold() or None
    except (ValueError, HeaderParseError, IndexError):
        return None


def _without_students(summary: ComplianceSummary) -> ComplianceSummary:
    """The summary with every student and every free text taken out: what is not there cannot leak."""
    houses = tuple(_counts_only(house) for house in summary.houses)
    return replace(summary, names=False, houses=houses, unplaced=(), problems=(), rules_off=())


def _counts_only(house: HouseSummary) -> HouseSummary:
    return replace(house, groups=tuple(replace(group, students=()) for group in house.groups))
