"""One attempt to take over one read: when it was, what the guard says, what is remembered, what is told (DESIGN §4)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import partial

from sqlalchemy import Connection

from sims_sync.config import SourceSection
from sims_sync.connector import Row, RowProblem
from sims_sync.context import RunContext
from sims_sync.errors import RecordError, RunError
from sims_sync.guard import ReadSigns, Reason, Verdict, judge, limits_of
from sims_sync.identity import Register
from sims_sync.outcome import Ending, Outcome, Problem
from sims_sync.plan import HISTORIES, Plan, compare
from sims_sync.pull.confirmation import found_in, source_fingerprint, why_waiting
from sims_sync.pull.erased import without_erased
from sims_sync.pull.kinds import KINDS, KindPull
from sims_sync.pull.reading import Ground, HeldRow, MappedRead, Wanted, When
from sims_sync.records import Kind, StudentRef
from sims_sync.registry import connector_class
from sims_sync.school_year import SchoolYear
from sims_sync.store.plans import WAITING, confirm, forget_kept, keep, released_contents, save_plan, supersede
from sims_sync.store.reads import (
    MissingRow,
    first_good_read,
    held_removals,
    hold_rows,
    last_good_read,
    load_missing,
    mark_missing,
    mark_returned,
    save_read,
)
from sims_sync.store.students import load_register


@dataclass(frozen=True, slots=True)
class Release:
    """A person's word for exactly one plan."""

    content: str
    who: str


@dataclass(frozen=True, slots=True)
class Attempt:
    """One read of one source, on its way into the store. `tell` is given what is to be answered, row by row."""

    context: RunContext
    name: str
    section: SourceSection
    release: Release | None = None
    tell: Callable[[Sequence[RowProblem]], None] | None = None

    def run(self, read: MappedRead) -> Outcome:
        """Plan, guard and apply in one transaction: it is there whole, or not at all."""
        ground = self.ground()
        pull = KINDS[self.section.kind]
        with self.context.store.writing() as connection:
            read = without_erased(connection, self.context, read)
            when = self.when(connection, ground, read.began)
            wanted = pull.wanted(connection, ground, read, when)
            held = (*_tied(connection, ground, read), *wanted.held)
            if self.tell is not None:
                self.tell([*map(_row_problem, held), *wanted.extras.get("answers", ())])
            plan = self._plan(connection, ground, read, pull, wanted, held)
            plan = replace(plan, held=rows_of(held), duplicates=wanted.duplicates)
            found = partial(found_in, self.section.kind, plan, wanted.records)
            verdict = self.judged(connection, ground, read, when, plan, found, plan.content)
            if not self.may_apply(verdict):
                self.put_aside(connection, ground, read, verdict, held)
                return self.outcome(read, plan, verdict, held, wanted.notes)
            notes = (
                *pull.write(connection, ground, read, when, plan, wanted),
                *self._new_columns(connection, ground, read),
            )
            self.remember(connection, ground, read, plan, verdict, held)
            verdict = self.with_older_holds(connection, verdict)
        return self.outcome(read, plan, verdict, held, (*wanted.notes, *notes))

    def _new_columns(self, connection: Connection, ground: Ground, read: MappedRead) -> Sequence[str]:
        """A column that no mapping knows is told once, when it first appears (DESIGN §4)."""
        last = last_good_read(connection, ground.school_id, self.section.kind, self.name)
        new = [name for name in read.unmapped if name not in last.unmapped] if last is not None else []
        return (f"New columns, of which nothing is kept: {', '.join(new)}.",) if new else ()

    def ground(self) -> Ground:
        """What the kind's module may look at."""
        return Ground(self.context.school, self.context.school_year(), self.context.run_id, self.context.now())

    def when(self, connection: Connection, ground: Ground, began: datetime) -> When:
        """The moment of the read, as the rules use it."""
        last = last_good_read(connection, ground.school_id, self.section.kind, self.name)
        read_on = ground.school_year.local_date(began)
        return When(
            began=began,
            read_on=read_on,
            year_start=_year_start(ground, read_on),
            first_read=first_good_read(connection, ground.school_id, self.section.kind) is None,
            last_good=last.began if last else None,
        )

    def judged(
        self,
        connection: Connection,
        ground: Ground,
        read: MappedRead,
        when: When,
        plan: Plan,
        found: Callable[[], str],
        content: str,
    ) -> Verdict:
        """The guard's verdict; with it the plan is stored, before anything is written.

        Raises:
            RunError: it is not the plan that was released: something changed in between.
        """
        verdict = judge(plan, self._signs(connection, ground, read, when, plan), limits_of(self.context.school.guard))
        kind, fingerprint = self.section.kind, source_fingerprint(self.context.school, self.section, read.rules)
        if not verdict.stopped:
            reason = why_waiting(connection, ground.school_id, self.name, kind, fingerprint, found)
            verdict = replace(verdict, waits=(reason,) if reason else ())
        if self._released(connection, ground, content):
            verdict = Verdict()
            confirm(
                connection,
                ground.school_id,
                kind,
                self.name,
                fingerprint=fingerprint,
                who=self.release.who if self.release else "released",
                at=ground.now,
            )
        plan_id = f"{ground.run_id}-{self.name}-{content[:8]}"
        state = self._state(verdict)
        row = {
            "plan_id": plan_id,
            "run_id": ground.run_id,
            "source": self.name,
            "created": ground.now,
            "state": state,
            "content": content,
            "kept_id": plan_id if read.raw and not self.context.dry else None,
        }
        save_plan(connection, ground.school_id, plan, verdict, row)
        if not self.context.dry:
            if not self._is_collected:  # each stands alone: another one that came takes no place
                supersede(connection, ground.school_id, kind, self.name, but=plan_id)
            if read.raw and (state in WAITING or plan.held):
                self._keep(connection, ground, read, plan_id)
        return verdict

    def _released(self, connection: Connection, ground: Ground, content: str) -> bool:
        if self.release is None:
            kind = self.section.kind
            return kind is Kind.RESULTS and content in released_contents(connection, ground.school_id, kind, self.name)
        if self.release.content != content and self.section.kind is Kind.PROFORMAS:
            return False  # one released before it had the same rows: it comes only once, so it is judged anew
        if self.release.content != content:
            what = "What is stored changed since: this is no longer the plan that was to be released."
            raise RunError("plan-changed", what, "Run the job again and look at its new plan.")
        return True

    def _state(self, verdict: Verdict) -> str:
        if self.context.dry:
            return "planned"
        return "stopped" if verdict.stopped else ("waiting" if verdict.waits else "applied")

    def _keep(self, connection: Connection, ground: Ground, read: MappedRead, kept_id: str) -> None:
        """Mapped columns only: what is not mapped is never kept, and nothing longer than `kept_days` (DOMAIN §8)."""
        forget_kept(connection, ground.school_id, ground.now - timedelta(days=self.context.school.guard.kept_days))
        left_out = set(read.unmapped)
        rows = [
            Row(row.number, {name: text for name, text in row.values.items() if name not in left_out})
            for row in read.raw
        ]
        of = {"kind": self.section.kind.value, "source": self.name, "run_id": ground.run_id, "kept_at": ground.now}
        keep(connection, ground.school_id, kept_id, read.state, rows, {**of, "began": read.began})

    @property
    def _is_collected(self) -> bool:
        """Whether each read is a paper of its own; those of an application are one stream."""
        is_stream = getattr(connector_class(self.section.connector, "source"), "is_stream", False)
        return self.section.kind is Kind.PROFORMAS and not is_stream

    def may_apply(self, verdict: Verdict) -> bool:
        """Whether the plan is applied now."""
        return not (verdict.stopped or verdict.waits or self.context.dry)

    def put_aside(
        self, connection: Connection, ground: Ground, read: MappedRead, verdict: Verdict, held: Sequence[HeldRow]
    ) -> None:
        """A stopped read leaves only its unusable rows behind, so that an admin can see which they were."""
        if verdict.stopped and not self.context.dry:
            # A pro-forma comes only once: among the good rows of one that was stopped may be anyone's entry.
            whole = [unusable_file(verdict.stops[0].code)] if self.section.kind is Kind.PROFORMAS else []
            self._hold(connection, ground, read, (*held, *whole))

    def _plan(
        self,
        connection: Connection,
        ground: Ground,
        read: MappedRead,
        pull: KindPull,
        wanted: Wanted,
        held: Sequence[HeldRow],
    ) -> Plan:
        missing = (
            () if self.section.kind in HISTORIES else load_missing(connection, ground.school_id, self.section.kind)
        )
        held_keys = {student_id for _, _, student_id in held if student_id}
        stored = pull.stored(connection, ground, read)
        # A row that is there but cannot be used is no removal: its student stays as stored.
        present = {**wanted.records, **{key: stored[key] for key in held_keys & stored.keys() - wanted.records.keys()}}
        plan = compare(self.section.kind, stored, present, missing)
        return replace(plan, read=read.row_count, missing=() if read.state.incremental else plan.missing)

    def _signs(self, connection: Connection, ground: Ground, read: MappedRead, when: When, plan: Plan) -> ReadSigns:
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
            filled_before=last.filled if last and not (is_collected or read.state.incremental) else {},
            recently_missing=[
                key for key in plan.still_missing if key in missing and read.began - missing[key].since <= window
            ],
            incremental=read.state.incremental,
            rollover=is_rollover(ground.school_year, when.read_on, self.context.school.guard.rollover_until),
            dfe_expected=self.context.school.school.dfe_number,
            dfe_seen=read.dfe_seen,
        )

    def remember(
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
        still_held = held_removals(connection, school, kind)
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
                "unmapped": list(read.unmapped),
                "held_removals": still_held,
                "held_rows": len(held),
            },
        )

    def with_older_holds(self, connection: Connection, verdict: Verdict) -> Verdict:
        """Removals held earlier are still held: each run says so until a person has decided."""
        count = held_removals(connection, self.context.school_id, self.section.kind)
        if verdict.holds or not count:
            return verdict
        what = f"{count} removals are held: nothing was removed."
        do = f"Look in SIMS whether they are right, then: sims-sync plans release --removals {self.name} --reason …"
        return replace(verdict, holds=(Reason("removals-held", what, do),))

    def _hold(self, connection: Connection, ground: Ground, read: MappedRead, held: Sequence[HeldRow]) -> None:
        """Quarantine. A pro-forma that is handed in says nothing about rows held from another one."""
        scope = read.state.name if self._is_collected else ""
        hold_rows(
            connection,
            ground.school_id,
            self.section.kind,
            self.name,
            held,
            at=ground.now,
            run_id=ground.run_id,
            scope=scope,
            contents=read.contents(number for number, _, student_id in held if student_id is None),
        )

    def outcome(
        self, read: MappedRead, plan: Plan, verdict: Verdict, held: Sequence[HeldRow], notes: Sequence[str]
    ) -> Outcome:
        """What the run tells of this read."""
        # One sentence: a missing column also leaves rows unusable and silences others. The stored plan has every sign.
        reasons = (*verdict.stops[:1], *verdict.waits, *verdict.holds)
        problems = [Problem(reason.code, reason.what, reason.do, self.name) for reason in reasons]
        if held and not verdict.stopped and not verdict.waits:
            problems.append(_quarantined(self.name, held))
        ending = Ending.STOPPED if verdict.stopped else (Ending.HELD if problems else Ending.DONE)
        if verdict.stopped:
            lines = [f"{self.name}: {plan.read:,} read; nothing was applied."]
            counts = {**plan.counts, "added": 0, "changed": 0, "missing": 0}
            return Outcome(ending, counts, tuple(problems), tuple(lines))
        lines = [f"{self.name}: {_sentence(plan)}", *(f"{self.name}: {note}" for note in (*read.notes, *notes))]
        if plan.duplicates:
            lines.append(f"{self.name}: {plan.duplicates} exact duplicate rows were read once.")
        return Outcome(ending, plan.counts, tuple(problems), tuple(lines), bool(verdict.waits), bool(read.raw))


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


def _row_problem(held: HeldRow) -> RowProblem:
    number, error, _ = held
    return RowProblem(number, error.code, error.field, error.rule, error.do)


def unusable_file(code: str) -> HeldRow:
    """A whole pro-forma in quarantine: it may hold anyone's entry until it is handed in well, or discarded."""
    return 0, RecordError(code, "file", "the file cannot be used", "Hand it in again, or discard it."), None


def rows_of(held: Sequence[HeldRow]) -> int:
    """How many rows these are: where each aspect has a column, one row may be held several times."""
    return len({number for number, _, _ in held})


def _quarantined(name: str, held: Sequence[HeldRow]) -> Problem:
    rules = sorted({f"{error.field}: {error.rule}" for _, error, _ in held})
    shown = "; ".join(rules[:3]) + ("; …" if len(rules) > 3 else "")  # noqa: PLR2004 - enough to see what kind it is
    count = rows_of(held)
    rows = "row is" if count == 1 else "rows are"
    return Problem("quarantine", f"{count} {rows} held ({shown}).", "See `sims-sync quarantine list`.", name)


def _sentence(plan: Plan) -> str:
    if plan.is_empty:
        return f"{plan.read:,} read, nothing changed."
    counts = plan.counts
    parts = [f"{counts[key]:,} {key}" for key in ("added", "changed", "missing", "unchanged") if counts[key]]
    return f"{plan.read:,} read: {', '.join(parts)}."


def is_rollover(school_year: SchoolYear, day: date, until: str) -> bool:
    """Whether `day` lies between a year's last school day and `until` ("09-15") after it: everybody moves up then."""
    month, day_of_month = (int(part) for part in until.split("-"))
    last_days = {each.year: school_year.dates(each).last_school_day for each in school_year.ids()}
    return any(last is not None and last <= day <= date(last.year, month, day_of_month) for last in last_days.values())


def _year_start(ground: Ground, day: date) -> date:
    """The first day of the academic year that owns `day`; outside every configured year, the last 1 September."""
    half_term = ground.school_year.owner(day)
    if half_term is not None:
        return min(
            ground.school_year.dates(each).owns_from for each in ground.school_year.ids() if each.year == half_term.year
        )
    return date(day.year if day.month >= 9 else day.year - 1, 9, 1)  # noqa: PLR2004 - September, DOMAIN rule 1
