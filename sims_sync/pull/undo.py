"""Undo one run: put back what it changed, unless something later touched it (DESIGN §4)."""

from sqlalchemy import Connection, text

from sims_sync.context import RunContext
from sims_sync.errors import ConfigProblem, ConfigurationError
from sims_sync.outcome import Outcome
from sims_sync.records import Kind
from sims_sync.store.decisions import record_audit
from sims_sync.store.journal import has_journal, put_back
from sims_sync.store.marks import forget_marks
from sims_sync.store.plans import load_plans, unconfirm
from sims_sync.store.reads import forget_missing, spoil_reads
from sims_sync.store.results import undo_results


def undo(context: RunContext, run_id: str, who: str, reason: str) -> Outcome:
    """Put everything back that a run wrote; its sources then plan only, until a person has looked.

    Raises:
        ConfigurationError: no such run, or it changed nothing.
    """
    school = context.school_id
    with context.store.writing() as connection:
        plans = [plan for plan in load_plans(connection, school) if plan.run_id == run_id]
        results = undo_results(connection, school, run_id)
        if not has_journal(connection, school, run_id) and not results:
            problem = ConfigProblem(run_id, "changed nothing that can be undone.", "See `sims-sync plans list`.")
            raise ConfigurationError([problem])
        undone = put_back(connection, school, run_id)
        forget_missing(connection, school, run_id)
        spoil_reads(connection, school, run_id)
        for plan in plans:
            unconfirm(connection, school, Kind(plan.kind), plan.source)
            if plan.kind == Kind.RESULTS.value:
                forget_marks(connection, school, plan.source)
        _drop_alone(connection, school)
        record_audit(
            connection,
            school,
            at=context.now(),
            who=who,
            action="undo",
            subject=run_id,
            detail={"reason": reason, "restored": undone.restored + results, "left": undone.left},
        )
    sources = sorted({plan.source for plan in plans})
    notes = [f"{undone.restored + results} rows were put back as they were before {run_id}."]
    if undone.left:
        notes.append(f"{undone.left} rows were left alone: something later touched them.")
    notes.append(f"Until you release their next plan, these sources plan only: {', '.join(sources)}.")
    return Outcome(notes=tuple(notes))


def _drop_alone(connection: Connection, school: str) -> None:
    """Children of rows that are gone again."""
    for table in ("target", "review", "entry_version"):
        sql = (
            f"DELETE FROM {table} WHERE school = :school AND entry_key NOT IN "  # noqa: S608 - this module's own names
            "(SELECT entry_key FROM entry WHERE school = :school)"
        )
        connection.execute(text(sql), {"school": school})
