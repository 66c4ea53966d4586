"""Reads, what is missing, what is in quarantine, and the problems an admin sees."""

from datetime import datetime, timedelta

from sims_sync.compliance.facts import DataProblem
from sims_sync.errors import RecordError
from sims_sync.records import Kind
from sims_sync.store.reads import (
    HeldRow,
    MissingRow,
    discard_row,
    first_good_read,
    good_reads,
    hold_rows,
    last_good_read,
    load_missing,
    load_problems,
    load_quarantine,
    mark_missing,
    mark_returned,
    save_problems,
    save_read,
)
from sims_sync.store.session import Store
from tests.sims_sync.builders import SCHOOL_ID, at

NOW = at("2026-12-16 06:00")
DAY = timedelta(days=1)
BAD_DATE = RecordError("bad-value", "result_date", "is not a date")
NOBODY = RecordError("unknown-student", "id", "no known student has these ids")

Held = tuple[int, RecordError, str | None]


def hold(
    store: Store,
    *rows: Held,
    when: datetime = NOW,
    kind: Kind = Kind.MENTORING_ENTRIES,
    source: str = "entries",
    scope: str = "",
) -> tuple[HeldRow, ...]:
    """One read that holds these rows; everything held afterwards."""
    with store.writing() as connection:
        hold_rows(connection, SCHOOL_ID, kind, source, rows, at=when, run_id="r", scope=scope)
        return load_quarantine(connection, SCHOOL_ID)


def discard(store: Store, quarantine_id: str) -> bool:
    with store.writing() as connection:
        return discard_row(connection, SCHOOL_ID, quarantine_id, "an admin", "seen in SIMS", NOW)


def test_a_held_row_is_kept_as_code_field_rule_and_student_only(store: Store) -> None:
    (row,) = hold(store, (7, BAD_DATE, "s1"))
    assert (row.code, row.field, row.rule) == ("bad-value", "result_date", "is not a date")
    assert (row.record_number, row.student_id, row.seen_count) == (7, "s1", 1)


def test_held_again_it_is_counted_and_keeps_its_first_day(store: Store) -> None:
    hold(store, (7, BAD_DATE, "s1"))
    (row,) = hold(store, (9, BAD_DATE, "s1"), when=NOW + DAY)
    assert (row.first_seen, row.last_seen, row.seen_count) == (NOW, NOW + DAY, 2)


def test_a_row_that_is_well_again_leaves_the_quarantine(store: Store) -> None:
    hold(store, (7, BAD_DATE, "s1"), (8, NOBODY, None))
    (row,) = hold(store, (8, NOBODY, None), when=NOW + DAY)
    assert row.code == "unknown-student"
    assert hold(store, when=NOW + 2 * DAY) == ()


def test_one_file_says_nothing_about_the_rows_of_another(store: Store) -> None:
    kind = Kind.PROFORMAS
    hold(store, (1, BAD_DATE, "s1"), kind=kind, scope="t1.csv")
    hold(store, (1, BAD_DATE, "s1"), kind=kind, scope="t2.csv")
    assert [row.scope for row in hold(store, kind=kind, scope="t2.csv")] == ["t1.csv"]
    assert hold(store, kind=kind, scope="t1.csv") == ()


def test_one_source_says_nothing_about_another(store: Store) -> None:
    hold(store, (1, BAD_DATE, "s1"))
    hold(store, kind=Kind.RESULTS, source="results")
    with store.reading() as connection:
        assert len(load_quarantine(connection, SCHOOL_ID)) == 1
        assert load_quarantine(connection, SCHOOL_ID, Kind.RESULTS) == ()
        assert load_quarantine(connection, "bronte") == ()


def test_a_person_discards_a_row_once(store: Store) -> None:
    (row,) = hold(store, (7, BAD_DATE, "s1"))
    assert discard(store, row.quarantine_id)
    assert not discard(store, row.quarantine_id)
    assert not discard(store, "q-unknown")
    with store.reading() as connection:
        assert load_quarantine(connection, SCHOOL_ID) == ()


def test_a_discarded_row_stays_discarded_while_each_read_still_holds_it(store: Store) -> None:
    (row,) = hold(store, (7, BAD_DATE, "s1"))
    discard(store, row.quarantine_id)
    assert hold(store, (7, BAD_DATE, "s1"), when=NOW + DAY) == ()
    assert hold(store, (7, BAD_DATE, "s1"), when=NOW + 2 * DAY) == ()


def test_once_it_was_well_again_a_discarded_row_that_comes_back_is_held_anew(store: Store) -> None:
    (row,) = hold(store, (7, BAD_DATE, "s1"))
    discard(store, row.quarantine_id)
    hold(store, when=NOW + DAY)
    assert len(hold(store, (7, BAD_DATE, "s1"), when=NOW + 2 * DAY)) == 1


def test_a_pro_forma_handed_in_again_with_the_same_fault_is_held_anew(store: Store) -> None:
    (row,) = hold(store, (7, BAD_DATE, "s1"), kind=Kind.PROFORMAS, scope="t1.csv")
    discard(store, row.quarantine_id)
    assert len(hold(store, (7, BAD_DATE, "s1"), when=NOW + DAY, kind=Kind.PROFORMAS, scope="t1.csv")) == 1


def test_a_thousand_held_rows_are_kept_and_mended(store: Store) -> None:
    rows = [(number, NOBODY, None) for number in range(1200)]
    assert len(hold(store, *rows)) == 1200
    assert hold(store, when=NOW + DAY) == ()


def read_row(read_id: str, began: datetime, *, good: bool = True, source: str = "students") -> dict[str, object]:
    return {
        "read_id": read_id,
        "kind": Kind.STUDENTS.value,
        "source": source,
        "run_id": "r",
        "name": "students.xml",
        "began": began,
        "finished": began + timedelta(minutes=1),
        "good": good,
        "row_count": 40,
        "size": None,
        "fingerprint": None,
        "filled": {"house": 40},
        "held_removals": 0,
        "held_rows": 0,
    }


def test_the_newest_good_read_is_the_one_whose_data_is_newest(store: Store) -> None:
    with store.writing() as connection:
        assert last_good_read(connection, SCHOOL_ID, Kind.STUDENTS, "students") is None
        assert first_good_read(connection, SCHOOL_ID, Kind.STUDENTS) is None
        for name, began, good in (("a", NOW, True), ("b", NOW - DAY, True), ("c", NOW + DAY, False)):
            save_read(connection, SCHOOL_ID, read_row(name, began, good=good))
        save_read(connection, SCHOOL_ID, read_row("d", NOW - 2 * DAY, source="other"))
        newest = last_good_read(connection, SCHOOL_ID, Kind.STUDENTS, "students")
        assert newest is not None
        assert (newest.began, newest.filled) == (NOW, {"house": 40})
        assert first_good_read(connection, SCHOOL_ID, Kind.STUDENTS) == NOW - 2 * DAY
        found = good_reads(connection, SCHOOL_ID)
    assert {source: read.began for (_, source), read in found.items()} == {"students": NOW, "other": NOW - 2 * DAY}


def test_missing_rows_are_remembered_until_they_are_back(store: Store) -> None:
    rows = [MissingRow("s1", NOW, NOW - DAY, held=False), MissingRow("s2", NOW, None, held=True)]
    with store.writing() as connection:
        mark_missing(connection, SCHOOL_ID, Kind.STUDENTS, "students", rows, "r")
        assert load_missing(connection, SCHOOL_ID, Kind.STUDENTS) == {row.key: row for row in rows}
        assert load_missing(connection, SCHOOL_ID, Kind.STAFF) == {}
        mark_returned(connection, SCHOOL_ID, Kind.STUDENTS, ["s1"])
        assert list(load_missing(connection, SCHOOL_ID, Kind.STUDENTS)) == ["s2"]


def problem(subject: str) -> DataProblem:
    return DataProblem("no-head", subject, "has no Head.", "Name one.")


def test_the_open_problems_of_a_code_are_those_last_seen(store: Store) -> None:
    with store.writing() as connection:
        for problems in ([problem("Austen"), problem("Bronte")], [problem("Bronte")]):
            save_problems(connection, SCHOOL_ID, problems, codes=["no-head"], at=NOW, run_id="r")
        save_problems(connection, SCHOOL_ID, [], codes=["other"], at=NOW, run_id="r")
        assert load_problems(connection, SCHOOL_ID) == (problem("Bronte"),)
        save_problems(connection, SCHOOL_ID, [problem("Austen")], codes=["no-head"], at=NOW, run_id="r")
        assert load_problems(connection, SCHOOL_ID) == (problem("Austen"),)
