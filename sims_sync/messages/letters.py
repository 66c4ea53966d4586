"""What is a message before it leaves: to whom, about which half term and occasion, and how its text is made?"""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from email.message import EmailMessage
from enum import StrEnum
from typing import Any, Literal

from sims_sync.config import SchoolConfig
from sims_sync.context import RunContext
from sims_sync.report.mail import headed, is_deliverable
from sims_sync.school_year import HalfTermId

Mode = Literal["shadow", "live"]
PROGRAMME_LEAD = "programme-lead"
ADMIN = "admin"
ADMINS_COPY = "+admin"  # behind the staff id in the key of the admin's copy


class MessageKind(StrEnum):
    """The kinds of message (DOMAIN rules 5, 13, 17, 18); the value stands in the message's key."""

    REMINDER = "tutor-reminder"
    REPORT = "head-of-house-report"
    LEAD_NOTE = "programme-lead-note"
    READINESS = "readiness"
    CORRECTION = "correction"
    ALERT = "admin-alert"
    RECOVERY = "admin-recovery"
    DIGEST = "daily-digest"


TO_ADMIN = frozenset({MessageKind.ALERT, MessageKind.RECOVERY, MessageKind.DIGEST})


@dataclass(frozen=True, slots=True)
class Envelope:
    """Everything a message needs besides what it says. `notice` is the shadow mark, "" in live mode."""

    recipient: str
    sender: str
    message_id: str
    date: datetime
    mode: Mode
    intended_for: str
    link: str | None
    allowed_domains: tuple[str, ...]

    @property
    def notice(self) -> str:
        """What subject and first line say where it did not go to the one it is meant for (rule 8c)."""
        return f"SHADOW \N{EN DASH} not sent to {self.intended_for}" if self.mode == "shadow" else ""


Compose = Callable[[Envelope], EmailMessage]


@dataclass(frozen=True, slots=True)
class Letter:
    """One message that is due. Its text is made when it leaves (rule 6: computed afresh then).

    `staff_id`: whose it is, part of rule 7's key. `address`: theirs, None = none is known. `fallback`: where it goes
    instead, where none is known (DOMAIN §1: the programme lead), None = nowhere. `day`: the school-local day it became
    due: going live sends nothing that became due before. `told`: what its reader learns, in counts, for a correction.
    `any_time`: outside the send window too, and to its addressee in shadow mode too: alerts to the admin (rule 6).
    `for_admin`: the admin's copy in shadow mode, a message of its own with its own key.
    """

    kind: MessageKind
    half_term: HalfTermId
    occasion: str
    staff_id: str
    intended_for: str
    day: date
    compose: Compose
    address: str | None = None
    fallback: str | None = None
    link: str | None = None
    any_time: bool = False
    told: Mapping[str, Any] = field(default_factory=dict)
    for_admin: bool = False


def message_key(school: str, half_term: HalfTermId, kind: MessageKind, occasion: str, staff_id: str) -> str:
    """Rule 7's key: school, academic year, half term, kind, occasion, staff id."""
    return "/".join((school, str(half_term), kind, occasion, staff_id))


def key_of(school: str, letter: Letter) -> str:
    """The key of one letter."""
    return message_key(school, letter.half_term, letter.kind, letter.occasion, letter.staff_id)


def with_admins_copies(school: SchoolConfig, letters: Sequence[Letter]) -> list[Letter]:
    """In shadow mode the admin receives everything too (rule 8c): each a message of its own, for a mail has one reader.

    It tells its reader nothing that a correction would have to take back: the lead's copy is corrected, and copied.
    An admin who is the programme lead has it already; one outside of the allowed domains may not have it.
    """
    admin = school.people.admin
    is_lead = admin.strip().casefold() == school.people.programme_lead.strip().casefold()
    if school.messages.mode == "live" or is_lead or not is_deliverable(admin, school.messages.allowed_domains):
        return list(letters)
    found: list[Letter] = []
    for letter in letters:
        found.append(letter)
        if not (letter.any_time or letter.for_admin):
            found.append(replace(letter, staff_id=f"{letter.staff_id}{ADMINS_COPY}", told={}, for_admin=True))
    return found


def recipient_of(school: SchoolConfig, letter: Letter) -> str | None:
    """Where it goes: in shadow mode to programme lead and admin (rule 8c); None = no address that mail may go to."""
    if school.messages.mode != "live" and not letter.any_time:
        return school.people.admin if letter.for_admin else school.people.programme_lead
    for address in (letter.address, letter.fallback):
        if address and is_deliverable(address, school.messages.allowed_domains):
            return address
    return None


def envelope_of(context: RunContext, letter: Letter, recipient: str) -> Envelope:
    """The envelope of one attempt: the same key always has the same Message-ID (rule 7)."""
    messages = context.school.messages
    live = messages.mode == "live" or letter.any_time
    return Envelope(
        recipient=recipient,
        sender=messages.sender,
        message_id=_message_id(messages.sender, key_of(context.school_id, letter)),
        date=context.now(),
        mode="live" if live else "shadow",
        intended_for=letter.intended_for,
        link=letter.link,
        allowed_domains=messages.allowed_domains,
    )


def addressed(envelope: Envelope, subject: str) -> EmailMessage:
    """A message with its headers and no body yet."""
    return headed(
        envelope.sender,
        envelope.recipient,
        subject,
        envelope.notice,
        message_id=envelope.message_id,
        date=envelope.date,
    )


def content_of(
    told: Mapping[str, Any], attempted_at: datetime, next_at: datetime | None, *, may_have_arrived: bool = False
) -> bytes:
    """What the outbox keeps beside a message's state: counts its reader learned, and when it was and will be tried.

    `may_have_arrived`: it was unknown once, so that what a person decided since does not say that nobody read it.
    """
    when = {"attempted_at": attempted_at.isoformat(), "next_at": next_at.isoformat() if next_at else None}
    return json.dumps(
        {**when, "told": told, "may_have_arrived": may_have_arrived}, ensure_ascii=False, sort_keys=True
    ).encode()


def read_content(content: bytes | None) -> dict[str, Any]:
    """`content_of` read back; empty for what an earlier release wrote."""
    return dict(json.loads(content)) if content else {}


def _message_id(sender: str, key: str) -> str:
    """A mailbox shows at once whether the same message came twice."""
    digest = hashlib.blake2b(key.encode(), digest_size=12).hexdigest()
    return f"<{digest}@{sender.rsplit('@', 1)[-1]}>"
