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
            self._texts[row.student_id, row.half_term] |= row.ours
            self._texts[row.student_id, ""] |= row.ours

    def claims(self, student_id: str, place: tuple[str | None, str | None], text: str, at: datetime) -> bool:
        """Whether a value that an export begun `at` shows belongs to a delivery, and so is no entry of its own.

        `place`: its half term and slot, None where unknown. What a tutor typed where nothing of ours ever was, or
        where ours was withdrawn, is theirs.
        """
        half_term, slot = place
        row = self.deliveries.get(delivery_key(half_term, student_id, slot)) if half_term and slot else None
        if row is not None:
            self.looks.append(Look(row.delivery_key, text, at, absent_counts=False))
            seen = what_is_seen(row, text)
            gone = row.withdrawal or row.state is DeliveryState.WITHDRAWN
            if row.was_attempted and (seen is not Seen.THEIRS or not gone):
                return True
        return normalise(text) in self._texts.get((student_id, half_term or ""), ())


def our_values(connection: Connection, school: str) -> OurValues:
    """What the store knows of our own values."""
    return OurValues(load_deliveries(connection, school))
