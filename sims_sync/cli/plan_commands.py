"""`plans list|show|release` and `undo`: what waits for a person, and what they decide."""

import json
from collections import Counter
from collections.abc import Callable

import click

from sims_sync.cli.run_commands import print_report
from sims_sync.cli.shared import config_option, exit_with, json_option, opened, school_option, whoami
from sims_sync.context import RunContext
from sims_sync.outcome import EXIT_CODES, Outcome
from sims_sync.pull.release import Decision, release, release_first, release_held
from sims_sync.pull.undo import undo
from sims_sync.run import run_step
from sims_sync.store.plans import StoredPlan, load_plan, load_plans

SHOWN_PLANS = 30
SHOWN_CHANGES = 40
MOMENT = "%a %d %b %Y %H:%M"


@click.group()
def plans() -> None:
    """Stored plans: what each read would change, and which of them wait for you."""


@plans.command("list")
@click.option("--all", "every", is_flag=True, help="Every stored plan, not only the newest.")
@school_option
@json_option
@config_option
def plans_list(every: bool, school_id: str | None, as_json: bool) -> None:
    """List plans, newest first; those that wait for you are marked."""
    with opened() as place:
        found: list[tuple[str, StoredPlan]] = []
        for school in place.schools(school_id):
            with place.store.reading() as connection:
                found += [(school.id, plan) for plan in load_plans(connection, school.id)]
    shown = found if every else found[:SHOWN_PLANS]
    if as_json:
        click.echo(json.dumps({"plans": [_as_json(school, plan) for school, plan in shown]}, indent=2))
        return
    for school_name, plan in shown:
        mark = "?" if plan.state in {"waiting", "stopped"} else " "
        totals = ", ".join(f"{count:,} {name}" for name, count in plan.totals.items() if count)
        click.echo(f"{mark} {plan.plan_id}  {school_name}  {plan.source}  {plan.state}  {totals}")
        for reason in plan.reasons:
            click.echo(f"      {reason['what']}")
    if not shown:
        click.echo("No plan yet.")


@plans.command("show")
@click.argument("plan_id", metavar="ID")
@school_option
@json_option
@config_option
def plans_show(plan_id: str, school_id: str | None, as_json: bool) -> None:
    """Show one plan: totals first, then which fields would change how often, then the changes by id."""
    with opened() as place:
        school = place.one_school(school_id)
        with place.store.reading() as connection:
            plan = load_plan(connection, school.id, plan_id)
    if plan is None:
        raise click.UsageError(f"No plan {plan_id!r}: see `sims-sync plans list`.")
    if as_json:
        click.echo(json.dumps({**_as_json(school.id, plan), "changes": list(plan.changes)}, indent=2))
        return
    click.echo(f"{plan.plan_id} – {plan.kind} from {plan.source}, {plan.created:{MOMENT}} UTC: {plan.state}")
    click.echo("  " + ", ".join(f"{count:,} {name}" for name, count in plan.totals.items()))
    for reason in plan.reasons:
        click.echo(f"  ! {reason['what']} {reason['do']}")
    if plan.released_at is not None:
        click.echo(f"  released {plan.released_at:{MOMENT}} UTC by {plan.released_by}: {plan.release_reason}")
    fields = Counter(name for change in plan.changes for name in change["fields"])
    for name, count in fields.most_common():
        click.echo(f"  {name} changes {count:,} times")
    for change in plan.changes[:SHOWN_CHANGES]:
        click.echo(f"    {change['action']:<8} {change['key']}  {', '.join(change['fields'])}")
    if len(plan.changes) > SHOWN_CHANGES:
        click.echo(f"    … and {len(plan.changes) - SHOWN_CHANGES:,} more (--json lists them all)")


@plans.command("release")
@click.argument("plan_id", metavar="ID", required=False)
@click.option("--first", "first", is_flag=True, help='Every plan that waits for "is this your school?".')
@click.option("--removals", "source", metavar="SOURCE", help="The held removals of this source.")
@click.option("--reason", required=True, help="Why it is right (goes into the audit log).")
@school_option
@config_option
def plans_release(plan_id: str | None, first: bool, source: str | None, reason: str, school_id: str | None) -> None:
    """Release a plan, once: it is applied as exactly that plan."""
    if sum((first, plan_id is not None, source is not None)) != 1:
        raise click.UsageError("Say which plan (see `sims-sync plans list`), or --first, or --removals SOURCE.")
    decision = Decision(whoami(), reason)
    if source is not None:
        _run(school_id, "release", lambda context: release_held(context, source, decision))
    elif plan_id is None:
        _run(school_id, "release", lambda context: release_first(context, decision))
    else:
        _run(school_id, "release", lambda context: release(context, plan_id, decision))


@click.command("undo")
@click.argument("run_id", metavar="RUN")
@click.option("--reason", required=True, help="Why (goes into the audit log).")
@school_option
@config_option
def undo_run(run_id: str, reason: str, school_id: str | None) -> None:
    """Put back what a run changed, unless something later touched it; its sources then plan only."""
    who = whoami()
    _run(school_id, "undo", lambda context: undo(context, run_id, who, reason))


def _run(school_id: str | None, name: str, step: Callable[[RunContext], Outcome]) -> None:
    with opened() as place:
        report = run_step(place.store, place.one_school(school_id), name, step)
    print_report(report)
    exit_with(EXIT_CODES[report.outcome.ending])


def _as_json(school: str, plan: StoredPlan) -> dict[str, object]:
    return {
        "plan": plan.plan_id,
        "run": plan.run_id,
        "school": school,
        "kind": plan.kind,
        "source": plan.source,
        "created": plan.created.isoformat(),
        "state": plan.state,
        "totals": dict(plan.totals),
        "reasons": list(plan.reasons),
    }
