"""In which order is everything looked at? What others build on comes first, and no fault hides the next area's."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from sims_sync.backup.opening import open_configured
from sims_sync.config import Config, SchoolConfig
from sims_sync.config_file import load_config
from sims_sync.connector import Finding, Severity
from sims_sync.context import RunContext, school_clock
from sims_sync.doctor import backups, clock, freshness, mail_trial, place, reports, school, secret_findings, stored
from sims_sync.errors import ConfigurationError, SimsSyncError
from sims_sync.lists.refreshing import folders_checked
from sims_sync.push.readiness import push_findings
from sims_sync.store.migrations import HEAD
from sims_sync.store.session import Store
from sims_sync.store.state import SchemaState, schema_state


@dataclass(frozen=True, slots=True)
class Asked:
    """What is looked at on request only: `reports` runs each of SIMS's, `mail_to` sends a test mail there."""

    reports: bool = False
    mail_to: str | None = None


def examine(config_file: Path, asked: Asked | None = None) -> Sequence[Finding]:
    """Every finding, in the order in which things build on each other; never raises."""
    try:
        config = load_config(config_file)
    except ConfigurationError as error:
        return [Finding(Severity.WRONG, problem.path, problem.what, problem.do) for problem in error.problems]
    findings = [Finding(Severity.FINE, str(config_file), f"configures {_schools(config)}.")]
    for name, problems in config.broken.items():
        findings += [Finding(Severity.WRONG, name, text) for text in problems]
    for area, look in _OF_THE_MACHINE:
        findings += _looked(area, lambda look=look: look(config))  # type: ignore[misc]  # bound at once
    findings += _looked("store", lambda: _with_store(config, asked or Asked()))
    return list(dict.fromkeys(findings))  # one fault in the way of two areas is said once


def _schools(config: Config) -> str:
    return "1 school" if len(config.schools) == 1 else f"{len(config.schools)} schools"


_OF_THE_MACHINE: tuple[tuple[str, Callable[[Config], Iterable[Finding]]], ...] = (
    ("place", place.place_findings),
    ("clock", clock.clock_findings),
    ("secrets", secret_findings.secret_findings),
    ("backup", backups.backup_findings),
)


def _with_store(config: Config, asked: Asked) -> Iterator[Finding]:
    found = schema_state(config.store.url, config.base)
    if found.state is SchemaState.OLDER:
        what = f"has schema {found.revision}, this release wants {HEAD}; what builds on it was not looked at."
        yield Finding(Severity.WARN, "store", what, "Run `sims-sync db upgrade`: it backs up first.")
        return
    store = open_configured(config, lambda _sentence: None)
    try:
        yield from _looked("store", lambda: stored.store_findings(config, store))
        for each in config.schools.values():
            yield from _of_school(store, each, asked)
    finally:
        store.close()


def _of_school(store: Store, which: SchoolConfig, asked: Asked) -> Iterator[Finding]:
    context = RunContext(store, which, school_clock(which.demo), "check", rehearsal=True)
    looks: list[Callable[[RunContext], Iterable[Finding]]] = [
        school.calendar_findings,
        school.roles_findings,
        school.source_findings,
        freshness.freshness_findings,
        school.schedule_findings,
        push_findings,
        school.mail_findings,
        folders_checked,
    ]
    if asked.reports:
        looks.append(reports.report_findings)
    if asked.mail_to is not None:
        address = asked.mail_to
        looks.append(lambda context: mail_trial.mail_trial(context, address))
    for look in looks:
        yield from _looked(which.id, lambda look=look: look(context))  # type: ignore[misc]  # bound at once


def _looked(area: str, look: Callable[[], Iterable[Finding]]) -> list[Finding]:
    """What one area says; what stops it is a finding too, and keeps what was found before."""
    findings: list[Finding] = []
    try:
        findings.extend(look())
    except ConfigurationError as error:
        findings += [Finding(Severity.WRONG, problem.path, problem.what, problem.do) for problem in error.problems]
    except SimsSyncError as error:
        findings.append(Finding(Severity.WRONG, area, error.what, error.do))
    except Exception as error:  # noqa: BLE001 - a doctor who faints helps nobody; the class's name holds no data
        what = f"could not be looked at ({type(error).__name__})."
        findings.append(Finding(Severity.WRONG, area, what, "Please report it with the end of log/sims-sync.log."))
    return findings
