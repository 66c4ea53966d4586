"""The quick way of reading a report gives the parser's very texts, or steps aside."""

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sims_sync.formats.superstar import SuperstarReader
from sims_sync.formats.superstar_raw import BlockReader, Irregular, blocks, split_records, unescape

HEAD = '<?xml version="1.0" standalone="yes"?>\n<SuperStarReport>\n'
TAIL = "</SuperStarReport>\n"
SCHEMA = (
    '  <xs:schema id="SuperStarReport" xmlns:xs="http://www.w3.org/2001/XMLSchema">'
    '<xs:element name="SuperStarReport"/></xs:schema>\n'
)

texts = st.text(st.sampled_from("abZé ñ&<>\"'ü\n\t€😀"), min_size=1, max_size=12)
records = st.lists(
    st.dictionaries(st.sampled_from(["UPN", "Adno", "Legal_x0020_Surname", "Result"]), texts, min_size=1), min_size=1
)


def written(rows: list[dict[str, str]], *, head: str = HEAD, newline: str = "\n") -> str:
    body = "".join(
        "  <Record>\n"
        + "".join(f"    <{name}>{escaped(text)}</{name}>\n" for name, text in row.items())
        + "  </Record>\n"
        for row in rows
    )
    return (head + body + TAIL).replace("\n", newline)


def escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def quick_rows(path: Path) -> list[dict[str, str]]:
    reader, rows = BlockReader(), []
    for block in blocks(path):
        table = reader.table(block)
        assert table.count == len(split_records(block))
        for place in range(table.count):
            cells = ((name, column[place]) for name, column in zip(table.columns, table.texts, strict=True))
            rows.append({name: unescape(text) for name, text in cells if text})
    return rows


def parsed_rows(path: Path) -> list[dict[str, str]]:
    return [dict(row.values) for row in SuperstarReader(path).rows()]


@given(records, st.sampled_from(["\n", "\r\n"]), st.sampled_from([HEAD, "\ufeff" + HEAD, HEAD + SCHEMA]))
def test_a_regular_report_gives_the_texts_that_the_parser_gives(
    rows: list[dict[str, str]], newline: str, head: str
) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "report.xml"
        path.write_bytes(written(rows, head=head, newline=newline).encode())
        try:
            quick = quick_rows(path)
        except Irregular:
            return  # columns in changing order: the parser reads it
        assert quick == parsed_rows(path)


@pytest.mark.parametrize(
    ("name", "document"),
    [
        ("a doctype", '<!DOCTYPE SuperStarReport [<!ENTITY a "b">]>' + written([{"UPN": "a"}])),
        ("another root", written([{"UPN": "a"}]).replace("SuperStarReport", "Report")),
        ("another encoding", written([{"UPN": "a"}]).replace('version="1.0"', 'version="1.0" encoding="windows-1252"')),
        ("no closing tag", written([{"UPN": "a"}]).replace(TAIL, "")),
        ("a record cut off", written([{"UPN": "a"}, {"UPN": "b"}])[:-60]),
        ("a comment", written([{"UPN": "a"}]).replace("<UPN>a", "<UPN><!-- x -->a")),
        ("CDATA", written([{"UPN": "a"}]).replace("<UPN>a", "<UPN><![CDATA[a]]>")),
        ("an attribute", written([{"UPN": "a"}]).replace("<UPN>", '<UPN kind="x">')),
        ("a nested element", written([{"UPN": "a"}]).replace("<UPN>a", "<UPN>a<b>c</b>")),
        ("something between records", written([{"UPN": "a"}]).replace("  <Record>", "  <Other/><Record>")),
        ("an unknown entity", written([{"UPN": "a"}]).replace("<UPN>a", "<UPN>&nbsp;a")),
        ("a bare ampersand", written([{"UPN": "a"}]).replace("<UPN>a", "<UPN>a & b")),
        ("a control character", written([{"UPN": "a"}]).replace("<UPN>a", "<UPN>\x07a")),
        ("a NUL", written([{"UPN": "a"}]).replace("<UPN>a", "<UPN>\x00a")),
        ("the end of CDATA alone", written([{"UPN": "a"}]).replace("<UPN>a", "<UPN>a]]>")),
        ("a column twice", written([{"UPN": "a"}]).replace("</UPN>", "</UPN><UPN>b</UPN>")),
        ("a forbidden character by number", written([{"UPN": "a"}]).replace("<UPN>a", "<UPN>&#0;a")),
        ("two documents", written([{"UPN": "a"}]) * 2),
        ("no records", HEAD + TAIL),
    ],
)
def test_whatever_is_not_regular_is_left_to_the_parser(tmp_path: Path, name: str, document: str) -> None:
    del name
    path = tmp_path / "report.xml"
    path.write_text(document, encoding="utf-8")
    with pytest.raises(Irregular):
        quick_rows(path)


def test_bytes_that_are_no_utf8_are_left_to_the_parser(tmp_path: Path) -> None:
    path = tmp_path / "report.xml"
    path.write_bytes(written([{"UPN": "é"}]).encode("windows-1252"))
    with pytest.raises(Irregular):
        quick_rows(path)


def test_a_column_that_appears_later_is_learned(tmp_path: Path) -> None:
    path = tmp_path / "report.xml"
    rows = [{"UPN": "a", "Result": "1"}, {"UPN": "b", "Adno": "2", "Result": "3"}, {"Adno": "4"}]
    path.write_text(written(rows), encoding="utf-8")
    assert quick_rows(path) == rows


def test_records_longer_than_a_block_are_still_whole(tmp_path: Path) -> None:
    path = tmp_path / "report.xml"
    rows = [{"UPN": f"{number}", "Result": "x" * 700_000} for number in range(5)]
    path.write_text(written(rows), encoding="utf-8")
    assert quick_rows(path) == rows
