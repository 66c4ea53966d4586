"""The jobs, run as the command line and the service run them, over real files in drop folders."""

import csv
import os
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from jobs import JOBS
from sims_sync.config import Config, DemoSection, SchoolConfig
from sims_sync.mapping import load_mapping
from sims_sync.outcome import Ending
from sims_sync.pull.confirmation import source_fingerprint
from sims_sync.records import Kind
from sims_sync.run import RunReport, run_job
from sims_sync.store.plans import confirm
from sims_sync.store.session import Store, open_store
from tests.sims_sync.builders import (
    MAPPINGS,
    Row,
    at,
    group,
    make_school,
    proforma,
    result,
    staff,
    students,
    typed,
)

MORNING = "2026-12-16 06:00"
ROWS: dict[Kind, list[Row]] = {
    Kind.STUDENTS: students(12),
    Kind.STAFF: [staff("T1"), staff("H1", Head_of_House="Austen")],
    Kind.TUTOR_GROUPS: [group("8A1", "T1")],
    Kind.RESULTS: [result(number, "7") for number in range(1, 13)],
    Kind.MENTORING_ENTRIES: [typed(number) for number in range(1, 9)],
    Kind.PROFORMAS: [proforma("r9", 9), proforma("r10", 10)],
}


class Site:
    """A school whose sources are drop folders and whose mail goes to a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        sources = {
            kind.value: {"kind": kind.value, "connector": "drop_folder", "mapping": name, "folder": f"in/{kind.value}"}
            for kind, name in MAPPINGS.items()
        }
        messages = {
            "sender": "sims-sync@austen.example",
            "allowed_domains": ["austen.example"],
            "mailer": {"connector": "mail_folder", "folder": "mail"},
        }
        for kind in MAPPINGS:
            (folder / "in" / kind.value).mkdir(parents=True)
        self.school: SchoolConfig = make_school(folder, sources=sources, messages=messages)
        self.store: Store = open_store("sqlite:///store.db", folder)
        self._confirm()

    def _confirm(self) -> None:
        with self.store.writing() as connection:
            for name, section in self.school.sources.items():
                seen = source_fingerprint(self.school, section, load_mapping(section.mapping, []))
                confirm(connection, "austen", section.kind, name, fingerprint=seen, who="a test", at=at(MORNING))

    def drop(self, kind: Kind, rows: Sequence[Row], when: str = MORNING) -> Path:
        path = self.folder / "in" / kind.value / f"{kind.value}.csv"
        columns = list(dict.fromkeys(column for row in rows for column in row))
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, columns)
            writer.writeheader()
            writer.writerows(rows)
        os.utime(path, (at(when).timestamp(),) * 2)
        return path

    def run(self, job: str, when: str = "2026-12-16 06:10") -> RunReport:
        demo = DemoSection(clock=at(when), started=datetime.now(UTC))
        school = self.school.model_copy(update={"demo": demo})
        config = Config(file=self.folder / "config.toml", schools={"austen": school})
        return run_job(self.store, config, school, job)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    made = Site(tmp_path)
    yield made
    made.store.close()


def test_the_whole_cycle_ends_with_the_report_to_lead_and_admin_and_again_with_no_mail(site: Site) -> None:
    for kind, rows in ROWS.items():
        site.drop(kind, rows)
    endings = {job: site.run(job, "2026-12-16 07:30").outcome.ending for job in JOBS}
    assert set(endings.values()) == {Ending.DONE}
    mails = list((site.folder / "mail").glob("*.eml"))
    assert len(mails) == 2
    assert not any("Vorrin" in mail.read_text(encoding="utf-8") for mail in mails)
    again = [site.run(job, "2026-12-16 08:00") for job in JOBS]
    assert {report.outcome.ending for report in again} == {Ending.DONE}
    assert sum(report.outcome.counts.get("added", 0) + report.outcome.counts.get("changed", 0) for report in again) == 0
    assert len(list((site.folder / "mail").glob("*.eml"))) == 2


@pytest.mark.parametrize(
    ("job", "kinds"),
    [
        ("pull_students", (Kind.STAFF, Kind.STUDENTS, Kind.TUTOR_GROUPS)),
        ("pull_results", (Kind.RESULTS,)),
        ("pull_entries", (Kind.MENTORING_ENTRIES,)),
        ("collect_proformas", (Kind.PROFORMAS,)),
    ],
)
def test_each_job_takes_its_own_kinds_and_puts_their_files_away(job: str, kinds: tuple[Kind, ...], site: Site) -> None:
    for kind in (Kind.STAFF, Kind.STUDENTS, Kind.TUTOR_GROUPS):
        site.drop(kind, ROWS[kind])
    site.run("pull_students")
    paths = {kind: site.drop(kind, rows) for kind, rows in ROWS.items()}
    report = site.run(job)
    assert report.outcome.counts["read"] == sum(len(ROWS[kind]) for kind in kinds)
    for kind, path in paths.items():
        assert path.exists() is (kind not in kinds)
        done = list((path.parent / "done").glob(f"*{report.run_id}*"))
        assert len(done) == (1 if kind in kinds else 0)


def test_a_refused_file_goes_to_failed_under_the_runs_id_and_changes_nothing(site: Site) -> None:
    site.drop(Kind.STUDENTS, ROWS[Kind.STUDENTS])
    site.run("pull_students")
    path = site.drop(Kind.STUDENTS, [], when="2026-12-16 06:15")
    report = site.run("pull_students", "2026-12-16 07:00")
    assert report.outcome.ending is Ending.STOPPED
    assert not path.exists()
    assert len(list((path.parent / "failed").glob(f"*{report.run_id}*"))) == 1


def test_a_file_that_is_not_finished_yet_is_left_for_the_next_run(site: Site) -> None:
    path = site.folder / "in" / "students" / "students.xml"
    path.write_text("<SuperStarReport><Record><Adno>1</Adno>", encoding="utf-8")
    os.utime(path, (at("2026-12-16 06:09").timestamp(),) * 2)
    report = site.run("pull_students")
    assert report.outcome.ending is Ending.DONE
    assert path.exists()
    assert any("not complete yet" in note for note in report.outcome.notes)
