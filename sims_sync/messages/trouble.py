"""What in the outbox needs a person (DOMAIN rule 7)?"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sims_sync.context import RunContext
from sims_sync.messages.letters import TO_ADMIN
from sims_sync.outcome import Problem
from sims_sync.store.messages import FAILED, REFUSED, UNKNOWN
from sims_sync.store.standing import MessageCount, count_messages

FAILED_FOR = timedelta(hours=24)  # so long what did not leave is tried again without a word
TROUBLED = (UNKNOWN, REFUSED, FAILED)
_LIST = "See `sims-sync messages list`."


@dataclass(frozen=True, slots=True)
class Trouble:
    """One kind of trouble: its sentence, since when at the latest, and the newest message's id, for each to be told."""

    problem: Problem
    since: datetime
    newest_id: str


def outbox_problems(context: RunContext) -> tuple[Problem, ...]:
    """What a run says of the outbox: unknown and refused at once, failing only after 24 hours."""
    with context.store.reading() as connection:
        found = count_messages(connection, context.school_id, TROUBLED)
    return tuple(
        each.problem
        for each in outbox_troubles(found)
        if each.problem.code != "mail-failed" or context.now() - each.since > FAILED_FOR
    )


def outbox_troubles(counts: Sequence[MessageCount]) -> tuple[Trouble, ...]:
    """Sentences about the messages to staff that are unknown, refused or failing; those to the admin aside."""
    staff = [each for each in counts if each.kind not in TO_ADMIN]
    return tuple(trouble for state in TROUBLED if (trouble := _trouble(staff, state)) is not None)


def _trouble(counts: Sequence[MessageCount], state: str) -> Trouble | None:
    here = [each for each in counts if each.state == state]
    if not here:
        return None
    newest = max(here, key=lambda each: each.newest)
    return Trouble(
        _problem(sum(each.count for each in here), state), min(each.oldest for each in here), newest.newest_id
    )


def _problem(count: int, state: str) -> Problem:
    many = f"{count} {'message' if count == 1 else 'messages'}"
    if state == UNKNOWN:
        what = f"{many} may or may not have left: sending broke off, or a backup was restored."
        return Problem(
            "mail-unknown", what, f"{_LIST} Look into the mailbox, then `messages arrived`, `retry` or `discard`."
        )
    if state == REFUSED:
        what = f"{many} {'was' if count == 1 else 'were'} refused by the mail server."
        return Problem("mail-refused", what, f"{_LIST} Mend the address, then `messages retry`.")
    what = f"{many} {'has' if count == 1 else 'have'} not left yet; they are tried again by themselves."
    return Problem("mail-failed", what, f"{_LIST} Check the mail settings with `sims-sync check`.")
