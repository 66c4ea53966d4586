"""What did the accusation guard find, and has a person looked at exactly that (DOMAIN rule 8a)?"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence

from sims_sync.compliance.facts import HoldReason
from sims_sync.context import RunContext
from sims_sync.errors import RunError
from sims_sync.outcome import Problem
from sims_sync.records import Kind
from sims_sync.school_year import HalfTermId
from sims_sync.store.decisions import record_audit
from sims_sync.store.going_live import Release, load_releases, save_release
from sims_sync.store.plans import waiting_plans
from sims_sync.store.reads import load_missing, load_quarantine


def still_held(
    context: RunContext, half_term: HalfTermId, occasion: str, held: Sequence[HoldReason]
) -> tuple[HoldReason, ...]:
    """What nobody has released: a release is of the very sentences that were shown, so any other number holds again."""
    if not held:
        return ()
    with context.store.reading() as connection:
        releases = load_releases(connection, context.school_id, str(half_term), occasion)
    released = frozenset[str]().union(*(each.found for each in releases))
    marks = _marks(context)
    return tuple(reason for reason in held if not reason.releasable or _shown(reason, marks) not in released)


def release_held(
    context: RunContext, half_term: HalfTermId, occasion: str, held: Sequence[HoldReason], *, who: str, reason: str
) -> Release:
    """Record that a person looked, and that it is so; the next run sends.

    Raises:
        RunError: nothing is held, the data are incomplete (only new data help), or no reason was given.
    """
    incomplete = [each for each in held if not each.releasable]
    if incomplete:
        raise RunError(incomplete[0].code, f"This cannot be released: {incomplete[0].what}", incomplete[0].do)
    if not held:
        raise RunError("nothing-held", "Nothing is held for this occasion.", "See `sims-sync messages list`.")
    if not reason.strip():
        raise RunError("no-reason", "A release needs a reason.", "Say it with --reason.")
    now = context.now()
    release = Release(
        str(half_term), occasion, now, frozenset(_shown(each, _marks(context)) for each in held), who, reason.strip()
    )
    with context.store.writing() as connection:
        save_release(connection, context.school_id, release)
        record_audit(
            connection,
            context.school_id,
            at=now,
            who=who,
            action="messages-released",
            subject=str(half_term),
            detail={"occasion": occasion, "codes": sorted(each.code for each in held), "reason": release.reason},
        )
    return release


def _shown(reason: HoldReason, marks: Mapping[str, str]) -> str:
    """What is released: the sentence, and behind it which rows it was about, for another row may give the same one."""
    mark = marks.get(reason.code, "")
    return f"{reason.what} [{mark}]" if mark else reason.what


def _marks(context: RunContext) -> dict[str, str]:
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


def problems_of_held(held: Sequence[HoldReason]) -> tuple[Problem, ...]:
    """What the run says of them."""
    return tuple(Problem(reason.code, reason.what, reason.do) for reason in held)
