"""The annual evaluation: share done, interviews, outcomes, excused, per house and year group, telling on nobody."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from sims_sync.compliance.annual import Annual, Shown, Table, annual
from sims_sync.compliance.facts import StudentClass, StudentLine
from sims_sync.compliance.half_terms_known import HalfTermKnown, Standing, from_closing, from_live
from sims_sync.compliance.snapshot_form import Snapshot
from sims_sync.compliance.suppression import FEWEST_STUDENTS
from sims_sync.compliance.work import work_by_student
from sims_sync.records import Entry, EntryKind, EntryState, Review, Target
from tests.sims_sync.compliance.invented_school import SCHOOL_YEAR, TEXT
from tests.sims_sync.report import invented
from tests.sims_sync.report.invented_year import DOUBT, IDS, assessed, lines_of, row, year

AUTUMN_1, AUTUMN_2, SPRING_1, *_ = IDS
Groups = dict[str, dict[str, tuple[int, int]]]
TWO_HOUSES: Groups = {
    "Austen": {"7A": (20, 25), "8A": (10, 20)},
    "Bronte": {"7B": (25, 25), "8B": (0, 20)},
}


def closing(half_term: object, groups: Groups, *, doubts: bool = False, excused: int = 0) -> HalfTermKnown:
    """A closed half term: house → group → (done, due); the first `excused` lines are of excused students."""
    wanted = next(each for each in IDS if each == half_term)
    houses, lines = [], list[StudentLine]()
    for house, rows in groups.items():
        found = [row(name, done, due) for name, (done, due) in rows.items()]
        found = [replace(each, house=house, nc_year=each.group[0]) for each in found]
        houses.append(invented.house(*found, name=house))
        lines += [line for each in found for line in lines_of(each, house)]
        lines += [
            StudentLine(f"{house}-excused-{number}", StudentClass.EXCUSED, found[0].group, house, "7")
            for number in range(excused)
        ]
    made = replace(assessed(wanted), houses=tuple(houses), lines=tuple(lines))
    return from_closing(wanted, Snapshot(made, {}, {}, doubts=(DOUBT,) if doubts else ()), 1)


def found(table: Table, row_name: str, column: int = 0) -> Shown:
    return table.columns[column].cells[row_name]


def evaluated(*known: HalfTermKnown) -> Annual:
    return annual(year(*known))


def entry(student: str, day: str, kind: EntryKind = EntryKind.INTERVIEW, outcome: str | None = None) -> Entry:
    on = datetime.fromisoformat(f"{day}T12:00").replace(tzinfo=UTC)
    more: dict[str, object] = (
        {"targets": (Target(TEXT),)} if kind is EntryKind.INTERVIEW else {"reviews": (Review(outcome, TEXT),)}
    )
    made = Entry(f"{student} {day} {kind}", student, kind, EntryState.SUBMITTED, on.date(), on, "proforma")
    return replace(made, **more)  # type: ignore[arg-type]  # the fields of Entry by name


def test_a_house_is_all_done_of_all_due_and_a_year_group_likewise() -> None:
    by_house, by_year = evaluated(closing(AUTUMN_1, TWO_HOUSES)).done
    assert (found(by_house, "Austen").percent, found(by_house, "Bronte").percent) == (66, 55)
    assert (found(by_year, "Year 7").percent, found(by_year, "Year 8").percent) == (90, 25)
    assert by_house.columns[0].total == by_year.columns[0].total == Shown(55, 90, 90, 61)


def test_only_closed_half_terms_are_in_it_and_the_others_say_why() -> None:
    live = from_live(assessed(SPRING_1, row("7A", 1, 9)), ())
    made = evaluated(closing(AUTUMN_1, TWO_HOUSES), closing(AUTUMN_2, TWO_HOUSES, doubts=True), live)
    assert made.closed == (AUTUMN_1,)
    assert dict(made.others)[AUTUMN_2] == "held"
    assert dict(made.others)[SPRING_1] == "not closed yet"
    assert [column.heading for column in made.done[0].columns] == ["Autumn 1"]


def test_a_small_house_is_suppressed_and_takes_another_with_it() -> None:
    made = evaluated(closing(AUTUMN_1, {**TWO_HOUSES, "Tiny": {"9T": (1, 3)}}))
    by_house = made.done[0]
    assert found(by_house, "Tiny").suppressed
    assert [found(by_house, name).suppressed for name in ("Austen", "Bronte")].count(True) == 1
    assert not by_house.columns[0].total.suppressed


def test_interviews_are_counted_by_term_of_three() -> None:
    known = closing(AUTUMN_2, {"Austen": {"7A": (5, 5)}})
    entries = [entry(f"7A-{number}", "2026-11-12") for number in range(5)]
    entries += [entry("7A-0", "2026-11-19"), entry("7A-1", "2026-11-20", EntryKind.REVIEW, "achieved")]
    made = evaluated(with_work_of(known, entries))
    assert found(made.interviews[0], "Austen") == Shown(5, 15, 5, 33)


def with_work_of(known: HalfTermKnown, entries: Sequence[Entry]) -> HalfTermKnown:
    """As if its figures had been made long after: every entry was recorded by then."""
    assert known.assessment is not None
    late = replace(known.assessment, moment=datetime(2027, 8, 1, tzinfo=UTC))
    return replace(known, work=work_by_student(late, entries, SCHOOL_YEAR))


def test_a_half_term_closed_without_its_interviews_is_said_and_in_no_count() -> None:
    known = replace(closing(AUTUMN_2, {"Austen": {"7A": (20, 20)}}), work=None)
    made = evaluated(known)
    assert made.without_work == (AUTUMN_2,)
    assert found(made.interviews[0], "Austen").part == 0


def test_outcomes_are_counts_and_few_are_hidden() -> None:
    known = closing(AUTUMN_2, {"Austen": {"7A": (20, 20)}})
    entries = [
        entry(f"7A-{number}", "2026-11-12", EntryKind.REVIEW, "achieved" if number < 6 else "partly")
        for number in range(8)
    ]
    table = evaluated(with_work_of(known, entries)).outcomes[0]
    by_outcome = {column.heading: column.cells["Austen"] for column in table.columns}
    assert (by_outcome["achieved"].part, by_outcome["achieved"].percent) == (6, None)
    assert by_outcome["partly"].suppressed
    assert by_outcome["withdrawn"].part == 0


def test_the_excused_are_rare_and_the_rate_is_of_everyone() -> None:
    made = evaluated(closing(AUTUMN_1, TWO_HOUSES, excused=6))
    assert found(made.excused[0], "Austen") == Shown(6, 51, 51, 11)
    few = evaluated(closing(AUTUMN_1, TWO_HOUSES, excused=2))
    assert found(few.excused[0], "Austen").suppressed


def test_a_student_who_changed_house_is_counted_once_where_they_were_last() -> None:
    moved = {"Austen": {"8A": (10, 20)}, "Bronte": {"7A": (20, 25), "7B": (25, 25), "8B": (0, 20)}}
    made = evaluated(closing(AUTUMN_1, TWO_HOUSES), closing(AUTUMN_2, moved))
    counts = [found(made.excused[0], name).students for name in ("Austen", "Bronte")]
    assert counts == [20, 70]


def test_a_year_without_a_closed_half_term_has_no_table() -> None:
    made = evaluated(HalfTermKnown(AUTUMN_1, Standing.HELD))
    assert made.tables == ()


sizes = st.tuples(st.integers(0, 30), st.integers(0, 30)).map(lambda two: (min(two), max(two)))
schools = st.dictionaries(
    st.sampled_from(["Austen", "Bronte", "Curie", "Dunant"]),
    st.dictionaries(st.sampled_from(["7X", "8X", "9X", "10X", "11X"]), sizes, min_size=1),
    min_size=1,
).map(
    lambda school: {house: {f"{name}{house[0]}": each for name, each in rows.items()} for house, rows in school.items()}
)


@given(schools, st.integers(0, 9))
def test_in_no_table_of_any_school_is_a_cell_of_fewer_than_five_shown_or_left_over(
    school: Groups, excused: int
) -> None:
    made = evaluated(closing(AUTUMN_1, school, excused=excused))
    for table in made.tables:
        for column in table.columns:
            cells = [column.cells[name] for name in table.rows]
            shown = [cell for cell in cells if not cell.suppressed]
            assert all(cell.students == 0 or (cell.students or 0) >= FEWEST_STUDENTS for cell in shown)
            left = (column.total.students or 0) - sum(cell.students or 0 for cell in shown)
            if not column.total.suppressed and any(cell.suppressed for cell in cells):
                assert left >= FEWEST_STUDENTS
    for table in made.excused:
        (column,) = table.columns
        for cell in [cell for cell in (*column.cells.values(), column.total) if not cell.suppressed]:
            assert cell.part == 0 or (cell.part or 0) >= FEWEST_STUDENTS
