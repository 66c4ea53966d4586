"""Reading CommandReporter's XML: what SIMS writes is read exactly, everything else is refused."""

import io
import os
import tracemalloc
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from sims_sync.errors import SimsSyncError, SourceFailed, SourceRefused, SourceUnavailable
from sims_sync.formats.names import decode
from sims_sync.formats.superstar import SuperstarReader, ends_with_closing_tag

SAMPLES = Path(os.environ.get("SIMS_SYNC_SAMPLES", Path(__file__).parents[4] / "shared" / "samples"))
SCHEMA = """<xs:schema id="SuperStarReport" xmlns:xs="http://www.w3.org/2001/XMLSchema">
<xs:element name="SuperStarReport">
<xs:complexType><xs:choice><xs:element name="Record"><xs:complexType/></xs:element></xs:choice></xs:complexType>
</xs:element></xs:schema>"""
TWO = "<Record><Adno>1</Adno></Record><Record><Adno>2</Adno></Record>"


def document(inside: str) -> bytes:
    return f'<?xml version="1.0" standalone="yes"?>\n<SuperStarReport>\n{inside}\n</SuperStarReport>\n'.encode()


def read(content: bytes) -> list[dict[str, str]]:
    return [dict(row.values) for row in SuperstarReader(io.BytesIO(content)).rows()]


def refusal(content: bytes) -> SimsSyncError:
    with pytest.raises(SimsSyncError) as caught:
        read(content)
    return caught.value


def test_the_real_staff_timetable_has_its_records_shapes_and_duplicates() -> None:
    path = SAMPLES / "superstar_staff_timetable.xml"
    if not path.is_file():
        pytest.skip(f"the real SIMS sample is not at {path}")
    reader = SuperstarReader(path, notice_duplicates=True)
    rows = list(reader.rows())
    assert (len(rows), reader.shapes, reader.duplicates) == (2810, 7, 10)
    assert (rows[0].number, rows[-1].number) == (1, 2810)
    assert all(all(row.values.values()) for row in rows)


def test_captions_are_decoded_and_values_kept_as_they_are() -> None:
    rows = read(
        document(
            "<Record><Legal_x0020_Surname> O&apos;Zor &amp; Bin </Legal_x0020_Surname><Year>Year  9</Year></Record>"
        )
    )
    assert rows == [{"Legal Surname": " O'Zor & Bin ", "Year": "Year  9"}]


def test_a_null_is_an_absent_column_and_an_empty_element_is_empty_text() -> None:
    assert read(document("<Record><A>1</A><B/></Record><Record><B></B><C>3</C></Record>")) == [
        {"A": "1", "B": ""},
        {"B": "", "C": "3"},
    ]


def test_columns_are_listed_in_order_of_first_appearance() -> None:
    reader = SuperstarReader(io.BytesIO(document("<Record><A>1</A><C>1</C></Record><Record><B>1</B><A>2</A></Record>")))
    list(reader.rows())
    assert reader.columns == ("A", "C", "B")


@pytest.mark.parametrize("prefix", ["xs", "xsd", "s"])
def test_an_inline_schema_of_any_prefix_is_no_record(prefix: str) -> None:
    schema = SCHEMA.replace("xs:", f"{prefix}:").replace(":xs=", f":{prefix}=")
    assert read(document(schema + TWO)) == read(document(TWO)) == [{"Adno": "1"}, {"Adno": "2"}]


def test_a_default_namespace_changes_nothing() -> None:
    content = document(TWO).replace(b"<SuperStarReport>", b'<SuperStarReport xmlns="urn:anything">')
    assert read(content) == [{"Adno": "1"}, {"Adno": "2"}]


def test_a_report_without_records_is_read_as_empty() -> None:
    assert read(document("")) == []
    assert read(b'<?xml version="1.0" standalone="yes"?>\n<SuperStarReport />\n') == []
    assert read(document(SCHEMA)) == []


def test_a_comment_or_instruction_does_not_cut_the_text_around_it() -> None:
    values = "Smi<!-- x -->th<?y z?>son<![CDATA[ & co]]>"
    assert read(document(f"<Record><A>{values}</A></Record>")) == [{"A": "Smithson & co"}]


def test_the_encoding_is_utf_8_unless_the_document_states_another() -> None:
    text = document("<Record><A>Zoë Šarvez</A></Record>").decode()
    assert read(text.encode()) == [{"A": "Zoë Šarvez"}]
    assert read(b"\xef\xbb\xbf" + text.encode()) == [{"A": "Zoë Šarvez"}]
    assert read(text.encode("utf-16")) == [{"A": "Zoë Šarvez"}]
    stated = text.replace(' standalone="yes"', ' encoding="windows-1252"')
    assert read(stated.encode("cp1252")) == [{"A": "Zoë Šarvez"}]


def test_latin_bytes_without_a_stated_encoding_are_refused() -> None:
    error = refusal(document("<Record><A>Zoë</A></Record>").decode().encode("cp1252"))
    assert (type(error), error.code) == (SourceRefused, "wrong_encoding")


def test_an_unknown_stated_encoding_is_refused() -> None:
    content = document(TWO).replace(b' standalone="yes"', b' encoding="klingon"')
    assert refusal(content).code == "wrong_encoding"


@given(st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=20))
def test_an_encoded_caption_decodes_to_the_caption(caption: str) -> None:
    units = caption.encode("utf-16-be")
    codes = [int.from_bytes(units[at : at + 2], "big") for at in range(0, len(units), 2)]
    printable = all(character.isprintable() or character == "\u00a0" for character in caption)
    for form in ("_x%04x_", "_X%04X_", "_x%04X_"):
        encoded = "".join(form % code for code in codes)
        assert decode(encoded) == (caption if printable else decode(encoded))


def test_escapes_that_mean_nothing_stay() -> None:
    assert decode("A_x0000_B") == "A_x0000_B"
    assert decode("A_x12_B") == "A_x12_B"
    assert decode("A_x005F_x0020_B") == "A_x0020_B"
    assert decode("_xD83D_lone") == "\ufffdlone"
    assert decode("_x0028_Adno_x0029__x002f_UPN") == "(Adno)/UPN"


WHOLE = document(SCHEMA + TWO + "<Record><Adno>3</Adno><Surname>Quimbée &amp; Zor</Surname></Record>")


@given(st.integers(min_value=1, max_value=len(WHOLE.rstrip()) - 1))
def test_a_cut_at_any_byte_is_refused_as_truncated(length: int) -> None:
    assert refusal(WHOLE[:length]).code == "truncated"


@given(st.integers(min_value=0, max_value=len(WHOLE.rstrip()) - 1))
def test_a_nul_at_any_place_is_refused(place: int) -> None:
    error = refusal(WHOLE[:place] + b"\0\0\0" + WHOLE[place:])
    assert isinstance(error, SourceRefused)


@given(st.binary(max_size=200))
def test_arbitrary_bytes_are_refused_and_never_crash(content: bytes) -> None:
    assert isinstance(refusal(content), SourceRefused)


@given(st.binary(min_size=1, max_size=20), st.integers(min_value=0, max_value=len(WHOLE)))
def test_damage_is_read_or_refused_but_never_crashes(noise: bytes, place: int) -> None:
    with suppress(SourceRefused):
        read(WHOLE[:place] + noise + WHOLE[place + len(noise) :])


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty"),
        (b" \r\n ", "empty"),
        (b"\0" * 5000, "nul"),
        (b"Adno,Surname\n1,Zor\n", "wrong_format"),
        (b"<!DOCTYPE html><html><body>Log in</body></html>", "wrong_format"),
        (b"<html><body><p>Log in<br></body></html>", "wrong_format"),
        (b"<SIMSAssessmentMessage/>", "wrong_format"),
        (document(TWO) + b"\0\0\0", "nul"),
        (document(TWO) + document(TWO).partition(b"\n")[2], "malformed"),
        (document("<Record><A>1</B></Record>"), "malformed"),
        (document("<Record><A>&undefined;</A></Record>"), "malformed"),
        (document("<Record><A>1</A><A>2</A></Record>"), "malformed"),
        (document("<Record><A>Smi<b>th</b></A></Record>"), "malformed"),
        (document("<Table><A>1</A></Table>"), "malformed"),
        (document(TWO + "<Table><A>1</A></Table>" + TWO), "malformed"),
        (document(TWO) + b"junk", "malformed"),
    ],
)
def test_what_is_no_whole_report_is_refused_with_its_reason(content: bytes, code: str) -> None:
    error = refusal(content)
    assert isinstance(error, SourceRefused)
    assert error.code == code
    assert error.do


def test_a_web_page_is_called_one() -> None:
    assert "web page" in str(refusal(b"<!DOCTYPE html><html></html>"))


def test_a_reporters_error_document_is_a_failure_of_the_source() -> None:
    error = refusal(b"<CommandReporterError>Zorbinquist is locked out</CommandReporterError>")
    assert isinstance(error, SourceFailed)
    assert "Zorbinquist" not in str(error)


@pytest.mark.parametrize(
    "doctype",
    [
        '<!DOCTYPE SuperStarReport [<!ENTITY a "b">]>',
        '<!DOCTYPE SuperStarReport SYSTEM "file:///etc/hostname">',
        "<!DOCTYPE SuperStarReport>",
    ],
)
def test_any_doctype_is_refused(doctype: str) -> None:
    content = document(TWO).replace(b"<SuperStarReport>", doctype.encode() + b"<SuperStarReport>")
    assert refusal(content).code == "doctype"


def test_a_billion_laughs_are_refused_before_they_are_expanded() -> None:
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
    content = f'<!DOCTYPE SuperStarReport [<!ENTITY l0 "ha">{laughs}]><SuperStarReport>&l11;</SuperStarReport>'
    assert refusal(content.encode()).code == "doctype"


@pytest.mark.parametrize(
    "inside",
    [
        "<Record>" + "<A>" * 10_000 + "</A>" * 10_000 + "</Record>",
        "<Record><A>" + "x" * 10_000_001 + "</A></Record>",
        "<!--" + "x" * 9_000_000 + "-->" + TWO,
        "<Record>" + "".join(f"<A{n}/>" for n in range(10_001)) + "</Record>",
        "<Other><A>1</A></Other>" * 400_000,
    ],
    ids=["deep", "long text", "long comment", "many columns", "no records"],
)
def test_implausibly_large_content_is_refused(inside: str) -> None:
    assert refusal(document(inside)).code == "too_large"


def test_nothing_of_the_document_is_repeated_in_a_refusal() -> None:
    for inside in ("<Record><A>Zorbinquist</B></Record>", "<Zorbinquist>1</Zorbinquist>", "&Zorbinquist;"):
        assert "Zorbinquist" not in str(refusal(document(inside)))


def test_a_file_that_cannot_be_opened_is_unavailable(tmp_path: Path) -> None:
    with pytest.raises(SourceUnavailable):
        list(SuperstarReader(tmp_path / "absent.xml").rows())


def test_a_path_can_be_read_again_with_the_same_result(tmp_path: Path) -> None:
    path = tmp_path / "students.xml"
    path.write_bytes(document(TWO + TWO))
    reader = SuperstarReader(path, notice_duplicates=True)
    assert list(reader.rows()) == list(reader.rows())
    assert (reader.duplicates, reader.shapes) == (2, 1)


def test_the_closing_tag_tells_a_whole_file_from_a_cut_one(tmp_path: Path) -> None:
    path = tmp_path / "students.xml"
    for content, closed in ((WHOLE, True), (WHOLE[:-8], False), (WHOLE + b"\0\0", False), (b"", False)):
        path.write_bytes(content)
        assert ends_with_closing_tag(path) is closed


class _Endless(io.RawIOBase):
    """A report of as many records as asked for, made while it is read."""

    def __init__(self, records: int) -> None:
        self._parts = self._make(records)

    def read(self, size: int = -1) -> bytes:
        del size
        return next(self._parts, b"")

    @staticmethod
    def _make(records: int) -> Iterator[bytes]:
        yield b"<SuperStarReport>"
        for start in range(0, records, 100):
            yield "".join(
                f"<Record><ID>{n}</ID><A_x0020_B>{'v' * 50}</A_x0020_B></Record>\n" for n in range(start, start + 100)
            ).encode()
        yield b"</SuperStarReport>"


def test_memory_does_not_grow_with_the_number_of_records() -> None:
    def peak(records: int) -> int:
        tracemalloc.start()
        try:
            count = sum(1 for _ in SuperstarReader(cast("BinaryIO", _Endless(records))).rows())
            assert count == records
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak(1_000)
    assert peak(20_000) < peak(2_000) + 300_000


def test_the_parser_frees_each_record_once_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """libxml2's own memory is not traced by Python: look at the tree instead."""
    kept = 0
    parsers = etree.XMLPullParser

    class Watched(parsers):  # type: ignore[valid-type, misc]
        def close(self) -> object:
            nonlocal kept
            root = super().close()
            kept = len(root)
            return root

    monkeypatch.setattr("sims_sync.formats.superstar.etree.XMLPullParser", Watched)
    assert len(list(SuperstarReader(cast("BinaryIO", _Endless(5_000))).rows())) == 5_000
    assert 0 < kept <= 200
