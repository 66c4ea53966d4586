"""On which trust is reported? One invented school, read as every school is, and copied under as many ids as are asked.

A hundred of them are a large trust: each has 1,060 students in 40 tutor groups and five houses, and some 3,700 entries
of two half terms, on the morning of the report day. Names and texts are the same in each; the calendar is not.
"""

import re
from collections.abc import Iterable
from datetime import date, timedelta
from pathlib import Path
from time import perf_counter

from sqlalchemy import Connection, insert, literal, select

from bench.place import BenchFault, fresh_folder
from sims_sync.config import CalendarSection, Config, SchoolConfig
from sims_sync.config_file import load_config
from sims_sync.demo import cycle
from sims_sync.demo.config_text import SCHOOL_ID
from sims_sync.pull.release import release_first
from sims_sync.run import RunOptions, run_job, run_step
from sims_sync.store.session import Store, open_store
from sims_sync.store.tables import metadata

TRUST = "trust"
STUDENTS = 1_060
SCHOOLS = 100
_INSET_FROM = date(2027, 1, 5)  # after the report day: what is due does not change
# A report asks none of these, and a copy of each would be most of the file.
_NOT_COPIED = frozenset({"audit", "entry_version", "journal", "kept_read", "lease", "plan", "run"})


def prepare(folder: Path, students: int) -> float:
    """One school of so many students, its lists and entries read and its deadline snapshot taken; seconds it took."""
    began, place = perf_counter(), fresh_folder(folder / TRUST)
    cycle.prepare(place, students)
    _without_proformas(place / "config.toml")
    config = load_config(place / "config.toml")
    school, store = config.schools[SCHOOL_ID], open_store(config.store.url, config.base)
    options = RunOptions(as_of=cycle.READ_AT)
    for job in ("pull_students", "pull_entries"):
        run_job(store, config, school, job, options)
        run_step(store, school, "release", lambda context: release_first(context, cycle.DECISION), options)
    run_job(store, config, school, "take_snapshots")
    store.close()
    return perf_counter() - began


def copy(folder: Path, schools: int) -> float:
    """The prepared school's rows under the other schools' ids too, in the same store; seconds it took."""
    began, config = perf_counter(), load_config(folder / TRUST / "config.toml")
    store = open_store(config.store.url, config.base)
    for number in range(2, schools + 1):
        with store.writing() as connection:
            _copy_rows(connection, _id_of(number))
    store.close()
    return perf_counter() - began


def open_trust(folder: Path) -> tuple[Config, Store]:
    """The configuration of the first school, from which the others' follow, and the store of all."""
    config = load_config(folder / TRUST / "config.toml")
    return config, open_store(config.store.url, config.base)


def schools_of(config: Config, count: int) -> list[SchoolConfig]:
    """So many schools, each with an INSET day of its own, so that no calendar is worked out for two.

    Raises:
        BenchFault: there are fewer days than schools.
    """
    first = config.schools[SCHOOL_ID]
    days = list(_term_days(first.calendar))
    if count > len(days):
        raise BenchFault(f"At most {len(days)} schools can differ in a day.")
    return [_with_own_day(first, number, day) for number, day in enumerate(days[:count], start=1)]


def _without_proformas(config: Path) -> None:
    """In this school everything is typed in SIMS: no list waits for a pro-forma that nobody hands in."""
    text = config.read_text(encoding="utf-8")
    text = re.sub(r"(?ms)^\[sources\.(?:workbooks|proformas)\]\n.*?(?=^\[)", "", text)
    config.write_text(text, encoding="utf-8")


def _id_of(number: int) -> str:
    return SCHOOL_ID if number == 1 else f"school-{number:03}"


def _copy_rows(connection: Connection, school: str) -> None:
    for table in metadata.sorted_tables:
        if table.name in _NOT_COPIED:
            continue
        others = [column for column in table.columns if column.name != "school"]
        rows = select(literal(school), *others).where(table.c.school == SCHOOL_ID)
        connection.execute(insert(table).from_select(["school", *(column.name for column in others)], rows))


def _with_own_day(first: SchoolConfig, number: int, inset_day: date) -> SchoolConfig:
    calendar = first.calendar.model_copy(update={"inset_days": (*first.calendar.inset_days, inset_day)})
    section = first.school.model_copy(update={"id": _id_of(number)})
    return first.model_copy(update={"school": section, "calendar": calendar})


def _term_days(calendar: CalendarSection) -> Iterable[date]:
    for half_term in calendar.half_terms:
        days = (half_term.start + timedelta(days=number) for number in range((half_term.end - half_term.start).days))
        yield from (day for day in days if day >= _INSET_FROM and day.isoweekday() <= 5)  # noqa: PLR2004 - Friday
