"""What must the admin be told, and when again (DOMAIN rules 6, 7, 8, 8a)?"""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import timedelta

from sims_sync.context import RunContext
from sims_sync.messages.letters import ADMIN, PROGRAMME_LEAD, Compose, Letter, MessageKind
from sims_sync.messages.outbox import Outbox
from sims_sync.messages.wordings import compose_letter
from sims_sync.outcome import Outcome, Problem
from sims_sync.school_year import HalfTermId, SchoolYear
from sims_sync.store.messages import FAILED, REFUSED, UNKNOWN, StoredMessage, load_messages
from sims_sync.store.runs import ended_well_since

JOB = "send_messages"
NOUN = ("alert", "alerts")
FAILED_FOR = timedelta(hours=24)
_LIST = "See `sims-sync messages list`."


def outbox_problems(context: RunContext) -> tuple[Problem, ...]:
    """What in the outbox needs a person: unknown at once, refused, and failing for more than 24 hours (rule 7)."""
    with context.store.reading() as connection:
        rows = [row for row in load_messages(connection, context.school_id) if row.kind != MessageKind.ALERT]
    unknown = sum(row.state == UNKNOWN for row in rows)
    refused = sum(row.state == REFUSED for row in rows)
    failed = sum(row.state == FAILED and context.now() - row.created > FAILED_FOR for row in rows)
    found = []
    if unknown:
        what = f"{unknown} messages may or may not have left: they were being sent when the service was stopped."
        do = f"{_LIST} Look into the mailbox, then `messages retry` or `messages discard`."
        found.append(Problem("mail-unknown", what, do, source=_newest(rows, UNKNOWN)))
    if refused:
        what = f"{refused} messages were refused by the mail server."
        found.append(
            Problem("mail-refused", what, f"{_LIST} Mend the address, then `messages retry`.", _newest(rows, REFUSED))
        )
    if failed:
        what = f"{failed} messages have not left for more than 24 hours."
        found.append(Problem("mail-failed", what, f"{_LIST} Check the mail settings with `sims-sync check`."))
    return tuple(found)


def alert(context: RunContext, school_year: SchoolYear, problems: Sequence[Problem]) -> Outcome:
    """Tell the admin, at any time of day; once, and again only if the reason changes or comes back (rule 6).

    What the accusation guard holds goes to the programme lead too: the release is theirs (rule 8a).
    """
    half_term = school_year.latest_started(school_year.local_date(context.now()))
    if not problems or half_term is None or context.school.messages.mode == "off":
        return Outcome()
    people = {ADMIN: context.school.people.admin}
    if any("release" in problem.do for problem in problems):
        people[PROGRAMME_LEAD] = context.school.people.programme_lead
    letters = [_letter(context, half_term, staff_id, address, problems) for staff_id, address in people.items()]
    return Outbox(context, school_year, NOUN).send([letter for letter in letters if letter is not None])


def _letter(
    context: RunContext, half_term: HalfTermId, staff_id: str, address: str, problems: Sequence[Problem]
) -> Letter | None:
    reason = _reason(problems)
    with context.store.reading() as connection:
        told = [
            row
            for row in load_messages(connection, context.school_id)
            if row.kind == MessageKind.ALERT and row.staff_id == staff_id
        ]
        last = next((row for row in told if _reason_of(row) == reason), None)
        if last is not None and ended_well_since(connection, context.school_id, JOB, last.created):
            last = None  # it was over, and has come back
    if last is not None and last.state != FAILED:
        return None
    return Letter(
        kind=MessageKind.ALERT,
        half_term=HalfTermId.parse(last.half_term) if last else half_term,
        occasion=last.occasion if last else f"{reason}-{context.now():%Y%m%dT%H%M%S}",
        staff_id=staff_id,
        intended_for="the admin",
        day=context.school_year().local_date(context.now()),
        compose=_compose(context, problems),
        address=address,
        any_time=True,
    )


def _compose(context: RunContext, problems: Sequence[Problem]) -> Compose:
    content: Mapping[str, object] = {
        "problems": [{"what": problem.what, "do": problem.do} for problem in problems],
        "job": JOB,
        "school": context.school.school.name,
    }
    return lambda envelope: compose_letter(context.school, MessageKind.ALERT, envelope, content)


def _reason(problems: Sequence[Problem]) -> str:
    """What makes an alert another one: which kinds of fault, and of mail the newest message concerned."""
    codes = sorted({f"{problem.code}:{problem.source}" for problem in problems})
    return hashlib.blake2b("/".join(codes).encode(), digest_size=4).hexdigest()


def _newest(rows: Sequence[StoredMessage], state: str) -> str:
    """The Message-ID of the newest message in a state, for it to be told of each once."""
    return next(row.message_id for row in rows if row.state == state)


def _reason_of(row: StoredMessage) -> str:
    return row.occasion.partition("-")[0]
