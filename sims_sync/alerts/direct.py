"""How is the admin mailed where the outbox cannot be used: straight through the mailer, in our own plain words?"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import structlog

from sims_sync.config import SchoolConfig
from sims_sync.connector import ConnectorContext, SendOutcome
from sims_sync.errors import SimsSyncError
from sims_sync.registry import build_mailer
from sims_sync.report.mail import headed, is_deliverable
from sims_sync.secrets import read_secret

log = structlog.get_logger("sims_sync.alerts")


@dataclass(frozen=True, slots=True)
class MailSettings:
    """All that is needed to mail the admin. `options`: the mailer's keys; secrets are references in them."""

    admin: str
    sender: str
    allowed_domains: tuple[str, ...]
    connector: str = "mail_folder"
    options: Mapping[str, object] = field(default_factory=dict)


def settings_of(school: SchoolConfig) -> MailSettings:
    """A school's own."""
    messages = school.messages
    return MailSettings(
        school.people.admin,
        messages.sender,
        messages.allowed_domains,
        messages.mailer.connector,
        messages.mailer.options,
    )


def plain_context(base: Path, work: Path, now: Callable[[], datetime]) -> ConnectorContext:
    """What a mailer is built with where there is no school; the work folder need not be there."""
    return ConnectorContext(
        base=base, work=work, now=now, secret=lambda reference: read_secret(reference, base), environment={}
    )


def send_directly(
    settings: MailSettings, subject: str, lines: Sequence[str], context: ConnectorContext, occasion: str
) -> bool:
    """Mail the admin; whether the mail is settled: it left, or may have. Raises nothing that can be foreseen.

    The same `occasion` has the same Message-ID: a mailbox shows at once whether it came twice.
    """
    if not is_deliverable(settings.admin, settings.allowed_domains):
        log.warning("the admin cannot be mailed", code="no-address")
        return False
    digest = hashlib.blake2b(f"{settings.admin}/{occasion}".encode(), digest_size=12).hexdigest()
    message = headed(
        settings.sender,
        settings.admin,
        subject,
        "",
        message_id=f"<{digest}@{settings.sender.rsplit('@', 1)[-1]}>",
        date=context.now(),
    )
    message.set_content("\n\n".join(lines) + "\n", cte="quoted-printable")
    try:
        mailer = build_mailer(settings.connector, settings.options, context)
        result = mailer.send(message)
    except SimsSyncError as error:
        log.warning("the admin could not be mailed", code=error.code)
        return False
    except Exception as error:  # noqa: BLE001 - whatever a mailer does, the one who reports a fault must not fail of it
        log.warning("the admin could not be mailed", code=type(error).__name__)
        return False
    if result.outcome is SendOutcome.REFUSED:
        log.warning("the mail to the admin was refused")
    return result.outcome is not SendOutcome.REFUSED
