"""What happens in the school while its service is killed: day by day, new work arrives, always the same.

From the eve of Autumn 2's first reminder to the first school day after it, so that reminders, reports and both
snapshots become due meanwhile.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from sims_sync.demo.sims_state import SimsState
from soak.push_school import hand_in, proforma_rows
from soak.year_school import at_half_past_seven

ROWS = 24
FIRST_ROWS = 8
CORRECTED = 4
WITHDRAWN = 2
INTERVIEWED = "2026-11-25"
RESULT_SET = "Mentoring Autumn 2 2026/27"
TYPED = 5  # students for whom a tutor types a target on one day


@dataclass(frozen=True, slots=True)
class Step:
    """One day: at half past seven the work arrives that is left to the service."""

    day: date
    arrives: Callable[[Path, datetime], None]

    @property
    def moment(self) -> datetime:
        """When it begins."""
        return at_half_past_seven(self.day)


def first_proforma(folder: Path, moment: datetime) -> None:
    """The very first one, whose plan a person releases, and whose last rows come again a few days later."""
    hand_in(folder, proforma_rows(folder, FIRST_ROWS // 2, INTERVIEWED), moment - timedelta(hours=15))


def _second_proforma(folder: Path, moment: datetime) -> None:
    hand_in(folder, proforma_rows(folder, ROWS, INTERVIEWED)[:FIRST_ROWS], moment - timedelta(hours=15))


def corrected_proforma(folder: Path, moment: datetime) -> None:
    """Four texts corrected, two withdrawn, the others new."""
    rows = proforma_rows(folder, ROWS, INTERVIEWED)
    corrected = [{**row, "text": f"{row['text']}, every day"} for row in rows[:CORRECTED]]
    withdrawn = [{**row, "state": "withdrawn"} for row in rows[CORRECTED : CORRECTED + WITHDRAWN]]
    hand_in(folder, [*corrected, *withdrawn, *rows[CORRECTED + WITHDRAWN :]], moment - timedelta(hours=15))


def _typed_in_sims(folder: Path, moment: datetime) -> None:
    """Some students' review, typed by their tutors on the eve; whose they are depends on the day."""
    state = SimsState(folder / "sims")
    students = state.students(moment)
    first = moment.day * TYPED % (len(students) - TYPED)
    eve = moment - timedelta(hours=15)
    for number, student in enumerate(students[first : first + TYPED]):
        text = f"Met most of the target, seen by the tutor on day {moment.day} as number {number}"
        state.put_result(student.person_id, "Mentoring Review 2", RESULT_SET, text, eve.date(), eve)


def _typed_over_ours(folder: Path, moment: datetime) -> None:
    """Two values that we wrote are typed over in SIMS."""
    state = SimsState(folder / "sims")
    ours = [each for each in state.results(moment, mentoring=True) if each.sourced_id is not None]
    for each in sorted(ours, key=lambda each: each.sourced_id or "")[:2]:
        text = "Changed by hand in SIMS after the meeting with home"
        eve = moment - timedelta(hours=15)
        state.put_result(each.person_id, each.aspect, each.result_set, text, eve.date(), eve)


def _nothing(_folder: Path, _moment: datetime) -> None:
    """A day on which nobody hands in or types anything."""


STEPS: Sequence[Step] = (
    Step(date(2026, 11, 30), _second_proforma),
    Step(date(2026, 12, 1), _typed_in_sims),  # reminder 1
    Step(date(2026, 12, 2), corrected_proforma),
    Step(date(2026, 12, 10), _typed_in_sims),  # reminder 2
    Step(date(2026, 12, 11), _typed_over_ours),
    Step(date(2026, 12, 16), _nothing),  # deadline snapshot and report
    Step(date(2026, 12, 17), _typed_in_sims),
    Step(date(2026, 12, 21), _nothing),  # closing snapshot, in the holidays
    Step(date(2027, 1, 5), _nothing),
)
BEFORE = datetime(2026, 11, 27, 6, 0, tzinfo=UTC)  # when the school was last read before
