"""Which deliveries should there be, given the entries? Pure (DESIGN §5)."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import date, datetime

from sims_sync.delivery import IN_SIMS_ALREADY, DeliveryState, StoredDelivery
from sims_sync.entry_text import (
    normalise,
    read_no_target,
    read_review,
    read_target,
    render_no_target,
    render_review,
    render_target,
    render_withdrawn,
    why_unsendable,
)
from sims_sync.records import REVIEW_SLOTS, TARGET_SLOTS, Entry, EntryState, Review

SLOTS_OF = {"target": TARGET_SLOTS, "review": REVIEW_SLOTS}
SLOTS_FULL = "slots-full"
# What a person decided about a text, or did themselves in SIMS, stands until its entry says something else.
DECIDED = frozenset({"kept-sims", "discarded", IN_SIMS_ALREADY})

Place = tuple[str, str, int]  # entry key, "target" or "review", position within the entry (1 = the first)
StudentTerm = tuple[str, str]  # half term, student id


@dataclass(frozen=True, slots=True)
class Line:
    """One text that should be in SIMS: whose, of which half term, from where, and when it was recorded.

    `plain` is the text alone, as a tutor would type it in SIMS.
    """

    place: Place
    student_id: str
    half_term: str
    text: str
    plain: str
    result_date: date
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class DeliveryChange:
    """One change to the deliveries: what it is ("added", "corrected", "withdrawn", "moved"), and the delivery after it.

    `replaces`: the key under which it stood before, where it moves to another slot.
    """

    what: str
    delivery: StoredDelivery
    replaces: str | None = None


def lines_of(entries: Iterable[Entry], half_term_of: Callable[[Entry], str | None]) -> list[Line]:
    """Every text of submitted entries, in recording order; an entry outside every half term has no place in SIMS."""
    lines = []
    for entry in entries:
        half_term = half_term_of(entry)
        if entry.state is not EntryState.SUBMITTED or half_term is None:
            continue
        for kind, texts in (("target", _target_texts(entry)), ("review", _review_texts(entry))):
            lines += [
                Line(
                    (entry.key, kind, position),
                    entry.student_id,
                    half_term,
                    text,
                    normalise(plain),
                    entry.interview_date,
                    entry.recorded_at,
                )
                for position, (text, plain) in enumerate(texts, start=1)
            ]
    return sorted(lines, key=lambda line: (line.recorded_at, line.place))


def plan_deliveries(
    lines: Sequence[Line],
    stored: Mapping[str, StoredDelivery],
    taken: Mapping[StudentTerm, Mapping[str, str]],
    now: datetime,
    today: date,
) -> list[DeliveryChange]:
    """What must change so that the deliveries say what the entries say; nothing where they do already.

    `taken`: the slots that hold a value typed in SIMS, with its text. `today`: the school-local day of a withdrawal.
    """
    by_place = {_place(row): row for row in stored.values()}  # of one student: no text is ever written to another's
    used: dict[StudentTerm, set[str]] = {}
    for row in stored.values():
        used.setdefault((row.half_term, row.student_id), set()).add(row.slot)
    changes: list[DeliveryChange] = []
    wanted: set[tuple[str, str, Place]] = set()
    for line in lines:
        at = (line.half_term, line.student_id, line.place)
        wanted.add(at)
        known = by_place.get(at)
        here = used.setdefault((line.half_term, line.student_id), set())
        typed = taken.get((line.half_term, line.student_id), {})
        change = _new(line, here, typed, now) if known is None else _follow(line, known, here, typed, now)
        if change is not None:
            here.add(change.delivery.slot)
            changes.append(change)
    gone = (row for key, row in by_place.items() if key not in wanted)
    changes += [change for row in gone if (change := _withdraw(row, now, today)) is not None]
    return changes


def delivery_key(half_term: str, student_id: str, slot: str) -> str:
    """Half term, student and slot: with the school it names the delivery for ever."""
    return f"{half_term}/{student_id}/{slot}"


def list_of(key: str) -> tuple[str, str]:
    """The half term and the slot in a delivery's key: what SIMS has in one list."""
    half_term, _, slot = key.rsplit("/", 2)
    return half_term, slot


def says_the_same(stored_text: str, line: Line) -> bool:
    """Whether a text, perhaps typed in SIMS in a form of its own, says what the entry says."""
    if stored_text == line.text:
        return True
    if line.place[1] == "review":
        said = read_review(stored_text)
        if said == Review(None, stored_text):  # typed freely: its entry kept the outcome that SIMS has no place for
            said = replace(said, outcome=read_review(line.text).outcome)
        return render_review(said) == line.text
    reason = read_no_target(stored_text)
    return (render_no_target(reason) if reason else render_target(read_target(stored_text))) == line.text


def _target_texts(entry: Entry) -> list[tuple[str, str]]:
    if entry.no_target_reason and not entry.targets:
        return [(line := render_no_target(entry.no_target_reason), line)]
    return [(render_target(each), each.text) for each in entry.targets]


def _review_texts(entry: Entry) -> list[tuple[str, str]]:
    return [(render_review(each), each.text) for each in entry.reviews]


def _new(line: Line, used: AbstractSet[str], typed: Mapping[str, str], now: datetime) -> DeliveryChange:
    there = _typed_already(line, used, typed)
    slot, full = (there, False) if there else _free_slot(line.place[1], used, typed)
    row = StoredDelivery(
        delivery_key=delivery_key(line.half_term, line.student_id, slot),
        half_term=line.half_term,
        student_id=line.student_id,
        slot=slot,
        entry_key=line.place[0],
        position=line.place[2],
        state=DeliveryState.QUEUED,
        reason="",
        revision=1,
        text=line.text,
        result_date=line.result_date,
        withdrawal=False,
        over_theirs=False,
        sims_text=None,
        attempts=0,
        queued_at=now,
        attempted_at=None,
        sent_at=None,
        confirmed_at=None,
        confirmed_revision=None,
        file=None,
    )
    if there:
        return DeliveryChange("added", replace(row, state=DeliveryState.WITHDRAWN, reason=IN_SIMS_ALREADY))
    return DeliveryChange("added", _held_where_it_must(row, full=full))


def _typed_already(line: Line, used: AbstractSet[str], typed: Mapping[str, str]) -> str | None:
    """The slot in which the tutor typed the same text: it is in SIMS, and a second one would only be in the way."""
    return next(
        (
            slot
            for slot, text in typed.items()
            if slot.startswith(line.place[1]) and slot not in used and normalise(text) in {line.text, line.plain}
        ),
        None,
    )


def _follow(
    line: Line, known: StoredDelivery, used: AbstractSet[str], typed: Mapping[str, str], now: datetime
) -> DeliveryChange | None:
    """A correction is a new revision of the same delivery; one that nobody attempted is simply written anew."""
    same = says_the_same(known.text, line) and known.result_date == line.result_date and not known.withdrawal
    if same and known.state is DeliveryState.WITHDRAWN and known.reason in DECIDED:
        return None
    beyond = known.slot not in SLOTS_OF[line.place[1]]
    if not known.was_attempted and not known.over_theirs and (known.slot in typed or beyond):
        slot, full = _free_slot(line.place[1], used, typed)
        if not full:
            moved = replace(_corrected(known, line, now), slot=slot, delivery_key=_key_at(known, slot))
            return DeliveryChange("moved", _held_where_it_must(moved, full=False), known.delivery_key)
        # Its place was filled meanwhile, and there is no other: the look before the write finds that out.
    if same:
        return None
    return DeliveryChange("corrected", _held_where_it_must(_corrected(known, line, now), full=beyond))


def _corrected(known: StoredDelivery, line: Line, now: datetime) -> StoredDelivery:
    return replace(
        known,
        state=_state_to_send(known),
        reason="",
        revision=_next_revision(known),
        text=line.text if not says_the_same(known.text, line) or known.withdrawal else known.text,
        result_date=line.result_date,
        withdrawal=False,
        over_theirs=False,
        attempts=0,
        queued_at=now,
    )


def _withdraw(row: StoredDelivery, now: datetime, today: date) -> DeliveryChange | None:
    """What was never attempted is withdrawn at once; else SIMS is told, if the text there is still ours."""
    if row.withdrawal or row.state is DeliveryState.WITHDRAWN:
        return None
    if not row.was_attempted:
        gone = replace(row, state=DeliveryState.WITHDRAWN, reason="", withdrawal=True)
        return DeliveryChange("withdrawn", gone)
    after = replace(
        row,
        state=_state_to_send(row),
        reason="",
        revision=_next_revision(row),
        text=render_withdrawn(today),
        withdrawal=True,
        over_theirs=False,
        attempts=0,
        queued_at=now,
    )
    return DeliveryChange("withdrawn", after)


def _state_to_send(row: StoredDelivery) -> DeliveryState:
    """An attempt whose outcome is not known stays so: SIMS is looked at before the next one, after its quiet time."""
    unknown = row.state in {DeliveryState.SENDING, DeliveryState.UNKNOWN}
    return DeliveryState.UNKNOWN if unknown else DeliveryState.QUEUED


def _next_revision(row: StoredDelivery) -> int:
    return row.revision + 1 if row.was_attempted else row.revision


def _held_where_it_must(row: StoredDelivery, *, full: bool) -> StoredDelivery:
    fault = why_unsendable(row.text)
    reason = SLOTS_FULL if full else (fault.code if fault else "")
    return replace(row, state=DeliveryState.HELD, reason=reason) if reason else row


def _free_slot(kind: str, used: AbstractSet[str], typed: Mapping[str, str]) -> tuple[str, bool]:
    """The first slot that was never used and holds nothing typed in SIMS; beyond the third there is none in SIMS."""
    for slot in SLOTS_OF[kind]:
        if slot not in used and slot not in typed:
            return slot.value, False
    number = len(SLOTS_OF[kind]) + 1
    while f"{kind}-{number}" in used:
        number += 1
    return f"{kind}-{number}", True


def _place(row: StoredDelivery) -> tuple[str, str, Place]:
    return row.half_term, row.student_id, (row.entry_key, row.slot.partition("-")[0], row.position)


def _key_at(row: StoredDelivery, slot: str) -> str:
    return delivery_key(row.half_term, row.student_id, slot)
