"""Brings the deliveries into line with the entries: what must change, and writing that down (DESIGN §5)."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from sims_sync.context import RunContext
from sims_sync.delivery import DeliveryState
from sims_sync.guard import are_too_many, limits_of
from sims_sync.push.wanted import DeliveryChange, StudentTerm, lines_of, plan_deliveries
from sims_sync.records import Entry, EntryState
from sims_sync.school_year import HalfTermId, SchoolYear
from sims_sync.store.deliveries import drop_delivery, load_deliveries, save_deliveries, tell
from sims_sync.store.entries import load_entries
from sims_sync.typed_entries import ORIGIN as TYPED
from sims_sync.typed_entries import slot_names

MANY_WITHDRAWALS = "many-withdrawals"


@dataclass(frozen=True, slots=True)
class Queued:
    """What was planned: every change, in order."""

    changes: tuple[DeliveryChange, ...]

    def count(self, what: str) -> int:
        """How many changes of a kind: "added", "corrected", "withdrawn", "moved"."""
        return sum(change.what == what for change in self.changes)


def plan_queue(connection: Connection, context: RunContext, school_year: SchoolYear) -> Queued:
    """What would change; nothing is written."""
    entries = load_entries(connection, context.school_id)
    ours = [entry for entry in entries.values() if entry.origin != TYPED]
    starts_with = HalfTermId.parse(context.school.programme.starts_with)
    known = set(school_year.ids_from(starts_with))

    def half_term_of(entry: Entry) -> str | None:
        owner = HalfTermId.parse(entry.half_term) if entry.half_term else school_year.owner(entry.interview_date)
        return str(owner) if owner in known else None

    now = context.now()
    stored = load_deliveries(connection, context.school_id)
    taken = _typed_slots(context, entries)
    planned = plan_deliveries(lines_of(ours, half_term_of), stored, taken, now, school_year.local_date(now))
    there, half_terms = {entry.key for entry in ours}, {str(half_term) for half_term in known}
    changes = [each for each in planned if each.what != "withdrawn" or _is_withdrawn(each, there, half_terms)]
    confirmed = sum(row.state is DeliveryState.CONFIRMED for row in stored.values())
    return Queued(tuple(_hold_a_flood(changes, confirmed, context)))


def queue_deliveries(context: RunContext) -> Queued:
    """Plan, and write the plan down before anything leaves (P1)."""
    school_year = context.school_year()
    with context.store.writing() as connection:
        queued = plan_queue(connection, context, school_year)
        for change in queued.changes:
            if change.replaces is not None:
                drop_delivery(connection, context.school_id, change.replaces)
        rows = [change.delivery for change in queued.changes]
        save_deliveries(connection, context.school_id, rows, context.run_id)
        tell(connection, context.school_id, [(row, "") for row in rows], context.now(), context.run_id)
    return queued


def _is_withdrawn(change: DeliveryChange, entries: AbstractSet[str], half_terms: AbstractSet[str]) -> bool:
    """Whether its author took it back.

    SIMS keeps the record: what we keep no longer, or what is of a year whose calendar is no longer configured, stays.
    """
    return change.delivery.entry_key in entries and change.delivery.half_term in half_terms


def _hold_a_flood(changes: Sequence[DeliveryChange], confirmed: int, context: RunContext) -> list[DeliveryChange]:
    """Withdrawals by the dozen are held like other removals: a broken source must not empty SIMS."""
    flood = sum(map(_overwrites_sims, changes))
    if not are_too_many(flood, max(confirmed, 1), limits_of(context.school.guard)):
        return list(changes)
    return [
        replace(each, delivery=replace(each.delivery, state=DeliveryState.HELD, reason=MANY_WITHDRAWALS))
        if _overwrites_sims(each)
        else each
        for each in changes
    ]


def _overwrites_sims(change: DeliveryChange) -> bool:
    return change.what == "withdrawn" and change.delivery.was_attempted


def _typed_slots(context: RunContext, entries: Mapping[str, Entry]) -> dict[StudentTerm, dict[str, str]]:
    """Slot → text typed there in SIMS: nothing of ours may take its place."""
    names = slot_names(context.school.entries)
    taken: dict[StudentTerm, dict[str, str]] = defaultdict(dict)
    for entry in entries.values():
        if entry.origin != TYPED or entry.state is not EntryState.SUBMITTED or entry.half_term is None:
            continue
        slot = names.get(entry.key.split(":")[2])
        if slot is not None:
            said = [target.text for target in entry.targets] + [review.text for review in entry.reviews]
            taken[entry.half_term, entry.student_id][slot] = said[0] if said else ""
    return taken
