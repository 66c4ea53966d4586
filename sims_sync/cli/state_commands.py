"""`status` and `quarantine`: what there is to see, worst first."""

import json
from dataclasses import dataclass, field
from typing import Any

import click

from sims_sync.cli.run_commands import print_report
from sims_sync.cli.shared import Opened, config_option, exit_with, json_option, opened, school_option, whoami
from sims_sync.config import SchoolConfig
from sims_sync.context import school_clock
from sims_sync.delivery import NEEDS_PERSON
from sims_sync.outcome import EXIT_CODES
from sims_sync.pull.release import retry
from sims_sync.push.engine import unconfirmed
from sims_sync.records import Kind
from sims_sync.registry import job_names
from sims_sync.run import run_step
from sims_sync.store.decisions import record_audit
from sims_sync.store.deliveries import count_states
from sims_sync.store.messages import load_messages
from sims_sync.store.reads import discard_row, good_reads, load_missing, load_problems, load_quarantine
from sims_sync.store.runs import last_runs

MOMENT = "%a %d %b %Y %H:%M"
EXIT_WRONG = 1
EXIT_WARN = 3
_WRONG_OUTCOMES = {"failed", "stopped", "misconfigured", "interrupted"}


@dataclass(slots=True)
class _Health:
    """One school's state: `wrong` and `warn` are sentences."""

    school: str
    wrong: list[str] = field(default_factory=list)
    warn: list[str] = field(default_factory=list)
    reads: list[dict[str, Any]] = field(default_factory=list)
    counts: dict[str, Any] = field(default_factory=dict)

    @property
    def verdict(self) -> str:
        return "wrong" if self.wrong else ("warn" if self.warn else "fine")


@click.command()
@click.option("--all", "_every", is_flag=True, help="Every school, worst first (all are shown anyway).")
@school_option
@json_option
@config_option
def status(_every: bool, school_id: str | None, as_json: bool) -> None:
    """How every school stands: last runs, age of the data, what is held. Exit code 0 well, 3 warnings, 1 wrong."""
    with opened() as place:
        found = [_health(place, school) for school in place.schools(school_id)]
        if school_id is None:
            found += [_Health(name, wrong=list(problems)) for name, problems in place.config.broken.items()]
    found.sort(key=lambda health: ({"wrong": 0, "warn": 1, "fine": 2}[health.verdict], health.school))
    if as_json:
        click.echo(json.dumps({"schools": [_as_json(health) for health in found]}, indent=2, ensure_ascii=False))
    else:
        for health in found:
            _print(health)
    exit_with(max(({"fine": 0, "warn": EXIT_WARN, "wrong": EXIT_WRONG}[h.verdict] for h in found), key=_gravity))


@click.group()
def quarantine() -> None:
    """Rows that could not be used."""


@quarantine.command("list")
@school_option
@json_option
@config_option
def quarantine_list(school_id: str | None, as_json: bool) -> None:
    """List the rows held now: field, rule and where they stand in the source; never their content."""
    with opened() as place:
        rows = []
        for school in place.schools(school_id):
            with place.store.reading() as connection:
                rows += [(school.id, row) for row in load_quarantine(connection, school.id)]
    if as_json:
        items = [{"school": school_name, **_plain(row)} for school_name, row in rows]
        click.echo(json.dumps({"quarantine": items}, indent=2))
        return
    for school_name, row in rows:
        file = f" ({row.scope})" if row.scope else ""
        where = f"{row.source}{file} record {row.record_number}"
        click.echo(f"{row.quarantine_id}  {school_name}  {where}  {row.field}: {row.rule} ({row.code})")
        click.echo(
            f"    first {row.first_seen:{MOMENT}}, last {row.last_seen:{MOMENT}} UTC, seen {row.seen_count} times"
        )
    if not rows:
        click.echo("Nothing is held.")


@quarantine.command("show")
@click.argument("quarantine_id", metavar="ID")
@school_option
@config_option
def quarantine_show(quarantine_id: str, school_id: str | None) -> None:
    """Show one held row: where it stands, why it is held, and since when; its content is in SIMS."""
    with opened() as place:
        school = place.one_school(school_id)
        with place.store.reading() as connection:
            rows = [row for row in load_quarantine(connection, school.id) if row.quarantine_id == quarantine_id]
    if not rows:
        raise click.UsageError(f"No row {quarantine_id!r} is held: see `sims-sync quarantine list`.")
    for name, value in _plain(rows[0]).items():
        click.echo(f"{name:<16} {value if value is not None else '–'}")


@quarantine.command("retry")
@click.argument("source", metavar="SOURCE")
@school_option
@config_option
def quarantine_retry(source: str, school_id: str | None) -> None:
    """Read SOURCE's kept rows again, e.g. after its mapping was mended."""
    with opened() as place:
        report = run_step(place.store, place.one_school(school_id), "retry", lambda context: retry(context, source))
    print_report(report)
    exit_with(EXIT_CODES[report.outcome.ending])


@quarantine.command()
@click.argument("quarantine_id", metavar="ID")
@click.option("--reason", required=True, help="Why it is of no use (no names).")
@school_option
@config_option
def discard(quarantine_id: str, reason: str, school_id: str | None) -> None:
    """Say that a held row is of no use: its student no longer counts as "entry being checked"."""
    with opened() as place:
        school = place.one_school(school_id)
        now = school_clock(school.demo)()
        with place.store.writing() as connection:
            found = discard_row(connection, school.id, quarantine_id, whoami(), reason, now)
            if found:
                record_audit(
                    connection,
                    school.id,
                    at=now,
                    who=whoami(),
                    action="quarantine-discard",
                    subject=quarantine_id,
                    detail={"reason": reason},
                )
    if not found:
        raise click.UsageError(f"No row {quarantine_id!r} is held: see `sims-sync quarantine list`.")
    click.echo(f"{quarantine_id} is discarded.")


def _health(place: Opened, school: SchoolConfig) -> _Health:
    health = _Health(school.id)
    now = school_clock(school.demo)()
    with place.store.reading() as connection:
        runs = last_runs(connection, school.id)
        reads = good_reads(connection, school.id)
        held = load_quarantine(connection, school.id)
        problems = load_problems(connection, school.id)
        missing = [
            row
            for kind in (Kind.STUDENTS, Kind.STAFF, Kind.TUTOR_GROUPS)
            for row in load_missing(connection, school.id, kind).values()
        ]
        texts = count_states(connection, school.id)
        unknown = [row for row in load_messages(connection, school.id) if row.state in {"unknown", "failed", "refused"}]
    for item in runs:
        # Only jobs: what an admin tried by hand and was refused is no state of the school.
        if item.job in job_names() and item.outcome in _WRONG_OUTCOMES:
            first = item.problems[0]["what"] if item.problems else ""
            health.wrong.append(f"{item.job} {item.outcome} on {item.started:{MOMENT}} UTC. {first}".strip())
    for name, source in school.sources.items():
        read = reads.get((source.kind, name))
        if source.enabled and read is None:
            health.warn.append(f"{name} has never been read.")
        elif read is not None:
            hours = (now - read.began).total_seconds() / 3600
            health.reads.append(
                {"source": name, "kind": source.kind.value, "began": read.began.isoformat(), "hours": round(hours, 1)}
            )
    held_removals = sum(row.held for row in missing)
    health.counts = {
        "held": len(held),
        "held_removals": held_removals,
        "missing": len(missing),
        "problems": len(problems),
        "deliveries": texts,
    }
    need_person = sum(texts.get(state.value, 0) for state in NEEDS_PERSON)
    late = unconfirmed(place.context(school)) if school.push.enabled else ()
    health.warn += [problem.what for problem in late]
    for count, what, do in (
        (len(held), "rows are in quarantine", "sims-sync quarantine list"),
        (held_removals, "removals are held", "sims-sync plans release --removals SOURCE"),
        (need_person, "texts need a person before they are in SIMS", "sims-sync deliveries list"),
        (len(unknown), "messages did not leave for certain", "sims-sync messages list"),
    ):
        if count:
            health.warn.append(f"{count} {what}: {do}")
    return health


def _print(health: _Health) -> None:
    click.echo(f"{ {'fine': '✔', 'warn': '■', 'wrong': '✖'}[health.verdict] } {health.school}: {health.verdict}")
    for sentence in (*health.wrong, *health.warn):
        click.echo(f"  ! {sentence}")
    for read in health.reads:
        click.echo(f"    {read['source']}: data as of {read['began']} ({read['hours']} h old)")
    if health.counts.get("deliveries"):
        shown = ", ".join(f"{count} {state}" for state, count in sorted(health.counts["deliveries"].items()))
        click.echo(f"    texts for SIMS: {shown}")


def _as_json(health: _Health) -> dict[str, Any]:
    return {
        "school": health.school,
        "verdict": health.verdict,
        "wrong": health.wrong,
        "warn": health.warn,
        "reads": health.reads,
        "counts": health.counts,
    }


def _gravity(code: int) -> int:
    return {0: 0, EXIT_WARN: 1, EXIT_WRONG: 2}[code]


def _plain(row: Any) -> dict[str, Any]:  # noqa: ANN401 - any stored row
    values = {name: getattr(row, name) for name in type(row).__slots__}
    return {name: value.isoformat() if hasattr(value, "isoformat") else value for name, value in values.items()}
