"""On what is a destination tried: which deliveries, which twins of it that fail, and what SIMS holds in truth?"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from sims_sync.connector import Destination
from sims_sync.records import Delivery, Slot, StudentRef

SECRET_TEXT = "Zorbinquist"  # in each text and name: no sentence may repeat it  # noqa: S105 - no password
ASPECTS: Mapping[Slot, str] = {
    Slot.TARGET_1: "Mentoring Target 1",
    Slot.TARGET_2: "Mentoring Target 2",
    Slot.REVIEW_1: "Mentoring Review 1",
}
RESULT_SET = "Mentoring Autumn 2 2026/27"
TYPED_TEXT = "Typed in SIMS by a teacher, and to be left alone"


@dataclass(frozen=True, slots=True)
class DestinationTrial:
    """Destinations of one kind of connector under test. What cannot happen there is left None or empty.

    `deliveries` (at least three, e.g. from `sample_deliveries`) are of different places, all of them known and empty.
    `stands(delivery)` is the text that SIMS holds in its place in truth, or None; `type_in(delivery, text)` types one.
    `refused` are deliveries that must be refused, by the code of the receipt. `broken` takes some or all writes over
    without ever saying so, or says so and does not; `broken_stands` is the truth there. `unreachable` has nowhere to
    write to.
    """

    destination: Destination
    deliveries: Sequence[Delivery]
    stands: Callable[[Delivery], str | None] | None = None
    type_in: Callable[[Delivery, str], None] | None = None
    refused: Mapping[str, Delivery] = field(default_factory=dict)
    broken: Destination | None = None
    broken_stands: Callable[[Delivery], str | None] | None = None
    unreachable: Destination | None = None

    @property
    def looks(self) -> bool:
        """Whether the destination can look into SIMS itself."""
        return not self.destination.traits.needs_person


def sample_deliveries(*students: StudentRef) -> list[Delivery]:
    """Three deliveries for each student; with characters that windows-1252 has beyond ASCII."""
    return [
        Delivery(
            delivery_key=f"2026-27/autumn-2/{number}/{slot.value}",
            student=replace(student, surname=SECRET_TEXT),
            forename=SECRET_TEXT,
            half_term="2026-27/autumn-2",
            slot=slot,
            aspect=aspect,
            result_set=RESULT_SET,
            text=f"Target: Learn ten “key words” – {SECRET_TEXT} & <Co> £5 | By: 18/12/2026 | No {number} {slot.value}",
            result_date=date(2026, 11, 20),
        )
        for number, student in enumerate(students, start=1)
        for slot, aspect in ASPECTS.items()
    ]


def same_text(found: str | None, sent: str) -> bool:
    """Whether SIMS holds what was sent, after its own normalisation of white space."""
    return found is not None and " ".join(found.split()) == " ".join(sent.split())
