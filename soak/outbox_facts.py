"""What must the mailbox of a killed school hold, beside that of one which was left alone (DOMAIN rules 5 to 7)?

The outbox of the store says what it knows of each message; the mail server's log says what it took.
"""

import json
import sqlite3
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from sims_sync.demo.roll import DEMO_EMAIL_DOMAIN
from sims_sync.messages.letters import MessageKind
from sims_sync.school_year import SchoolYear
from soak.folder import sims_sync
from soak.post import Mail

# What is compared. Alerts to the admin are counted only: a message that became unknown is one more reason for one.
TO_STAFF = frozenset(
    {MessageKind.REMINDER, MessageKind.REPORT, MessageKind.LEAD_NOTE, MessageKind.READINESS, MessageKind.CORRECTION}
)

ADMIN_ADDRESS = f"admin@{DEMO_EMAIL_DOMAIN}"


@dataclass(frozen=True, slots=True)
class Mailbox:
    """What came to staff (Message-ID and recipient), the subjects of what else came, and what the outbox says of it."""

    came: Counter[tuple[str, str]]
    others: Counter[str]
    unknown: frozenset[str]
    sent: frozenset[str]
    outside: int


def mailbox(folder: Path, mails: Sequence[Mail], year: SchoolYear) -> Mailbox:
    """Read both sides. `outside`: how many to staff are dated outside the send window."""
    with closing(sqlite3.connect(folder / "sims-sync.db")) as store:
        rows = store.execute("SELECT message_id, kind, state FROM message").fetchall()
    kinds = {message_id: kind for message_id, kind, _ in rows}
    to_staff = [mail for mail in mails if _is_to_staff(mail, kinds.get(mail.message_id))]
    states = {message_id: state for message_id, kind, state in rows if kind in TO_STAFF}
    return Mailbox(
        came=Counter((mail.message_id, mail.recipient) for mail in to_staff),
        others=Counter(mail.subject for mail in mails if mail not in to_staff),
        unknown=frozenset(name for name, state in states.items() if state == "unknown"),
        sent=frozenset(name for name, state in states.items() if state == "sent"),
        outside=sum(not year.in_send_window(mail.dated) for mail in to_staff),
    )


def _is_to_staff(mail: Mail, kind: str | None) -> bool:
    """What no outbox knows of is to staff, but for what the admin is told while the store cannot be opened."""
    return kind in TO_STAFF if kind is not None else mail.recipient != ADMIN_ADDRESS


def listed_as_unknown(folder: Path) -> frozenset[str]:
    """What `messages list` shows a person as unknown, of messages to staff."""
    listed = json.loads(sims_sync(folder, "messages", "list", "--json").printed)["messages"]
    return frozenset(row["message_id"] for row in listed if row["kind"] in TO_STAFF and row["state"] == "unknown")


def mailbox_faults(found: Mailbox, wanted: Mailbox, kills: int) -> list[str]:
    """What is wrong with the killed school's mailbox; nothing: each message came once, or is listed as unknown."""
    came = {message_id for message_id, _ in found.came}
    wanted_ids = {message_id for message_id, _ in wanted.came}
    twice = sum(count > 1 for count in found.came.values())
    too_many = found.came.keys() - wanted.came.keys()
    lost = wanted_ids - came - found.unknown
    listed_wrongly = (found.sent | found.unknown) ^ wanted_ids
    faults = [
        (twice, f"{twice} messages came twice"),
        (too_many, f"{len(too_many)} came that should not, or to another reader"),
        (lost, f"{len(lost)} neither came nor are listed as unknown"),
        (found.sent - came, f"{len(found.sent - came)} are listed as sent and did not come"),
        (listed_wrongly, f"{len(listed_wrongly)} are listed as neither sent nor unknown, or are too many"),
        (len(found.unknown) > kills, f"{len(found.unknown)} are unknown after {kills} kills"),
        (found.outside, f"{found.outside} left outside the send window"),
    ]
    return [text for wrong, text in faults if wrong]
