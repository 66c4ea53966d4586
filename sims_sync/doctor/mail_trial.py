"""Does a test mail leave, by the very way that the school's messages take?"""

from collections.abc import Iterator
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid

from sims_sync.connector import Finding, SendOutcome, Severity
from sims_sync.context import RunContext, connector_context
from sims_sync.registry import build_mailer

SUBJECT = "sims-sync: a test mail"
TEXT = """This is a test mail of sims-sync, which somebody asked for with `sims-sync check --mail`.

It says nothing about anybody, and no answer is needed. If you can read it, mail works.
"""


def mail_trial(context: RunContext, address: str) -> Iterator[Finding]:
    """Send one mail to `address`, which must be in a domain that the school's messages may go to."""
    messages = context.school.messages
    subject = f"{context.school_id}: test mail"
    if address.rpartition("@")[2].casefold() not in {each.casefold() for each in messages.allowed_domains}:
        what = "was not sent: the address is in none of messages.allowed_domains."
        yield Finding(Severity.WRONG, subject, what, "Name an address of the school.")
        return
    place = connector_context(context.school, context.clock)
    result = build_mailer(messages.mailer.connector, messages.mailer.options, place).send(_mail(context, address))
    if result.outcome is SendOutcome.SENT:
        yield Finding(Severity.FINE, subject, f"was taken over for {address}: look whether it arrived.")
    else:
        what = f"{result.outcome.value}: {result.detail}".rstrip(": ")
        yield Finding(Severity.WRONG, subject, f"{what}.".replace("..", "."), "Mend [messages.mailer]: docs/mail.md.")


def _mail(context: RunContext, address: str) -> EmailMessage:
    sender = context.school.messages.sender
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = sender, address, SUBJECT
    mail["Date"] = format_datetime(context.now())
    mail["Message-ID"] = make_msgid(domain=sender.rpartition("@")[2])
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(TEXT)
    return mail
