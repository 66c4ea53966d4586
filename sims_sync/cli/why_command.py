"""`why STUDENT`: each number explained: the class, its rule, the entries, and what became of them in SIMS."""

from zoneinfo import ZoneInfo

import click
from sqlalchemy import Connection

from sims_sync.cli.delivery_commands import story_lines
from sims_sync.cli.shared import chosen_half_term, config_option, half_term_option, opened, school_option, whoami
from sims_sync.compliance_report import compliance_report
from sims_sync.context import RunContext
from sims_sync.identity import sort_key
from sims_sync.records import Entry, Student
from sims_sync.school_year import HalfTermId
from sims_sync.store.decisions import record_audit
from sims_sync.store.deliveries import load_deliveries
from sims_sync.store.entries import entry_origins, load_entries
from sims_sync.store.students import load_students

MOMENT = "%a %d %b %Y %H:%M"


@click.command()
@click.argument("who", metavar="STUDENT")
@half_term_option
@school_option
@config_option
def why(who: str, half_term: str | None, school_id: str | None) -> None:
    """Explain a student's class: the rule, the entries with their source and run, and their way into SIMS.

    STUDENT is an admission number, or "forename surname". Looking is noted in the audit log.
    """
    with opened() as place:
        school = place.one_school(school_id)
        context = place.context(school)
        chosen = chosen_half_term(context.school_year(), half_term, context.now())
        with place.store.writing() as connection:
            student_id, student = _find(load_students(connection, school.id), who)
            lines = [*_entry_lines(connection, context, student_id), *_delivery_lines(connection, context, student_id)]
            record_audit(
                connection,
                school.id,
                at=context.now(),
                who=whoami(),
                action="why",
                subject=student_id,
                detail={"half_term": str(chosen)},
            )
        head = f"{student.forename} {student.surname}, {student.tutor_group or 'no tutor group'}, {chosen.shown}"
        for line in (head, *_class_lines(context, chosen, student_id), *lines):
            click.echo(line)


def _find(students: dict[str, Student], who: str) -> tuple[str, Student]:
    wanted = sort_key(who)
    found = [
        (key, student)
        for key, student in students.items()
        if who in {key, student.ref.admission_number}
        or wanted
        in {sort_key(f"{student.forename} {student.surname}"), sort_key(f"{student.surname} {student.forename}")}
    ]
    if not found:
        raise click.UsageError("No student of that name or admission number is known.")
    if len(found) > 1:
        raise click.UsageError(f"{len(found)} students have that name: give the admission number.")
    return found[0]


def _names(student: Student) -> set[str]:
    return {sort_key(f"{student.forename} {student.surname}"), sort_key(f"{student.surname} {student.forename}")}


def _class_lines(context: RunContext, half_term: HalfTermId, student_id: str) -> list[str]:
    assessment = compliance_report(context, half_term).assessment
    if assessment.not_assessed is not None:
        return [f"  {assessment.not_assessed}"]
    line = next((each for each in assessment.lines if each.student_id == student_id), None)
    if line is None:
        return ["  Not in this half term's population."]
    labels = f" ({', '.join(line.labels)})" if line.labels else ""
    return [f"  {line.student_class.value}{labels}: {line.rule}", f"  Counted to {line.group or 'no group'}."]


def _entry_lines(connection: Connection, context: RunContext, student_id: str) -> list[str]:
    zone = context.school_year().calendar.timezone
    entries = [each for each in load_entries(connection, context.school_id).values() if each.student_id == student_id]
    origins = entry_origins(connection, context.school_id, student_id)
    lines = [] if entries else ["  No entry of any kind is known."]
    for entry in sorted(entries, key=lambda each: (each.recorded_at, each.key)):
        source, run_id, version = origins[entry.key]
        lines.append(f"  {_entry_line(entry, zone)}; from {source}, version {version}, run {run_id}")
    return lines


def _entry_line(entry: Entry, zone: ZoneInfo) -> str:
    half_term = f", result set of {entry.half_term}" if entry.half_term else ""
    recorded = f"recorded {entry.recorded_at.astimezone(zone):{MOMENT}}"
    return f"{entry.kind.value} of {entry.interview_date:%d %b %Y}, {entry.state.value}, {recorded}{half_term}"


def _delivery_lines(connection: Connection, context: RunContext, student_id: str) -> list[str]:
    zone = context.school_year().calendar.timezone
    rows = load_deliveries(connection, context.school_id, student_id=student_id)
    return [f"  {line}" for row in rows.values() for line in story_lines(connection, context.school_id, row, zone)]
