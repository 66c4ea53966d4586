"""A SIMS that a test can look into and type in, as the push sees it through a destination."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, ClassVar

from pydantic import ConfigDict

from connectors import DESTINATIONS
from sims_sync.connector import (
    ConnectorContext,
    Finding,
    Holding,
    MayWrite,
    Options,
    Receipt,
    ReceiptOutcome,
    Traits,
)
from sims_sync.entry_text import normalise
from sims_sync.records import Delivery

Place = tuple[str, str, str]  # student, aspect, result set


@dataclass
class Desk:
    """One SIMS. `faults` strike the coming writes, one each. `writes`: what was really taken over."""

    values: dict[Place, str] = field(default_factory=dict)
    writes: list[tuple[str, int, str]] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    locked: set[str] = field(default_factory=set)
    killed_after: int | None = None
    traits: Traits = field(default_factory=Traits)
    looks: int = 0

    def type_in(
        self, number: int, text: str | None, slot: str = "Mentoring Target 1", half_term: str = "Autumn 2"
    ) -> None:
        """What someone types in SIMS itself; None = deleted."""
        place = (f"person:{number}", slot, f"Mentoring {half_term} 2026/27")
        self.values.pop(place, None)
        if text is not None:
            self.values[place] = text

    def text(self, number: int, slot: str = "Mentoring Target 1") -> str | None:
        """What stands there."""
        return self.values.get((f"person:{number}", slot, "Mentoring Autumn 2 2026/27"))

    def rows(self) -> list[dict[str, str]]:
        """What the mentoring report would show."""
        return [
            {
                "Person ID": student.removeprefix("person:"),
                "Aspect": aspect,
                "Result": text,
                "Result Set": result_set,
                "Result Date": "2026-11-12",
            }
            for (student, aspect, result_set), text in sorted(self.values.items())
        ]

    def deliver(self, batch: Sequence[Delivery], may_write: MayWrite) -> Iterator[Receipt]:
        """One after the other."""
        for delivery in batch:
            (holding,) = self.look_up([delivery])
            if not may_write(delivery, holding):
                yield Receipt(delivery.key, delivery.revision, ReceiptOutcome.WITHHELD, holding)
                continue
            yield self._write(delivery, holding)

    def look_up(self, deliveries: Sequence[Delivery]) -> Iterator[Holding]:
        """What stands in each one's place."""
        for delivery in deliveries:
            self.looks += 1
            yield Holding(delivery.key, known=True, text=self.values.get(_place(delivery)))

    def check(self) -> Sequence[Finding]:
        """Nothing to say."""
        return ()

    def _write(self, delivery: Delivery, holding: Holding) -> Receipt:
        def receipt(outcome: ReceiptOutcome, code: str = "") -> Receipt:
            return Receipt(delivery.key, delivery.revision, outcome, holding, code)

        if delivery.result_set in self.locked:
            return receipt(ReceiptOutcome.REJECTED, "locked")
        fault = self.faults.pop(0) if self.faults else ""
        if fault == "timeout before commit":
            return receipt(ReceiptOutcome.UNKNOWN, "timeout")
        if fault == "refuse":
            return receipt(ReceiptOutcome.REJECTED, "rejected")
        if fault != "drop":
            text = {"cut": delivery.text[:12], "other": "Something else altogether"}.get(fault, delivery.text)
            self.values[_place(delivery)] = normalise(text)
            self.writes.append((delivery.key, delivery.revision, text))
        if self.killed_after is not None and len(self.writes) >= self.killed_after:
            raise KeyboardInterrupt
        return receipt(ReceiptOutcome.UNKNOWN if fault == "timeout after commit" else ReceiptOutcome.ACCEPTED)


class DeskOptions(Options):
    """The desk that the test holds as well."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)

    desk: Any


class DeskDestination:
    """Hands the product the test's own desk."""

    Options: ClassVar[type[DeskOptions]] = DeskOptions
    kind_of_connector: ClassVar[str] = "destination"
    description: ClassVar[str] = "A SIMS held by a test."

    def __new__(cls, options: DeskOptions, context: ConnectorContext) -> Any:  # noqa: ANN401 - the test's own desk
        del context
        return options.desk


@contextmanager
def desk_destination() -> Iterator[None]:
    """Let the registry find this module's destination."""
    DESTINATIONS["desk"] = f"{__name__}:DeskDestination"
    try:
        yield
    finally:
        del DESTINATIONS["desk"]


def _place(delivery: Delivery) -> Place:
    return delivery.student.key, delivery.aspect, delivery.result_set
