"""`excuse` and `exempt`: what a Head of House decides about one student and half term (DOMAIN rules 9, 11)."""

from datetime import date, datetime

import click

from sims_sync.cli.shared import (
    as_of_option,
    chosen_half_term,
    config_option,
    half_term_option,
    opened,
    school_option,
    whoami,
)
from sims_sync.compliance.facts import Span
from sims_sync.compliance_report import compliance_report
from sims_sync.context import RunContext
from sims_sync.converters import read_date
from sims_sync.decision_rules import (
    REASON_CHARACTERS,
    REASONS,
    Decision,
    exempt_student,
    find_excusal,
    give_excusal,
    is_after_deadline,
    is_done,
    reason_fault,
    settle_excusal,
)
from sims_sync.errors import ConfigProblem, ConfigurationError
from sims_sync.store.decisions import record_audit, save_away
from sims_sync.store.staff import load_staff
from sims_sync.store.students import load_register

_AFTER_DEADLINE = "after the deadline, so the figures at the deadline stay as they were."

student_argument = click.argument("student", metavar="ADMISSION-NUMBER")
by_option = click.option("--by", "who", metavar="NAME", help="Who decided; else the account that runs this.")


@click.group()
def excuse() -> None:
    """Give, accept or refuse an excusal."""


@excuse.command()
@student_argument
@click.option(
    "--reason",
    required=True,
    help=f"One of: {', '.join(REASONS)}; or other words of at most {REASON_CHARACTERS} characters.",
)
@half_term_option
@by_option
@school_option
@as_of_option
@config_option
def give(
    student: str, reason: str, half_term: str | None, who: str | None, school_id: str | None, as_of: datetime | None
) -> None:
    """Say why a student cannot be interviewed; the Head of House decides."""
    _refuse_unfit(reason)
    with opened() as place:
        context = place.context(place.one_school(school_id), as_of)
        school_year = context.school_year()
        decision = _decision(context, student, half_term, who)
        with context.store.writing() as connection:
            give_excusal(connection, decision, reason, school_year.local_date(decision.at))
    late = is_after_deadline(school_year, decision.half_term, decision.at)
    click.echo(f"Given for {decision.half_term}: {_AFTER_DEADLINE if late else 'awaiting the decision.'}")


@excuse.command()
@student_argument
@half_term_option
@by_option
@school_option
@as_of_option
@config_option
def accept(student: str, half_term: str | None, who: str | None, school_id: str | None, as_of: datetime | None) -> None:
    """Accept an excusal: the student counts as excused."""
    _decide(student, half_term, who, school_id, as_of, accepted=True, reason=None)


@excuse.command()
@student_argument
@click.option("--reason", required=True, help="Why it is not accepted.")
@half_term_option
@by_option
@school_option
@as_of_option
@config_option
def refuse(
    student: str, reason: str, half_term: str | None, who: str | None, school_id: str | None, as_of: datetime | None
) -> None:
    """Do not accept an excusal: the student is outstanding, labelled so."""
    _decide(student, half_term, who, school_id, as_of, accepted=False, reason=reason)


@click.command()
@student_argument
@click.option("--reason", required=True, help="Why this student needs no interview in this half term.")
@half_term_option
@by_option
@school_option
@as_of_option
@config_option
def exempt(
    student: str, reason: str, half_term: str | None, who: str | None, school_id: str | None, as_of: datetime | None
) -> None:
    """Exempt a student for one half term, with a reason."""
    _refuse_unfit(reason)
    with opened() as place:
        context = place.context(place.one_school(school_id), as_of)
        decision = _decision(context, student, half_term, who)
        if is_done(compliance_report(context, decision.half_term).assessment, decision.student_id):
            click.echo(f"This student has an entry in {decision.half_term} already: nothing was changed.")
            return
        with context.store.writing() as connection:
            exempt_student(connection, decision, reason)
    click.echo(f"Exempt in {decision.half_term}.")


@click.group()
def tutor() -> None:
    """What is known of a tutor besides SIMS."""


@tutor.command("away")
@click.argument("staff_code", metavar="STAFF-CODE")
@click.option("--from", "first", required=True, metavar="DATE", help="The first day away.")
@click.option("--to", "last", metavar="DATE", help="The last day away; else until further notice.")
@by_option
@school_option
@as_of_option
@config_option
def tutor_away(
    staff_code: str, first: str, last: str | None, who: str | None, school_id: str | None, as_of: datetime | None
) -> None:
    """Say that a tutor is away; no reason is stored, and nobody is named for their group (DOMAIN rule 12)."""
    with opened() as place:
        context = place.context(place.one_school(school_id), as_of)
        span = Span("away", _date(first), _date(last) if last else None)
        with place.store.reading() as connection:
            staff = load_staff(connection, context.school_id).values()
        if staff_code.casefold() not in {(member.staff_code or "").casefold() for member in staff}:
            problem = ConfigProblem("STAFF-CODE", "belongs to nobody in the staff list.", "Look it up in SIMS.")
            raise ConfigurationError([problem])
        now, by = context.now(), who or whoami()
        with place.store.writing() as connection:
            save_away(connection, context.school_id, staff_code, span, by, now)
            record_audit(
                connection, context.school_id, at=now, who=by, action="tutor-away", subject=staff_code, detail={}
            )
    click.echo(f"{staff_code} is away from {span.first:%d %b %Y}{f' to {span.last:%d %b %Y}' if span.last else ''}.")


def _date(text: str) -> date:
    try:
        return read_date(text)
    except ValueError:
        raise click.UsageError(f"{text!r} is no date: write 2026-11-23.") from None


def _refuse_unfit(reason: str) -> None:
    fault = reason_fault(reason)
    if fault is not None:
        raise click.UsageError(fault)


def _decision(context: RunContext, student: str, half_term: str | None, who: str | None) -> Decision:
    now = context.now()
    chosen = chosen_half_term(context.school_year(), half_term, now)
    with context.store.reading() as connection:
        register = load_register(connection, context.school_id)
    found = register.aliases.get(("admission_number", student))
    if found is None:
        do = "Look the number up in SIMS, with its leading zeros; pull the students first."
        raise ConfigurationError([ConfigProblem("ADMISSION-NUMBER", "belongs to no student known here.", do)])
    return Decision(context.school_id, found, chosen, who or whoami(), now)


def _decide(
    student: str,
    half_term: str | None,
    who: str | None,
    school_id: str | None,
    as_of: datetime | None,
    *,
    accepted: bool,
    reason: str | None,
) -> None:
    with opened() as place:
        context = place.context(place.one_school(school_id), as_of)
        school_year = context.school_year()
        decision = _decision(context, student, half_term, who)
        with context.store.writing() as connection:
            if find_excusal(connection, decision) is None:
                what = f"has no excusal for {decision.half_term}."
                raise ConfigurationError(
                    [ConfigProblem("ADMISSION-NUMBER", what, "Give it first: `sims-sync excuse give`.")]
                )
            settle_excusal(connection, decision, accepted=accepted, reason=reason)
    if accepted:
        click.echo("Accepted: excused.")
    else:
        late = is_after_deadline(school_year, decision.half_term, decision.at)
        click.echo(f"Not accepted: {_AFTER_DEADLINE if late else 'outstanding.'}")
