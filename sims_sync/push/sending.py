"""Sends what is queued: marks it as begun, looks, writes, and notes the receipt (DESIGN §5)."""

import time
from collections import Counter
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import islice

from sims_sync.connector import Destination, Holding, MayWrite, Receipt, ReceiptOutcome
from sims_sync.context import RunContext
from sims_sync.delivery import DeliveryState, Seen, Step, StoredDelivery, before_write, what_is_seen
from sims_sync.entry_text import normalise
from sims_sync.errors import SimsSyncError
from sims_sync.push.destination import deliverable
from sims_sync.push.seen import confirmed
from sims_sync.records import Delivery, Student
from sims_sync.store.deliveries import (
    begin_attempts,
    list_keys,
    load_deliveries,
    mark_attempted,
    save_issued_file,
    save_progress,
    tell,
)
from sims_sync.store.students import load_students
from sims_sync.typed_entries import slot_aspects

BATCH = 400
NOTED_AT_ONCE = 100  # receipts are written down while the next ones are on their way
ROUNDS = 3  # so often within one run what could not be sent, or not be heard of, is tried
QUIET_SECONDS_MAX = 60.0  # longer than this no run waits: the next one looks again
HOLD_CODES = frozenset(
    {"locked", "no-result-set", "no-aspect", "unknown-student", "no-permission", "too-long", "characters"}
)
# Put right in SIMS, not here: tried once in every run, so that nobody has to tell us that it was.
_TRIED_AGAIN = frozenset({"locked", "no-result-set", "no-aspect", "unknown-student", "no-permission"})


@dataclass(slots=True)
class Sent:
    """What one run sent: counts of the states that deliveries came to, and what stopped it."""

    states: Counter[DeliveryState] = field(default_factory=Counter)
    error: SimsSyncError | None = None


@dataclass(frozen=True, slots=True)
class _Batch:
    """What is under way since `began`: each delivery as it stood before; what is noted is taken out."""

    began: datetime
    was: dict[str, StoredDelivery]


@dataclass(frozen=True, slots=True)
class Sender:
    """Sends a school's deliveries through one destination."""

    context: RunContext
    destination: Destination
    students: Mapping[str, Student]
    wait: Callable[[float], None] = time.sleep

    @property
    def places(self) -> Mapping[str, str]:
        """Slot → aspect; fewer than six where the school has fewer."""
        return slot_aspects(self.context.school.entries)

    def run(self) -> Sent:
        """Send all that is due; what is refused for now is tried again a little later, after a look."""
        sent = Sent()
        for number in range(ROUNDS):
            due = self._due(wait=number > 0) + (self._held() if number == 0 else [])
            if not due:
                if number > 0:
                    break
                continue  # what is not heard of yet is waited for in the second round
            size = len(due) if self.destination.traits.needs_person else BATCH  # one file at a time
            for start in range(0, len(due), size):
                self.context.go_on()
                self._send(due[start : start + size], sent)
                self.context.progress(f"sent {min(start + size, len(due)):,} of {len(due):,}")
                if sent.error is not None:
                    return sent
        return sent

    def _due(self, *, wait: bool) -> list[str]:
        """What is queued, and what is unknown and quiet: SIMS may still take over a write that it never answered.

        Their keys alone: whole, the texts of a year would be held for as long as the push takes.
        """
        with self.context.store.reading() as connection:
            queued = list_keys(connection, self.context.school_id, (DeliveryState.QUEUED,))
            unheard = load_deliveries(connection, self.context.school_id, states=(DeliveryState.UNKNOWN,)).values()
        now = self.context.now()
        still = max((self._quiet_from(row) - now for row in unheard), default=timedelta()).total_seconds()
        if wait and 0 < still <= QUIET_SECONDS_MAX:
            self.wait(still)
            now = self.context.now()
        return sorted([*queued, *(row.delivery_key for row in unheard if self._quiet_from(row) <= now)])

    def _held(self) -> list[str]:
        with self.context.store.reading() as connection:
            rows = load_deliveries(connection, self.context.school_id, states=(DeliveryState.HELD,)).values()
        return [row.delivery_key for row in rows if row.reason in _TRIED_AGAIN]

    def _quiet_from(self, row: StoredDelivery) -> datetime:
        """From when on a write that was never answered will not come through any more."""
        quiet = timedelta(seconds=self.destination.traits.quiet_seconds)
        return row.queued_at if row.attempted_at is None else row.attempted_at + quiet

    def _may_go(self, row: StoredDelivery, now: datetime) -> bool:
        if row.state is DeliveryState.UNKNOWN:
            return self._quiet_from(row) <= now
        return row.state is DeliveryState.QUEUED or (row.state is DeliveryState.HELD and row.reason in _TRIED_AGAIN)

    def _send(self, keys: Sequence[str], sent: Sent) -> None:
        batch, places = self._begin(keys), self.places
        rows = dict(batch.was)
        nowhere = [_no_place(row) for row in rows.values() if row.slot not in places]
        if nowhere:
            self._note(batch, nowhere, sent)
        may_write = _MayWrite(rows, self.destination.traits.needs_person)
        deliveries = [
            deliverable(row, self.students[row.student_id], self.context.school)
            for row in rows.values()
            if row.student_id in self.students and row.slot in places
        ]
        at_once = max(len(deliveries), 1) if self.destination.traits.needs_person else NOTED_AT_ONCE
        with closing(self._receipts(deliveries, may_write)) as delivering:
            while self._hear(delivering, at_once, batch, sent):
                pass
        self._note(batch, (), sent, as_it_stood=True)

    def _receipts(self, deliveries: Sequence[Delivery], may_write: MayWrite) -> Generator[Receipt, None, None]:
        """The destination's; closed, it begins nothing more: also where the store fails in the middle.

        A stop of the service is heeded after each record; what then has no receipt is looked at by the next run.
        """
        delivering = iter(self.destination.deliver(deliveries, may_write))
        try:
            for receipt in delivering:
                yield receipt
                if not self.destination.traits.needs_person:  # a file is one record
                    self.context.go_on()
        finally:
            if isinstance(delivering, Generator):
                delivering.close()

    def _hear(self, delivering: Iterator[Receipt], at_once: int, batch: _Batch, sent: Sent) -> bool:
        """Note the next receipts; whether there may be more. A fault of the store is not one of the destination."""
        receipts: list[Receipt] = []
        try:
            receipts.extend(islice(delivering, at_once))
        except SimsSyncError as error:
            sent.error = error
        except BaseException:
            # Interrupted: a write may be under way, so what has no receipt stays `sending` and is looked at first.
            self._note(batch, receipts, sent)
            raise
        if receipts:
            self._note(batch, receipts, sent)
        return sent.error is None and len(receipts) == at_once

    def _begin(self, keys: Sequence[str]) -> _Batch:
        """Written down before the attempt: a process that is killed now leaves them as `sending` (P3).

        What a person decided since their keys were read stands: those are left out.
        """
        now, school = self.context.now(), self.context.school_id
        with self.context.store.writing() as connection:
            rows = load_deliveries(connection, school, keys=keys)
            was = {key: row for key, row in rows.items() if self._may_go(row, now)}
            begin_attempts(connection, school, was.values(), now, self.context.run_id)
        return _Batch(now, was)

    def _note(self, batch: _Batch, receipts: Sequence[Receipt], sent: Sent, *, as_it_stood: bool = False) -> None:
        """Write receipts down; `as_it_stood`: what has none was certainly not written, and stands as it stood."""
        now, school, run_id = self.context.now(), self.context.school_id, self.context.run_id
        steps = [(was := batch.was[each.delivery_key], self._after(was, batch.began, each, now)) for each in receipts]
        steps += [(row, row) for row in batch.was.values()] if as_it_stood else []
        files = {receipt.file for receipt in receipts if receipt.file}
        if not steps:
            return
        with self.context.store.writing() as connection:
            save_progress(connection, school, [row for _, row in steps], run_id)
            mark_attempted(connection, school, [row for was, row in steps if _is_unwritten(was, row)], None)
            for number in sorted(files):
                save_issued_file(connection, school, number, now, run_id)
            tell(connection, school, [(row, "") for was, row in steps if _stands(row) != _stands(was)], now, run_id)
        for was, row in steps:
            del batch.was[was.delivery_key]
            sent.states[row.state] += 1

    def _after(self, was: StoredDelivery, began: datetime, receipt: Receipt, now: datetime) -> StoredDelivery:
        """Where a delivery stands after its receipt; what was not attempted keeps its earlier attempt's moment."""
        tried = was.attempts + 1
        if receipt.outcome is ReceiptOutcome.ACCEPTED:  # nearly all, so they are made in one go
            sent = DeliveryState.SENT
            return replace(was, state=sent, reason="", attempts=tried, attempted_at=began, sent_at=now)
        begun = replace(was, reason="", attempts=tried, attempted_at=began)
        if receipt.outcome is ReceiptOutcome.ISSUED:
            return replace(begun, state=DeliveryState.WAITING, sent_at=now, file=receipt.file)
        if receipt.outcome is ReceiptOutcome.UNKNOWN:
            return replace(begun, state=DeliveryState.UNKNOWN, reason=receipt.code)
        if receipt.outcome is ReceiptOutcome.REJECTED:
            held = receipt.code in HOLD_CODES
            state = DeliveryState.HELD if held else DeliveryState.REJECTED
            return replace(was, state=state, reason=receipt.code or "rejected")
        by_file = self.destination.traits.needs_person
        if receipt.outcome is ReceiptOutcome.WITHHELD and receipt.holding and (receipt.holding.known or by_file):
            return _withheld(was, receipt.holding, begun)
        return replace(was, reason=receipt.code)


@dataclass(frozen=True, slots=True)
class _MayWrite:
    """Write only over nothing or over a value we sent; where nobody could look, only a person's file may go."""

    rows: Mapping[str, StoredDelivery]
    by_file: bool

    def __call__(self, delivery: Delivery, holding: Holding) -> bool:
        """Whether to write now; for a file, what the last export showed of a value that is not ours counts."""
        if not holding.known and not self.by_file:
            return False
        row = self.rows[delivery.delivery_key]
        return before_write(row, _seen_by(row, holding)) is Step.WRITE


def open_sender(context: RunContext, destination: Destination) -> Sender:
    """A sender that knows the school's students."""
    with context.store.reading() as connection:
        students = load_students(connection, context.school_id)
    return Sender(context, destination, students)


def recover(context: RunContext) -> int:
    """Deliveries found `sending` at the start of a run may or may not be in SIMS: looked at before anything is sent."""
    with context.store.writing() as connection:
        rows = load_deliveries(connection, context.school_id, states=(DeliveryState.SENDING,)).values()
        after = [replace(row, state=DeliveryState.UNKNOWN, reason="interrupted") for row in rows]
        save_progress(connection, context.school_id, after, context.run_id)
        tell(connection, context.school_id, [(row, "") for row in after], context.now(), context.run_id)
    return len(after)


def _withheld(was: StoredDelivery, holding: Holding, begun: StoredDelivery) -> StoredDelivery:
    step = before_write(begun, _seen_by(begun, holding))
    if step is Step.CONFIRM:
        return confirmed(begun, begun.attempted_at or begun.queued_at)
    text = holding.text if holding.known else was.sims_text
    if step is Step.LET_GO:
        return replace(was, state=DeliveryState.WITHDRAWN, reason="not-ours", sims_text=text)
    return replace(was, state=DeliveryState.CONFLICT, reason="typed-in-sims", sims_text=text, over_theirs=False)


def _seen_by(row: StoredDelivery, holding: Holding) -> Seen:
    """What stands in its place; where nobody can look, the last export's word for what is not ours."""
    if holding.known:
        return what_is_seen(row, holding.text)
    seen = what_is_seen(row, row.sims_text)
    return seen if seen is Seen.THEIRS else Seen.NOTHING


def _no_place(row: StoredDelivery) -> Receipt:
    return Receipt(row.delivery_key, row.revision, ReceiptOutcome.REJECTED, code="no-aspect")


def _stands(row: StoredDelivery) -> tuple[DeliveryState, str, int]:
    return row.state, row.reason, row.revision


def _is_unwritten(was: StoredDelivery, row: StoredDelivery) -> bool:
    """Whether nothing was attempted after all, so that its text is none of ours."""
    return row.attempted_at == was.attempted_at and normalise(row.text) not in was.ours
