"""What the text of one SIMS cell means."""

from collections.abc import Callable
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sims_sync import converters
from sims_sync.converters import CONVERTERS, NulError, tidy
from sims_sync.records import EntryKind, EntryState, RoleName


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2004-06-14T00:00:00+01:00", date(2004, 6, 14)),
        ("2004-06-14T23:59:59.997Z", date(2004, 6, 14)),
        ("2004-06-14 00:00:00", date(2004, 6, 14)),
        ("2004-06-14", date(2004, 6, 14)),
        ("14/06/2004", date(2004, 6, 14)),
        ("4/6/2004", date(2004, 6, 4)),
        ("14/06/2004 00:00:00", date(2004, 6, 14)),
        ("14/06/2004 12:00:00 AM", date(2004, 6, 14)),
        ("14.06.2004", date(2004, 6, 14)),
        ("18 June 1981", date(1981, 6, 18)),
        ("18-Jun-1981", date(1981, 6, 18)),
        ("1 Sept 2026", date(2026, 9, 1)),
        ("9999-12-31T00:00:00", date(9999, 12, 31)),
    ],
)
def test_date_is_taken_as_written(text: str, expected: date) -> None:
    assert converters.read_date(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "06/14/2004",
        "14/06/04",
        "14/06-2004",
        "2004-02-30",
        "31 Juin 2004",
        "2004",
        "0001-01-01T00:00:00",
        "soon",
        "٢٠٠٤-06-14",
    ],
)
def test_date_that_could_mean_two_days_or_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a date"):
        converters.read_date(text)


@given(st.dates(date(1900, 1, 1)), st.integers(-12, 14), st.times())
def test_no_offset_ever_moves_a_date(day: date, hours: int, at: object) -> None:
    assert converters.read_date(f"{day}T{at}{hours:+03d}:00") == day


@given(st.dates(date(1900, 1, 1)))
def test_every_way_of_writing_a_date_means_the_same_day(day: date) -> None:
    ways = (f"{day:%d/%m/}{day.year:04}", f"{day.day}/{day.month}/{day.year:04}", day.isoformat())
    assert {converters.read_date(way) for way in ways} == {day}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Year  9", "9"),
        ("Year 10", "10"),
        ("Yr 9", "9"),
        ("Y9", "9"),
        ("year9", "9"),
        ("9", "9"),
        ("09", "9"),
        ("Curriculum Year  7", "7"),
        ("NC Year 11", "11"),
        ("Year Group 8", "8"),
        ("R", "R"),
        ("Year R", "R"),
        ("Reception", "R"),
        ("N1", "N1"),
        ("n2", "N2"),
        ("X", "X"),
    ],
)
def test_nc_year_is_normalised(text: str, expected: str) -> None:
    assert converters.read_nc_year(text) == expected


@pytest.mark.parametrize("text", ["Year", "2026", "15", "0", "9A", "R2", "Group 9", "Da10"])
def test_text_that_is_no_nc_year_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not an NC year"):
        converters.read_nc_year(text)


@pytest.mark.parametrize("text", ["T", "True", "yes", "Y", "1"])
def test_yes_is_read(text: str) -> None:
    assert converters.read_boolean(text)


@pytest.mark.parametrize("text", ["F", "False", "no", "N", "0"])
def test_no_is_read(text: str) -> None:
    assert not converters.read_boolean(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("C", "current"),
        ("Current", "current"),
        ("Single Registration", "current"),
        ("Current (single registration at this school)", "current"),
        ("M", "main"),
        ("Current Main (dual registration)", "main"),
        ("Main - Dual Registration", "main"),
        ("Current Subsidiary (dual registration)", "subsidiary"),
        ("G", "guest"),
        ("Current Guest", "guest"),
        ("FE College", "fe college"),
    ],
)
def test_enrolment_status_is_one_word(text: str, expected: str) -> None:
    assert converters.read_enrolment(text) == expected


@pytest.mark.parametrize(
    ("convert", "text", "expected"),
    [
        (converters.read_code, "ABC ", "ABC"),
        (converters.read_person_id, "52", "52"),
        (converters.read_person_id, "52,0", "52"),
        (converters.read_admission_number, "000123", "000123"),
        (converters.read_upn, "b801200005001", "B801200005001"),
        (converters.read_upn, "A801200005001", "A801200005001"),
        (converters.read_dfe_number, "933/4567", "9334567"),
        (converters.read_dfe_number, "9334567", "9334567"),
        (converters.read_email, "a.okafor@school.example", "a.okafor@school.example"),
        (converters.read_tutor_role, "Main Tutor", RoleName.TUTOR),
        (converters.read_tutor_role, "co-tutor", RoleName.CO_TUTOR),
        (converters.read_tutor_role, "Cover", RoleName.COVER),
        (converters.read_entry_kind, "No new target", EntryKind.INTERVIEW),
        (converters.read_entry_kind, "REVIEW", EntryKind.REVIEW),
        (converters.read_entry_state, "Submitted", EntryState.SUBMITTED),
        (converters.read_excusal_reason, "Long-Term Absence", "long-term absence"),
    ],
)
def test_worked_example(convert: Callable[[str], object], text: str, expected: object) -> None:
    assert convert(text) == expected


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("person_id", ",0"),
        ("upn", "n/a"),
        ("dfe_number", "4567"),
        ("boolean", "perhaps"),
        ("email", "a@x.example; b@x.example"),
        ("email", "nobody"),
        ("tutor_role", "Governor"),
        ("entry_kind", "chat"),
        ("entry_state", "finished"),
        ("excusal_reason", "r" * 81),
    ],
)
def test_what_cannot_be_read_is_refused(name: str, text: str) -> None:
    with pytest.raises(ValueError, match=r"^is "):
        CONVERTERS[name](text)


@given(st.sampled_from(sorted(CONVERTERS)), st.text(min_size=12).filter(str.strip))
def test_a_rule_never_quotes_the_cell(name: str, text: str) -> None:
    rule = ""
    try:
        CONVERTERS[name](text)
    except ValueError as error:
        rule = str(error)
    assert text.strip() not in rule or len(text.strip()) < 4


def test_text_is_composed_and_trimmed() -> None:
    assert tidy("  Zoe\u0308 \u00a0") == "Zoë"


def test_nul_is_found() -> None:
    with pytest.raises(NulError, match="NUL"):
        tidy("a\0b")


@given(st.text(st.characters(exclude_characters="\0")))
def test_tidying_twice_changes_nothing_more(text: str) -> None:
    assert tidy(tidy(text)) == tidy(text)


def test_every_converter_explains_itself_with_an_example() -> None:
    for name, convert in CONVERTERS.items():
        assert "→" in (convert.__doc__ or ""), name
