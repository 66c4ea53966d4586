"""How does a newer value typed in SIMS become the next version of our entry (DESIGN §5)? The earlier text is kept."""

from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from sims_sync.delivery import DeliveryState, StoredDelivery
from sims_sync.entry_text import normalise, read_no_target, read_review, read_target
from sims_sync.plan import Action, Change
from sims_sync.records import Entry
from sims_sync.store.entries import Origin, apply_entries, load_entry


def adopt(
    connection: Connection, school: str, row: StoredDelivery, text: str, now: datetime, run_id: str
) -> StoredDelivery:
    """Write the entry's next version and give back the delivery, confirmed with the text that SIMS holds."""
    found = load_entry(connection, school, row.entry_key)
    if found is not None:
        before, source = found
        after = adopted(before, row, text)
        if after != before:
            change = Change(Action.CHANGE, before.key, after, before)
            apply_entries(connection, school, [change], Origin(source, run_id))
    return replace(
        row,
        state=DeliveryState.CONFIRMED,
        reason="typed-in-sims",
        revision=row.revision + 1,
        text=normalise(text),
        attempts=0,
        confirmed_at=now,
        confirmed_revision=row.revision + 1,
        sims_text=None,
        over_theirs=False,
    )


def adopted(entry: Entry, row: StoredDelivery, text: str) -> Entry:
    """The entry with the text of one of its targets or reviews as SIMS has it; what SIMS has no place for stays."""
    at = row.position - 1
    if row.slot.startswith("review"):
        was = entry.reviews[at]
        now = read_review(text)
        kept = replace(now, outcome=now.outcome or was.outcome)
        return replace(entry, reviews=(*entry.reviews[:at], kept, *entry.reviews[at + 1 :]))
    reason = read_no_target(text)
    if not entry.targets:
        return (
            replace(entry, no_target_reason=reason)
            if reason
            else replace(entry, no_target_reason=None, targets=(read_target(text),))
        )
    target = replace(read_target(text), area=entry.targets[at].area)
    return replace(entry, targets=(*entry.targets[:at], target, *entry.targets[at + 1 :]))
