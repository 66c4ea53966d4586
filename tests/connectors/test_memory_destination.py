"""The SIMS in memory does what its faults say, and the contract's checks notice a destination that lies."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from connectors.memory_destination import MemoryDestination, MemoryDestinationOptions, MemoryFault, Standing, place_of
from sims_sync.connector import ConnectorContext, Holding, MayWrite, Receipt, ReceiptOutcome
from sims_sync.destination_contract import CHECKS, ContractError
from sims_sync.destination_trial import SECRET_TEXT, TYPED_TEXT, DestinationTrial, sample_deliveries
from sims_sync.errors import RetriableError
from sims_sync.records import Delivery, StudentRef

NOW = datetime(2026, 12, 16, 7, 30, tzinfo=UTC)
(FIRST, SECOND, *_) = sample_deliveries(StudentRef("1"))


def context(folder: Path) -> ConnectorContext:
    return ConnectorContext(base=folder, work=folder, now=lambda: NOW, secret=lambda _: "")


@pytest.fixture
def destination(tmp_path: Path) -> Iterator[MemoryDestination]:
    yield MemoryDestination(MemoryDestinationOptions(name=str(tmp_path)), context(tmp_path))
    MemoryDestination.every.pop(str(tmp_path))


def over_nothing(delivery: Delivery, holding: Holding) -> bool:
    del delivery
    return holding.text is None


def test_those_of_one_name_share_one_sims(destination: MemoryDestination, tmp_path: Path) -> None:
    other = MemoryDestination(MemoryDestinationOptions(name=str(tmp_path)), context(tmp_path))
    other.sims.type_in(FIRST, TYPED_TEXT)
    assert [holding.text for holding in destination.look_up([FIRST, SECOND])] == [TYPED_TEXT, None]


@pytest.mark.parametrize(
    ("fault", "outcome", "stands"),
    [
        (MemoryFault.DROPPED, ReceiptOutcome.ACCEPTED, None),
        (MemoryFault.CUT, ReceiptOutcome.ACCEPTED, FIRST.text[:20].strip()),
        (MemoryFault.UNKNOWN_TAKEN, ReceiptOutcome.UNKNOWN, FIRST.text),
        (MemoryFault.UNKNOWN_LOST, ReceiptOutcome.UNKNOWN, None),
        (MemoryFault.NOT_SENT, ReceiptOutcome.NOT_SENT, None),
        (MemoryFault.LOCKED, ReceiptOutcome.REJECTED, None),
    ],
)
def test_a_fault_does_what_it_says(
    destination: MemoryDestination, fault: MemoryFault, outcome: ReceiptOutcome, stands: str | None
) -> None:
    destination.sims.fault = fault
    destination.sims.strikes = lambda number: number == 1
    struck, whole = destination.deliver([FIRST, SECOND], over_nothing)
    assert (struck.outcome, destination.sims.text_in(FIRST)) == (outcome, stands)
    assert (whole.outcome, destination.sims.text_in(SECOND)) == (ReceiptOutcome.ACCEPTED, SECOND.text)


def test_it_raises_when_it_is_told_to(destination: MemoryDestination) -> None:
    destination.sims.fault = MemoryFault.RAISED
    with pytest.raises(RetriableError):
        list(destination.deliver([FIRST], over_nothing))
    assert destination.sims.writes == []


def test_it_keeps_what_was_written_in_order(destination: MemoryDestination) -> None:
    corrected = replace(FIRST, revision=2, text="Another  text")
    for delivery in (FIRST, corrected):
        list(destination.deliver([delivery], lambda delivery, holding: True))  # noqa: ARG005 - MayWrite's own names
    assert destination.sims.writes == [FIRST, corrected]
    assert destination.sims.places == {place_of(FIRST): Standing("Another text", FIRST.result_date)}


class Liar(MemoryDestination):
    """Each subclass breaks one promise."""


class Deaf(Liar):
    """Writes whatever `may_write` says."""

    def deliver(self, batch: Sequence[Delivery], may_write: MayWrite) -> Iterator[Receipt]:
        def deaf(delivery: Delivery, holding: Holding) -> bool:
            may_write(delivery, holding)
            return True

        return super().deliver(batch, deaf)


class Hasty(Liar):
    """Writes first and asks then."""

    def deliver(self, batch: Sequence[Delivery], may_write: MayWrite) -> Iterator[Receipt]:
        def hasty(delivery: Delivery, holding: Holding) -> bool:
            if holding.text is None:
                self.sims.take_over(delivery, delivery.text)
            return may_write(delivery, holding)

        return super().deliver(batch, hasty)


class Forgetful(Liar):
    """Gives no receipt for the last of a batch."""

    def deliver(self, batch: Sequence[Delivery], may_write: MayWrite) -> Iterator[Receipt]:
        yield from list(super().deliver(batch, may_write))[:-1]


class Reassuring(Liar):
    """Says "not sent" where nobody knows."""

    def deliver(self, batch: Sequence[Delivery], may_write: MayWrite) -> Iterator[Receipt]:
        for receipt in super().deliver(batch, may_write):
            unknown = receipt.outcome is ReceiptOutcome.UNKNOWN
            yield replace(receipt, outcome=ReceiptOutcome.NOT_SENT) if unknown else receipt


class Talkative(Liar):
    """Repeats a text in a receipt."""

    def deliver(self, batch: Sequence[Delivery], may_write: MayWrite) -> Iterator[Receipt]:
        return (replace(receipt, what=f"Wrote {SECRET_TEXT}.") for receipt in super().deliver(batch, may_write))


class Remembering(Liar):
    """Shows what an earlier look saw."""

    def look_up(self, deliveries: Sequence[Delivery]) -> Iterator[Holding]:
        for holding in super().look_up(deliveries):
            self.__dict__.setdefault("seen", {})[holding.delivery_key] = holding
            yield holding

    def _holding(self, delivery: Delivery) -> Holding:
        remembered: Holding | None = self.__dict__.get("seen", {}).get(delivery.delivery_key)
        return remembered or super()._holding(delivery)


BROKEN_PROMISES: dict[type[MemoryDestination], str] = {
    Deaf: "a_no_writes_nothing",
    Hasty: "the_look_is_fresh",
    Forgetful: "every_delivery_gets_exactly_one_receipt",
    Reassuring: "a_broken_server_is_no_liar_of_ours",
    Talkative: "sentences_repeat_nothing",
    Remembering: "the_look_is_fresh",
}


def keeps(kind: type[MemoryDestination], check: Callable[[DestinationTrial], None], folder: Path) -> bool:
    names = [f"{folder} {check.__name__} {which}" for which in ("good", "broken")]
    good, broken = (kind(MemoryDestinationOptions(name=name), context(folder)) for name in names)
    broken.sims.fault = MemoryFault.UNKNOWN_TAKEN
    trial = DestinationTrial(
        destination=good,
        deliveries=sample_deliveries(StudentRef("1")),
        stands=good.sims.text_in,
        type_in=good.sims.type_in,
        broken=broken,
        broken_stands=broken.sims.text_in,
    )
    try:
        check(trial)
    except ContractError:
        return False
    finally:
        for name in names:
            MemoryDestination.every.pop(name)
    return True


@pytest.mark.parametrize("liar", Liar.__subclasses__(), ids=lambda liar: str(liar.__name__))
def test_the_contract_notices_a_destination_that_lies(liar: type[MemoryDestination], tmp_path: Path) -> None:
    broken = {check.__name__ for check in CHECKS if not keeps(liar, check, tmp_path)}
    assert BROKEN_PROMISES[liar] in broken


def test_the_contract_finds_nothing_in_one_that_does_not(tmp_path: Path) -> None:
    assert [check.__name__ for check in CHECKS if not keeps(MemoryDestination, check, tmp_path)] == []
