"""A person looks at what the accusation guard found, and says that it is so (DOMAIN rule 8a)."""

from collections.abc import Sequence

from sims_sync.compliance.facts import HoldReason
from sims_sync.context import RunContext
from sims_sync.errors import RunError
from sims_sync.outcome import Problem
from sims_sync.released import marks_of, sentence_of
from sims_sync.school_year import HalfTermId
from sims_sync.store.decisions import record_audit
from sims_sync.store.going_live import Release, save_release


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
        str(half_term),
        occasion,
        now,
        frozenset(sentence_of(each, marks_of(context)) for each in held),
        who,
        reason.strip(),
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


def problems_of_held(held: Sequence[HoldReason]) -> tuple[Problem, ...]:
    """What the run says of them."""
    return tuple(Problem(reason.code, reason.what, reason.do) for reason in held)
