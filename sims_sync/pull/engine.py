"""Runs one source through read → map → plan → guard → apply, and says what came of it (DESIGN §4)."""

from collections.abc import Sequence
from datetime import datetime

from sims_sync.config import SourceSection
from sims_sync.connector import Answerable, Reading, RowProblem
from sims_sync.context import RunContext
from sims_sync.errors import ConfigProblem, ConfigurationError, SimsSyncError
from sims_sync.mapping import MappingRules, load_mapping
from sims_sync.outcome import Ending, Outcome, Problem, ending_of, problem_of, together
from sims_sync.pull.attempt import Attempt, unusable_file
from sims_sync.pull.reading import map_reading
from sims_sync.pull.results import pull_results
from sims_sync.records import Kind
from sims_sync.registry import build_source
from sims_sync.store.reads import hold_rows, save_read
from sims_sync.store.students import has_students

OF_STUDENTS = frozenset({Kind.RESULTS, Kind.MENTORING_ENTRIES, Kind.PROFORMAS})
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
    """Pull one source; every foreseeable fault becomes an outcome with one sentence.

    Raises:
        RunInterrupted: the service is to stop.
    """
    context.go_on()
    if section.kind in OF_STUDENTS and not _knows_students(context):
        what, do = "No students are known yet.", "Pull them and release their first plan, then run this again."
        return Outcome(Ending.HELD, problems=(Problem("no-students", what, do, name),))
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


def _knows_students(context: RunContext) -> bool:
    with context.store.reading() as connection:
        return has_students(connection, context.school_id)


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
        answers: list[RowProblem] = []
        attempt = Attempt(context, name, section, tell=answers.extend)
        if section.kind is Kind.RESULTS:
            outcome = pull_results(attempt, rules, reading)
        else:
            outcome = attempt.run(map_reading(name, section, rules, reading, context.now(), context.progress))
            outcome = _answer(context, reading, answers, outcome)
    except SimsSyncError as error:
        outcome = Outcome(ending_of(error), problems=(problem_of(error, name),))
        if section.kind is Kind.PROFORMAS and not context.dry:
            _hold_file(context, name, section, reading, error)
    except Exception:
        _settle(context, reading, good=False)
        raise  # but interrupted, as by a power cut, the file stays where the next run finds it
    return _settle(context, reading, good=outcome.ending in {Ending.DONE, Ending.HELD}, outcome=outcome)


def _answer(context: RunContext, reading: Reading, problems: Sequence[RowProblem], outcome: Outcome) -> Outcome:
    """Whoever made the rows is told what to correct; an answer that cannot be written takes nothing back."""
    if context.dry or not isinstance(reading, Answerable):
        return outcome
    try:
        reading.answer(problems, taken=outcome.ending in {Ending.DONE, Ending.HELD} and not outcome.waiting)
    except SimsSyncError as error:
        return together([outcome, Outcome(Ending.HELD, problems=(problem_of(error),))])
    return outcome


def _settle(context: RunContext, reading: Reading, *, good: bool, outcome: Outcome | None = None) -> Outcome:
    settled = outcome or Outcome()
    if context.dry or (settled.waiting and not settled.kept):
        return settled  # what waits for a person and is not kept must still be there when they have looked
    try:
        reading.settle(context.run_id, good=good)
    except SimsSyncError as error:
        return together([settled, Outcome(Ending.HELD, problems=(problem_of(error),))])
    return settled


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
                "unmapped": [],
                "held_removals": 0,
                "held_rows": 0,
            },
        )


def _hold_file(context: RunContext, name: str, section: SourceSection, reading: Reading, error: SimsSyncError) -> None:
    """A pro-forma that cannot be read may hold anyone's entry: it is held until it is handed in well, or discarded."""
    with context.store.writing() as connection:
        hold_rows(
            connection,
            context.school_id,
            section.kind,
            name,
            [unusable_file(error.code)],
            at=context.now(),
            run_id=context.run_id,
            scope=reading.state.name,
            contents={0: reading.state.fingerprint} if reading.state.fingerprint else {},
        )
