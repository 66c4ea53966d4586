"""The push: queue, send, confirm, compare; what each job does and says (DESIGN §5)."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, groupby

from sims_sync.connector import Destination
from sims_sync.context import RunContext
from sims_sync.delivery import NEEDS_PERSON, OPEN_STATES, DeliveryState, Step
from sims_sync.errors import SimsSyncError
from sims_sync.guard import limits_of
from sims_sync.outcome import Ending, Outcome, Problem, ending_of, problem_of, together
from sims_sync.push.destination import deliverable, open_destination
from sims_sync.push.files import is_overdue, tend_open_file
from sims_sync.push.queueing import Queued, plan_queue, queue_deliveries
from sims_sync.push.reasons import problems_of
from sims_sync.push.seen import Look, Looked, Moment, apply_looks
from sims_sync.push.sending import Sent, open_sender, recover
from sims_sync.push.wanted import list_of
from sims_sync.store.deliveries import count_states, list_keys, load_deliveries, open_file, queued_moments
from sims_sync.store.students import load_students
from sims_sync.typed_entries import slot_aspects

CONFIRM_ROUNDS = 3
LOOK_BATCH = 1000
COMPARE_BATCH = 2000  # so many are judged together: have too many changed in SIMS to be believed?
_TO_SEND = (DeliveryState.QUEUED, DeliveryState.UNKNOWN)
_TO_CONFIRM = (DeliveryState.SENT, DeliveryState.UNKNOWN)


def push_targets(context: RunContext) -> Outcome:
    """Queue what the entries say and send it; with `dry` or `--as-of` only say what would be sent."""
    if not context.school.push.enabled:
        return Outcome(notes=("The push is switched off: nothing was sent. See docs/push.md.",))
    if context.dry or context.rehearsal:
        return _planned(context)
    recover(context)
    queued = queue_deliveries(context)
    with open_destination(context) as destination:
        told = tend_open_file(context, destination)
        with context.store.reading() as connection:
            waits = open_file(connection, context.school_id) is not None
        sent = Sent() if waits else open_sender(context, destination).run()
    return _outcome_of_push(context, queued, sent, told)


def confirm_targets(context: RunContext) -> Outcome:
    """Read back what was sent; what SIMS accepted and did not keep is sent again and looked at once more."""
    if not context.school.push.enabled:
        return Outcome(notes=("The push is switched off: nothing to confirm.",))
    if context.dry or context.rehearsal:
        return Outcome(notes=(f"{len(_keys(context, _TO_CONFIRM))} texts would be looked for in SIMS.",))
    recover(context)
    looked: list[Looked] = []
    told: tuple[Problem, ...] = ()
    error: SimsSyncError | None = None
    with open_destination(context) as destination:
        told = tend_open_file(context, destination)
        if not destination.traits.needs_person:
            sender = open_sender(context, destination)
            for _ in range(CONFIRM_ROUNDS):
                looked.append(_look(context, destination, _TO_CONFIRM, _keys(context, _TO_CONFIRM), LOOK_BATCH))
                if not looked[-1].count(Step.SEND_AGAIN) and not _keys(context, (DeliveryState.UNKNOWN,)):
                    break
                error = sender.run().error
                if error is not None:
                    break
    return _outcome_of_looks(context, looked, told, error)


def check_drift(context: RunContext) -> Outcome:
    """Compare everything confirmed in this half term with what SIMS holds now, and give the drift as a figure."""
    if not context.school.push.enabled:
        return Outcome(notes=("The push is switched off: nothing to compare.",))
    school_year = context.school_year()
    half_term = school_year.latest_started(school_year.local_date(context.now()))
    if half_term is None:
        return Outcome(notes=("No half term has begun yet.",))
    compared = (DeliveryState.CONFIRMED,)
    keys = _keys(context, compared, str(half_term))
    if context.dry or context.rehearsal:
        return Outcome(notes=(f"{len(keys)} confirmed texts would be compared with SIMS.",))
    with open_destination(context) as destination:
        if destination.traits.needs_person:
            return Outcome(notes=("Texts go by file: each export of the entries is compared instead.",))
        looked = _look(context, destination, compared, keys, COMPARE_BATCH)
    differing = looked.count(Step.ADOPT) + looked.count(Step.DIFFERS)
    share = 100 * differing / len(keys) if keys else 0.0
    note = f"Drift: {differing} of {len(keys)} confirmed texts of {half_term.shown} differ from SIMS ({share:.1f} %)."
    return together([_outcome_of_looks(context, [looked], (), None), Outcome(notes=(note,))])


def unconfirmed(context: RunContext) -> tuple[Problem, ...]:
    """The alarm: texts that have waited more than two school days for their proof."""
    school_year, now = context.school_year(), context.now()
    days = context.school.push.confirm_school_days
    with context.store.reading() as connection:
        moments = queued_moments(connection, context.school_id, OPEN_STATES)
    late = sum(count for moment, count in moments.items() if is_overdue(school_year, moment, now, days))
    if not late:
        return ()
    what = f"{late} texts are not confirmed after more than {days} school days."
    return (
        Problem("unconfirmed", what, "See `sims-sync deliveries list`, and `sims-sync check` for the way into SIMS."),
    )


def _keys(context: RunContext, states: Sequence[DeliveryState], half_term: str | None = None) -> list[str]:
    with context.store.reading() as connection:
        return list_keys(connection, context.school_id, states, half_term)


def _look(
    context: RunContext,
    destination: Destination,
    states: Sequence[DeliveryState],
    keys: Sequence[str],
    at_once: int,
) -> Looked:
    """Look at every place and apply what is seen, about `at_once` at a time: no more are held in memory.

    `states`: what stands otherwise by the time its turn comes is left out.
    """
    with context.store.reading() as connection:
        students = load_students(connection, context.school_id)
    places, looked_at, parts = slot_aspects(context.school.entries), 0, []
    for batch in _by_lists(keys, at_once):
        context.go_on()
        with context.store.reading() as connection:
            rows = load_deliveries(connection, context.school_id, states=states, keys=batch)
        chosen = {key: row for key, row in rows.items() if row.student_id in students and row.slot in places}
        deliveries = [deliverable(row, students[row.student_id], context.school) for row in chosen.values()]
        began = context.now()
        looks = [Look(seen.delivery_key, seen.text, began) for seen in destination.look_up(deliveries) if seen.known]
        moment = Moment(context.school_id, context.run_id, context.now())
        with context.store.writing() as connection:
            parts.append(apply_looks(connection, moment, chosen, looks, limits_of(context.school.guard)))
        looked_at += len(batch)
        context.progress(f"looked at {looked_at:,} of {len(keys):,}")
    return _summed(parts)


def _by_lists(keys: Sequence[str], at_once: int) -> Iterator[list[str]]:
    """A place's neighbours beside it: a destination may read the whole list of what it is in, and then only once."""
    batch: list[str] = []
    for _, neighbours in groupby(sorted(keys, key=list_of), list_of):
        batch += neighbours
        if len(batch) >= at_once:
            yield batch
            batch = []
    if batch:
        yield batch


def _summed(parts: Sequence[Looked]) -> Looked:
    steps = {step: sum(part.count(step) for part in parts) for step in Step}
    problems = tuple(dict.fromkeys(problem for part in parts for problem in part.problems))
    return Looked(steps, sum(part.unchanged for part in parts), problems)


def _planned(context: RunContext) -> Outcome:
    queued = Queued()
    with context.store.reading() as connection:
        to_send = set(list_keys(connection, context.school_id, _TO_SEND))
        for change in chain.from_iterable(plan_queue(connection, context, context.school_year())):
            queued.counts[change.what] += 1
            to_send -= {change.replaces, change.delivery.delivery_key}
            to_send |= {change.delivery.delivery_key} if change.delivery.state in _TO_SEND else set()
    return Outcome(counts=_counts(queued), notes=(f"Texts that would be sent to SIMS: {len(to_send)}.",))


def _outcome_of_push(context: RunContext, queued: Queued, sent: Sent, told: tuple[Problem, ...]) -> Outcome:
    with context.store.reading() as connection:
        waiting = load_deliveries(connection, context.school_id, states=NEEDS_PERSON)
        counts = {DeliveryState(state): n for state, n in count_states(connection, context.school_id).items()}
    problems = (*told, *problems_of(waiting.values()), *unconfirmed(context))
    ending = Ending.HELD if problems else Ending.DONE
    if sent.error is not None:
        problems, ending = (problem_of(sent.error), *problems), ending_of(sent.error)
    went = sent.states[DeliveryState.SENT]
    notes = [f"Texts sent to SIMS: {went}; all now: {shown_counts(counts)}." if counts else "There is nothing to send."]
    if sent.states[DeliveryState.WAITING]:
        notes.append(f"Texts written into a file that a person imports: {sent.states[DeliveryState.WAITING]}.")
    return Outcome(ending, counts={**_counts(queued), "held": len(waiting)}, problems=problems, notes=tuple(notes))


def _outcome_of_looks(
    context: RunContext, looked: Sequence[Looked], told: tuple[Problem, ...], error: SimsSyncError | None
) -> Outcome:
    total = _summed(looked)
    with context.store.reading() as connection:
        waiting = load_deliveries(connection, context.school_id, states=NEEDS_PERSON)
    problems = (*told, *total.problems, *problems_of(waiting.values()), *unconfirmed(context))
    ending = Ending.HELD if problems else Ending.DONE
    if error is not None:
        problems, ending = (problem_of(error), *problems), ending_of(error)
    read = sum(total.steps.values()) + total.unchanged
    notes = [f"Texts confirmed in SIMS: {total.count(Step.CONFIRM)}."] if total.count(Step.CONFIRM) else []
    if total.count(Step.ADOPT):
        notes.append(f"Newer values typed in SIMS and adopted: {total.count(Step.ADOPT)}.")
    if not read:
        notes.append("No text waits for its proof.")
    counts = {
        "read": read,
        "changed": total.count(Step.CONFIRM) + total.count(Step.ADOPT),
        "missing": total.count(Step.SEND_AGAIN),
        "unchanged": total.unchanged,
        "held": total.count(Step.DIFFERS) + total.count(Step.CONFLICT),
    }
    return Outcome(ending, counts=counts, problems=problems, notes=tuple(notes))


def _counts(queued: Queued) -> dict[str, int]:
    return {
        "read": queued.counts.total(),
        "added": queued.counts["added"],
        "changed": queued.counts["corrected"] + queued.counts["withdrawn"] + queued.counts["moved"],
    }


def shown_counts(counts: Mapping[DeliveryState, int]) -> str:
    """How many stand where, in the order of the states: `9 confirmed, 1 held`."""
    return ", ".join(f"{counts[state]} {state.value}" for state in DeliveryState if counts.get(state))
