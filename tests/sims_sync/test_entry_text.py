"""One line in SIMS and back again (DESIGN §5)."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sims_sync.entry_text import (
    is_withdrawn,
    normalise,
    read_no_target,
    read_review,
    read_target,
    render_no_target,
    render_review,
    render_target,
    render_withdrawn,
    why_unsendable,
)
from sims_sync.records import Review, Target

words = st.text("abc dé:'-", min_size=1, max_size=30).map(normalise).filter(lambda text: text.strip(": ") == text != "")
maybe = st.none() | words
targets = st.builds(Target, text=words, criterion=maybe, support=maybe, by_date=st.none() | st.dates(date(2000, 1, 1)))
reviews = st.builds(
    Review, outcome=st.sampled_from(["achieved", "partly", "not achieved"]), text=maybe.map(lambda text: text or "")
)


def test_a_target_is_written_in_the_order_that_the_design_gives() -> None:
    target = Target("Read for ten minutes a day", None, "Two books by then", "Library card", date(2027, 1, 8))
    line = "Target: Read for ten minutes a day | By: 08/01/2027 | Success: Two books by then | Support: Library card"
    assert render_target(target) == line


@given(targets)
def test_a_target_comes_back_as_it_was(target: Target) -> None:
    assert read_target(render_target(target)) == target


@given(reviews)
def test_a_review_comes_back_as_it_was(review: Review) -> None:
    assert read_review(render_review(review)) == review


@given(st.text(min_size=1, max_size=60))
def test_any_other_text_is_all_target_text(text: str) -> None:
    if not normalise(text).casefold().startswith("target"):
        assert read_target(text) == Target(text)


def test_a_line_with_a_part_of_another_form_is_all_target_text() -> None:
    text = "Target: Read more | By: soon"
    assert read_target(text) == Target(text)


def test_no_new_target_and_withdrawn_are_known_again() -> None:
    assert read_no_target(render_no_target("All earlier targets go on")) == "All earlier targets go on"
    assert read_no_target("Target: Read more") is None
    assert is_withdrawn(render_withdrawn(date(2026, 12, 1)))
    assert not is_withdrawn("Withdrawn from PE")


def test_an_outcome_that_is_not_stated_stays_so() -> None:
    assert read_review(render_review(Review(None, "Has read three books"))) == Review(None, "Has read three books")


def test_line_breaks_and_separators_inside_a_text_do_no_harm() -> None:
    line = render_target(Target("Read\nmore | much more"))
    assert line == "Target: Read more / much more"


@pytest.mark.parametrize(("text", "code"), [("x" * 1001, "too-long"), ("Ask for help 😀", "characters")])
def test_what_sims_cannot_hold_is_refused_and_never_cut(text: str, code: str) -> None:
    found = why_unsendable(text)
    assert found is not None
    assert found.code == code
    assert not any(sign in found.what for sign in ("Ask for help", "😀"))


def test_a_thousand_characters_of_windows_1252_can_go() -> None:
    assert why_unsendable("é€–" * 333 + "x") is None
