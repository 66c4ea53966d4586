"""What may a person decide about one message: it came, send it again, or give it up (DOMAIN rule 7)?"""

from datetime import datetime

from sims_sync.context import RunContext
from sims_sync.errors import RunError
from sims_sync.messages.letters import content_of, read_content
from sims_sync.store.decisions import record_audit
from sims_sync.store.messages import DISCARDED, FAILED, SENDING, SENT, UNKNOWN, StoredMessage, decide_state


def retry_message(context: RunContext, row: StoredMessage, who: str) -> None:
    """The next run sends it again, if it is still due. For one that may have left, a person has looked first.

    Raises:
        RunError: it has left, or is leaving.
    """
    _refuse_settled(row)
    _set(context, row, FAILED, who, "message-retried", "")


def discard_message(context: RunContext, row: StoredMessage, who: str, reason: str) -> None:
    """It is never sent.

    Raises:
        RunError: it has left, or is leaving.
    """
    _refuse_settled(row)
    _set(context, row, DISCARDED, who, "message-discarded", reason)


def message_arrived(context: RunContext, row: StoredMessage, who: str) -> None:
    """A person found it in the mailbox: one that may have left was sent, as its reader was told.

    Raises:
        RunError: it is not unknown whether it left, so that there was nothing to find out.
    """
    if row.state != UNKNOWN:
        what = f"It is not unknown whether it left: it is {row.state}."
        raise RunError("message-not-unknown", what, "See `sims-sync messages show`.")
    attempted = read_content(row.content).get("attempted_at")
    sent_at = datetime.fromisoformat(attempted) if attempted else row.created
    _set(context, row, SENT, who, "message-arrived", "Found in the mailbox.", sent_at=sent_at)


def _refuse_settled(row: StoredMessage) -> None:
    if row.state == SENT:
        raise RunError("message-sent", "It was sent, and cannot be called back.", "A restatement sends a correction.")
    if row.state == SENDING:
        raise RunError("message-sending", "It is being sent at this moment.", "Look again in a minute.")


def _set(
    context: RunContext,
    row: StoredMessage,
    state: str,
    who: str,
    action: str,
    reason: str,
    *,
    sent_at: datetime | None = None,
) -> None:
    with context.store.writing() as connection:
        content = read_content(row.content)
        told, may = content.get("told", {}), row.state == UNKNOWN or bool(content.get("may_have_arrived"))
        values = {
            "state": state,
            "detail": reason,
            "sent_at": sent_at,
            "content": content_of(told, row.created, None, may_have_arrived=may),
        }
        if not decide_state(connection, context.school_id, row, values):
            raise RunError("message-changed", "Something became of it a moment ago.", "Look at it again.")
        record_audit(
            connection,
            context.school_id,
            at=context.now(),
            who=who,
            action=action,
            subject=row.message_key,
            detail={"was": row.state, "reason": reason},
        )
