"""How does the demo play the whole cycle: an invented school, a simulated SIMS, the pulls, the report and its mail?"""

import shutil
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sims_sync.compliance.facts import Span
from sims_sync.compliance_report import ComplianceReport, compliance_report, summary_of
from sims_sync.config import Config, DemoSection, SchoolConfig
from sims_sync.config_file import load_config
from sims_sync.context import RunContext, school_clock
from sims_sync.demo.clock import write_clock
from sims_sync.demo.config_text import SECRET_FILE, demo_config
from sims_sync.demo.filling import write_state
from sims_sync.demo.importer import install_importer
from sims_sync.demo.oneroster_server import CLIENT_SECRET
from sims_sync.demo.paperwork import demo_roles_csv, read_absences, write_absences, write_demo_proformas
from sims_sync.demo.reporter import install_reporter
from sims_sync.demo.school import invent_school
from sims_sync.demo.workbooks import hand_in_workbooks
from sims_sync.errors import ConfigProblem, ConfigurationError, SimsSyncError
from sims_sync.pull.release import Decision, release_first
from sims_sync.report.exports import render_names_csv
from sims_sync.report.page import render_html
from sims_sync.report.summary import ComplianceSummary
from sims_sync.run import RunOptions, RunReport, run_job, run_step
from sims_sync.school_year import HalfTermId
from sims_sync.store.decisions import save_away
from sims_sync.store.session import Store, open_store
from sims_sync.store.staff import load_staff

READ_AT = datetime(2026, 12, 16, 6, 0, tzinfo=UTC)
PUSH_AT = datetime(2026, 12, 16, 5, 50, tzinfo=UTC)
REPORT_AT = datetime(2026, 12, 16, 7, 30, tzinfo=UTC)
HALF_TERM = HalfTermId.parse("2026-27/autumn-2")
MARKER = ".sims-sync-demo"
DECISION = Decision(who="demo", reason="demo")
# Just before six, so that the export of six o'clock proves what arrived; the rest is looked up.
PUSH = (
    ("push_targets", PUSH_AT),
    ("pull_entries", READ_AT),
    ("confirm_targets", READ_AT),
    ("check_drift", REPORT_AT),
)
PULLS = ("pull_students", "pull_results", "pull_entries")


@dataclass(frozen=True, slots=True)
class DemoResult:
    """What the cycle gave: each run, and the report as it stands (held or not)."""

    folder: Path
    runs: tuple[RunReport, ...]
    summary: ComplianceSummary


def prepare(folder: Path, students: int) -> None:
    """Write an invented school, its simulated SIMS and a configuration into `folder`, over an earlier demo.

    Raises:
        ConfigurationError: the folder holds something that is no demo.
        ValueError: too few students.
    """
    _make_room(folder)
    school = invent_school(students)
    sims = folder / "sims"
    for name in ("sims", "mail", "reports", "proformas", "workbooks"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    (folder / MARKER).write_text("A demo of sims-sync: invented, and replaced by the next one.\n", encoding="utf-8")
    write_state(school, sims)
    install_reporter(sims)
    install_importer(sims)
    write_demo_proformas(school, folder / "proformas")
    write_absences(school, folder)
    (folder / "roles.csv").write_text(demo_roles_csv(school), encoding="utf-8")
    started = datetime.now(UTC)
    write_clock(sims, REPORT_AT, started)
    write_private(folder / SECRET_FILE, CLIENT_SECRET)
    text = demo_config(str((folder / "reports").absolute()), REPORT_AT, started)
    (folder / "config.toml").write_text(text, encoding="utf-8")


def play(folder: Path, tell: Callable[[RunReport], None]) -> DemoResult:
    """Read SIMS at 06:00 on the report day, then report at 07:30; whatever is held, the cycle goes to its end."""
    config = load_config((folder / "config.toml").absolute())
    school = next(iter(config.schools.values()))
    store = open_store(config.store.url, config.base)
    try:
        runs = [_run(store, config, school, job, READ_AT, tell) for job in PULLS]
        _hand_in(store, school)
        runs.append(_run(store, config, school, "collect_proformas", READ_AT, tell))
        _enter_absences(store, school)
        for job, moment in PUSH:
            at_work = school.model_copy(update={"demo": _clock_from(school, moment)})
            runs.append(_run(store, config, at_work, job, READ_AT if job in PULLS else None, tell))
        runs += [_run(store, config, school, job, None, tell) for job in ("take_snapshots", "report_compliance")]
        clock = school_clock(school.demo)
        report = compliance_report(RunContext(store, school, clock, "demo", rehearsal=True), HALF_TERM)
        return DemoResult(folder, tuple(runs), _write_reports(report, school, folder / "reports"))
    finally:
        store.close()


def _run(
    store: Store,
    config: Config,
    school: SchoolConfig,
    job: str,
    as_of: datetime | None,
    tell: Callable[[RunReport], None],
) -> RunReport:
    report = run_job(store, config, school, job, RunOptions(as_of=as_of))
    tell(report)
    if report.outcome.waiting:
        report = _release(store, config, school, report, as_of)
        tell(report)
    return report


def _clock_from(school: SchoolConfig, moment: datetime) -> DemoSection:
    """The demo's clock as it was at `moment`: what is written into SIMS is no rehearsal."""
    demo = school.demo or DemoSection(clock=moment, started=moment)
    return demo.model_copy(update={"clock": moment, "started": datetime.now(UTC)})


def _hand_in(store: Store, school: SchoolConfig) -> None:
    """Tutors fill in the workbooks they were given; the school knows its students only now."""
    context = RunContext(store, school, school_clock(school.demo, READ_AT), "demo", rehearsal=True)
    with suppress(SimsSyncError):  # nothing was read: there is nobody to write a workbook for
        hand_in_workbooks(context, HALF_TERM, school.base / "workbooks-issued", school.base / "workbooks")


def _release(
    store: Store, config: Config, school: SchoolConfig, waiting: RunReport, as_of: datetime | None
) -> RunReport:
    """What an admin does who was asked "is this your school?"; results are not kept, so they are read again."""
    options = RunOptions(as_of=as_of)
    released = run_step(store, school, "release", lambda context: release_first(context, DECISION), options)
    return released if waiting.outcome.kept else run_job(store, config, school, waiting.job, options)


def _enter_absences(store: Store, school: SchoolConfig) -> None:
    """What an admin would have entered with `tutor away`."""
    with store.writing() as connection:
        known = {member.staff_code for member in load_staff(connection, school.id).values()}
        for code, first, last in read_absences(school.base):
            if code in known:
                save_away(connection, school.id, code, Span("away", first, last), "demo", READ_AT)


def _write_reports(report: ComplianceReport, school: SchoolConfig, folder: Path) -> ComplianceSummary:
    """What `reports.link` points to: a page and a list with names per house; nothing where the report is held."""
    whole = summary_of(report, school)
    if not whole.has_figures:
        return whole
    for figures in report.assessment.houses:
        named = summary_of(report, school, house=figures.house, names=True)
        name = figures.house.casefold().replace(" ", "-")
        (folder / f"{name}.html").write_text(render_html(named), encoding="utf-8")
        (folder / f"{name}-names.csv").write_text(render_names_csv(named), encoding="utf-8", newline="")
    return whole


def write_private(path: Path, text: str) -> None:
    """A file that only this account may read, from its first moment on."""
    path.touch(mode=0o600)
    path.write_text(text, encoding="utf-8")


def _make_room(folder: Path) -> None:
    if folder.exists() and any(folder.iterdir()):
        if not (folder / MARKER).is_file():
            raise ConfigurationError(
                [ConfigProblem(str(folder), "is not empty and holds no demo.", "Name another folder for the demo.")]
            )
        shutil.rmtree(folder)
    folder.mkdir(parents=True, exist_ok=True)
