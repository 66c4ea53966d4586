"""Pulling academic data: the one kind that comes by the million, so it is staged and compared inside the database."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from sims_sync.errors import RecordError
from sims_sync.identity import Register
from sims_sync.plan import Plan
from sims_sync.pull.reading import Ground, HeldRow, MappedRead, Wanted, When
from sims_sync.records import Kind, Result
from sims_sync.store.results import StagedRow, compare_staged, merge_staged, stage
from sims_sync.store.students import load_register


class ResultPull:
    """The kind `results`."""

    def wanted(self, connection: Connection, ground: Ground, read: MappedRead, when: When) -> Wanted:
        """Stage the read; the difference comes back in `extras["difference"]`, not as records."""
        del when
        held: list[HeldRow] = []
        stage(connection, _rows(read, load_register(connection, ground.school_id), held))
        difference = compare_staged(connection, ground.school_id)
        plan = Plan(
            kind=Kind.RESULTS,
            bulk_added=difference.added,
            bulk_changed=difference.changed,
            unchanged=difference.staged - difference.added - difference.changed,
            known=difference.known,
            read=difference.staged,
        )
        return Wanted({}, tuple(held), extras={"plan": plan})

    def stored(self, connection: Connection, ground: Ground, read: MappedRead) -> Mapping[str, Any]:
        """Nothing: the comparison was made in the database."""
        del connection, ground, read
        return {}

    def write(
        self, connection: Connection, ground: Ground, read: MappedRead, when: When, plan: Plan, wanted: Wanted
    ) -> Sequence[str]:
        """Merge what was staged."""
        del read, when, wanted
        if plan.added or plan.changed:
            merge_staged(connection, ground.school_id, ground.run_id)
        return ()


def _rows(read: MappedRead, register: Register, held: list[HeldRow]) -> Iterator[StagedRow]:
    for number, record in read.records:
        try:
            student_id = register.require(record.student)
        except RecordError as error:
            held.append((number, error, None))
            continue
        yield student_id, record.aspect, _slot(record), record.result_set, record.value, record.result_date


def _slot(record: Result) -> str:
    """The result set; where none is named every date is its own result (SIMS §3)."""
    return record.result_set or (record.result_date.isoformat() if record.result_date else "")
