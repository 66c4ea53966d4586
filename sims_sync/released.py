"""Has a person looked at exactly what the accusation guard found (DOMAIN rule 8a)?"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence

from sims_sync.compliance.facts import HoldReason
from sims_sync.context import RunContext
from sims_sync.records import Kind
from sims_sync.school_year import HalfTermId
from sims_sync.store.going_live import load_releases
from sims_sync.store.plans import waiting_plans
from sims_sync.store.reads import load_missing, load_quarantine

REPORT = "report"  # the occasion by whose release the figures after the deadline may be shown, too


def still_held(
    context: RunContext, half_term: HalfTermId, occasion: str, held: Sequence[HoldReason]
) -> tuple[HoldReason, ...]:
    """What nobody has released: a release is of the very sentences that were shown, so any other number holds again."""
    if not held:
        return ()
    with context.store.reading() as connection:
        releases = load_releases(connection, context.school_id, str(half_term), occasion)
    released = frozenset[str]().union(*(each.found for each in releases))
    marks = marks_of(context)
    return tuple(reason for reason in held if not reason.releasable or sentence_of(reason, marks) not in released)


def sentence_of(reason: HoldReason, marks: Mapping[str, str]) -> str:
    """What is released: the sentence, and behind it which rows it was about, for another row may give the same one."""
    mark = marks.get(reason.code, "")
    return f"{reason.what} [{mark}]" if mark else reason.what


def marks_of(context: RunContext) -> dict[str, str]:
    """Hold code → a digest of the rows it rests on, as they are now."""
    with context.store.reading() as connection:
        untied = [row.quarantine_id for row in load_quarantine(connection, context.school_id) if row.student_id is None]
        missing = [
            f"{kind}/{key}"
            for kind in Kind
            for key, row in load_missing(connection, context.school_id, kind).items()
            if row.held
        ]
        waiting = waiting_plans(connection, context.school_id)
    return {"quarantine-untied": _digest(untied), "source-in-doubt": _digest([*missing, *waiting])}


def _digest(keys: Iterable[str]) -> str:
    return hashlib.blake2b("\n".join(sorted(keys)).encode(), digest_size=6).hexdigest()
