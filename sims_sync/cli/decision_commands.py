"""`excuse` and `exempt`: what a Head of House decides about one student and half term (DOMAIN rules 9, 11)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

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
from sims_sync.compliance.facts import Excusal, Exemption, Span, StudentClass
from sims_sync.compliance_report import compliance_report
from sims_sync.context import RunContext
from sims_sync.converters import read_date
from sims_sync.errors import ConfigProblem, ConfigurationError
from sims_sync.school_year import HalfTermId
from sims_sync.store.decisions import (
    decide_excusal,
    load_excusals,
    record_audit,
    save_away,
    save_excusal,
    save_exemption,
)
from sims_sync.store.staff import load_staff
from sims_sync.store.students import load_register

REASONS = ("long-term absence", "alternative provision", "suspended", "trip or exams", "refused", "other")
OTHER_LENGTH = 80
_AFTER_DEADLINE = "after the deadline, so the figures at the deadline stay as they were."

student_argument = click.argument("student", metavar="ADMISSION-NUMBER")
by_option = click.option("--by", "who", metavar="NAME", help="Who decided; else the account that runs this.")


@click.group()
def excuse() -> None:
    """Give, accept or refuse an excusal."""


@excuse.command()
@student_argument
@click.option("--reason", required=True, help=f"One of: {', '.join(REASONS)}; or other words of at most 80 characters.")
@half_term_option
@by_option
@school_option
@as_of_option
@config_option
def give(
    student: str, reason: str, half_term: str | None, who: str | None, school_id: str | None, as_of: datetime | None
) -> None:
    """Say why a student cannot be interviewed; the Head of House decides."""
    if len(reason.strip()) > OTHER_LENGTH or not reason.strip():
        raise click.UsageError(f"A reason has 1 to {OTHER_LENGTH} characters.")
    with opened() as place:
        decision = _decision(place.context(place.one_school(school_id), as_of), student, half_term, who)
        day = decision.context.school_year().local_date(decision.at)
        given = Excusal(decision.student_id, decision.half_term, reason.strip(), day)
        decision.write(
            "excusal-given",
            lambda connection: save_excusal(connection, decision.school, given, decision.who, decision.at),
        )
    late = _is_after_deadline(decision)
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
    with opened() as place:
        decision = _decision(place.context(place.one_school(school_id), as_of), student, half_term, who)
        if _is_done(decision):
            click.echo(f"This student has an entry in {decision.half_term} already: nothing was changed.")
            return
        given = Exemption(decision.student_id, decision.half_term, reason.strip())
        decision.write(
            "exempted", lambda connection: save_exemption(connection, decision.school, given, decision.who, decision.at)
        )
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


@dataclass(frozen=True, slots=True)
class _Decision:
    """One decision about one student, ready to be written with its line in the audit log."""

    context: RunContext
    student_id: str
    half_term: HalfTermId
    who: str
    at: datetime

    @property
    def school(self) -> str:
        return self.context.school_id

    def write(self, action: str, change: Callable[[Any], None]) -> None:
        with self.context.store.writing() as connection:
            change(connection)
            record_audit(
                connection,
                self.school,
                at=self.at,
                who=self.who,
                action=action,
                subject=self.student_id,
                detail={"half_term": str(self.half_term)},
            )


def _decision(context: RunContext, student: str, half_term: str | None, who: str | None) -> _Decision:
    now = context.now()
    chosen = chosen_half_term(context.school_year(), half_term, now)
    with context.store.reading() as connection:
        register = load_register(connection, context.school_id)
    found = register.aliases.get(("admission_number", student))
    if found is None:
        do = "Look the number up in SIMS, with its leading zeros; pull the students first."
        raise ConfigurationError([ConfigProblem("ADMISSION-NUMBER", "belongs to no student known here.", do)])
    return _Decision(context, found, chosen, who or whoami(), now)


def _is_after_deadline(decision: _Decision) -> bool:
    school_year = decision.context.school_year()
    deadline = school_year.dates(decision.half_term).deadline
    return deadline is not None and school_year.local_date(decision.at) > deadline


def _is_done(decision: _Decision) -> bool:
    """Whether the student has a qualifying entry: there is nothing to exempt them from then."""
    lines = compliance_report(decision.context, decision.half_term).assessment.lines
    return any(line.student_id == decision.student_id and line.student_class is StudentClass.DONE for line in lines)


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
        decision = _decision(place.context(place.one_school(school_id), as_of), student, half_term, who)
        with place.store.reading() as connection:
            given = {(item.student_id, item.half_term) for item in load_excusals(connection, decision.school)}
        if (decision.student_id, decision.half_term) not in given:
            what = f"has no excusal for {decision.half_term}."
            raise ConfigurationError(
                [ConfigProblem("ADMISSION-NUMBER", what, "Give it first: `sims-sync excuse give`.")]
            )
        values = {
            "accepted": accepted,
            "decided_by": decision.who,
            "decided_at": decision.at,
            "decision_reason": reason,
        }
        decision.write(
            "excusal-accepted" if accepted else "excusal-refused",
            lambda connection: decide_excusal(
                connection, decision.school, decision.student_id, decision.half_term, values
            ),
        )
    if accepted:
        click.echo("Accepted: excused.")
    else:
        late = _is_after_deadline(decision)
        click.echo(f"Not accepted: {_AFTER_DEADLINE if late else 'outstanding.'}")
