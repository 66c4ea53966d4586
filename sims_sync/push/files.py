"""What becomes of a file for a person to import: confirmed and deleted, or void after two school days (DESIGN §5)."""

from dataclasses import replace
from datetime import datetime
from typing import Protocol, runtime_checkable

from sims_sync.connector import Destination
from sims_sync.context import RunContext
from sims_sync.delivery import DeliveryState
from sims_sync.errors import SimsSyncError
from sims_sync.outcome import Problem, problem_of
from sims_sync.school_year import SchoolYear
from sims_sync.store.deliveries import (
    DONE,
    VOID,
    IssuedFile,
    end_issued_file,
    load_deliveries,
    open_file,
    save_deliveries,
    tell,
)


@runtime_checkable
class IssuesFiles(Protocol):
    """A destination whose deliveries go through a file and a person's hands."""

    def void(self, number: str) -> None:
        """Put the file where nobody imports it."""

    def forget(self, number: str) -> None:
        """Delete the file: everything in it is in SIMS."""


def tend_open_file(context: RunContext, destination: Destination) -> tuple[Problem, ...]:
    """Close the open file if its time has come; what a person must know of one that is still open."""
    with context.store.reading() as connection:
        file = open_file(connection, context.school_id)
        waiting = load_deliveries(connection, context.school_id, states=(DeliveryState.WAITING,))
    if file is None or not isinstance(destination, IssuesFiles):
        return ()
    inside = [row for row in waiting.values() if row.file == file.number]
    try:
        if not inside:
            destination.forget(file.number)
            _end(context, file, DONE)
            return ()
        if not is_overdue(
            context.school_year(), file.issued_at, context.now(), context.school.push.confirm_school_days
        ):
            return (_still_open(file, len(inside)),)
        destination.void(file.number)
    except SimsSyncError as error:
        return (problem_of(error),)
    with context.store.writing() as connection:
        rows = [replace(row, state=DeliveryState.QUEUED, reason="file-void", file=None) for row in inside]
        save_deliveries(connection, context.school_id, rows, context.run_id)
        tell(connection, context.school_id, [(row, "") for row in rows], context.now(), context.run_id)
        end_issued_file(connection, context.school_id, file.number, VOID, context.now())
    what = f"File {file.number} was not seen in SIMS within two school days: it is void, and its texts are issued anew."
    return (Problem("file-void", what, "Do not import it any more; import the newest one."),)


def is_overdue(school_year: SchoolYear, since: datetime, now: datetime, days: int) -> bool:
    """Whether more than `days` whole school days have passed since."""
    passed = school_year.school_days_between(school_year.local_date(since), school_year.local_date(now))
    after = [day for day in passed if day > school_year.local_date(since)]
    return len(after) > days


def _end(context: RunContext, file: IssuedFile, state: str) -> None:
    with context.store.writing() as connection:
        end_issued_file(connection, context.school_id, file.number, state, context.now())


def _still_open(file: IssuedFile, count: int) -> Problem:
    what = f"File {file.number} with {count} texts waits for its import since {file.issued_at:%d %b}."
    return Problem("file-open", what, "Import it in SIMS as its cover says; the next export shows that it arrived.")
