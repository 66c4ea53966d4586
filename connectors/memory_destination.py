"""What does a destination look like whose SIMS is in memory: the twin of the real ones, for tests of the push?"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import Enum
from typing import ClassVar

from sims_sync.connector import (
    ConnectorContext,
    Finding,
    Holding,
    MayWrite,
    Options,
    Receipt,
    ReceiptOutcome,
    Severity,
    Traits,
)
from sims_sync.errors import RetriableError
from sims_sync.records import Delivery

TEXT_LIMIT = 1000
ENCODING = "windows-1252"
CUT_CHARACTERS = 20
OTHER_TEXT = "A text that nobody sent and that stands here now"

Place = tuple[str, str, str]  # the student's key, the aspect, the result set


class MemoryFault(Enum):
    """What goes wrong with a write that is struck."""

    DROPPED = "accepted, and not kept"
    CUT = "accepted, and only the beginning kept"
    WRONG_VALUE = "accepted, and another text kept"
    UNKNOWN_TAKEN = "kept, and no answer came"
    UNKNOWN_LOST = "not kept, and no answer came"
    NOT_SENT = "SIMS could not be looked at, so nothing was sent"
    LOCKED = "refused: the result set is locked"
    RAISED = "nothing works any more: `deliver` raises"


@dataclass(frozen=True, slots=True)
class Standing:
    """What stands in one place."""

    text: str
    result_date: date | None = None


@dataclass(slots=True)
class MemorySims:
    """A SIMS in memory. Tests type into `places`, read `writes`, and switch faults on.

    `writes` are the deliveries that were taken over, in order. A `fault` strikes each write for which `strikes` says
    so, counted from 1; else every one. `reachable` False: it can neither be written to nor looked at.
    """

    places: dict[Place, Standing] = field(default_factory=dict)
    writes: list[Delivery] = field(default_factory=list)
    fault: MemoryFault | None = None
    strikes: Callable[[int], bool] | None = None
    reachable: bool = True
    locked_sets: set[str] = field(default_factory=set)
    quiet_seconds: float = 0.0
    _asked: int = 0

    def type_in(self, delivery: Delivery, text: str, result_date: date | None = None) -> None:
        """As a teacher does, in a delivery's place."""
        self.places[place_of(delivery)] = Standing(text, result_date)

    def text_in(self, delivery: Delivery) -> str | None:
        """What stands in a delivery's place."""
        standing = self.places.get(place_of(delivery))
        return standing.text if standing else None

    def fault_of_next_write(self) -> MemoryFault | None:
        """The fault that strikes the write now asked for."""
        self._asked += 1
        return self.fault if self.strikes is None or self.strikes(self._asked) else None

    def take_over(self, delivery: Delivery, text: str) -> None:
        """Keep a text, with its white space tidied as SIMS does."""
        self.writes.append(delivery)
        self.places[place_of(delivery)] = Standing(" ".join(text.split()), delivery.result_date)


class MemoryDestinationOptions(Options):
    """Which SIMS in memory: those of one name share what they hold."""

    name: str = "memory"


class MemoryDestination:
    """A destination whose SIMS is `sims`, kept by name in `every` for as long as the process lives."""

    Options: ClassVar[type[MemoryDestinationOptions]] = MemoryDestinationOptions
    kind_of_connector: ClassVar[str] = "destination"
    description: ClassVar[str] = "A SIMS held in memory, for tests."
    proven_with_sims: ClassVar[bool] = False
    every: ClassVar[dict[str, MemorySims]] = {}

    def __init__(self, options: MemoryDestinationOptions, context: ConnectorContext) -> None:
        self._context = context
        self.sims = self.every.setdefault(options.name, MemorySims())

    @property
    def traits(self) -> Traits:
        """As SIMS itself."""
        return Traits(text_limit=TEXT_LIMIT, encoding=ENCODING, quiet_seconds=self.sims.quiet_seconds)

    def deliver(self, batch: Sequence[Delivery], may_write: MayWrite) -> Iterator[Receipt]:
        """Look, ask and write, one after the other.

        Raises:
            RetriableError: it is not reachable, or a fault has it so.
        """
        for delivery in batch:
            self._reach()
            yield self._deliver_one(delivery, may_write)

    def look_up(self, deliveries: Sequence[Delivery]) -> Iterator[Holding]:
        """What stands in each place.

        Raises:
            RetriableError: it is not reachable.
        """
        for delivery in deliveries:
            self._reach()
            yield self._holding(delivery)

    def check(self) -> Sequence[Finding]:
        """Whether it is reachable."""
        if self.sims.reachable:
            return (Finding(Severity.FINE, "memory", "A SIMS is held in memory."),)
        return (Finding(Severity.WRONG, "memory", "The SIMS in memory is switched off.", "Switch it on."),)

    def _reach(self) -> None:
        if not self.sims.reachable:
            raise _switched_off()

    def _holding(self, delivery: Delivery) -> Holding:
        standing = self.sims.places.get(place_of(delivery))
        if standing is None:
            return Holding(delivery.delivery_key, known=True)
        return Holding(delivery.delivery_key, known=True, text=standing.text, result_date=standing.result_date)

    def _deliver_one(self, delivery: Delivery, may_write: MayWrite) -> Receipt:
        refusal = _unsendable(delivery.text)
        if refusal:
            return _receipt(delivery, ReceiptOutcome.REJECTED, None, refusal)
        seen = self._holding(delivery)
        if not may_write(delivery, seen):
            return _receipt(delivery, ReceiptOutcome.WITHHELD, seen)
        return self._write(delivery, seen, self.sims.fault_of_next_write())

    def _write(self, delivery: Delivery, seen: Holding, fault: MemoryFault | None) -> Receipt:
        if fault is MemoryFault.RAISED:
            raise _switched_off()
        if fault is MemoryFault.NOT_SENT:
            return _receipt(delivery, ReceiptOutcome.NOT_SENT, seen, _NO_ANSWER)
        if fault is MemoryFault.LOCKED or delivery.result_set in self.sims.locked_sets:
            return _receipt(delivery, ReceiptOutcome.REJECTED, seen, _LOCKED)
        if fault not in {MemoryFault.DROPPED, MemoryFault.UNKNOWN_LOST}:
            self.sims.take_over(delivery, _struck(delivery.text, fault))
        if fault in {MemoryFault.UNKNOWN_TAKEN, MemoryFault.UNKNOWN_LOST}:
            return _receipt(delivery, ReceiptOutcome.UNKNOWN, seen, _NO_ANSWER)
        return _receipt(delivery, ReceiptOutcome.ACCEPTED, seen)


def place_of(delivery: Delivery) -> Place:
    """The one place of a delivery: student, aspect and result set hold one result (SIMS §3)."""
    return delivery.student.key, delivery.aspect, delivery.result_set


def _unsendable(text: str) -> tuple[str, str, str] | None:
    if len(text) > TEXT_LIMIT:
        return "too-long", "The text is longer than SIMS holds.", "Shorten it where it was recorded."
    try:
        text.encode(ENCODING)
    except UnicodeEncodeError:
        return (
            "characters",
            "The text has a character that SIMS cannot hold.",
            "Write it otherwise where it was recorded.",
        )
    return None


def _struck(text: str, fault: MemoryFault | None) -> str:
    if fault is MemoryFault.CUT:
        return text[:CUT_CHARACTERS]
    return OTHER_TEXT if fault is MemoryFault.WRONG_VALUE else text


def _receipt(
    delivery: Delivery, outcome: ReceiptOutcome, seen: Holding | None, why: tuple[str, str, str] = ("", "", "")
) -> Receipt:
    return Receipt(delivery.delivery_key, delivery.revision, outcome, seen, *why)


def _switched_off() -> RetriableError:
    return RetriableError("memory-off", "The SIMS in memory is switched off.", "Switch it on.")


_NO_ANSWER = ("no_answer", "The SIMS in memory gave no answer.", "The next run looks and tries again.")
_LOCKED = ("locked", "The result set is locked in the SIMS in memory.", "Unlock it.")
