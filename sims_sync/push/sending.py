"""Sends what is queued: marks it as begun, looks, writes, and notes the receipt (DESIGN §5)."""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

from sims_sync.connector import Destination, Holding, Receipt, ReceiptOutcome
from sims_sync.context import RunContext
from sims_sync.delivery import DeliveryState, Seen, Step, StoredDelivery, before_write, what_is_seen
from sims_sync.entry_text import normalise
from sims_sync.errors import SimsSyncError
from sims_sync.push.destination import deliverable
from sims_sync.push.seen import confirmed
from sims_sync.records import Delivery, Student
from sims_sync.store.deliveries import (
    load_deliveries,
    mark_attempted,
    mark_many_attempted,
    save_issued_file,
    save_progress,
    still_standing,
    tell,
)
from sims_sync.store.students import load_students
from sims_sync.typed_entries import slot_aspects

BATCH = 200
ROUNDS = 3  # so often within one run what could not be sent, or not be heard of, is tried
QUIET_SECONDS_MAX = 60.0  # longer than this no run waits: the next one looks again
HOLD_CODES = frozenset(
    {"locked", "no-result-set", "no-aspect", "unknown-student", "no-permission", "too-long", "characters"}
)
# Put right in SIMS, not here: tried once in every run, so that nobody has to tell us that it was.
_TRIED_AGAIN = frozenset({"locked", "no-result-set", "no-aspect", "unknown-student", "no-permission"})
_TO_SEND = (DeliveryState.QUEUED, DeliveryState.UNKNOWN)


@dataclass(slots=True)
class Sent:
    """What one run sent: counts of the states that deliveries came to, and what stopped it."""

    states: Counter[DeliveryState] = field(default_factory=Counter)
    error: SimsSyncError | None = None


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
                self._send(due[start : start + size], sent)
                self.context.progress(f"sent {min(start + size, len(due)):,} of {len(due):,}")
                if sent.error is not None:
                    return sent
        return sent

    def _due(self, *, wait: bool) -> list[StoredDelivery]:
        """What is queued, and what is unknown and quiet: SIMS may still take over a write that it never answered."""
        with self.context.store.reading() as connection:
            rows = list(load_deliveries(connection, self.context.school_id, states=_TO_SEND).values())
        quiet = timedelta(seconds=self.destination.traits.quiet_seconds)
        open_until = [row.attempted_at + quiet for row in rows if _is_unheard(row) and row.attempted_at is not None]
        still = max((until - self.context.now() for until in open_until), default=timedelta()).total_seconds()
        if wait and 0 < still <= QUIET_SECONDS_MAX:
            self.wait(still)
        now = self.context.now()
        return [
            row for row in rows if not _is_unheard(row) or row.attempted_at is None or row.attempted_at + quiet <= now
        ]

    def _held(self) -> list[StoredDelivery]:
        with self.context.store.reading() as connection:
            rows = load_deliveries(connection, self.context.school_id, states=(DeliveryState.HELD,)).values()
        return [row for row in rows if row.reason in _TRIED_AGAIN]

    def _send(self, rows: Sequence[StoredDelivery], sent: Sent) -> None:
        begun = self._begin(rows)
        rows = [row for row in rows if row.delivery_key in begun]
        places = self.places
        batch = [
            deliverable(row, self.students[row.student_id], self.context.school)
            for row in begun.values()
            if row.student_id in self.students and row.slot in places
        ]
        receipts = [_no_place(row) for row in begun.values() if row.slot not in places]
        try:
            may_write = _MayWrite(begun, self.destination.traits.needs_person)
            receipts.extend(self.destination.deliver(batch, may_write))
        except SimsSyncError as error:
            sent.error = error
        except BaseException:
            # Interrupted: a write may be under way, so what has no receipt stays `sending` and is looked at first.
            heard = {receipt.delivery_key for receipt in receipts}
            self._note(begun, [row for row in rows if row.delivery_key in heard], receipts, sent)
            raise
        self._note(begun, rows, receipts, sent)

    def _begin(self, rows: Sequence[StoredDelivery]) -> dict[str, StoredDelivery]:
        """Written down before the attempt: a process that is killed now leaves them as `sending` (P3).

        What a person decided since they were read stands: those are left out.
        """
        now = self.context.now()
        with self.context.store.writing() as connection:
            rows = still_standing(connection, self.context.school_id, rows)
            begun = {
                row.delivery_key: replace(
                    row, state=DeliveryState.SENDING, attempts=row.attempts + 1, attempted_at=now, reason=""
                )
                for row in rows
            }
            save_progress(connection, self.context.school_id, list(begun.values()), self.context.run_id)
            pairs = [(row.delivery_key, row.revision) for row in rows]
            mark_many_attempted(connection, self.context.school_id, pairs, now)
        return begun

    def _note(
        self,
        begun: Mapping[str, StoredDelivery],
        before: Sequence[StoredDelivery],
        receipts: Iterable[Receipt],
        sent: Sent,
    ) -> None:
        """Write the receipts down; what has none was certainly not written, and stands as it stood."""
        now, was = self.context.now(), {row.delivery_key: row for row in before}
        after: dict[str, StoredDelivery] = {}
        files: set[str] = set()
        for receipt in receipts:
            row = begun[receipt.delivery_key]
            after[row.delivery_key] = self._after(row, was[row.delivery_key], receipt)
            files |= {receipt.file} if receipt.file else set()
        for key, row in was.items():
            after.setdefault(key, row)
        school, run_id = self.context.school_id, self.context.run_id
        with self.context.store.writing() as connection:
            save_progress(connection, school, list(after.values()), run_id)
            for row in after.values():
                untouched = row.attempted_at == was[row.delivery_key].attempted_at
                if untouched and normalise(row.text) not in was[row.delivery_key].ours:
                    mark_attempted(connection, school, row.delivery_key, row.revision, None)
            for number in sorted(files):
                save_issued_file(connection, school, number, now, run_id)
            told = [(row, "") for row in after.values() if _stands(row) != _stands(was[row.delivery_key])]
            tell(connection, school, told, now, run_id)
        sent.states.update(row.state for row in after.values())

    def _after(self, row: StoredDelivery, was: StoredDelivery, receipt: Receipt) -> StoredDelivery:
        """Where a delivery stands after its receipt; what was not attempted keeps its earlier attempt's moment."""
        now = self.context.now()
        if receipt.outcome is ReceiptOutcome.ACCEPTED:
            return replace(row, state=DeliveryState.SENT, sent_at=now)
        if receipt.outcome is ReceiptOutcome.ISSUED:
            return replace(row, state=DeliveryState.WAITING, sent_at=now, file=receipt.file)
        if receipt.outcome is ReceiptOutcome.UNKNOWN:
            return replace(row, state=DeliveryState.UNKNOWN, reason=receipt.code)
        if receipt.outcome is ReceiptOutcome.REJECTED:
            held = receipt.code in HOLD_CODES
            state = DeliveryState.HELD if held else DeliveryState.REJECTED
            return replace(was, state=state, reason=receipt.code or "rejected")
        by_file = self.destination.traits.needs_person
        if receipt.outcome is ReceiptOutcome.WITHHELD and receipt.holding and (receipt.holding.known or by_file):
            return _withheld(was, receipt.holding, row)
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


def _is_unheard(row: StoredDelivery) -> bool:
    return row.state is DeliveryState.UNKNOWN
