"""Are UPNs and names as real as they need to be?"""

import itertools
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sims_sync.demo.people import make_upn, staff_names, student_names, upn_check_letter, with_wrong_letter


@pytest.mark.parametrize(
    ("body", "letter"), [("801200005001", "B"), ("207000016049", "P"), ("80120000500A", "M")], ids=["B", "P", "M"]
)
def test_check_letter_follows_the_published_rule(body: str, letter: str) -> None:
    assert upn_check_letter(body) == letter


@given(st.text("0123456789", min_size=12, max_size=12))
def test_wrong_letter_never_fits(body: str) -> None:
    assert with_wrong_letter(make_upn(body))[0] != upn_check_letter(body)


def test_short_body_is_refused() -> None:
    with pytest.raises(ValueError, match="twelve"):
        upn_check_letter("8012000050")


def test_names_never_repeat() -> None:
    dice = random.Random(1)  # noqa: S311 - must be reproducible, guards nothing
    students = list(itertools.islice(student_names(dice), 4000))
    staff = [surname for _, surname, _ in itertools.islice(staff_names(dice), 200)]
    assert len(set(students)) == 4000
    assert len(set(staff)) == 200
