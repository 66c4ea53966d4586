"""Does a mailer keep the contract? The checks that every mailer passes, for its tests, and an in-memory twin of one.

Each check of `CHECKS` takes a fresh `MailerTrial` and raises `ContractError`, a sentence, when a promise is broken.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from email.message import EmailMessage

from sims_sync.connector import Finding, Mailer, SendOutcome, SendResult, Severity
from sims_sync.errors import RetriableError

DASH = "\u2013"  # beyond ASCII and beyond Latin-1
SENDER = "sims-sync@school.example"
RECIPIENT = "head@school.example"
SUBJECT = f"Brontë House {DASH} Autumn 2 mentoring: 3 tutors need a follow-up"
TEXT = f"3 tutors need a follow-up {DASH} 56 %.\n.a line that begins with a dot\n{'a long line ' * 120}\nZoë\n"
HTML = f"<!DOCTYPE html>\n<p>3 tutors need a follow-up {DASH} Zoë</p>\n"


class ContractError(AssertionError):
    """The mailer broke a promise; the sentence says which."""


@dataclass(frozen=True, slots=True)
class MailerTrial:
    """A mailer under test.

    `delivered()` gives what arrived where it delivers to, parsed, in order of arrival. `unreachable` is the same kind
    of mailer with nowhere to deliver to (no server, no folder).
    """

    mailer: Mailer
    delivered: Callable[[], Sequence[EmailMessage]]
    unreachable: Mailer


@dataclass(slots=True)
class MemoryMailer:
    """A mailer that keeps its messages in memory: the twin of the real ones, for tests of what uses a mailer."""

    messages: list[EmailMessage] = field(default_factory=list)
    reachable: bool = True

    def send(self, message: EmailMessage) -> SendResult:
        """Keep the message."""
        refusal = refusal_of(message)
        if refusal:
            return SendResult(SendOutcome.REFUSED, refusal)
        if not self.reachable:
            raise RetriableError("mail-unreachable", "The memory mailer is switched off.", "Switch it on.")
        self.messages.append(message)
        return SendResult(SendOutcome.SENT)

    def check(self) -> Sequence[Finding]:
        """Whether it is switched on."""
        if self.reachable:
            return [Finding(Severity.FINE, "mail", "Messages are kept in memory.")]
        return [Finding(Severity.WRONG, "mail", "The memory mailer is switched off.", "Switch it on.")]


def refusal_of(message: EmailMessage) -> str:
    """Why no mailer takes this message: no Message-ID, or not exactly one recipient. Empty = it may go.

    One recipient each (DOMAIN rule 23): a server that takes one address and refuses another can then never leave a
    message half sent.
    """
    if not str(message.get("Message-ID", "")).strip():
        return "The message has no Message-ID, so it could not be told whether it was sent before."
    if len(addresses(message, "To", "Cc", "Bcc")) != 1:
        return "The message does not have exactly one recipient."
    if len(addresses(message, "From")) != 1:
        return "The message does not have exactly one sender."
    return ""


def addresses(message: EmailMessage, *headers: str) -> list[str]:
    """The plain addresses in these headers, in order."""
    found = [header for name in headers for header in message.get_all(name, [])]
    return [address.addr_spec for header in found for address in header.addresses]


def sample_message(message_id: str = "<report-1@school.example>") -> EmailMessage:
    """A report mail as the product makes them: UTF-8, text and HTML, long lines, a line that begins with a dot."""
    message = EmailMessage()
    message["From"] = SENDER
    message["To"] = RECIPIENT
    message["Subject"] = SUBJECT
    message["Message-ID"] = message_id
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(TEXT)
    message.add_alternative(HTML, subtype="html")
    return message


def a_message_arrives_once_and_whole(trial: MailerTrial) -> None:
    """Sent means: exactly one message is there, with its headers and both bodies unchanged."""
    message = sample_message()
    result = trial.mailer.send(message)
    _require(result.outcome is SendOutcome.SENT, "a good message was not sent")
    arrived = trial.delivered()
    _require(len(arrived) == 1, "a message did not arrive exactly once")
    for header in ("From", "To", "Subject", "Message-ID", "Auto-Submitted"):
        _require(str(arrived[0][header]) == str(message[header]), f"the header {header} changed on the way")
    _require(_body(arrived[0], "plain") == TEXT, "the text changed on the way")
    _require(_body(arrived[0], "html") == HTML, "the HTML changed on the way")


def two_messages_arrive_as_two(trial: MailerTrial) -> None:
    """Different Message-IDs are different messages."""
    for message_id in ("<report-1@school.example>", "<report-2@school.example>"):
        trial.mailer.send(sample_message(message_id))
    arrived = [str(message["Message-ID"]) for message in trial.delivered()]
    _require(
        arrived == ["<report-1@school.example>", "<report-2@school.example>"], "two messages did not arrive as two"
    )


def the_message_itself_is_left_alone(trial: MailerTrial) -> None:
    """Sending changes nothing in the message: the outbox may have to send it again."""
    message = sample_message()
    before = message.as_bytes()
    trial.mailer.send(message)
    _require(message.as_bytes() == before, "sending changed the message")


def a_message_without_an_id_is_refused(trial: MailerTrial) -> None:
    """Without a Message-ID nobody could tell later whether it was sent (DOMAIN rule 7)."""
    message = sample_message()
    del message["Message-ID"]
    _refused(trial, message, "a message without a Message-ID")


def a_message_to_two_people_is_refused(trial: MailerTrial) -> None:
    """One recipient each (DOMAIN rule 23)."""
    message = sample_message()
    message["Cc"] = "lead@school.example"
    _refused(trial, message, "a message to two people")


def unreachable_may_be_tried_again(trial: MailerTrial) -> None:
    """With nowhere to deliver to, `send` says "later" and nothing of the message."""
    try:
        trial.unreachable.send(sample_message())
    except RetriableError as error:
        _silent_about_the_message(str(error))
    else:
        raise ContractError("a mailer with nowhere to deliver to did not ask to be tried again")


def results_are_silent_about_the_message(trial: MailerTrial) -> None:
    """What `send` reports goes into logs: no address, no subject, no content."""
    _silent_about_the_message(trial.mailer.send(sample_message()).detail)


def check_tells_good_from_bad(trial: MailerTrial) -> None:
    """`check` never raises; it finds something wrong exactly where nothing could be delivered; it delivers nothing."""
    good = [finding.severity for finding in trial.mailer.check()]
    _require(bool(good) and Severity.WRONG not in good, "check finds a good mailer wrong, or says nothing")
    wrong = [finding for finding in trial.unreachable.check() if finding.severity is Severity.WRONG]
    _require(bool(wrong), "check does not notice that nothing can be delivered")
    _require(all(finding.do for finding in wrong), "check does not say what to do")
    _require(not trial.delivered(), "check delivered something")


CHECKS: tuple[Callable[[MailerTrial], None], ...] = (
    a_message_arrives_once_and_whole,
    two_messages_arrive_as_two,
    the_message_itself_is_left_alone,
    a_message_without_an_id_is_refused,
    a_message_to_two_people_is_refused,
    unreachable_may_be_tried_again,
    results_are_silent_about_the_message,
    check_tells_good_from_bad,
)


def _require(kept: bool, broken: str) -> None:
    if not kept:
        raise ContractError(broken)


def _refused(trial: MailerTrial, message: EmailMessage, what: str) -> None:
    _require(trial.mailer.send(message).outcome is SendOutcome.REFUSED, f"{what} was not refused")
    _require(not trial.delivered(), f"{what} was delivered all the same")


def _silent_about_the_message(said: str) -> None:
    for secret in (SUBJECT, RECIPIENT, "tutors", "Brontë"):
        _require(secret not in said, "a result or an error repeats something of the message")


def _body(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    return str(part.get_content()).replace("\r\n", "\n") if part is not None else ""
