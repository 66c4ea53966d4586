"""What do looks at SIMS, by an export or one by one, make of the deliveries (DESIGN §5, rule 17)?"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlalchemy import Connection

from sims_sync.delivery import DeliveryState, Seen, Step, StoredDelivery, after_look, competing, what_is_seen
from sims_sync.entry_text import normalise
from sims_sync.guard import Limits, are_too_many
from sims_sync.outcome import Problem
from sims_sync.push.adoption import ADOPTED, adopt, is_too_short, may_adopt
from sims_sync.store.deliveries import mark_attempted, save_deliveries, save_progress, tell

_AFTER_ATTEMPT = frozenset({DeliveryState.SENT, DeliveryState.CONFIRMED})
_STILL_TO_SEND = frozenset({DeliveryState.QUEUED, DeliveryState.WAITING})
_SHOWN_TO_A_PERSON = frozenset({DeliveryState.CONFIRMED, DeliveryState.DIFFERS, DeliveryState.CONFLICT})
# Not how often and when it was sent: what was sent at different times and is seen at once is then alike.
_CHANGED_BY_A_LOOK = ("state", "reason", "over_theirs", "sims_text", "confirmed_at", "confirmed_revision")


@dataclass(frozen=True, slots=True)
class Look:
    """One look at a delivery's place: what stood there at `at` or later; `absent_counts` False for an export."""

    delivery_key: str
    text: str | None
    at: datetime
    absent_counts: bool = True


@dataclass(frozen=True, slots=True)
class Looked:
    """What came of many looks: how many of each step, and what a person must know."""

    steps: Mapping[Step, int] = field(default_factory=dict)
    unchanged: int = 0
    problems: tuple[Problem, ...] = ()

    def count(self, step: Step) -> int:
        """How many deliveries took this step."""
        return self.steps.get(step, 0)


@dataclass(frozen=True, slots=True)
class Moment:
    """Whose looks these are: school, run, now."""

    school: str
    run_id: str
    now: datetime


def apply_looks(
    connection: Connection,
    moment: Moment,
    deliveries: Mapping[str, StoredDelivery],
    looks: Sequence[Look],
    limits: Limits,
) -> Looked:
    """Confirm, adopt, or set aside; in the caller's transaction.

    Confirmed values that changed in SIMS by the dozen are left as they are: a SIMS that was restored to last week, or
    another school's, must not rewrite what tutors recorded.
    """
    single = _without_clashes(looks)
    steps = [(deliveries[look.delivery_key], look, step_of(deliveries[look.delivery_key], look)) for look in single]
    settled = sum(each.state is DeliveryState.CONFIRMED for each in deliveries.values())
    changed = [row for row, _, step in steps if _is_change_in_sims(row, step)]
    problems: tuple[Problem, ...] = ()
    if are_too_many(len(changed), settled, limits):
        problems = (_many_changed(len(changed), settled),)
        steps = [each for each in steps if not _is_change_in_sims(each[0], each[2])]
    counts: Counter[Step] = Counter()
    rows: list[StoredDelivery] = []
    noted: list[StoredDelivery] = []
    unchanged = 0
    for row, look, first in steps:
        step = _unless_its_entry_forbids(connection, moment, row, look, first)
        if step is Step.STAY or (step is Step.CONFIRM and _is_settled(row)):
            unchanged += 1
            noted += [replace(row, sims_text=look.text)] if _is_news(row, look) else []
            continue
        counts[step] += 1
        rows.append(_after(connection, moment, row, look, step))
    adopted = [row for row in rows if row.revision != deliveries[row.delivery_key].revision]
    others = [row for row in rows if row.revision == deliveries[row.delivery_key].revision]
    save_deliveries(connection, moment.school, adopted, moment.run_id)
    save_progress(connection, moment.school, [*others, *noted], moment.run_id, _CHANGED_BY_A_LOOK)
    there = [row for row in rows if _is_settled(row) and _is_newly_ours(row)]
    mark_attempted(connection, moment.school, there, moment.now)
    tell(connection, moment.school, [(row, "") for row in rows], moment.now, moment.run_id)
    return Looked(counts, unchanged, problems)


def step_of(row: StoredDelivery, look: Look) -> Step:
    """What one look means; one that began before the last attempt says nothing about it."""
    seen = what_is_seen(row, look.text)
    if _is_outdated(row, look):
        return Step.STAY
    if not look.absent_counts and _may_be_older(row, seen):
        return Step.STAY
    if row.state in _AFTER_ATTEMPT:
        return after_look(row, seen, look.text)
    if row.state in _STILL_TO_SEND:
        return competing(row, seen)
    return Step.CONFIRM if seen is Seen.EQUAL and row.state is not DeliveryState.WITHDRAWN else Step.STAY


def _is_outdated(row: StoredDelivery, look: Look) -> bool:
    since = max((moment for moment in (row.attempted_at, row.confirmed_at) if moment is not None), default=None)
    return since is not None and look.at < since


def _without_clashes(looks: Sequence[Look]) -> list[Look]:
    """One look of each place: where one export shows two texts in it, nobody can say which is true."""
    by_key: dict[str, set[str]] = {}
    for look in looks:
        by_key.setdefault(look.delivery_key, set()).add(normalise(look.text or ""))
    return list({look.delivery_key: look for look in looks if len(by_key[look.delivery_key]) == 1}.values())


def _unless_its_entry_forbids(
    connection: Connection, moment: Moment, row: StoredDelivery, look: Look, step: Step
) -> Step:
    """No adoption where the entry says something else by now, or nothing: the push's own look finds who competes.

    One that is too short to count (rule 15) would silently take back what its author has done: a person looks at it.
    """
    if step is not Step.ADOPT:
        return step
    if not may_adopt(connection, moment.school, row):
        return Step.STAY
    return Step.DIFFERS if is_too_short(row, look.text or "") else step


def _is_news(row: StoredDelivery, look: Look) -> bool:
    """Whether SIMS holds another text by now than the one a person would be shown, and would decide on."""
    if row.state not in _SHOWN_TO_A_PERSON or _is_outdated(row, look):
        return False
    is_other = what_is_seen(row, look.text) not in {Seen.EQUAL, Seen.NOTHING}
    return is_other and normalise(look.text or "") != normalise(row.sims_text or "")


def _may_be_older(row: StoredDelivery, seen: Seen) -> bool:
    """An export may have been gathered before its time: what it lacks proves nothing, nor does what ours replaced."""
    return seen is Seen.NOTHING or (seen is Seen.OURS and row.state is not DeliveryState.CONFIRMED)


def confirmed(row: StoredDelivery, at: datetime) -> StoredDelivery:
    """As it stands once its text was read back equal: a withdrawn entry's delivery is then at its end."""
    state = DeliveryState.WITHDRAWN if row.withdrawal else DeliveryState.CONFIRMED
    return replace(
        row,
        state=state,
        reason="",
        confirmed_at=at,
        confirmed_revision=row.revision,
        sims_text=None,
        over_theirs=False,
    )


def why_differs(row: StoredDelivery, text: str | None) -> str:
    """The code of what is wrong with what SIMS holds: gone, cut, older-value or other-value."""
    seen = what_is_seen(row, text)
    if seen is Seen.NOTHING:
        return "gone" if row.state is DeliveryState.CONFIRMED else "not-kept"
    if seen is Seen.OURS:
        return "older-value"
    return "cut" if normalise(row.text).startswith(normalise(text or "")) else "other-value"


def _after(connection: Connection, moment: Moment, row: StoredDelivery, look: Look, step: Step) -> StoredDelivery:
    if step is Step.CONFIRM:
        return confirmed(row, moment.now)
    if step is Step.ADOPT:
        return adopt(connection, moment.school, row, look.text or "", moment.now, moment.run_id) or row
    if step is Step.SEND_AGAIN:
        return replace(row, state=DeliveryState.QUEUED, reason="not-kept")
    if step is Step.LET_GO:
        return replace(row, state=DeliveryState.WITHDRAWN, reason="not-ours", sims_text=look.text)
    if step is Step.CONFLICT:
        return replace(
            row, state=DeliveryState.CONFLICT, reason="typed-in-sims", sims_text=look.text, over_theirs=False
        )
    why = why_differs(row, look.text)
    return replace(row, state=DeliveryState.DIFFERS, reason=why, sims_text=look.text, over_theirs=False)


def _is_change_in_sims(row: StoredDelivery, step: Step) -> bool:
    return row.state is DeliveryState.CONFIRMED and step in {Step.ADOPT, Step.DIFFERS}


def _is_settled(row: StoredDelivery) -> bool:
    return row.state in {DeliveryState.CONFIRMED, DeliveryState.WITHDRAWN}


def _was_sent(row: StoredDelivery) -> bool:
    """Read back equal. What was adopted is confirmed too, but nobody sent it: it is never ours to write over."""
    return row.confirmed_revision == row.revision and row.reason != ADOPTED


def _is_newly_ours(row: StoredDelivery) -> bool:
    """Sent, read back, and not yet marked as ours: an attempt marks it, a look alone must."""
    return _was_sent(row) and normalise(row.text) not in row.ours


def _many_changed(changed: int, settled: int) -> Problem:
    what = f"{changed} of {settled} confirmed texts are changed or gone in SIMS: too many to be believed at once."
    do = "Nothing was changed here. Was SIMS restored to an earlier day? See `sims-sync deliveries list`."
    return Problem("many-changed-in-sims", what, do)
