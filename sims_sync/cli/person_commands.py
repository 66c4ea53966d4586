"""`person`: what is held on one student or member of staff, erasing them, and letting them in again."""

import json
from collections.abc import Callable
from pathlib import Path

import click

from sims_sync.cli.report_commands import write_whole
from sims_sync.cli.shared import Opened, config_option, exit_with, json_option, opened, school_option, whoami
from sims_sync.cli.why_who import Candidate, WhoKind, load_people
from sims_sync.config import SchoolConfig
from sims_sync.context import RunContext
from sims_sync.outcome import EXIT_CODES, Ending, Outcome, Problem
from sims_sync.person.document import Held, render_json, render_pdf
from sims_sync.person.erasing import By, Erased, erase_staff, erase_student, let_in
from sims_sync.person.holding import STAFF, STUDENT, held_on_staff, held_on_student
from sims_sync.run import RunReport, run_step
from sims_sync.store.decisions import record_audit
from sims_sync.store.erased import load_erasures

FORMATS: dict[str, Callable[[Held], bytes]] = {"json": render_json, "pdf": render_pdf}
_KINDS = {STUDENT: WhoKind.STUDENT, STAFF: WhoKind.STAFF}
_SUFFIXES = {".json": "json", ".pdf": "pdf"}
SEVERAL = "several"

who_argument = click.argument("who", metavar="WHO")
kind_option = click.option("--kind", type=click.Choice([STUDENT, STAFF]), required=True, help="Whom WHO means.")
account_option = click.option(
    "--account",
    "accounts",
    multiple=True,
    metavar="NAME",
    help="Of staff: an account under which they ran commands, as the audit log has it; may be repeated.",
)
reason_option = click.option("--reason", required=True, help="Why (no names); it is kept in the audit log.")


@click.group()
def person() -> None:
    """One student or member of staff: what is held on them, and erasing them."""


@person.command()
@who_argument
@kind_option
@account_option
@click.option("--format", "form", type=click.Choice(sorted(FORMATS)), help="Else by the file's ending.")
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), required=True, help="Write here.")
@school_option
@config_option
def export(
    who: str, kind: str, accounts: tuple[str, ...], form: str | None, output: Path, school_id: str | None
) -> None:
    """Write everything that is held on one person, for their access request.

    WHO is an admission number or "forename surname" of a student; a code, an address or a name of staff.
    """
    chosen = form or _SUFFIXES.get(output.suffix.casefold())
    if chosen is None:
        raise click.UsageError("Say --format pdf or json, or let the file end in .pdf or .json.")
    with opened() as place:
        school = place.one_school(school_id)
        context = place.context(school)
        found = _one(place, school, who, kind)
        held = _held(context, found.key, kind, frozenset(accounts))
        write_whole(output, FORMATS[chosen](held))
        _note(context, "person-export", found.key, {"kind": kind, "format": chosen})
    rows = sum(len(listed) for listed in held.tables.values())
    click.echo(f"Written to {output}: {rows} rows of {len(held.tables)} kinds; {len(held.files)} files tell of them.")
    click.echo("It holds personal data: hand it over safely, then delete it.")


@person.command()
@who_argument
@kind_option
@account_option
@reason_option
@click.option("--yes", is_flag=True, help="Do not ask.")
@school_option
@config_option
def erase(who: str, kind: str, accounts: tuple[str, ...], reason: str, yes: bool, school_id: str | None) -> None:
    """Erase one person from the store and the files; they stay out until `person release`.

    What SIMS holds is not touched. Figures of closed half terms stay as they were, without the person.
    """
    with opened() as place:
        school = place.one_school(school_id)
        found = _one(place, school, who, kind)
        if not yes:
            click.confirm(f"Erase {found.about} ({found.choose}) for good? It cannot be undone", abort=True)
        by = By(whoami(), reason)
        done: list[Erased] = []

        def step(context: RunContext) -> Outcome:
            if kind == STUDENT:
                done.append(erase_student(context, found.key, by))
            else:
                done.append(erase_staff(context, found.key, by, frozenset(accounts)))
            return Outcome()

        report = run_step(place.store, school, "person-erase", step)
    _say_erased(report, done)


@person.command()
@click.argument("erasure_id", metavar="ID")
@reason_option
@school_option
@config_option
def release(erasure_id: str, reason: str, school_id: str | None) -> None:
    """Let an erased person come back with the next pull; ID as `person erased` shows it."""
    with opened() as place:
        context = place.context(place.one_school(school_id))
        let_in(context, erasure_id, By(whoami(), reason))
    click.echo(f"{erasure_id} comes back with the next pull, if SIMS still lists them.")


@person.command()
@school_option
@json_option
@config_option
def erased(school_id: str | None, as_json: bool) -> None:
    """Who is kept out: when, by whom and why; nobody's name is kept."""
    with opened() as place:
        school = place.one_school(school_id)
        with place.store.reading() as connection:
            found = load_erasures(connection, school.id)
    if as_json:
        names = ("erasure_id", "kind", "erased_by", "reason", "released_by", "release_reason")
        moments = ("erased_at", "released_at")
        rows = [
            {name: getattr(each, name) for name in names}
            | {name: moment.isoformat() if (moment := getattr(each, name)) else None for name in moments}
            for each in found
        ]
        click.echo(json.dumps({"erased": rows}, indent=2, ensure_ascii=False))
        return
    for each in found:
        state = f"let in again {each.released_at:%d %b %Y}" if each.released_at else "stays out"
        click.echo(
            f"{each.erasure_id}  {each.kind}  {each.erased_at:%d %b %Y}  by {each.erased_by}: {each.reason}  ({state})"
        )
    if not found:
        click.echo("Nobody was erased.")


def _one(place: Opened, school: SchoolConfig, who: str, kind: str) -> Candidate:
    """The one that WHO means.

    Raises:
        click.UsageError: none, or several; these are told apart by group or code, and that too is noted.
    """
    with place.store.reading() as connection:
        listed = load_people(connection, school).find(who)
    found = [each for each in listed if each.kind is _KINDS[kind] and not each.key.startswith("unlisted:")]
    if not found:
        raise click.UsageError(f"No {kind} of that name, code or number is held.")
    if len(found) > 1:
        _note(place.context(school), "person-sought", SEVERAL, {"kind": kind, "count": len(found)})
        choices = "\n".join(f'  "{each.choose}"  {each.about}' for each in found)
        raise click.UsageError(f"That may mean {len(found)}; say which:\n{choices}")
    return found[0]


def _held(context: RunContext, key: str, kind: str, accounts: frozenset[str]) -> Held:
    return held_on_student(context, key) if kind == STUDENT else held_on_staff(context, key, accounts)


def _note(context: RunContext, action: str, subject: str, detail: dict[str, object]) -> None:
    with context.store.writing() as connection:
        record_audit(
            connection,
            context.school_id,
            at=context.now(),
            who=whoami(),
            action=action,
            subject=subject,
            detail=detail,
        )


def _say_erased(report: RunReport, done: list[Erased]) -> None:
    for problem in report.outcome.problems:
        click.echo(_sentence(problem), err=True)
    for erased_person in done:
        rows = sum(erased_person.rows.values())
        click.echo(f"Erased as {erased_person.erasure_id}: {rows} rows, {erased_person.files} files.")
        for each in erased_person.left:
            click.echo(f"  still there: {each.path} ({each.why_not})")
        if not erased_person.wiped:
            click.echo("  The store was in use: the next run of retention empties its free pages.")
        click.echo("SIMS itself, backups, and what was mailed or printed are not touched: docs/access-request.md.")
    held = any(each.left or not each.wiped for each in done)
    ending = Ending.HELD if held and report.outcome.ending is Ending.DONE else report.outcome.ending
    exit_with(EXIT_CODES[ending])


def _sentence(problem: Problem) -> str:
    return f"{problem.what} {problem.do}"
