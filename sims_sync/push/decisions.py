"""What can a person decide about a delivery that needs one (DESIGN §5, §6)?"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import replace
from hashlib import blake2b

from sqlalchemy import Connection

from sims_sync.context import RunContext
from sims_sync.delivery import NEEDS_PERSON, DeliveryState, StoredDelivery
from sims_sync.errors import ConfigProblem, ConfigurationError
from sims_sync.push.adoption import adopt
from sims_sync.store.decisions import record_audit
from sims_sync.store.deliveries import load_deliveries, save_deliveries, tell

NOT_BY_RETRY = frozenset({"slots-full", "too-long", "characters"})
_COMPETING = frozenset({DeliveryState.CONFLICT, DeliveryState.DIFFERS})

Decide = Callable[[Connection, RunContext, StoredDelivery], StoredDelivery]


def short_id(delivery_key: str) -> str:
    """What a person types instead of the whole key."""
    return blake2b(delivery_key.encode("utf-8"), digest_size=4).hexdigest()


def find_deliveries(connection: Connection, school: str, named: Iterable[str]) -> tuple[StoredDelivery, ...]:
    """The deliveries of these ids or keys.

    Raises:
        ConfigurationError: there is none of that id, or there are two.
    """
    names = tuple(dict.fromkeys(named))
    every = load_deliveries(connection, school)
    short = defaultdict(list)
    for key in every:
        short[short_id(key)].append(key)
    for name in names:
        keys = [name] if name in every else short.get(name, [])
        if len(keys) != 1:
            what = "names more than one delivery." if keys else "is no delivery."
            do = f"Name one by its whole key: {', '.join(keys)}." if keys else "See `sims-sync deliveries list`."
            raise ConfigurationError([ConfigProblem(name, what, do)])
    found = (every[name if name in every else short[name][0]] for name in names)
    return tuple({row.delivery_key: row for row in found}.values())


def decide(context: RunContext, named: Iterable[str], action: str, who: str, reason: str) -> int:
    """Take one of `DECISIONS` for each delivery named, with an audit line each; how many.

    Raises:
        ConfigurationError: one is unknown, or stands where the decision means nothing; then nothing is changed.
    """
    change, now = DECISIONS[action], context.now()
    with context.store.writing() as connection:
        rows = find_deliveries(connection, context.school_id, named)
        after = [change(connection, context, row) for row in rows]
        save_deliveries(connection, context.school_id, after, context.run_id)
        for row in after:
            detail = {"reason": reason}
            record_audit(
                connection,
                context.school_id,
                at=now,
                who=who,
                action=f"delivery-{action}",
                subject=row.delivery_key,
                detail=detail,
            )
        tell(connection, context.school_id, [(row, who) for row in after], now, context.run_id)
    return len(after)


def held_for(connection: Connection, school: str, reason: str) -> tuple[str, ...]:
    """The keys of everything that waits for a person for one reason."""
    rows = load_deliveries(connection, school, states=NEEDS_PERSON)
    return tuple(key for key, row in rows.items() if row.reason == reason)


def _retry(_connection: Connection, _context: RunContext, row: StoredDelivery) -> StoredDelivery:
    may = row.state in {DeliveryState.HELD, DeliveryState.REJECTED} and row.reason not in NOT_BY_RETRY
    _require(row, may, "is not held for something that trying again could mend")
    return replace(row, state=DeliveryState.QUEUED, reason="", attempts=0)


def _resend(_connection: Connection, context: RunContext, row: StoredDelivery) -> StoredDelivery:
    """Ours is to take the place of the text that the person was shown, not of one typed since then.

    It is a new revision, for no revision is written twice.
    """
    _require(row, row.state in _COMPETING, "does not compete with a value in SIMS")
    revision = row.revision + 1 if row.was_attempted else row.revision
    return replace(
        row,
        state=DeliveryState.QUEUED,
        reason="",
        revision=revision,
        over_theirs=True,
        attempts=0,
        queued_at=context.now(),
    )


def _keep_sims(connection: Connection, context: RunContext, row: StoredDelivery) -> StoredDelivery:
    """What SIMS holds is to stand: where it took the place of ours, it is our entry's next version."""
    _require(row, row.state in _COMPETING, "does not compete with a value in SIMS")
    if row.was_attempted and row.sims_text:
        kept = adopt(connection, context.school_id, row, row.sims_text, context.now(), context.run_id)
        _require(row, kept is not None, "is of an entry that no longer has this target or review")
        return kept or row
    return replace(row, state=DeliveryState.WITHDRAWN, reason="kept-sims")


def _discard(_connection: Connection, _context: RunContext, row: StoredDelivery) -> StoredDelivery:
    """It is not to be sent; the entry stays, and so does whatever SIMS holds."""
    may = row.state not in {DeliveryState.WITHDRAWN, DeliveryState.CONFIRMED, DeliveryState.SENDING}
    _require(row, may, "has come to its end already, or is being sent just now")
    return replace(row, state=DeliveryState.WITHDRAWN, reason="discarded")


DECISIONS: dict[str, Decide] = {"retry": _retry, "resend": _resend, "keep-sims": _keep_sims, "discard": _discard}


def _require(row: StoredDelivery, may: bool, what: str) -> None:
    if not may:
        name = short_id(row.delivery_key)
        raise ConfigurationError([ConfigProblem(name, f"{what} ({row.state.value}).", "See `deliveries show`.")])
