"""What does the invented school look like that the demo, rehearsals and tests run on?"""

import random

from sims_sync.demo.days import DemoDays
from sims_sync.demo.enrolment import enrol
from sims_sync.demo.layout import lay_out
from sims_sync.demo.roll import (
    DEMO_DFE_NUMBER,
    DEMO_EMAIL_DOMAIN,
    DEMO_SCHOOL_NAME,
    DEMO_STUDENTS,
    FEWEST_STUDENTS,
    InventedSchool,
)
from sims_sync.demo.staffing import staff_the_school
from sims_sync.demo.typed import type_everything

__all__ = [
    "DEMO_DFE_NUMBER",
    "DEMO_EMAIL_DOMAIN",
    "DEMO_SCHOOL_NAME",
    "DEMO_STUDENTS",
    "FEWEST_STUDENTS",
    "InventedSchool",
    "invent_school",
]


def invent_school(students: int = DEMO_STUDENTS, seed: int = 2026, *, year: str = "2026-27") -> InventedSchool:
    """The invented school of so many students: the same arguments give the same school, to the last letter.

    `students` counts whom an export of the report day (16 December 2026, morning) lists; a few more have left by then
    or come later. From `WHOLE_FROM_STUDENTS` students on every awkward case of `Case` occurs; fewer students make fewer
    groups and leave some out.

    Raises:
        ValueError: fewer than 20 students, or no academic year.
    """
    if students < FEWEST_STUDENTS:
        raise ValueError(f"A demo school has at least {FEWEST_STUDENTS} students.")
    days = DemoDays(year)
    layout = lay_out(students)
    # One stream of dice for each part, so that a change to one part leaves the others as they were.
    enrolment = enrol(layout, days, _dice(seed, "students"))
    staffing = staff_the_school(layout, days, _dice(seed, "staff"))
    results = type_everything(layout, enrolment.students, enrolment.cases, days, _dice(seed, "results"))
    return InventedSchool(
        year=year,
        seed=seed,
        students=tuple(enrolment.students),
        staff=tuple(staffing.staff),
        groups=tuple(staffing.groups),
        roles=tuple(staffing.roles),
        away=tuple(staffing.away),
        results=tuple(results),
        cases={**enrolment.cases, **staffing.cases},
    )


def _dice(seed: int, part: str) -> random.Random:
    """A random stream that depends on nothing but the seed and the part's name."""
    return random.Random(f"{seed}/{part}")  # noqa: S311 - must be reproducible, guards nothing
