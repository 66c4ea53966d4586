"""Filling in a report's parameters: dates in words, periods widened, the form of the definition kept."""

from datetime import date

import pytest
from lxml import etree

from connectors.command_reporter.parameters import DateWords, fill_in
from sims_sync.errors import SourceFailed

TODAY = DateWords(date(2026, 12, 16))


def definition(values: str, *, name: str = "EffectiveDate", kind: str = "Date") -> bytes:
    return (
        f'<ReportParameters><Parameter id="{name}" subreportfilter="FALSE" bypass="TRUE"><Name>{name}</Name>'
        f"<Type>{kind}</Type>{values}</Parameter><Parameter id='Other' bypass='TRUE'><Name>Other</Name>"
        "<Values><String>as it was</String></Values></Parameter></ReportParameters>"
    ).encode()


def filled(source: bytes, value: str, *, name: str = "EffectiveDate", widen: bool = True) -> list[str]:
    root = etree.fromstring(fill_in(source, {name: value}, TODAY, widen=widen))
    changed, other = root
    assert (changed.get("bypass"), other.get("bypass")) == ("FALSE", "TRUE")
    assert other.findtext("Values/String") == "as it was"
    values = changed.find("Values")
    assert values is not None
    return [place.text or "" for place in values.iter() if len(place) == 0]


@pytest.mark.parametrize(
    ("words", "day"),
    [
        ("today", date(2026, 12, 16)),
        ("Today - 30", date(2026, 11, 16)),
        ("today+1", date(2026, 12, 17)),
        ("start of year", date(2026, 9, 1)),
        ("End of Year", date(2027, 8, 31)),
        ("2026-10-05", date(2026, 10, 5)),
        ("5 October", None),
    ],
)
def test_dates_may_be_said_in_words(words: str, day: date | None) -> None:
    assert TODAY.read(words) == day


def test_the_year_starts_where_the_school_says() -> None:
    assert DateWords(date(2026, 8, 31)).read("start of year") == date(2025, 9, 1)
    assert DateWords(date(2026, 8, 31), (8, 15)).read("start of year") == date(2026, 8, 15)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("01/02/2020 00:00:00", "16/12/2026 00:00:00"),
        ("01/02/2020", "16/12/2026"),
        ("2020-02-01T00:00:00", "2026-12-16T00:00:00"),
        ("2020-02-01", "2026-12-16"),
        ("", "16/12/2026 00:00:00"),
    ],
)
def test_a_date_keeps_the_form_of_the_definition(before: str, after: str) -> None:
    assert filled(definition(f"<Values><Date>{before}</Date></Values>"), "today") == [after]


@pytest.mark.parametrize(
    ("name", "day"),
    [
        ("StartDate", "15/12/2026"),
        ("Date from", "15/12/2026"),
        ("EndDate", "17/12/2026"),
        ("Up to", "17/12/2026"),
        ("AttendanceDate", "16/12/2026"),
        ("Gender date", "16/12/2026"),
    ],
)
def test_only_a_date_that_bounds_a_period_is_widened(name: str, day: str) -> None:
    source = definition("<Values><Date>01/01/2020</Date></Values>", name=name)
    assert filled(source, "today", name=name) == [day]
    assert filled(source, "today", name=name, widen=False) == ["16/12/2026"]


def test_a_range_is_filled_at_both_ends_and_widened_outwards() -> None:
    source = definition(
        "<Values><DateRange><Start>01/01/2020</Start><End>02/01/2020</End></DateRange></Values>", kind="DateRange"
    )
    assert filled(source, "start of year..today") == ["31/08/2026", "17/12/2026"]


def test_text_is_set_as_it_is() -> None:
    assert filled(definition("<Values><String>x</String></Values>", kind="String"), "8A & today") == ["8A & today"]
    assert filled(definition("<Values><String>x</String></Values>", kind="String"), "today") == ["today"]


def test_a_parameter_without_a_value_gets_one() -> None:
    assert filled(definition(""), "today") == ["16/12/2026 00:00:00"]
    assert filled(definition("<Values/>"), "today") == ["16/12/2026 00:00:00"]


@pytest.mark.parametrize(
    "bad", [b"", b"no xml", b"<ReportParameters>", b"<!DOCTYPE a><ReportParameters/>", b"x" * 5_000_000]
)
def test_what_is_no_definition_is_a_failure(bad: bytes) -> None:
    with pytest.raises(SourceFailed):
        fill_in(bad, {"A": "1"}, TODAY, widen=True)
