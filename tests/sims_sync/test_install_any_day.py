"""Installed on any day, the product sends nothing about half terms before the programme (DOMAIN rule 8b)."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import update

from sims_sync.context import RunContext
from sims_sync.messages.reports import report_half_term, send_reports
from sims_sync.outcome import Ending
from sims_sync.records import Kind
from sims_sync.school_year import HALF_TERM_NAMES, HalfTermId, SchoolYear
from sims_sync.store.messages import load_messages
from sims_sync.store.tables import read
from tests.examples import examples
from tests.sims_sync import builders
from tests.sims_sync.builders import LONDON, Row, World, group, make_world, staff, student, students, typed
from tests.sims_sync.compliance.invented_school import SCHOOL_YEAR
from tests.sims_sync.shared_stores import store_in

YEAR = "2026-27"
HALF_TERMS = tuple(HalfTermId(YEAR, index) for index in range(len(HALF_TERM_NAMES)))
FIRST_DAY, LAST_DAY = date(2026, 9, 1), date(2027, 8, 31)
DAYS = tuple(FIRST_DAY + timedelta(days=number) for number in range((LAST_DAY - FIRST_DAY).days + 1))
READ_AT = "2027-08-31 23:00"
ROLES = "staff_code,role,scope,from,to\nH1,head of house,Austen,,\nH2,head of house,Bronte,,\n"
TIMES = (time(0, 30), time(7, 29), time(7, 30), time(12), time(16, 59), time(17), time(23, 30))

Sent = tuple[HalfTermId, str]


def moment(day: date, clock: time) -> datetime:
    return datetime.combine(day, clock, LONDON).astimezone(UTC)


def entries_of_the_year() -> list[Row]:
    """Half of the students have an entry in each half term, on its first school day."""
    return [
        typed(
            number,
            result_set=f"Mentoring {half_term.shown} 2026/27",
            day=SCHOOL_YEAR.dates(half_term).school_days[0].isoformat(),
        )
        for half_term in HALF_TERMS
        for number in (*range(1, 7), *range(13, 19))
    ]


@pytest.fixture(scope="module")
def year_model(sqlite_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store that has read a whole year of a school of two houses."""
    folder = tmp_path_factory.mktemp("year")
    shutil.copy(sqlite_model, folder / "store.db")
    store = store_in(folder)
    try:
        with builders.test_connectors():
            _read_the_year(make_world(store, folder))
    finally:
        store.close()
    return folder / "store.db"


def _read_the_year(world: World) -> None:
    world.read_well(Kind.STAFF, [staff(code) for code in ("T1", "T2", "H1", "H2")], READ_AT)
    both = [*students(12), *(student(number, "8B1", "Bronte") for number in range(13, 25))]
    world.read_well(Kind.STUDENTS, both, READ_AT)
    world.read_well(Kind.TUTOR_GROUPS, [group("8A1", "T1"), group("8B1", "T2", "Bronte")], READ_AT)
    world.read_well(Kind.MENTORING_ENTRIES, entries_of_the_year(), READ_AT)
    assert world.run("collect_proformas", READ_AT).outcome.ending is Ending.DONE


@contextmanager
def installed(model: Path, starts_with: HalfTermId) -> Iterator[Callable[[datetime], list[Sent]]]:
    """The product with nothing sent yet; gives a step that reads everything and runs the report at a moment."""
    with TemporaryDirectory(ignore_cleanup_errors=True) as place:
        folder = Path(place)
        (folder / "roles.csv").write_text(ROLES, encoding="utf-8")
        shutil.copy(model, folder / "store.db")
        store = store_in(folder)
        programme = {"policy": "half-term", "starts_with": str(starts_with)}
        world = make_world(store, folder, programme=programme)
        try:
            yield lambda when: _step(world, when)
        finally:
            store.close()


def _step(world: World, when: datetime) -> list[Sent]:
    before = len(world.post.messages)
    with world.store.writing() as connection:
        connection.execute(update(read).values(began=when - timedelta(minutes=1)))
    known = _sent(world)
    send_reports(RunContext(world.store, world.school, lambda: when, "test-run"))
    new = [sent for sent in _sent(world) if sent not in known]
    assert len(world.post.messages) - before == len(new), "a message left that no row stands for, or left twice"
    return new


def _sent(world: World) -> list[Sent]:
    with world.store.reading() as connection:
        found = load_messages(connection, world.id)
    return [(HalfTermId.parse(row.half_term), row.staff_id) for row in found if row.state == "sent"]


def assert_may_be_sent(sent: list[Sent], starts_with: HalfTermId, when: datetime, year: SchoolYear) -> None:
    if sent:
        assert year.in_send_window(when)
    for half_term, _ in sent:
        report_day = year.dates(half_term).report
        assert half_term >= starts_with
        assert report_day is not None
        assert report_day <= year.local_date(when) <= year.year_end(YEAR)


@settings(max_examples=examples(25), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    starts_with=st.sampled_from(HALF_TERMS),
    moments=st.lists(st.tuples(st.sampled_from(DAYS), st.sampled_from(TIMES)), min_size=1, max_size=8, unique=True),
)
def test_nothing_is_sent_before_the_programme_outside_the_window_or_twice(
    year_model: Path, starts_with: HalfTermId, moments: list[tuple[date, time]]
) -> None:
    seen: set[Sent] = set()
    with installed(year_model, starts_with) as step:
        for day, clock in sorted(moments):
            when = moment(day, clock)
            sent = step(when)
            assert_may_be_sent(sent, starts_with, when, SCHOOL_YEAR)
            assert not seen & set(sent)
            seen |= set(sent)


def test_run_every_day_of_the_year_each_head_gets_each_half_term_once_from_the_first_on(year_model: Path) -> None:
    starts_with = HALF_TERMS[1]
    left: dict[Sent, date] = {}
    with installed(year_model, starts_with) as step:
        for day in DAYS:
            when = moment(day, time(7, 30))
            sent = step(when)
            assert_may_be_sent(sent, starts_with, when, SCHOOL_YEAR)
            left |= dict.fromkeys(sent, day)
    reported = {half_term: day for (half_term, _), day in left.items()}
    assert reported == {each: SCHOOL_YEAR.dates(each).report for each in HALF_TERMS if each >= starts_with}
    copies = {(half_term, staff_id) for half_term, staff_id in left if staff_id.endswith("+admin")}
    assert len(copies) == len(left) - len(copies) == 2 * len(reported)  # in shadow mode the admin has each too


@pytest.mark.parametrize("starts_with", HALF_TERMS, ids=str)
def test_on_no_day_is_a_half_term_before_the_programme_the_one_to_report(starts_with: HalfTermId) -> None:
    for day in DAYS:
        for clock in TIMES:
            chosen = report_half_term(SCHOOL_YEAR, starts_with, moment(day, clock))
            assert chosen is None or chosen >= starts_with
