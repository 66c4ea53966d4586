"""The nightly round: rows, then files, then the evidence; in one transaction what belongs together (DOMAIN §8)."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from pathlib import Path

from sqlalchemy import Connection

from sims_sync.context import RunContext, system_clock
from sims_sync.erasure_key import ErasureKey, make_key
from sims_sync.outcome import Ending, Outcome, Problem
from sims_sync.periods import Periods, periods
from sims_sync.retention.files import COPIES, dispose_of_files, evidence_of, old_files
from sims_sync.retention.leavers import remove_returned
from sims_sync.retention.places import Place, file_places, waiting_files, written_at
from sims_sync.retention.rows import dispose_of_rows
from sims_sync.retention.worked_in import is_worked_in
from sims_sync.store.copies import old_copies
from sims_sync.store.disposals import Disposal, record_disposals
from sims_sync.store.reads import good_reads
from sims_sync.store.wiping import wipe, wiping

_OF_PEOPLE = frozenset({"student", "staff_member"})
_SHOWN_FILES = 3
BORNE_OUT_FOR = timedelta(days=90)  # longer than any holiday


def dispose(context: RunContext) -> Outcome:
    """Delete what is too old; a plan or rehearsal only says what that would be."""
    school = context.school_id
    cuts = periods(context.now(), context.school_year(), context.school.retention)
    doubt = _clock_in_doubt(context)
    if doubt is not None:
        return Outcome(Ending.STOPPED, problems=(doubt,))
    places = file_places(context.school)
    if context.dry or context.rehearsal:
        return _would_go(context, cuts, places)
    with wiping(context.store) as connection:
        rows = _rows(context, connection, cuts, lambda: make_key(context.school.base))
        record_disposals(connection, school, rows, at=context.now(), run_id=context.run_id)
    files, stuck = dispose_of_files(places, cuts, _copies(context))
    with context.store.writing() as connection:
        record_disposals(connection, school, files, at=context.now(), run_id=context.run_id)
    is_wiped = wipe(context.store, anew=_anew(context, rows)) if any(each.count for each in rows) else True
    return _outcome(context, [*rows, *files], stuck, is_wiped=is_wiped)


def _rows(context: RunContext, connection: Connection, cuts: Periods, key: Callable[[], ErasureKey]) -> list[Disposal]:
    back = remove_returned(connection, context.school_id, context.school.base)
    return [*back, *dispose_of_rows(connection, context.school_id, cuts, key, context.run_id)]


def _copies(context: RunContext) -> list[Path]:
    """How the store was before an upgrade: whoever has gone from it since is still in there, unsealed."""
    file = context.store.file
    return old_copies(file, system_clock().timestamp()) if file is not None else []


def _anew(context: RunContext, rows: list[Disposal]) -> bool:
    """Where people have gone the whole file is written anew, so that its free pages hold nothing of earlier days.

    On PostgreSQL that would lock every school's tables; there the space is only given free.
    """
    return context.store.dialect == "sqlite" and any(each.count and each.what in _OF_PEOPLE for each in rows)


def _would_go(context: RunContext, cuts: Periods, places: Sequence[Place]) -> Outcome:
    """The same round, taken back: nothing is deleted, and no key is made."""
    with context.store.writing() as connection:
        savepoint = connection.begin_nested()
        rows = _rows(context, connection, cuts, lambda: ErasureKey(b""))
        savepoint.rollback()
    counts = Counter(place.what for place, _ in old_files(places, cuts))
    counts[COPIES] = len(_copies(context))
    said = _said([*rows, *evidence_of(counts, cuts)])
    return Outcome(notes=(f"Would be deleted or reduced: {said}." if said else "Nothing is too old.",))


def _clock_in_doubt(context: RunContext) -> Problem | None:
    """A clock that runs years ahead would make everything too old: no read bears it out, so nothing is deleted."""
    with context.store.reading() as connection:
        reads = good_reads(connection, context.school_id)
    newest = max((each.began for each in reads.values()), default=None)
    if newest is None or context.now() - newest <= BORNE_OUT_FOR:
        return None
    days = (context.now() - newest).days
    what = f"The last good read is {days} days old: nothing was deleted, for the clock may be wrong."
    do = "Set the clock right, or pull once. If this school is done with: sims-sync purge --school."
    return Problem("clock-in-doubt", what, do)


def _outcome(context: RunContext, gone: list[Disposal], stuck: list[Path], *, is_wiped: bool) -> Outcome:
    problems = []
    if stuck:
        shown = ", ".join(path.name for path in stuck[:_SHOWN_FILES]) + (", …" if len(stuck) > _SHOWN_FILES else "")
        what = f"{len(stuck)} old files could not be deleted: {shown}."
        do = "Close them in other programs and check this account's rights; the next night tries again."
        problems.append(Problem("file-in-use", what, do))
    if not is_wiped:
        what = "Deleted rows may still be in the free pages of the store's files: it was in use, or the disk is full."
        problems.append(Problem("not-wiped", what, "Nothing to do; the next night tries again."))
    said = _said(gone)
    notes = [f"Deleted or reduced: {said}." if said else "Nothing is too old."]
    notes += _unread(context)
    notes += _worked_in(context)
    total = sum(each.count for each in gone)
    return Outcome(Ending.HELD if problems else Ending.DONE, {"changed": total}, tuple(problems), tuple(notes))


def _said(gone: Iterable[Disposal]) -> str:
    counts: Counter[str] = Counter()
    for each in gone:
        counts[each.what] += each.count
    return ", ".join(f"{count:,} {what}" for what, count in counts.items() if count)


def _worked_in(context: RunContext) -> list[str]:
    """What a tutor wrote in a workbook where it was issued counts only once it is handed in."""
    places = [place for place in file_places(context.school) if place.for_work]
    count = sum(is_worked_in(path) for place in places for path in place.files())
    if not count:
        return []
    return [f"{count} issued pro-formas were written in where they were issued: hand copies in, or take them away."]


def _unread(context: RunContext) -> list[str]:
    """An export that nobody reads is the school's own, and yet holds students' data."""
    days = context.school.retention.files_days
    old = system_clock() - timedelta(days=days)
    count = sum(written is not None and written < old for written in map(written_at, waiting_files(context.school)))
    if not count:
        return []
    return [f"{count} files in the folders of sources were not read for {days} days; they are yours to look at."]
