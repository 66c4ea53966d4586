"""The in-memory source behaves as scripted."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from connectors.memory import MemoryOptions, MemorySource
from sims_sync.connector import ConnectorContext
from sims_sync.errors import SourceFailed, SourceUnavailable
from sims_sync.records import Kind

NOW = datetime(2026, 12, 16, 7, 30, tzinfo=UTC)


@pytest.fixture
def source(tmp_path: Path) -> MemorySource:
    return MemorySource(MemoryOptions(), ConnectorContext(tmp_path, tmp_path, lambda: NOW, lambda _: ""))


def test_readings_are_offered_oldest_first_and_only_of_the_kind_asked_for(source: MemorySource) -> None:
    late = source.put(Kind.STUDENTS, [{"Adno": "1"}])
    early = source.put(Kind.STUDENTS, [], began=NOW - timedelta(days=1))
    source.put(Kind.STAFF, [])
    assert source.read(Kind.STUDENTS) == [early, late]
    assert (early.state.began, late.state.began) == (NOW - timedelta(days=1), NOW)


def test_what_has_been_settled_is_not_offered_again(source: MemorySource) -> None:
    reading = source.put(Kind.STUDENTS, [])
    reading.settle("run-1", good=False)
    reading.settle("run-2", good=True)
    assert reading.settled == ("run-1", False)
    assert source.read(Kind.STUDENTS) == []


def test_an_error_comes_after_the_rows_before_it(source: MemorySource) -> None:
    error = SourceFailed("error", "It failed.", "Try again.")
    reading = source.put(Kind.STUDENTS, [{"Adno": "1"}, {"Adno": "2"}], error=error, fail_after=1)
    rows = reading.rows()
    assert next(rows).values == {"Adno": "1"}
    with pytest.raises(SourceFailed):
        next(rows)


def test_a_scripted_failure_to_open_happens_once(source: MemorySource) -> None:
    source.fail(Kind.STUDENTS, SourceUnavailable("gone", "It is away.", "Wait."))
    with pytest.raises(SourceUnavailable):
        source.read(Kind.STUDENTS)
    assert source.read(Kind.STUDENTS) == []
