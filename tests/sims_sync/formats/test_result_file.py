"""SIMS's assessment file: in the order of SIMS §4, and read back word for word."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from sims_sync.formats.result_file import (
    NAMESPACE,
    RESULT_PARTS,
    Naming,
    ResultLine,
    ResultSet,
    SchoolPart,
    fits_xml,
    header_of,
    read_results,
    with_ids,
    write_definitions,
    write_results,
)

SCHEMA = etree.XMLSchema(etree.parse(Path(__file__).with_name("result_file_v7.xsd")))
NAMING = Naming()
SCHOOL = SchoolPart("Austen Academy", "933/4567")
LINE = ResultLine(
    aspect="Mentoring Target 1",
    result_set="Mentoring Autumn 2 2026/27",
    upn="B801200005001",
    surname="O'Quimby-Straße",
    forename="Šarvez",
    result_date=date(2026, 11, 20),
    text="Target: a “quote” – & <tag> | By: 18/12/2026",
)
SETS = (ResultSet("Mentoring Autumn 1 2026/27", date(2026, 9, 1), date(2026, 10, 23)),)


def changed(**more: object) -> ResultLine:
    return ResultLine(**{**{name: getattr(LINE, name) for name in ResultLine.__slots__}, **more})


@pytest.mark.parametrize("school", [SchoolPart(), SCHOOL, SchoolPart("", "9334567")])
def test_results_stand_in_the_order_of_sims(school: SchoolPart) -> None:
    content = write_results("h", [LINE, LINE], NAMING, school)
    SCHEMA.assertValid(etree.fromstring(content))
    (result, _) = etree.fromstring(content).iterfind(f"{{{NAMESPACE}}}ResultNode/{{{NAMESPACE}}}Result")
    names = [etree.QName(part).localname for part in result]
    assert names == [name for name in RESULT_PARTS if name in names]


def test_definitions_are_comments_and_result_sets_and_no_results() -> None:
    content = write_definitions("h", ["Mentoring Target 1", "Mentoring Review 1"], SETS, NAMING)
    root = etree.fromstring(content)
    SCHEMA.assertValid(root)
    assert [etree.QName(node).localname for node in root] == ["Header", "ResultsetNode", "AspectNode"]
    texts = {etree.QName(part).localname: part.text for part in root[2][0]}
    assert texts["Type"] == "C"
    assert texts["ExternalId"] == NAMING.aspect("Mentoring Target 1")
    assert {part.text for part in root[1][0]} >= {"2026-09-01", "2026-10-23", SETS[0].name}


@given(st.text(min_size=1, max_size=60).filter(fits_xml).filter(lambda text: "\r" not in text))
def test_every_text_comes_back_as_it_was(text: str) -> None:
    line = changed(text=text, surname=text)
    assert list(read_results(write_results("h", [line], NAMING, SCHOOL), NAMING)) == [with_ids(line, NAMING)]


@pytest.mark.parametrize("date_format", ["yyyy-mm-dd", "dd/mm/yyyy"])
def test_a_date_comes_back_in_either_form(date_format: str) -> None:
    naming = Naming(date_format=date_format)
    (found,) = read_results(write_results("h", [LINE], naming, SCHOOL), naming)
    assert found.result_date == LINE.result_date


@pytest.mark.parametrize("name", ["surname", "forename"])
def test_a_part_that_must_not_be_empty_is_never_written_so(name: str) -> None:
    with pytest.raises(ValueError, match="must not be empty"):
        write_results("h", [changed(**{name: ""})], NAMING, SCHOOL)


@pytest.mark.parametrize("text", ["\x00", "a\x0b", "\ud800", "\uffff"])
def test_characters_that_xml_cannot_hold_are_known(text: str) -> None:
    assert not fits_xml(text)
    with pytest.raises(ValueError, match=r"XML|surrogates"):
        write_results("h", [changed(text=text)], NAMING, SCHOOL)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<ResultFileV7",
        b"<html/>",
        b"<ResultFileV7/>",
        write_results("h", [LINE], NAMING, SCHOOL).replace(b"Surname", b"Familyname"),
        write_results("h", [LINE], NAMING, SCHOOL)
        .replace(b"Gender", b"?")
        .replace(b"DOB", b"Gender")
        .replace(b"?>", b"DOB>"),
        write_results("h", [LINE], NAMING, SCHOOL)[:-20],
    ],
)
def test_what_is_no_such_file_is_not_read(content: bytes) -> None:
    with pytest.raises(ValueError, match=r"is no|not in order"):
        list(read_results(content, NAMING))


def test_ids_are_capitals_and_strange_names_keep_ids_of_their_own() -> None:
    assert NAMING.aspect("Mentoring Target 1") == "MENTORING-TARGET-1"
    assert NAMING.result_set("Mentoring Autumn 2 2026/27") == "MENTORING-AUTUMN-2-2026-27"
    assert (
        len({NAMING.aspect(name) for name in ("Target 1", "Target 1!", "Target 1?", "Ziel é", "Ziel è", "éè", "èé")})
        == 7
    )
    assert Naming(aspect_id="SSP-{name}-X").aspect("Target 1") == "SSP-TARGET-1-X"


def test_two_aspects_of_one_id_are_refused() -> None:
    with pytest.raises(ValueError, match="same external id"):
        write_definitions("h", ["Target 1", "TARGET-1"], SETS, NAMING)


def test_the_schools_own_names_are_found_among_the_options() -> None:
    options = {"folder": "x", "aspect_supplier": "Austen", "module": "AM", "void_days": 3}
    assert Naming.among(options) == Naming(aspect_supplier="Austen", module="AM")


def test_the_header_says_when() -> None:
    assert (
        header_of("file 0001", datetime(2026, 12, 16, 7, 30, tzinfo=UTC)) == "sims-sync file 0001 2026-12-16T07:30:00Z"
    )
