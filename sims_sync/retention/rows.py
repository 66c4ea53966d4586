"""Which rows are too old, table by table, and how do they go (DOMAIN §8)? The rules are those of `store.holdings`."""

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Table, and_, delete, func, or_, select, update

from sims_sync.erasure_key import ErasureKey
from sims_sync.periods import Periods, first_calendar_year
from sims_sync.records import Kind
from sims_sync.retention.leavers import remove_left_staff, remove_left_students
from sims_sync.retention.totals import totals_of
from sims_sync.school_year import HalfTermId
from sims_sync.store.disposals import Disposal
from sims_sync.store.erased import forget_hashes
from sims_sync.store.holdings import HOLDINGS, Rule
from sims_sync.store.messages import DISCARDED, REFUSED, SENT
from sims_sync.store.plans import WAITING, forget_kept
from sims_sync.store.snapshot_totals import save_totals
from sims_sync.store.tables import (
    alert,
    announced_deadline,
    audit,
    away,
    closure,
    computation,
    cover,
    disposal,
    go_live,
    issued_file,
    journal,
    message,
    message_release,
    missing,
    plan,
    problem,
    push_trial,
    quarantine,
    read,
    result_before,
    role,
    run,
    slot,
    snapshot,
    snapshot_total,
    tutor_group,
    tutor_note,
    written_list,
)

_OVER = (SENT, REFUSED, DISCARDED)  # nothing more will come of such a message


def dispose_of_rows(
    connection: Connection, school: str, cuts: Periods, key: Callable[[], ErasureKey], run_id: str
) -> list[Disposal]:
    """Delete or reduce every row that is too old; what went, by table."""
    found = [
        *remove_left_students(connection, school, cuts, key, run_id),
        *remove_left_staff(connection, school, cuts),
    ]
    for name, step in _STEPS.items():
        counts = step(connection, school, cuts)
        found += [
            Disposal(what, HOLDINGS[name].rule.value, count, _before(name, cuts)) for what, count in counts.items()
        ]
    return found


def _before(name: str, cuts: Periods) -> datetime | None:
    return {
        Rule.FILES: cuts.files_before,
        Rule.SENT_MAIL: cuts.mail_before,
        Rule.ENDED: cuts.mail_before,
        Rule.AUDIT: cuts.audit_before,
        Rule.SNAPSHOTS: cuts.history_before,
        Rule.TOTALS: cuts.totals_before,
    }.get(HOLDINGS[name].rule)


Counts = dict[str, int]


def _gone(connection: Connection, table: Table, school: str, *where: ColumnElement[bool]) -> Counts:
    done = connection.execute(delete(table).where(table.c.school == school, *where))
    return {table.name: int(done.rowcount)}


def _past(connection: Connection, school: str, cuts: Periods) -> Counts:
    """Roles, cover and absences that ended long ago."""
    counts: Counter[str] = Counter()
    for table in (role, cover, away):
        counts.update(_gone(connection, table, school, table.c.last < cuts.left_before))
    return counts


def _groups(connection: Connection, school: str, cuts: Periods) -> Counts:
    names = _long_missing(connection, school, Kind.TUTOR_GROUPS, cuts)
    counts = _gone(connection, tutor_group, school, tutor_group.c.name.in_(names))
    _gone(connection, missing, school, missing.c.kind == Kind.TUTOR_GROUPS.value, missing.c.row_key.in_(names))
    return counts


def _long_missing(connection: Connection, school: str, kind: Kind, cuts: Periods) -> list[str]:
    chosen = select(missing.c.row_key, missing.c.last_seen, missing.c.since).where(
        missing.c.school == school, missing.c.kind == kind.value, missing.c.held.is_(False)
    )
    rows = connection.execute(chosen)
    return [row.row_key for row in rows if (row.last_seen or row.since).date() < cuts.left_before]


def _snapshots(connection: Connection, school: str, cuts: Periods) -> Counts:
    """Of an old one only totals are left: those of its newest version, as the annual evaluation shows it."""
    names = (snapshot.c.half_term, snapshot.c.occasion, snapshot.c.version)
    listed = connection.execute(select(*names).where(snapshot.c.school == school)).all()
    old = [row for row in listed if first_calendar_year(HalfTermId.parse(row.half_term)) < cuts.snapshots_from]
    newest = {(row.half_term, row.occasion): row.version for row in sorted(old, key=lambda row: row.version)}
    for (half_term, occasion), version in newest.items():
        here = (snapshot.c.school == school, snapshot.c.half_term == half_term, snapshot.c.occasion == occasion)
        kept = connection.execute(select(snapshot).where(*here, snapshot.c.version == version)).mappings().one()
        totals = totals_of(kept["content"])
        save_totals(connection, school, HalfTermId.parse(half_term), occasion, kept["taken_at"], totals)
        connection.execute(delete(snapshot).where(*here))
    return {"snapshot": len(old)}


def _totals(connection: Connection, school: str, cuts: Periods) -> Counts:
    counts: Counter[str] = Counter()
    for table in (snapshot_total, announced_deadline):
        chosen = select(table.c.half_term).where(table.c.school == school).distinct()
        known = connection.execute(chosen).scalars().all()
        old = [each for each in known if first_calendar_year(HalfTermId.parse(each)) < cuts.totals_from]
        counts.update(_gone(connection, table, school, table.c.half_term.in_(old)))
    counts.update(_gone(connection, closure, school, closure.c.day < cuts.totals_before.date()))
    counts.update(_gone(connection, disposal, school, disposal.c.at < cuts.totals_before))
    return counts


def _history(connection: Connection, school: str, cuts: Periods) -> Counts:
    """Computations, notes, releases, runs, slots, reads and plans of the years whose snapshots have gone."""
    old = cuts.history_before
    counts: Counter[str] = Counter()
    for table, column in (
        (computation, computation.c.computed_at),
        (tutor_note, tutor_note.c.given_at),
        (message_release, message_release.c.released_at),
        (issued_file, issued_file.c.ended_at),
    ):
        counts.update(_gone(connection, table, school, column < old))
    counts.update(_all_but_newest(connection, run, school, run.c.started, (run.c.job,), old))
    counts.update(_all_but_newest(connection, slot, school, slot.c.due_at, (slot.c.job,), old))
    counts.update(_reads(connection, school, old))
    counts.update(_gone(connection, plan, school, plan.c.created < old, plan.c.state.not_in(WAITING)))
    return counts


def _all_but_newest(
    connection: Connection,
    table: Table,
    school: str,
    at: ColumnElement[datetime],
    of: tuple[ColumnElement[str], ...],
    before: datetime,
) -> Counts:
    newest = select(*of, func.max(at)).where(table.c.school == school).group_by(*of)
    counts = 0
    for *names, moment in connection.execute(newest).all():
        same = and_(*(column == name for column, name in zip(of, names, strict=True)))
        limit = before if moment is None else min(before, moment)
        counts += sum(_gone(connection, table, school, same, at < limit).values())
    return {table.name: counts}


def _reads(connection: Connection, school: str, before: datetime) -> Counts:
    """The newest of each source stays, and the very first of each kind: since then from-dates are known (rule 10)."""
    first = select(func.min(read.c.began)).where(read.c.school == school, read.c.good).group_by(read.c.kind)
    keep = set(connection.execute(first).scalars())
    newest = select(func.max(read.c.began)).where(read.c.school == school, read.c.good)
    keep |= set(connection.execute(newest.group_by(read.c.kind, read.c.source)).scalars())
    return _gone(connection, read, school, read.c.began < before, read.c.began.not_in(sorted(keep)))


def _files(connection: Connection, school: str, cuts: Periods) -> Counts:
    """What `undo`, a release or a retry could still need, and the ids within plans."""
    counts: Counter[str] = Counter({"kept_read": forget_kept(connection, school, cuts.files_before)})
    recent = select(run.c.run_id).where(run.c.school == school, run.c.started >= cuts.files_before)
    for table in (journal, result_before):
        counts.update(_gone(connection, table, school, table.c.run_id.not_in(recent)))
    counts["ids in plans"] = _forget_changes(connection, school, cuts.files_before)
    return counts


def _forget_changes(connection: Connection, school: str, before: datetime) -> int:
    """Which student a plan would have changed; its totals stay. One that waits for a person keeps its ids."""
    old = (plan.c.school == school, plan.c.created < before, plan.c.state.not_in(WAITING))
    named = [
        row.plan_id for row in connection.execute(select(plan.c.plan_id, plan.c.changes).where(*old)) if row.changes
    ]
    for plan_id in named:
        connection.execute(update(plan).where(plan.c.school == school, plan.c.plan_id == plan_id).values(changes=[]))
    return len(named)


def _messages(connection: Connection, school: str, cuts: Periods) -> Counts:
    """After 90 days who, what and state are left, for rule 7's *once*; after the academic year nothing."""
    old = (message.c.created < cuts.mail_before,)
    years = connection.execute(select(message.c.academic_year).where(message.c.school == school).distinct()).scalars()
    over = [year for year in years if int(year[:4]) < cuts.year_start.year]
    counts = _gone(connection, message, school, *old, message.c.academic_year.in_(over))
    bare = {"message_id": "", "sent_at": None, "detail": "", "content": None}
    said = or_(message.c.message_id != "", message.c.sent_at.is_not(None), message.c.content.is_not(None))
    done = connection.execute(
        update(message).where(message.c.school == school, *old, message.c.state.in_(_OVER), said).values(bare)
    )
    return {**counts, "details of messages": int(done.rowcount)}


def _ended(connection: Connection, school: str, cuts: Periods) -> Counts:
    counts = _gone(connection, problem, school, problem.c.ended < cuts.mail_before)
    return {**counts, **_gone(connection, alert, school, alert.c.ended < cuts.mail_before)}


def _quarantine(connection: Connection, school: str, cuts: Periods) -> Counts:
    """What is settled goes with the files; what is held, when its academic year is over and its last half term closed.

    A row that is still held by each night's read is of this year, and stays.
    """
    settled = _gone(
        connection, quarantine, school, quarantine.c.state != "held", quarantine.c.last_seen < cuts.files_before
    )["quarantine"]
    # A half term that is never closed must not keep a marker for ever.
    over = max(filter(None, (_last_closing(connection, school, cuts), cuts.history_before)))
    where = (quarantine.c.state == "held", quarantine.c.last_seen < over)
    return {"quarantine": settled + _gone(connection, quarantine, school, *where)["quarantine"]}


def _last_closing(connection: Connection, school: str, cuts: Periods) -> datetime | None:
    """When the last academic year's last half term was closed; None while it is not over, or was never closed."""
    half_term = f"{cuts.year_start.year - 1}-{cuts.year_start.year % 100:02}/summer-2"
    chosen = select(func.min(snapshot.c.taken_at)).where(
        snapshot.c.school == school, snapshot.c.half_term == half_term, snapshot.c.occasion == "closing"
    )
    return connection.execute(chosen).scalar()


def _audits(connection: Connection, school: str, cuts: Periods) -> Counts:
    counts = _gone(connection, audit, school, audit.c.at < cuts.audit_before)
    counts |= _all_but_newest(
        connection, push_trial, school, push_trial.c.at, (push_trial.c.destination,), cuts.audit_before
    )
    newest = select(func.max(go_live.c.decided_at)).where(go_live.c.school == school).scalar_subquery()
    counts |= _gone(
        connection, go_live, school, go_live.c.decided_at < cuts.audit_before, go_live.c.decided_at < newest
    )
    counts["erased_person"] = forget_hashes(connection, school, before=cuts.audit_before)
    return counts


def _lists(connection: Connection, school: str, cuts: Periods) -> Counts:
    return _gone(connection, written_list, school, written_list.c.written_at < cuts.history_before)


# Table whose rule stands in the evidence → what is done; the tables of a student and of staff are in `leavers`.
_STEPS: Mapping[str, Callable[[Connection, str, Periods], Counts]] = {
    "role": _past,
    "tutor_group": _groups,
    "snapshot": _snapshots,
    "snapshot_total": _totals,
    "run": _history,
    "journal": _files,
    "message": _messages,
    "problem": _ended,
    "quarantine": _quarantine,
    "audit": _audits,
    "written_list": _lists,
}
