"""`init` and `check`: from nothing to a configuration that works."""

import json
import tempfile
from datetime import date
from pathlib import Path

import click

from sims_sync.cli.shared import config_option, exit_with, json_option, warn_of_root
from sims_sync.compliance.facts import Policy
from sims_sync.config_file import find_config
from sims_sync.connector import Severity
from sims_sync.converters import read_date
from sims_sync.doctor import Asked, examine
from sims_sync.errors import SimsSyncError
from sims_sync.first_look import look, recognise
from sims_sync.school_year import HalfTermId
from sims_sync.self_test.runner import EVERY_EXPORT, run_self_test
from sims_sync.self_test.trial import Trial
from sims_sync.setup import Answers, write_setup

EXIT_CODES = {Severity.FINE: 0, Severity.WARN: 3, Severity.WRONG: 1}
SYMBOLS = {Severity.FINE: "✔ fine ", Severity.WARN: "■ warn ", Severity.WRONG: "✖ wrong"}
POLICIES = {
    Policy.HALF_TERM: "every due student needs an entry each half term (27 students: 27 due each half term)",
    Policy.TERMLY: "one interview per student and term (27 students: 13 due in the first half term, 27 in the second)",
    Policy.ANY: "a tutor group is complete with at least one entry (27 students: 1 is enough)",
}


@click.command()
@click.argument("folder", default=".", type=click.Path(file_okay=False, path_type=Path))
@click.option("--school-id", help="Short, lower case, e.g. austen.")
@click.option("--school-name")
@click.option("--dfe-number", default=None, help="E.g. 123/4567: another school's export is then refused.")
@click.option("--programme-lead", help="Their e-mail address.")
@click.option("--admin", help="Your e-mail address.")
@click.option("--policy", type=click.Choice([each.value for each in Policy]))
@click.option("--starts-with", help="The programme's first half term, e.g. 2026-27/autumn-2.")
@click.option("--connector", type=click.Choice(["command_reporter", "drop_folder"]))
@click.option(
    "--with",
    "exports",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Exports: each policy is then shown in your own numbers.",
)
@click.option("--deadline", help="With --with: the deadline to show them for.")
def init(
    folder: Path,
    school_id: str | None,
    school_name: str | None,
    dfe_number: str | None,
    programme_lead: str | None,
    admin: str | None,
    policy: str | None,
    starts_with: str | None,
    connector: str | None,
    exports: tuple[Path, ...],
    deadline: str | None,
) -> None:
    """Ask, then write config.toml, roles.csv and a mappings folder into FOLDER; nothing is overwritten."""
    warn_of_root(folder)
    answers = Answers(
        school_id=school_id or click.prompt("Short id of the school (lower case, e.g. austen)"),
        school_name=school_name or click.prompt("Name of the school"),
        dfe_number=dfe_number
        if dfe_number is not None
        else click.prompt("DfE number (empty if unknown)", default="", show_default=False),
        programme_lead=programme_lead or click.prompt("E-mail address of the programme lead"),
        admin=admin or click.prompt("Your e-mail address"),
        policy=policy or _ask_policy(exports, deadline),
        starts_with=_half_term(starts_with or click.prompt("First half term of the programme (e.g. 2026-27/autumn-2)")),
        connector=connector or click.prompt("How is SIMS read", type=click.Choice(["command_reporter", "drop_folder"])),
    )
    written, left = write_setup(folder, answers)
    for path in written:
        click.echo(f"Written: {path}")
    for path in left:
        click.echo(f"Left as it is: {path}")
    click.echo(
        "Next: import the calendar (sims-sync calendar import FILE), fill in roles.csv, then run sims-sync check."
    )


@click.command()
@click.option(
    "--self-test",
    is_flag=True,
    help="Instead, read bad exports into an invented school: none may do harm. Needs no configuration.",
)
@click.option("--reports", is_flag=True, help="Also run each SIMS report and say what came; may take minutes.")
@click.option("--mail", "mail_to", metavar="ADDRESS", help="Also send a test mail to ADDRESS, of the school's domain.")
@json_option
@config_option
def check(self_test: bool, reports: bool, mail_to: str | None, as_json: bool) -> None:
    """Look at everything the service needs; each line is fine, warn or wrong, and says what to do."""
    if self_test:
        _try_bad_exports(as_json=as_json)
        return
    given = (click.get_current_context().find_root().obj or {}).get("config_file")
    file = find_config(given)
    warn_of_root(file.parent)
    findings = examine(file, Asked(reports=reports, mail_to=mail_to))
    if as_json:
        items = [{"severity": f.severity.value, "subject": f.subject, "what": f.what, "do": f.do} for f in findings]
        click.echo(json.dumps({"findings": items}, indent=2, ensure_ascii=False))
    else:
        for finding in findings:
            click.echo(f"{SYMBOLS[finding.severity]} {finding.subject}: {finding.what} {finding.do}".rstrip())
    severities = {finding.severity for finding in findings}
    worst = next((each for each in (Severity.WRONG, Severity.WARN) if each in severities), Severity.FINE)
    exit_with(EXIT_CODES[worst])


def _try_bad_exports(*, as_json: bool) -> None:
    trials: list[Trial] = []
    for trial in run_self_test():
        trials.append(trial)
        if not as_json:
            click.echo(_shown(trial))
    failed = sum(not trial.passed for trial in trials)
    if as_json:
        click.echo(json.dumps({"trials": [trial.as_json() for trial in trials]}, indent=2, ensure_ascii=False))
    elif failed:
        click.echo(f"{failed} of {len(EVERY_EXPORT)} files did harm. Do not use this installation; reinstall it.")
    else:
        click.echo(f"All {len(EVERY_EXPORT)} files: nothing removed, nothing half written, nobody named.")
    exit_with(EXIT_CODES[Severity.WRONG if failed else Severity.FINE])


def _shown(trial: Trial) -> str:
    parts = [trial.export.name, f"expected {trial.export.code}, got {trial.code}", trial.sentence, *trial.faults]
    return f"{'✔' if trial.passed else '✖'} {' – '.join(part for part in parts if part)}"


def _ask_policy(exports: tuple[Path, ...], deadline: str | None) -> str:
    """There is no default: each policy is shown first, in the school's own numbers where exports were given."""
    numbers = _own_numbers(exports, deadline)
    for policy, meaning in POLICIES.items():
        click.echo(f"  {policy.value}: {meaning}{numbers.get(policy, '')}")
    return str(click.prompt("Policy", type=click.Choice([each.value for each in Policy])))


def _own_numbers(exports: tuple[Path, ...], deadline: str | None) -> dict[Policy, str]:
    if not exports or deadline is None:
        return {}
    try:
        day: date = read_date(deadline)
        with tempfile.TemporaryDirectory(prefix="sims-sync-init-", ignore_cleanup_errors=True) as folder:
            found = look(recognise(exports), Path(folder), deadline=day, first_day=None, policy=Policy.HALF_TERM)
    except (SimsSyncError, ValueError) as error:
        click.echo(f"The exports could not be used for that: {error}", err=True)
        return {}
    return {policy: f" – here: {done} of {due}" for policy, due, done in found.policies}


def _half_term(text: str) -> str:
    try:
        return str(HalfTermId.parse(text))
    except ValueError as error:
        raise click.UsageError(str(error)) from None
