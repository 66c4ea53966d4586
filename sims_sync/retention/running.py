"""The nightly round: rows, then files, then the evidence; in one transaction what belongs together (DOMAIN §8)."""

from datetime import timedelta
from pathlib import Path

from sims_sync.context import RunContext
from sims_sync.erasure_key import make_key
from sims_sync.outcome import Ending, Outcome, Problem
from sims_sync.periods import periods
from sims_sync.retention.files import dispose_of_files
from sims_sync.retention.leavers import remove_returned
from sims_sync.retention.places import file_places
from sims_sync.retention.rows import dispose_of_rows
from sims_sync.store.disposals import Disposal, record_disposals
from sims_sync.store.reads import good_reads
from sims_sync.store.wiping import wipe, wiping

# Where these go the whole file is written anew, so that nothing of a person is left in its free pages.
_OF_PEOPLE = frozenset({"student", "staff_member", "snapshot", "kept_read"})
_SHOWN_FILES = 3
BORNE_OUT_FOR = timedelta(days=90)  # longer than any holiday


def dispose(context: RunContext) -> Outcome:
    """Delete what is too old; a plan or rehearsal only says so."""
    if context.dry or context.rehearsal:
        return Outcome(notes=("A plan or rehearsal deletes nothing.",))
    school = context.school_id
    cuts = periods(context.now(), context.school_year(), context.school.retention)
    doubt = _clock_in_doubt(context)
    if doubt is not None:
        return Outcome(Ending.STOPPED, problems=(doubt,))
    with wiping(context.store) as connection:
        rows = remove_returned(connection, school, context.school.base)
        rows += dispose_of_rows(connection, school, cuts, lambda: make_key(context.school.base), context.run_id)
        record_disposals(connection, school, rows, at=context.now(), run_id=context.run_id)
    files, stuck = dispose_of_files(file_places(context.school), cuts)
    with context.store.writing() as connection:
        record_disposals(connection, school, files, at=context.now(), run_id=context.run_id)
    gone = [each for each in rows if each.count]
    is_wiped = wipe(context.store, anew=any(each.what in _OF_PEOPLE for each in gone)) if gone else True
    return _outcome(gone, [each for each in files if each.count], stuck, is_wiped=is_wiped)


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


def _outcome(rows: list[Disposal], files: list[Disposal], stuck: list[Path], *, is_wiped: bool) -> Outcome:
    problems = []
    if stuck:
        shown = ", ".join(path.name for path in stuck[:_SHOWN_FILES]) + (", …" if len(stuck) > _SHOWN_FILES else "")
        what = f"{len(stuck)} old files could not be deleted: {shown}."
        do = "Close them in other programs and check this account's rights; the next night tries again."
        problems.append(Problem("file-in-use", what, do))
    if not is_wiped:
        what = "Deleted rows may still be in the free pages of the store's files: it was in use, or the disk is full."
        problems.append(Problem("not-wiped", what, "Nothing to do; the next night tries again."))
    total = sum(each.count for each in (*rows, *files))
    said = ", ".join(f"{each.count:,} {each.what}" for each in (*rows, *files))
    note = f"Deleted or reduced: {said}." if total else "Nothing is too old."
    return Outcome(Ending.HELD if problems else Ending.DONE, {"changed": total}, tuple(problems), (note,))
