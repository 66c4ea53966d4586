"""Do the packaged mappings understand every report of the simulated SIMS?"""

import contextlib
from datetime import date

import pytest

from sims_sync.connector import Row
from sims_sync.demo.days import at
from sims_sync.demo.faults import Fault, strike_rows
from sims_sync.demo.filling import write_state
from sims_sync.demo.reports import Report, report_rows
from sims_sync.demo.school import DEMO_DFE_NUMBER, invent_school
from sims_sync.demo.sims_state import SimsState
from sims_sync.errors import RecordError
from sims_sync.mapping import Mapper, packaged_mapping

MAPPINGS = {
    Report.STUDENTS: "sims_students",
    Report.STAFF: "sims_staff",
    Report.TUTOR_GROUPS: "sims_tutor_groups",
    Report.RESULTS: "sims_results",
    Report.MENTORING_ENTRIES: "sims_mentoring_entries",
}


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> SimsState:
    folder = tmp_path_factory.mktemp("sims")
    write_state(invent_school(400), folder)
    return SimsState(folder)


def rows_of(state: SimsState, report: Report) -> list[dict[str, str]]:
    return report_rows(report, state, at(date(2026, 12, 16), 6, 0))


@pytest.mark.parametrize("report", list(Report))
def test_every_column_and_row_is_understood(state: SimsState, report: Report) -> None:
    rows = rows_of(state, report)
    mapper = Mapper(packaged_mapping(MAPPINGS[report]))
    mapped = [record for number, row in enumerate(rows, start=1) for record in mapper.map(Row(number, row))]
    assert len(mapped) == len(rows)
    assert mapper.unmapped_columns() == ()
    assert not mapper.notes
    assert set(mapper.school_dfe_numbers) == {DEMO_DFE_NUMBER}


@pytest.mark.parametrize("report", list(Report))
@pytest.mark.parametrize("fault", [Fault.MISSING_COLUMN, Fault.NO_IDS])
def test_missing_columns_are_missed_by_the_mapping(state: SimsState, report: Report, fault: Fault) -> None:
    mapper = Mapper(packaged_mapping(MAPPINGS[report]))
    struck = strike_rows(fault, report, rows_of(state, report))
    occurred = {caption for row in struck for caption in row}
    # The captions alone decide: rows that lack a required field would be held one by one.
    with contextlib.suppress(RecordError):
        mapper.map(Row(1, dict.fromkeys(occurred, "1")))
    spared = fault is Fault.NO_IDS and report is Report.TUTOR_GROUPS
    assert bool(mapper.missing_required()) is not spared
