"""Suppression: no cell that rests on fewer than five students is shown, or left over by subtraction."""

from hypothesis import given
from hypothesis import strategies as st

from sims_sync.compliance.annual import protected
from sims_sync.compliance.suppression import FEWEST_STUDENTS, Raw, hidden, total_of


@st.composite
def raws(draw: st.DrawFn) -> Raw:
    students = draw(st.integers(0, 12))
    part = draw(st.integers(0, students))
    rare = draw(st.sampled_from([None, part]))
    return Raw(part, students, students, rare)


columns = st.dictionaries(st.sampled_from("abcdefghij"), raws(), max_size=8)


def is_safe(raw: Raw) -> bool:
    """Said again here, in the words of rule 25, so that the rule and not the code is tested."""
    few_behind = 0 < raw.students < FEWEST_STUDENTS
    few_counted = raw.rare is not None and 0 < raw.rare < FEWEST_STUDENTS
    return not few_behind and not few_counted


@given(columns)
def test_no_cell_shown_rests_on_too_few(column: dict[str, Raw]) -> None:
    gone = hidden(column)
    assert all(is_safe(raw) for key, raw in column.items() if key not in gone)


@given(columns)
def test_what_is_left_when_the_shown_cells_are_taken_from_a_shown_total_rests_on_enough(
    column: dict[str, Raw],
) -> None:
    gone, total = hidden(column), total_of(column)
    if gone and is_safe(total):
        assert is_safe(total_of({key: column[key] for key in gone}))
        assert len(gone) > 1


@given(columns)
def test_a_total_of_too_few_is_hidden_itself_and_every_cell_that_counts_with_it(column: dict[str, Raw]) -> None:
    made = protected("Share", column)
    if not is_safe(total_of(column)):
        assert made.total.suppressed
        assert not any(made.cells[key].part for key in column)


@given(columns)
def test_a_suppressed_cell_has_no_number_of_any_kind(column: dict[str, Raw]) -> None:
    made = protected("Share", column)
    for shown in (*made.cells.values(), made.total):
        if shown.suppressed:
            assert (shown.part, shown.whole, shown.students, shown.percent) == (None, None, None, None)


@given(columns)
def test_a_hidden_cell_is_not_known_from_none_or_all_being_left(column: dict[str, Raw]) -> None:
    made, total = protected("Share", column), total_of(column)
    gone = {key: column[key] for key in column if made.cells[key].suppressed}
    if gone and not made.total.suppressed:
        left = total_of(gone)
        assert 0 < left.part < left.whole
        assert 0 < total.part < total.whole


def test_a_total_of_nobody_gives_no_small_cell_away_not_even_by_way_of_the_other_table() -> None:
    houses = {"a": Raw(0, 30, 30, 0), "b": Raw(0, 3, 3, 0)}
    years = {"7": Raw(0, 20, 20, 0), "8": Raw(0, 13, 13, 0)}
    for made in (protected("Excused", houses, years), protected("Excused", years, houses)):
        assert made.total.suppressed
        assert all(shown.suppressed for shown in made.cells.values())
    assert not protected("Excused", years, years).total.suppressed


def test_one_small_part_takes_the_smallest_other_with_it() -> None:
    column = {"a": Raw(3, 4, 4), "b": Raw(20, 30, 30), "c": Raw(9, 10, 10)}
    assert hidden(column) == {"a", "c"}


def test_two_small_parts_that_together_are_enough_need_no_third() -> None:
    assert hidden({"a": Raw(3, 4, 4), "b": Raw(1, 2, 2), "c": Raw(9, 10, 10)}) == {"a", "b"}
    assert hidden({"a": Raw(1, 2, 2), "b": Raw(1, 2, 2), "c": Raw(9, 10, 10)}) == {"a", "b", "c"}


def test_nobody_and_no_case_are_nothing_to_hide() -> None:
    assert hidden({"a": Raw(), "b": Raw(0, 30, 30, 0), "c": Raw(9, 30, 30, 9)}) == frozenset()


def test_few_excused_are_hidden_in_however_large_a_house() -> None:
    assert hidden({"a": Raw(1, 200, 200, 1), "b": Raw(7, 200, 200, 7), "c": Raw(9, 200, 200, 9)}) == {"a", "c"}
