"""A report that stays short for weeks: still nobody is named for what it lacks."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sims_sync.compliance_report import compliance_report, summary_of
from sims_sync.config import SchoolConfig
from sims_sync.context import RunContext
from sims_sync.records import Kind
from sims_sync.self_test.school import HALF_TERM, JOB_OF, InventedSchool, invented_school, school_config
from sims_sync.self_test.trial import pull_and_confirm
from sims_sync.self_test.written import xml
from sims_sync.store.session import Store, open_store

GOOD_READ = datetime(2026, 11, 20, 6, tzinfo=UTC)
SHORT_READS = tuple(datetime(2026, month, day, 6, tzinfo=UTC) for month, day in ((11, 23), (12, 8), (12, 16)))


def pull(store: Store, config: SchoolConfig, school: InventedSchool, now: datetime, short: Kind | None) -> None:
    written = (now - timedelta(minutes=30)).timestamp()
    for kind, rows in school.rows.items():
        path = config.base / kind.value / "export.xml"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(xml(rows[::2] if kind is short else rows))
        os.utime(path, (written, written))
    for job in dict.fromkeys(JOB_OF.values()):
        pull_and_confirm(store, config, job, now)


def outstanding(store: Store, config: SchoolConfig, now: datetime) -> int:
    context = RunContext(store, config, lambda: now, "look", rehearsal=True)
    return sum(house.outstanding for house in summary_of(compliance_report(context, HALF_TERM), config).houses)


def outstanding_after_weeks(folder: Path, short: Kind | None) -> int:
    school, config = invented_school(), school_config(folder)
    store = open_store("sqlite:///store.db", folder)
    try:
        pull(store, config, school, GOOD_READ, None)
        for now in SHORT_READS:
            pull(store, config, school, now, short)
        return outstanding(store, config, SHORT_READS[-1])
    finally:
        store.close()


def test_whole_reports_name_the_seven_that_are_outstanding(tmp_path: Path) -> None:
    assert outstanding_after_weeks(tmp_path, None) == 7


def test_a_list_of_students_that_stays_short_holds_the_report(tmp_path: Path) -> None:
    assert outstanding_after_weeks(tmp_path, Kind.STUDENTS) == 0


def test_a_report_of_entries_that_stays_short_names_nobody_more(tmp_path: Path) -> None:
    assert outstanding_after_weeks(tmp_path, Kind.MENTORING_ENTRIES) <= 7
