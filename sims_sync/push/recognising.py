"""Which values of an export are ours? Any value we ever sent is ours when it is seen again (rule 17)."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection

from sims_sync.delivery import DeliveryState, Seen, StoredDelivery, what_is_seen
from sims_sync.entry_text import normalise
from sims_sync.push.seen import Look
from sims_sync.push.wanted import delivery_key
from sims_sync.store.deliveries import load_deliveries


@dataclass(slots=True)
class OurValues:
    """Every delivery, and the looks that an export gives at them."""

    deliveries: Mapping[str, StoredDelivery]
    looks: list[Look] = field(default_factory=list)
    _texts: dict[tuple[str, str], set[str]] = field(default_factory=lambda: defaultdict(set))

    def __post_init__(self) -> None:
        for row in self.deliveries.values():
            if not _is_gone(row):
                self._texts[row.student_id, row.half_term] |= row.ours

    def claims(
        self,
        student_id: str,
        place: tuple[str | None, str | None],
        owner: str | None,
        text: str,
        at: datetime,
    ) -> bool:
        """Whether a value that an export begun `at` shows belongs to a delivery, and so is no entry of its own.

        `place`: the half term that its result set names, and its slot, None where unknown; `owner`: the half term that
        owns its date. What a tutor typed where nothing of ours ever was is theirs. So are our very words, in another
        half term or after ours was withdrawn: an entry too few would name a tutor who has made it.
        """
        half_term, slot = place
        row = self.deliveries.get(delivery_key(half_term, student_id, slot)) if half_term and slot else None
        if row is not None:
            self.looks.append(Look(row.delivery_key, text, at, absent_counts=False))
            seen = what_is_seen(row, text)
            if row.was_attempted and not _is_theirs(row, seen, at):
                return True
        return normalise(text) in self._texts.get((student_id, half_term or owner or ""), ())


def _is_theirs(row: StoredDelivery, seen: Seen, at: datetime) -> bool:
    """Whether what stands in a withdrawn delivery's place was typed there: our own words too, if ours was gone before.

    An export older than the proof that ours is gone still shows what we had sent.
    """
    if not _is_gone(row):
        return False
    was_gone = row.confirmed_revision == row.revision  # a withdrawal that a person discarded never reached SIMS
    typed_again = was_gone and seen is Seen.OURS and row.confirmed_at is not None and at > row.confirmed_at
    return seen is Seen.THEIRS or (typed_again and row.state is DeliveryState.WITHDRAWN)


def _is_gone(row: StoredDelivery) -> bool:
    return row.withdrawal or row.state is DeliveryState.WITHDRAWN


def our_values(connection: Connection, school: str) -> OurValues:
    """What the store knows of our own values."""
    return OurValues(load_deliveries(connection, school))
