"""Runs one source through read → map → plan → guard → apply, and says what came of it (DESIGN §4)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from sqlalchemy import Connection

from sims_sync.config import SchoolConfig, SourceSection
from sims_sync.connector import Reading
from sims_sync.context import RunContext
from sims_sync.errors import ConfigProblem, ConfigurationError, RecordError, SimsSyncError
from sims_sync.guard import Limits, ReadSigns, Verdict, judge
from sims_sync.identity import Register
from sims_sync.mapping import MappingRules, load_mapping
from sims_sync.outcome import Ending, Outcome, Problem, ending_of, problem_of, together
from sims_sync.plan import HISTORIES, Plan, compare
from sims_sync.pull.kinds import KINDS, KindPull
from sims_sync.pull.reading import Ground, HeldRow, MappedRead, Wanted, When, map_reading
from sims_sync.records import Kind, StudentRef
from sims_sync.registry import build_source
from sims_sync.store.reads import (
    MissingRow,
    hold_rows,
    last_good_read,
    load_missing,
    mark_missing,
    mark_returned,
    save_plan,
    save_read,
)
from sims_sync.store.students import load_register

ORDER = (
    Kind.STAFF,
    Kind.STUDENTS,
    Kind.TUTOR_GROUPS,
    Kind.RESULTS,
    Kind.MENTORING_ENTRIES,
    Kind.PROFORMAS,
)


def pull_kinds(context: RunContext, kinds: Sequence[Kind]) -> Outcome:
    """Pull every configured source of these kinds; one that fails does not stop the others."""
    parts = [
        pull_source(context, name, section)
        for kind in ORDER
        if kind in kinds
        for name, section in context.school.sources_of(kind).items()
    ]
    if not parts:
        shown = ", ".join(kind.value for kind in kinds)
        return Outcome(notes=(f"No source of {shown} is configured: nothing to do.",))
    return together(parts)


def pull_source(context: RunContext, name: str, section: SourceSection) -> Outcome:
    """Pull one source; every foreseeable fault becomes an outcome with one sentence."""
    try:
        rules = load_mapping(section.mapping, [context.school.path(context.school.mappings_folder)])
        _refuse_other_kind(name, section, rules)
        options = context.school.source_options[name]
        source = build_source(section.connector, options, context.connector_context())
        began = context.now()
        readings = source.read(section.kind)
    except SimsSyncError as error:
        return Outcome(ending_of(error), problems=(problem_of(error, name),))
    notes = tuple(f"{name}: {note}" for note in getattr(source, "notes", ()))
    parts = [_pull_reading(context, name, section, rules, reading) for reading in readings]
    if section.kind is Kind.PROFORMAS and not context.dry and not notes:
        _remember_collection(context, name, section, began)
    if not readings:
        notes = (*notes, f"{name}: nothing new is waiting.")
    return together([*parts, Outcome(notes=notes)])


def _refuse_other_kind(name: str, section: SourceSection, rules: MappingRules) -> None:
    if rules.kind is not section.kind:
        what = f"is a mapping of {rules.kind.value}, not of {section.kind.value}."
        problem = ConfigProblem(f"sources.{name}.mapping", what, "Name a mapping of this kind.")
        raise ConfigurationError([problem])


def _pull_reading(
    context: RunContext, name: str, section: SourceSection, rules: MappingRules, reading: Reading
) -> Outcome:
    """One read; whatever happens the source is told how it went, unless nothing was meant to be written."""
    try:
        outcome = _Pull(context, name, section).run(
            map_reading(name, section, rules, reading, context.now(), context.progress)
        )
    except SimsSyncError as error:
        outcome = Outcome(ending_of(error), problems=(problem_of(error, name),))
        if section.kind is Kind.PROFORMAS and not context.dry:
            _hold_file(context, name, section, reading, error)
    except BaseException:
        _settle(context, reading, good=False)
        raise
    return _settle(context, reading, good=outcome.ending in {Ending.DONE, Ending.HELD}, outcome=outcome)


def _settle(context: RunContext, reading: Reading, *, good: bool, outcome: Outcome | None = None) -> Outcome:
    settled = outcome or Outcome()
    if context.dry:
        return settled
    try:
        reading.settle(context.run_id, good=good)
    except SimsSyncError as error:
        return together([settled, Outcome(Ending.HELD, problems=(problem_of(error),))])
    return settled


@dataclass(frozen=True, slots=True)
class _Pull:
    context: RunContext
    name: str
    section: SourceSection

    def run(self, read: MappedRead) -> Outcome:
        """Plan, guard and apply in one transaction: it is there whole, or not at all."""
        school_year = self.context.school_year()
        ground = Ground(self.context.school, school_year, self.context.run_id, self.context.now())
        pull = KINDS[self.section.kind]
        with self.context.store.writing() as connection:
            when = self._when(connection, ground, read)
            wanted = pull.wanted(connection, ground, read, when)
            plan = self._plan(connection, ground, read, pull, wanted)
            held = (*_tied(connection, ground, read), *wanted.held)
            plan = replace(plan, held=len(held), duplicates=wanted.duplicates)
            verdict = judge(plan, self._signs(connection, read, when, plan), limits(self.context.school))
            state = "stopped" if verdict.stopped else ("planned" if self.context.dry else "applied")
            save_plan(
                connection,
                ground.school_id,
                self.name,
                plan,
                verdict,
                run_id=ground.run_id,
                at=ground.now,
                state=state,
            )
            if state == "applied":
                notes = pull.write(connection, ground, read, when, plan, wanted)
                self._remember(connection, ground, read, plan, verdict, held)
                return self._outcome(read, plan, verdict, held, (*wanted.notes, *notes))
            if verdict.stopped and not self.context.dry:
                self._hold(connection, ground, read, held)
        return self._outcome(read, plan, verdict, held, wanted.notes)

    def _when(self, connection: Connection, ground: Ground, read: MappedRead) -> When:
        last = last_good_read(connection, ground.school_id, self.section.kind, self.name)
        read_on = ground.school_year.local_date(read.began)
        return When(
            began=read.began,
            read_on=read_on,
            year_start=_year_start(ground, read_on),
            first_read=last is None,
            last_good=last.began if last else None,
        )

    def _plan(self, connection: Connection, ground: Ground, read: MappedRead, pull: KindPull, wanted: Wanted) -> Plan:
        staged = wanted.extras.get("plan")
        if isinstance(staged, Plan):
            return staged
        missing = (
            () if self.section.kind in HISTORIES else load_missing(connection, ground.school_id, self.section.kind)
        )
        held_keys = {student_id for _, _, student_id in wanted.held if student_id}
        stored = pull.stored(connection, ground, read)
        # A row that is there but cannot be used is no removal: its student stays as stored.
        present = {**wanted.records, **{key: stored[key] for key in held_keys & stored.keys() - wanted.records.keys()}}
        return replace(compare(self.section.kind, stored, present, missing), read=read.row_count)

    def _signs(self, connection: Connection, read: MappedRead, when: When, plan: Plan) -> ReadSigns:
        school = self.context.school_id
        last = last_good_read(connection, school, self.section.kind, self.name)
        window = timedelta(days=self.context.school.guard.removals_window_days)
        missing = load_missing(connection, school, self.section.kind)
        is_collected = self.section.kind is Kind.PROFORMAS  # each file stands alone: none is older than another
        return ReadSigns(
            began=read.began,
            last_began=None if is_collected else when.last_good,
            rows=read.row_count,
            held=plan.held,
            missing_columns=read.missing_columns,
            permissions=read.rules.permissions,
            filled=read.filled,
            filled_before=last.filled if last and not is_collected else {},
            recently_missing=[
                key for key in plan.still_missing if key in missing and read.began - missing[key].since <= window
            ],
            dfe_expected=self.context.school.school.dfe_number,
            dfe_seen=read.dfe_seen,
        )

    def _remember(
        self,
        connection: Connection,
        ground: Ground,
        read: MappedRead,
        plan: Plan,
        verdict: Verdict,
        held: Sequence[HeldRow],
    ) -> None:
        """Absent and returned rows, quarantine, and the read itself: a good one."""
        kind, school = self.section.kind, ground.school_id
        held_keys = set(verdict.held_removals)
        if kind not in HISTORIES:
            last = last_good_read(connection, school, kind, self.name)
            rows = [MissingRow(key, read.began, last.began if last else None, key in held_keys) for key in plan.missing]
            mark_missing(connection, school, kind, self.name, rows, ground.run_id)
            mark_returned(connection, school, kind, plan.returned)
        self._hold(connection, ground, read, held)
        still_held = sum(row.held for row in load_missing(connection, school, kind).values())
        save_read(
            connection,
            school,
            {
                "read_id": f"{ground.run_id}-{self.name}-{read.began:%Y%m%d%H%M%S%f}",
                "kind": kind.value,
                "source": self.name,
                "run_id": ground.run_id,
                "name": read.state.name[:300],
                "began": read.began,
                "finished": ground.now,
                "good": True,
                "row_count": read.row_count,
                "size": read.state.size,
                "fingerprint": read.state.fingerprint,
                "filled": dict(read.filled),
                "held_removals": still_held,
                "held_rows": len(held),
            },
        )

    def _hold(self, connection: Connection, ground: Ground, read: MappedRead, held: Sequence[HeldRow]) -> None:
        """Quarantine. A pro-forma that is handed in says nothing about rows held from another one."""
        scope = read.state.name if self.section.kind is Kind.PROFORMAS else ""
        hold_rows(
            connection,
            ground.school_id,
            self.section.kind,
            self.name,
            held,
            at=ground.now,
            run_id=ground.run_id,
            scope=scope,
        )

    def _outcome(
        self, read: MappedRead, plan: Plan, verdict: Verdict, held: Sequence[HeldRow], notes: Sequence[str]
    ) -> Outcome:
        problems = [
            Problem(reason.code, reason.what, reason.do, self.name) for reason in (*verdict.stops, *verdict.holds)
        ]
        if held and not verdict.stopped:
            problems.append(_quarantined(self.name, held))
        ending = Ending.STOPPED if verdict.stopped else (Ending.HELD if problems else Ending.DONE)
        lines = [f"{self.name}: {_sentence(plan)}", *(f"{self.name}: {note}" for note in (*read.notes, *notes))]
        if plan.duplicates:
            lines.append(f"{self.name}: {plan.duplicates} exact duplicate rows were read once.")
        return Outcome(ending, plan.counts, tuple(problems), tuple(lines))


def _tied(connection: Connection, ground: Ground, read: MappedRead) -> tuple[HeldRow, ...]:
    """Held rows with the student they speak of: that student's entry is "being checked", not outstanding."""
    if not read.held:
        return ()
    register = load_register(connection, ground.school_id)
    return tuple((number, error, _known(register, ref)) for number, error, ref in read.held)


def _known(register: Register, ref: StudentRef | None) -> str | None:
    try:
        return register.find(ref) if ref is not None else None
    except RecordError:
        return None


def limits(school: SchoolConfig) -> Limits:
    """The guard's limits from the config."""
    names = Limits.__slots__
    return Limits(**{name: getattr(school.guard, name) for name in names})


def _remember_collection(context: RunContext, name: str, section: SourceSection, began: datetime) -> None:
    """A folder of pro-formas was looked through: everything handed in by `began` has been taken or is in quarantine."""
    with context.store.writing() as connection:
        save_read(
            connection,
            context.school_id,
            {
                "read_id": f"{context.run_id}-{name}-collected",
                "kind": section.kind.value,
                "source": name,
                "run_id": context.run_id,
                "name": "the whole folder",
                "began": began,
                "finished": context.now(),
                "good": True,
                "row_count": 0,
                "size": None,
                "fingerprint": None,
                "filled": {},
                "held_removals": 0,
                "held_rows": 0,
            },
        )


def _hold_file(context: RunContext, name: str, section: SourceSection, reading: Reading, error: SimsSyncError) -> None:
    """A pro-forma that cannot be read may hold anyone's entry: it is held until it is handed in well, or discarded."""
    unreadable = RecordError(error.code, "file", "the file cannot be read", "Hand it in again, or discard it.")
    with context.store.writing() as connection:
        hold_rows(
            connection,
            context.school_id,
            section.kind,
            name,
            [(0, unreadable, None)],
            at=context.now(),
            run_id=context.run_id,
            scope=reading.state.name,
        )


def _quarantined(name: str, held: Sequence[HeldRow]) -> Problem:
    rules = sorted({f"{error.field}: {error.rule}" for _, error, _ in held})
    shown = "; ".join(rules[:3]) + ("; …" if len(rules) > 3 else "")  # noqa: PLR2004 - enough to see what kind it is
    rows = "row is" if len(held) == 1 else "rows are"
    return Problem("quarantine", f"{len(held)} {rows} held ({shown}).", "See `sims-sync quarantine list`.", name)


def _sentence(plan: Plan) -> str:
    if plan.is_empty:
        return f"{plan.read:,} read, nothing changed."
    counts = plan.counts
    parts = [f"{counts[key]:,} {key}" for key in ("added", "changed", "missing", "unchanged") if counts[key]]
    return f"{plan.read:,} read: {', '.join(parts)}."


def _year_start(ground: Ground, day: date) -> date:
    """The first day of the academic year that owns `day`; outside every configured year, the last 1 September."""
    half_term = ground.school_year.owner(day)
    if half_term is not None:
        return min(
            ground.school_year.dates(each).owns_from for each in ground.school_year.ids() if each.year == half_term.year
        )
    return date(day.year if day.month >= 9 else day.year - 1, 9, 1)  # noqa: PLR2004 - September, DOMAIN rule 1
