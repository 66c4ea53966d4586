"""What a person decides about a plan: release it, once, with a reason; and reading a kept source again (DESIGN §4)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from sims_sync.connector import Row, SourceState
from sims_sync.context import RunContext
from sims_sync.errors import ConfigProblem, ConfigurationError, RunError
from sims_sync.mapping import load_mapping
from sims_sync.outcome import Ending, Outcome, together
from sims_sync.pull.attempt import Attempt, Release
from sims_sync.pull.confirmation import source_fingerprint
from sims_sync.pull.reading import map_reading
from sims_sync.records import Kind
from sims_sync.store.decisions import record_audit
from sims_sync.store.plans import (
    WAITING,
    KeptRead,
    StoredPlan,
    confirm,
    kept_of_source,
    load_kept,
    load_plan,
    load_plans,
    set_released,
)
from sims_sync.store.reads import load_missing, load_quarantine, release_removals


class KeptReading:
    """A kept read as a `Reading`."""

    def __init__(self, kept: KeptRead) -> None:
        self._kept = kept

    @property
    def state(self) -> SourceState:
        """When the data was true."""
        return self._kept.state

    @property
    def columns(self) -> Sequence[str]:
        """Every mapped column that occurred."""
        return tuple(dict.fromkeys(name for row in self._kept.rows for name in row.values))

    def rows(self) -> Iterator[Row]:
        """The rows as they came."""
        return iter(self._kept.rows)

    def settle(self, run_id: str, *, good: bool) -> None:
        """Nothing to tell."""


@dataclass(frozen=True, slots=True)
class Decision:
    """Who decided, and why."""

    who: str
    reason: str


def release(context: RunContext, plan_id: str, decision: Decision) -> Outcome:
    """Release one plan, once: it is applied as exactly that plan; held removals begin their grace.

    Raises:
        ConfigurationError: no such plan, or nothing about it can be released.
        RunError: what is stored changed since, so that it would be another plan.
    """
    with context.store.reading() as connection:
        plan = load_plan(connection, context.school_id, plan_id)
    if plan is None:
        raise _refused(plan_id, "is no stored plan.", "See `sims-sync plans list`.")
    if plan.state in WAITING:
        outcome = _apply(context, plan, decision)
    elif plan.state == "applied" and any(reason["code"] == "removals-held" for reason in plan.reasons):
        outcome = _release_removals(context, plan)
    else:
        raise _refused(plan.plan_id, f"is {plan.state}: nothing about it waits.", "See `sims-sync plans list`.")
    if outcome.ending in {Ending.DONE, Ending.HELD}:
        _settle(context, plan, decision)
    return outcome


def release_held(context: RunContext, source: str, decision: Decision) -> Outcome:
    """Release every removal that is held of a source's kind: those of its rows still absent begin their grace.

    Raises:
        ConfigurationError: no such source, or none of its removals are held.
    """
    section = context.school.sources.get(source)
    if section is None:
        raise _refused(source, "is no configured source.", f"Known: {', '.join(context.school.sources)}.")
    with context.store.writing() as connection:
        missing = load_missing(connection, context.school_id, section.kind)
        keys = [key for key, row in missing.items() if row.held]
        count = release_removals(connection, context.school_id, section.kind, keys)
        record_audit(
            connection,
            context.school_id,
            at=context.now(),
            who=decision.who,
            action="removals-released",
            subject=source,
            detail={"reason": decision.reason, "count": count},
        )
    if not count:
        raise _refused(source, "has no held removals.", "See `sims-sync status`.")
    return Outcome(notes=(f"{source}: {count} removals released; they begin their grace.",))


def release_first(context: RunContext, decision: Decision) -> Outcome:
    """Release every plan that waits for "is this your school?": kind by kind, the oldest data of each first."""
    with context.store.reading() as connection:
        waiting = [plan for plan in load_plans(connection, context.school_id) if plan.state == "waiting"]
        began = {plan.plan_id: _began(connection, context, plan) for plan in waiting}
    if not waiting:
        return Outcome(notes=("No first read waits to be released.",))
    in_order = sorted(waiting, key=lambda plan: (_ORDER.index(Kind(plan.kind)), began[plan.plan_id]))
    return together(release(context, plan.plan_id, decision) for plan in in_order)


def _began(connection: Connection, context: RunContext, plan: StoredPlan) -> datetime:
    kept = load_kept(connection, context.school_id, plan.kept_id) if plan.kept_id else None
    return kept.state.began if kept else plan.created


def retry(context: RunContext, source: str) -> Outcome:
    """Read a source's newest kept read again, e.g. after its mapping was mended.

    Raises:
        ConfigurationError: the source is not configured, or nothing of it is kept.
    """
    if source not in context.school.sources:
        raise _refused(source, "is no configured source.", f"Known: {', '.join(context.school.sources)}.")
    with context.store.reading() as connection:
        kept = kept_of_source(connection, context.school_id, source)
        any_held = any(row.source == source for row in load_quarantine(connection, context.school_id))
    chosen = list(kept) if any_held else []
    if not chosen:
        raise _refused(source, "has nothing kept to read again.", "Run its job: SIMS is then asked afresh.")
    if context.school.sources[source].kind is not Kind.PROFORMAS:
        chosen = chosen[:1]
    return together(_take(context, each, None) for each in reversed(chosen))


_ORDER = (Kind.STAFF, Kind.STUDENTS, Kind.TUTOR_GROUPS, Kind.RESULTS, Kind.MENTORING_ENTRIES, Kind.PROFORMAS)


def _apply(context: RunContext, plan: StoredPlan, decision: Decision) -> Outcome:
    if plan.kept_id is None:
        return _confirm_only(context, plan, decision)
    with context.store.reading() as connection:
        kept = load_kept(connection, context.school_id, plan.kept_id)
    if kept is None:
        raise RunError("not-kept", "What this plan was made from is no longer kept.", "Run the job again.")
    return _take(context, kept, Release(plan.content, decision.who))


def _confirm_only(context: RunContext, plan: StoredPlan, decision: Decision) -> Outcome:
    """Results are not kept: the next run applies them, or this very file where the plan was stopped."""
    section = context.school.sources[plan.source]
    rules = load_mapping(section.mapping, [context.school.path(context.school.mappings_folder)])
    if plan.state == "waiting":
        with context.store.writing() as connection:
            confirm(
                connection,
                context.school_id,
                Kind(plan.kind),
                plan.source,
                fingerprint=source_fingerprint(context.school, section, rules),
                who=decision.who,
                at=context.now(),
            )
        return Outcome(notes=(f"{plan.source}: confirmed; the next run applies it.",))
    return Outcome(
        notes=(f"{plan.source}: put the file back (from failed/) and run the job: this very file is applied.",)
    )


def _take(context: RunContext, kept: KeptRead, released: Release | None) -> Outcome:
    section = context.school.sources[kept.source]
    rules = load_mapping(section.mapping, [context.school.path(context.school.mappings_folder)])
    read = map_reading(kept.source, section, rules, KeptReading(kept), context.now(), context.progress)
    return Attempt(context, kept.source, section, released).run(read)


def _release_removals(context: RunContext, plan: StoredPlan) -> Outcome:
    """The set of ids that this plan held; those that came back meanwhile are no longer among the missing."""
    keys = [change["key"] for change in plan.changes if change["action"] == "missing"]
    with context.store.writing() as connection:
        count = release_removals(connection, context.school_id, Kind(plan.kind), keys)
    return Outcome(notes=(f"{plan.source}: {count} removals released; they begin their grace.",))


def _settle(context: RunContext, plan: StoredPlan, decision: Decision) -> None:
    with context.store.writing() as connection:
        values = {
            "released_at": context.now(),
            "released_by": decision.who,
            "release_reason": decision.reason,
        }
        set_released(connection, context.school_id, plan.plan_id, values)
        record_audit(
            connection,
            context.school_id,
            at=context.now(),
            who=decision.who,
            action="plan-released",
            subject=plan.plan_id,
            detail={"reason": decision.reason},
        )


def _refused(path: str, what: str, do: str) -> ConfigurationError:
    return ConfigurationError([ConfigProblem(path, what, do)])
