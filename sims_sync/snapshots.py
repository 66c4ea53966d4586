"""When is a snapshot taken, how is it restated, and how is it shown (DOMAIN rules 4, 5, 8, 17, 27)?"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import pairwise

from sims_sync.compliance.facts import HoldReason, Occasion, StaffFacts, StudentFacts
from sims_sync.compliance.snapshot_form import Restated, Snapshot, changes, restatement_doubts, snapshot_of
from sims_sync.compliance_report import ComplianceReport, compliance_report
from sims_sync.context import RunContext
from sims_sync.errors import RunError, SafetyStop
from sims_sync.outcome import Ending, Outcome, Problem
from sims_sync.records import Kind, Student
from sims_sync.report.summary import ComplianceSummary, Restatement, clean, summarise
from sims_sync.school_year import HalfTermDates, HalfTermId, SchoolYear
from sims_sync.store.decisions import record_audit
from sims_sync.store.snapshots import (
    StoredSnapshot,
    load_closings,
    load_snapshots,
    restate_snapshot,
    take_snapshot,
    taken_snapshots,
)
from sims_sync.store.students import load_students

OCCASIONS = (Occasion.DEADLINE, Occasion.CLOSING)
NO_LONGER_HELD = "(no longer held)"


def take_snapshots(context: RunContext) -> Outcome:
    """Take every snapshot that is due, complete and not there; held, with the gate's sentences, where data lack."""
    if context.dry or context.rehearsal:
        return Outcome(notes=("A plan or rehearsal takes no snapshot.",))
    problems: list[Problem] = []
    notes: list[str] = []
    added = 0
    for half_term, occasion in _due(context):
        report = compliance_report(context, half_term, occasion)
        waiting = _gate(report)
        if _came_too_late(report, half_term):
            notes.append(_missed(half_term, occasion))
        elif waiting:
            shown = f"{half_term.shown} {occasion}"
            problems += [Problem(reason.code, f"{shown}: {reason.what}", reason.do) for reason in waiting]
        elif _take(context, report):
            added += 1
            notes.append(f"{half_term.shown} {occasion}: snapshot taken.")
    ending = Ending.HELD if problems else Ending.DONE
    return Outcome(ending, {"added": added}, tuple(problems), tuple(notes) or ("No snapshot is due.",))


def restate(
    context: RunContext, half_term: HalfTermId, occasion: Occasion, by: Restated, *, release: bool = False
) -> tuple[int, tuple[str, ...]]:
    """Write a dated restatement from what is known now; its version, and what changed, a line per group.

    `release`: a person looked at what the accusation guard found, and at what was not known then, and it is so
    (rule 8a).

    Raises:
        RunError: there is no snapshot of it, its data are incomplete, or another restatement was written just now.
        SafetyStop: the guard found something, and nobody released it.
    """
    with context.store.reading() as connection:
        versions = load_snapshots(connection, context.school_id, half_term, occasion)
    if not versions:
        do = "Run take_snapshots; see `sims-sync snapshots list`."
        raise RunError("no-snapshot", f"{half_term.shown} has no snapshot {occasion}.", do)
    report = compliance_report(context, half_term, occasion)
    _refuse_unfit(report, half_term)
    restated = _snapshot(report, (), by)
    if not release:
        _refuse_doubtful((*report.held, *restatement_doubts(versions[-1].content, restated)))
    version = _write_restatement(context, restated)
    return version, changes(versions[-1].content.assessment, restated.assessment)


def closed_summary(
    context: RunContext,
    half_term: HalfTermId,
    occasion: Occasion = Occasion.CLOSING,
    *,
    version: int | None = None,
    house: str | tuple[str, ...] | None = None,
    names: bool = False,
) -> ComplianceSummary | None:
    """The snapshot as the report shows it, with its restatements listed; None = it was never taken.

    Without `version` the figures are those first taken; where the guard doubted them (rule 8a), those of the first
    restatement without doubt, and until there is one the report is held and names nobody.

    Raises:
        KeyError: the snapshot has no such house, or no such version.
    """
    with context.store.reading() as connection:
        versions = load_snapshots(connection, context.school_id, half_term, occasion)
        closings = load_closings(connection, context.school_id, half_term) if versions else ()
        students = load_students(connection, context.school_id) if versions and names else {}
    if not versions:
        return None
    chosen = _chosen(versions, version)
    content = chosen.content
    summary = summarise(
        content.assessment,
        school_name=context.school.school.name,
        staff={person: StaffFacts(person, "", shown) for person, shown in content.staff.items()},
        students=_named(content, students),
        reads=content.reads,
        held=content.doubts,
        house=house,
        names=names,
        first_read_note=" ".join(content.assessment.notes) or None,
        zone=context.school_year().calendar.timezone,
        closings=closings,
    )
    return replace(summary, closed_at=chosen.taken_at, restatements=_restatements(versions))


def _due(context: RunContext) -> Iterable[tuple[HalfTermId, Occasion]]:
    """What has come, from the programme's start on, and is not there yet, oldest first (rule 8b)."""
    with context.store.reading() as connection:
        taken = taken_snapshots(connection, context.school_id)
    # The calendar is asked anew each time: a deadline snapshot just taken settles its half term's deadline (rule 4).
    starts_with = HalfTermId.parse(context.school.programme.starts_with)
    for half_term in context.school_year().ids_from(starts_with):
        for occasion in OCCASIONS:
            if (half_term, occasion) not in taken and _has_come(context.school_year(), half_term, occasion, context):
                yield half_term, occasion


def _has_come(year: SchoolYear, half_term: HalfTermId, occasion: Occasion, context: RunContext) -> bool:
    dates: HalfTermDates = year.dates(half_term)
    day = dates.deadline if occasion is Occasion.DEADLINE else dates.closing
    return dates.not_assessed is None and day is not None and context.now() > year.end_of_day(day)


def _gate(report: ComplianceReport) -> tuple[HoldReason, ...]:
    """Why the data are incomplete (rule 8). What the guard found holds no snapshot: it is kept with it."""
    return tuple(reason for reason in report.held if not reason.releasable)


def _came_too_late(report: ComplianceReport, half_term: HalfTermId) -> bool:
    """Whether students were read in a later academic year: SIMS has promoted them by then (rule 27)."""
    year = report.school_year
    read = [each.began for each in report.loaded.reads if each.kind == Kind.STUDENTS and each.began is not None]
    return any(year.local_date(began) > year.year_end(half_term.year) for began in read)


def _missed(half_term: HalfTermId, occasion: Occasion) -> str:
    return f"{half_term} {occasion}: no snapshot can be taken any more, SIMS has promoted the students since."


def _snapshot(report: ComplianceReport, doubts: Iterable[HoldReason], restated: Restated | None = None) -> Snapshot:
    return snapshot_of(report.assessment, report.loaded.facts, report.loaded.reads, doubts, restated)


def _take(context: RunContext, report: ComplianceReport) -> bool:
    taken = _snapshot(report, report.held)
    with context.store.writing() as connection:
        return take_snapshot(connection, context.school_id, taken, at=context.now(), run_id=context.run_id)


def _refuse_unfit(report: ComplianceReport, half_term: HalfTermId) -> None:
    for reason in _gate(report):
        raise RunError(reason.code, reason.what, reason.do)
    if _came_too_late(report, half_term) or report.assessment.not_assessed is not None:
        what = f"{half_term} can no longer be computed as it was."
        raise RunError("too-late", what, "Its snapshots stay as they are.")


def _refuse_doubtful(doubts: Iterable[HoldReason]) -> None:
    found = " ".join(f"{reason.what} {reason.do}" for reason in doubts)
    if found:
        do = "Look into it; if it is so, restate again with --release."
        raise SafetyStop("restatement-in-doubt", f"Nothing was restated: {found}", do)


def _write_restatement(context: RunContext, restated: Snapshot) -> int:
    by, assessment = restated.restated, restated.assessment
    with context.store.writing() as connection:
        version = restate_snapshot(connection, context.school_id, restated, at=context.now(), run_id=context.run_id)
        if not version:
            raise RunError("restated-twice", "Another restatement was written just now.", "Look at it, then try again.")
        record_audit(
            connection,
            context.school_id,
            at=context.now(),
            who=by.who if by else "",
            action="snapshot-restated",
            subject=str(assessment.half_term),
            detail={"occasion": assessment.occasion.name.lower(), "version": version, "why": by.why if by else ""},
        )
    return version


def _chosen(versions: Sequence[StoredSnapshot], version: int | None) -> StoredSnapshot:
    if version is not None:
        return {each.version: each for each in versions}[version]
    return next((each for each in versions if not each.content.doubts), versions[0])


def _named(content: Snapshot, students: Mapping[str, Student]) -> dict[str, StudentFacts]:
    """Names from the store, for a snapshot holds none; whoever was erased since is shown as that."""
    found = {}
    for line in content.assessment.lines:
        held = students.get(line.student_id)
        forename, surname = (held.forename, held.surname) if held else ("", NO_LONGER_HELD)
        found[line.student_id] = StudentFacts(line.student_id, forename, surname, line.nc_year)
    return found


def _restatements(versions: Sequence[StoredSnapshot]) -> tuple[Restatement, ...]:
    return tuple(_restatement(before, after) for before, after in pairwise(versions))


def _restatement(before: StoredSnapshot, after: StoredSnapshot) -> Restatement:
    by = after.restated or Restated("unknown", "")
    changed = changes(before.content.assessment, after.content.assessment)
    at: datetime = after.taken_at
    return Restatement(at, clean(by.who), clean(by.why), tuple(clean(line) for line in changed))
