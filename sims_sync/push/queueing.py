"""Brings the deliveries into line with the entries: what must change, and writing that down (DESIGN §5)."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlalchemy import Connection

from sims_sync.context import RunContext
from sims_sync.delivery import DeliveryState
from sims_sync.guard import are_too_many, limits_of
from sims_sync.push.wanted import DeliveryChange, StudentTerm, lines_of, plan_deliveries
from sims_sync.records import Entry, EntryState
from sims_sync.school_year import HalfTermId, SchoolYear
from sims_sync.store.deliveries import count_states, drop_delivery, load_deliveries, save_deliveries, tell
from sims_sync.store.entries import load_entries, origins_of
from sims_sync.store.students import load_students
from sims_sync.typed_entries import ORIGIN as TYPED
from sims_sync.typed_entries import slot_names

MANY_WITHDRAWALS = "many-withdrawals"
STUDENTS_AT_ONCE = 100  # with all their texts of the years in the calendar: so much is held in memory at once


@dataclass(frozen=True, slots=True)
class Queued:
    """What was planned: how many changes of each kind ("added", "corrected", "withdrawn", "moved")."""

    counts: Counter[str] = field(default_factory=Counter)


def plan_queue(connection: Connection, context: RunContext, school_year: SchoolYear) -> Iterator[list[DeliveryChange]]:
    """What would change, some students at a time; nothing is written.

    A text competes only with others of the same student, so each student can be planned alone. What would take back a
    text that may be in SIMS comes last, all at once: whether it is too much to be believed is known when all are seen.
    """
    confirmed = count_states(connection, context.school_id).get(DeliveryState.CONFIRMED, 0)
    starts_with = HalfTermId.parse(context.school.programme.starts_with)
    half_terms = frozenset(map(str, school_year.ids_from(starts_with)))
    planner = _Planner(connection, context, school_year, half_terms, context.now())
    everybody = list(load_students(connection, context.school_id))
    overwriting: list[DeliveryChange] = []
    for start in range(0, len(everybody), STUDENTS_AT_ONCE):
        changes = planner.changes(everybody[start : start + STUDENTS_AT_ONCE])
        overwriting += filter(_overwrites_sims, changes)
        yield [change for change in changes if not _overwrites_sims(change)]
    yield _hold_a_flood(overwriting, confirmed, context)


def queue_deliveries(context: RunContext) -> Queued:
    """Plan, and write the plan down, in one transaction, before anything leaves (P1)."""
    school_year, queued = context.school_year(), Queued()
    with context.store.writing() as connection:
        for changes in plan_queue(connection, context, school_year):
            for change in changes:
                queued.counts[change.what] += 1
                if change.replaces is not None:
                    drop_delivery(connection, context.school_id, change.replaces)
            rows = [change.delivery for change in changes]
            save_deliveries(connection, context.school_id, rows, context.run_id)
            tell(connection, context.school_id, [(row, "") for row in rows], context.now(), context.run_id)
    return queued


@dataclass(frozen=True, slots=True)
class _Planner:
    """Plans for some students at a time, all as of one moment. `half_terms`: those of the programme."""

    connection: Connection
    context: RunContext
    school_year: SchoolYear
    half_terms: AbstractSet[str]
    now: datetime

    def changes(self, student_ids: Sequence[str]) -> list[DeliveryChange]:
        """In order; what is of a half term outside the programme, or whose calendar is not configured, stays."""
        school = self.context.school_id
        entries = load_entries(self.connection, school, student_ids=student_ids)
        stored = load_deliveries(self.connection, school, student_ids=student_ids, half_terms=self.half_terms)
        ours = [entry for entry in entries.values() if entry.origin != TYPED]
        lines, taken = lines_of(ours, self._half_term_of), _typed_slots(self.context, entries)
        planned = plan_deliveries(lines, stored, taken, self.now, self.school_year.local_date(self.now))
        return self._without_forgotten(planned)

    def _half_term_of(self, entry: Entry) -> str | None:
        owner = HalfTermId.parse(entry.half_term) if entry.half_term else self.school_year.owner(entry.interview_date)
        return str(owner) if str(owner) in self.half_terms else None

    def _without_forgotten(self, planned: Sequence[DeliveryChange]) -> list[DeliveryChange]:
        """What its author took back is withdrawn; SIMS keeps the record of what we keep no longer."""
        gone = {change.delivery.entry_key for change in planned if change.what == "withdrawn"}
        origins = origins_of(self.connection, self.context.school_id, sorted(gone))
        kept = {key for key, origin in origins.items() if origin != TYPED}
        return [change for change in planned if change.what != "withdrawn" or change.delivery.entry_key in kept]


def _hold_a_flood(changes: Sequence[DeliveryChange], confirmed: int, context: RunContext) -> list[DeliveryChange]:
    """Withdrawals by the dozen are held like other removals: a broken source must not empty SIMS."""
    if not are_too_many(len(changes), max(confirmed, 1), limits_of(context.school.guard)):
        return list(changes)
    return [
        replace(each, delivery=replace(each.delivery, state=DeliveryState.HELD, reason=MANY_WITHDRAWALS))
        for each in changes
    ]


def _overwrites_sims(change: DeliveryChange) -> bool:
    return change.what == "withdrawn" and change.delivery.was_attempted


def _typed_slots(context: RunContext, entries: Mapping[str, Entry]) -> dict[StudentTerm, dict[str, str]]:
    """Slot → text typed there in SIMS: nothing of ours may take its place."""
    names = slot_names(context.school.entries)
    taken: dict[StudentTerm, dict[str, str]] = defaultdict(dict)
    for entry in entries.values():
        if entry.origin != TYPED or entry.state is not EntryState.SUBMITTED or entry.half_term is None:
            continue
        slot = names.get(entry.key.split(":")[2])
        if slot is not None:
            said = [target.text for target in entry.targets] + [review.text for review in entry.reviews]
            taken[entry.half_term, entry.student_id][slot] = said[0] if said else ""
    return taken
