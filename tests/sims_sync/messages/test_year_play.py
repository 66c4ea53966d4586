"""A whole academic year, every school day at 07:30 by the injected clock: who is written to, when, and how often."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, update

from sims_sync.context import RunContext
from sims_sync.messages.sending import send_messages
from sims_sync.outcome import Ending
from sims_sync.records import Kind
from sims_sync.school_year import Closure, HalfTermId, SchoolYear
from sims_sync.snapshots import take_snapshots
from sims_sync.store.decisions import add_closure, announce
from sims_sync.store.going_live import GoLive, save_decision
from sims_sync.store.messages import load_messages
from sims_sync.store.session import Store
from sims_sync.store.snapshots import list_snapshots
from sims_sync.store.staff import load_staff
from sims_sync.store.tables import announced_deadline, read
from tests.examples import is_long
from tests.sims_sync.builders import LONDON, World, group, make_world, school_table, staff, student, students, typed

YEAR = "2026-27"
READ_AT = "2027-08-31 23:00"
ROLES = "staff_code,role,scope,from,to\nH1,head of house,Austen,,\nH2,head of house,Bronte,,\n"
NAMES = ("autumn-1", "autumn-2", "spring-1", "spring-2", "summer-1", "summer-2")
# DOMAIN §2, the reference calendar: reminder 1, reminder 2, report.
REFERENCE = {
    "autumn-1": ("2026-10-06", "2026-10-15", "2026-10-21"),
    "autumn-2": ("2026-12-01", "2026-12-10", "2026-12-16"),
    "spring-1": ("2027-01-26", "2027-02-04", "2027-02-10"),
    "spring-2": ("2027-03-08", "2027-03-17", "2027-03-23"),
    "summer-1": ("2027-05-11", "2027-05-20", "2027-05-26"),
    "summer-2": ("2027-07-01", "2027-07-12", "2027-07-16"),
}
TWO_WEEK_OCTOBER = {
    "half_terms": [
        {"id": "2026-27/autumn-1", "start": "2026-09-01", "end": "2026-10-16"},
        {"id": "2026-27/autumn-2", "start": "2026-11-02", "end": "2026-12-18"},
        {"id": "2026-27/spring-1", "start": "2027-01-04", "end": "2027-02-12"},
        {"id": "2026-27/spring-2", "start": "2027-02-22", "end": "2027-03-25"},
        {"id": "2026-27/summer-1", "start": "2027-04-12", "end": "2027-05-28"},
        {"id": "2026-27/summer-2", "start": "2027-06-07", "end": "2027-07-22"},
    ],
    "inset_days": ["2026-09-01"],
}
SHORT_SUMMER_1 = {
    "half_terms": [
        {"id": "2026-27/autumn-1", "start": "2026-09-01", "end": "2026-10-23"},
        {"id": "2026-27/autumn-2", "start": "2026-11-02", "end": "2026-12-18"},
        {"id": "2026-27/spring-1", "start": "2027-01-04", "end": "2027-02-12"},
        {"id": "2026-27/spring-2", "start": "2027-02-22", "end": "2027-04-09"},
        {"id": "2026-27/summer-1", "start": "2027-04-26", "end": "2027-05-28"},
        {"id": "2026-27/summer-2", "start": "2027-06-07", "end": "2027-07-23"},
    ],
    "inset_days": ["2026-09-01"],
    "add_bank_holidays": ["2027-05-17"],  # besides 3 May: two in five weeks
}


@dataclass(frozen=True, slots=True, order=True)
class Left:
    """One message as it left: the local day, its half term, kind and occasion, whose, and to which address."""

    day: str
    half_term: str
    kind: str
    occasion: str
    staff_id: str
    address: str


def dates_by_hand(year: SchoolYear) -> dict[str, tuple[str, str, str]]:
    """Reminder 1, reminder 2 and report of each half term, counted on the fingers from its school days."""
    found = {}
    every = [day for name in NAMES for day in year.dates(HalfTermId.parse(f"{YEAR}/{name}")).school_days]
    for name in NAMES:
        days = year.dates(HalfTermId.parse(f"{YEAR}/{name}")).school_days
        last = len(days) - 4
        after = every[every.index(days[last]) + 1]
        first = days[last - 10].isoformat() if last >= 15 else ""
        found[name] = (first, days[last - 3].isoformat(), after.isoformat())
    return found


def entries(year: SchoolYear, numbers: Sequence[int]) -> list[dict[str, str]]:
    return [
        typed(
            number,
            result_set=f"Mentoring {half_term.shown} 2026/27",
            day=year.dates(half_term).school_days[0].isoformat(),
        )
        for half_term in year.ids()
        for number in numbers
    ]


def played_school(store: Store, base: Path, mode: str, policy: str, calendar: dict[str, object] | None = None) -> World:
    """Two houses of one group each, in which half of the students have an entry in each half term."""
    (base / "roles.csv").write_text(ROLES, encoding="utf-8")
    programme = {"policy": policy, "starts_with": f"{YEAR}/autumn-1"}
    world = make_world(store, base, programme=programme, calendar=calendar or school_table()["calendar"])
    messages = world.school.messages.model_copy(update={"mode": mode})
    world = world.with_school(messages=messages)
    year = world.context(READ_AT).school_year()
    world.read_well(Kind.STAFF, [staff(code) for code in ("T1", "T2", "H1", "H2")], READ_AT)
    both = [*students(12), *(student(number, "8B1", "Bronte") for number in range(13, 25))]
    world.read_well(Kind.STUDENTS, both, READ_AT)
    world.read_well(Kind.TUTOR_GROUPS, [group("8A1", "T1"), group("8B1", "T2", "Bronte")], READ_AT)
    world.read_well(Kind.MENTORING_ENTRIES, entries(year, (*range(1, 7), *range(13, 19))), READ_AT)
    assert world.run("collect_proformas", READ_AT).outcome.ending is Ending.DONE
    with store.writing() as connection:
        connection.execute(delete(announced_deadline))  # reading the whole year announced them all at its end
        told = GoLive(datetime(2026, 8, 1, tzinfo=UTC), "lead", "2025-26/summer-2", 10, date(2026, 7, 1))
        save_decision(connection, world.id, told)
    return world


def live_through(world: World, days: Sequence[date], clock: time = time(7, 30)) -> list[Left]:
    """Read everything, take snapshots and send, on each of the days; what left, in order."""
    for day in days:
        when = datetime.combine(day, clock, LONDON).astimezone(UTC)
        with world.store.writing() as connection:
            connection.execute(update(read).values(began=when - timedelta(minutes=1)))
        context = RunContext(world.store, world.school, lambda when=when: when, "test-run")
        starts_with = HalfTermId.parse(world.school.programme.starts_with)
        with world.store.writing() as connection:
            for half_term, deadline in context.school_year().announcements(when, starts_with).items():
                announce(connection, world.id, half_term, deadline, when)
        take_snapshots(context)
        send_messages(context)
    return left(world)


def left(world: World) -> list[Left]:
    with world.store.reading() as connection:
        rows = [row for row in load_messages(connection, world.id) if row.state == "sent"]
    to = {str(message["Message-ID"]): str(message["To"]) for message in world.post.messages}
    assert len(world.post.messages) == len(rows) == len(to), "a message left that no row stands for, or left twice"
    return sorted(
        Left(
            row.sent_at.astimezone(LONDON).date().isoformat() if row.sent_at else "",
            row.half_term,
            row.kind,
            row.occasion,
            row.staff_id,
            to[row.message_id],
        )
        for row in rows
    )


def every_day(year: SchoolYear) -> list[date]:
    return list(year.school_days_between(date(2026, 9, 1), date(2027, 8, 31)))


def readers(mode: str, code: str) -> list[tuple[str, str]]:
    """Whose message it is, and where it goes: in shadow mode one to the programme lead and one to the admin."""
    if mode == "live":
        return [(code, f"{code.casefold()}@austen.example")]
    return [(code, "lead@austen.example"), (f"{code}+admin", "it@austen.example")]


def around(year: SchoolYear, dates: dict[str, tuple[str, str, str]]) -> list[date]:
    """The days on which something leaves or closes, and the school days before and after each."""
    days, found = every_day(year), set[date]()
    due = [date.fromisoformat(text) for name in NAMES for text in dates[name] if text]
    for day in (*due, *(year.dates(HalfTermId.parse(f"{YEAR}/{name}")).school_days[-1] for name in NAMES)):
        at = days.index(day)
        found.update(days[max(0, at - 1) : at + 2])
    return sorted(found)


def staff_ids(world: World) -> dict[str, str]:
    """Staff id → code."""
    with world.store.reading() as connection:
        return {staff_id: member.staff_code or "" for staff_id, member in load_staff(connection, world.id).items()}


def expected(
    dates: dict[str, tuple[str, str, str]], mode: str, *, reminded: Sequence[str]
) -> list[tuple[str, str, str, str, str, str]]:
    """What should leave: (day, half term, kind, occasion, code, address)."""
    found = []
    for name, (first, second, report) in dates.items():
        half_term = f"{YEAR}/{name}"
        if name in reminded:
            for reader in (*readers(mode, "T1"), *readers(mode, "T2")):
                found += [(first, half_term, "tutor-reminder", "reminder-1", *reader)] if first else []
                found.append((second, half_term, "tutor-reminder", "reminder-2", *reader))
        both = (*readers(mode, "H1"), *readers(mode, "H2"))
        found += [(report, half_term, "head-of-house-report", "report", *reader) for reader in both]
    return sorted(found)


def as_codes(world: World, found: Sequence[Left]) -> list[tuple[str, str, str, str, str, str]]:
    codes = staff_ids(world)
    codes |= {f"{staff_id}+admin": f"{code}+admin" for staff_id, code in codes.items()}
    return sorted(
        (each.day, each.half_term, each.kind, each.occasion, codes.get(each.staff_id, each.staff_id), each.address)
        for each in found
    )


# Under `termly` half of each group is enough in a term's first half term; under `any` one entry is.
# Each policy and each mode through every school day; the other pairs through those on which something happens, and
# through every one in `python -m soak histories`.
WHOLE_YEARS = {("half-term", "live"), ("termly", "shadow"), ("any", "live")}
REMINDED = {"half-term": NAMES, "termly": NAMES[1::2], "any": ()}


@pytest.mark.parametrize("mode", ["live", "shadow"])
@pytest.mark.parametrize("policy", ["half-term", "termly", "any"])
def test_the_reference_year_sends_what_the_table_says(
    sqlite_store: Store, tmp_path: Path, policy: str, mode: str
) -> None:
    world = played_school(sqlite_store, tmp_path, mode, policy)
    year = world.context(READ_AT).school_year()
    assert dates_by_hand(year) == REFERENCE
    days = every_day(year) if (policy, mode) in WHOLE_YEARS or is_long() else around(year, REFERENCE)
    found = live_through(world, days)
    assert as_codes(world, found) == expected(REFERENCE, mode, reminded=REMINDED[policy])
    assert all(("SHADOW" in str(message["Subject"])) == (mode == "shadow") for message in world.post.messages)
    with world.store.reading() as connection:
        taken = list_snapshots(connection, world.id)
    # The last closing comes after the year's last school day: nobody runs the service then.
    assert Counter(each.version for each in taken) == {1: 11}


@pytest.mark.parametrize("calendar", [TWO_WEEK_OCTOBER, SHORT_SUMMER_1], ids=["two-week October", "short summer 1"])
def test_other_calendars_send_on_the_days_counted_by_hand(
    sqlite_store: Store, tmp_path: Path, calendar: dict[str, object]
) -> None:
    world = played_school(sqlite_store, tmp_path, "live", "half-term", calendar=calendar)
    year = world.context(READ_AT).school_year()
    found = live_through(world, every_day(year))
    assert as_codes(world, found) == expected(dates_by_hand(year), "live", reminded=NAMES)


@pytest.mark.parametrize("clock", [time(6, 0), time(7, 29), time(17, 0), time(22, 0)])
def test_at_no_other_time_does_anything_leave(sqlite_store: Store, tmp_path: Path, clock: time) -> None:
    world = played_school(sqlite_store, tmp_path, "live", "half-term")
    days = [date(2026, 10, 6) + timedelta(days=number) for number in range(16)]
    assert live_through(world, days, clock) == []


def test_on_saturdays_and_in_the_holidays_nothing_leaves(sqlite_store: Store, tmp_path: Path) -> None:
    world = played_school(sqlite_store, tmp_path, "live", "half-term")
    year = world.context(READ_AT).school_year()
    days = [date(2026, 10, 6) + timedelta(days=number) for number in range(90)]
    assert live_through(world, [day for day in days if not year.is_school_day(day)], time(10)) == []


def test_however_often_it_runs_in_a_day_caps_are_kept(sqlite_store: Store, tmp_path: Path) -> None:
    world = played_school(sqlite_store, tmp_path, "live", "half-term")
    days = [date(2026, 12, 1) + timedelta(days=number) for number in range(18)]
    live_through(world, days)
    once = live_through(world, days, time(12))
    assert live_through(world, days, time(16, 59)) == once
    per_person = Counter((each.staff_id, each.kind) for each in once if each.half_term.endswith("autumn-2"))
    assert max(count for (_, kind), count in per_person.items() if kind == "tutor-reminder") == 2
    assert {count for (_, kind), count in per_person.items() if kind == "head-of-house-report"} == {1}


@pytest.mark.parametrize(
    ("closed", "report"),
    [
        (("2027-02-01", "2027-02-02"), "2027-02-12"),
        (("2027-02-08", "2027-02-09", "2027-02-10"), "2027-02-22"),
        (("2027-02-08", "2027-02-09", "2027-02-10", "2027-02-11", "2027-02-12"), "2027-02-23"),
    ],
    ids=["1-2 Feb", "8-10 Feb", "8-12 Feb"],
)
def test_an_emergency_closure_moves_the_report_and_never_forward(
    sqlite_store: Store, tmp_path: Path, closed: tuple[str, ...], report: str
) -> None:
    world = played_school(sqlite_store, tmp_path, "live", "half-term")
    year = world.context(READ_AT).school_year()
    days = every_day(year)
    first = date.fromisoformat(closed[0])
    live_through(world, [day for day in days if date(2027, 1, 4) <= day < first])
    with world.store.writing() as connection:
        for text in closed:
            day = date.fromisoformat(text)
            entered = datetime.combine(first, time(7), LONDON).astimezone(UTC)
            add_closure(connection, world.id, Closure(day, "snow", entered), "admin")
    found = live_through(world, [day for day in days if first <= day <= date(2027, 2, 26)])
    reports = {each.day for each in found if each.kind == "head-of-house-report" and "spring-1" in each.half_term}
    assert reports == {report}
    assert not {each.day for each in found} & set(closed)
