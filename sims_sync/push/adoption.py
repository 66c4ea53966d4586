"""How does a newer value typed in SIMS become the next version of our entry (DESIGN §5)? The earlier text is kept.

The adopted text was never sent by us, so it is none of the texts that a later revision may be written over.
"""

from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from sims_sync.compliance.entries import text_passes
from sims_sync.delivery import DeliveryState, StoredDelivery
from sims_sync.entry_text import normalise, read_no_target, read_review, read_target
from sims_sync.plan import Action, Change
from sims_sync.push.wanted import Place, lines_of, says_the_same
from sims_sync.records import Entry, EntryState
from sims_sync.store.entries import Origin, apply_entries, load_entry

ADOPTED = "typed-in-sims"


def adopt(
    connection: Connection, school: str, row: StoredDelivery, text: str, now: datetime, run_id: str
) -> StoredDelivery | None:
    """Write the entry's next version and give back the delivery, confirmed with the text that SIMS holds.

    None where the entry was withdrawn, or has no longer a text in that place: nothing is written then.
    """
    found = load_entry(connection, school, row.entry_key)
    if found is not None:
        before, source = found
        if not _has_place(before, row):
            return None
        after = adopted(before, row, text)
        if after != before:
            change = Change(Action.CHANGE, before.key, after, before)
            apply_entries(connection, school, [change], Origin(source, run_id))
    return replace(
        row,
        state=DeliveryState.CONFIRMED,
        reason=ADOPTED,
        revision=row.revision + 1,
        text=normalise(text),
        attempts=0,
        confirmed_at=now,
        confirmed_revision=row.revision + 1,
        sims_text=None,
        over_theirs=False,
    )


def may_adopt(connection: Connection, school: str, row: StoredDelivery) -> bool:
    """Whether a newer value in SIMS may be adopted unasked: no unsent local edit competes with it."""
    found = load_entry(connection, school, row.entry_key)
    if found is None:
        return True
    entry, _ = found
    if not _has_place(entry, row):
        return False
    (now,) = [line for line in lines_of([entry], lambda _: row.half_term) if line.place == _place_of(row)]
    return says_the_same(row.text, now)


def is_too_short(row: StoredDelivery, text: str) -> bool:
    """Whether a value typed in SIMS fails the text test (rule 15)."""
    if row.slot.startswith("review"):
        read = read_review(text)
        return read.outcome is None and not text_passes(read.text)  # an outcome is enough (rule 14)
    return not text_passes(read_no_target(text) or read_target(text).text)


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


def _place_of(row: StoredDelivery) -> Place:
    return row.entry_key, row.slot.partition("-")[0], row.position


def _has_place(entry: Entry, row: StoredDelivery) -> bool:
    lines = lines_of([entry], lambda _: row.half_term)
    return entry.state is EntryState.SUBMITTED and _place_of(row) in {line.place for line in lines}
