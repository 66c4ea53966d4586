"""UPNs: the worked examples of SIMS §5, and what a doubtful one is called."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sims_sync.upn import UPN_LETTERS, UpnCheck, UpnVerdict, check_letter, check_upn

BODIES = st.from_regex(rf"8[0-9]{{10}}[0-9{UPN_LETTERS}]", fullmatch=True)


@pytest.mark.parametrize(("body", "letter"), [("801200005001", "B"), ("207000016049", "P"), ("80120000500A", "M")])
def test_check_letter_agrees_with_the_published_examples(body: str, letter: str) -> None:
    assert check_letter(body) == letter


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("B801200005001", UpnCheck(UpnVerdict.VALID)),
        (" b801200005001 ", UpnCheck(UpnVerdict.VALID)),
        ("P207000016049", UpnCheck(UpnVerdict.VALID)),
        ("M80120000500A", UpnCheck(UpnVerdict.VALID, temporary=True)),
        ("A801200005001", UpnCheck(UpnVerdict.WRONG_CHECK_LETTER)),
        ("none", UpnCheck(UpnVerdict.MALFORMED)),
        ("", UpnCheck(UpnVerdict.MALFORMED)),
        ("I801200005001", UpnCheck(UpnVerdict.MALFORMED)),
        ("B٨01200005001", UpnCheck(UpnVerdict.MALFORMED)),
    ],
)
def test_upn_is_judged(text: str, expected: UpnCheck) -> None:
    assert check_upn(text) == expected


def test_unknown_local_authority_is_only_remarked_on() -> None:
    body = "111200005001"
    assert check_upn(check_letter(body) + body).verdict is UpnVerdict.UNKNOWN_LA


def test_valid_upn_needs_no_remark() -> None:
    assert check_upn("B801200005001").remark is None


@given(BODIES, st.integers(0, 10), st.integers(1, 9))
def test_one_wrong_digit_never_goes_unnoticed(body: str, place: int, step: int) -> None:
    wrong = body[:place] + str((int(body[place]) + step) % 10) + body[place + 1 :]
    assert check_upn(check_letter(body) + wrong).verdict is UpnVerdict.WRONG_CHECK_LETTER


@given(st.text())
def test_no_text_is_ever_rejected_with_an_error(text: str) -> None:
    check = check_upn(text)
    assert check.remark is None or not text.strip() or text.strip() not in check.remark or len(text.strip()) < 10
