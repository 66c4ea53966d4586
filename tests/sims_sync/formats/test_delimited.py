"""Reading CSV: SIMS's own and what people save, exactly as it stands, or not at all."""

import csv
import io
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sims_sync.errors import SourceRefused, SourceUnavailable
from sims_sync.formats.delimited import DelimitedReader
from sims_sync.formats.text_encoding import Encoding

HEADER = "Adno,Surname,Reg"


def read(
    path: Path, content: bytes, fill_down: tuple[str, ...] = (), encoding: Encoding | None = None
) -> list[dict[str, str]]:
    path.write_bytes(content)
    return [dict(row.values) for row in DelimitedReader(path, fill_down=fill_down, encoding=encoding).rows()]


def refusal_code(path: Path, content: bytes, encoding: Encoding | None = None) -> str:
    with pytest.raises(SourceRefused) as caught:
        read(path, content, encoding=encoding)
    assert caught.value.do
    return caught.value.code


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "students.csv"


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "cp1252"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_every_encoding_delimiter_and_line_end_gives_the_same_rows(
    path: Path, delimiter: str, codec: str, line_end: str
) -> None:
    lines = (("Adno", "Surname", "Reg"), ("000123", "Zoë Šarvez", "8A1 "), ("7", "Quimby", ""))
    text = "".join(delimiter.join(line) + line_end for line in lines)
    assert read(path, text.encode(codec)) == [
        {"Adno": "000123", "Surname": "Zoë Šarvez", "Reg": "8A1 "},
        {"Adno": "7", "Surname": "Quimby", "Reg": ""},
    ]


def test_the_first_row_is_kept_even_where_it_looks_like_a_header(path: Path) -> None:
    assert read(path, b"Adno,Surname\nNone,Name\n1,Zor\n")[0] == {"Adno": "None", "Surname": "Name"}


def test_a_late_accent_decides_the_encoding_as_well_as_an_early_one(path: Path) -> None:
    body = "".join(f"{n},Quimby,8A1\n" for n in range(100_000))
    rows = read(path, f"{HEADER}\n{body}9,Zoë,8A1\n".encode("cp1252"))
    assert (len(rows), rows[-1]["Surname"]) == (100_001, "Zoë")


def test_a_stated_encoding_is_held_to(path: Path) -> None:
    text = f"{HEADER}\n1,Zoë,8A1\n"
    assert read(path, text.encode("cp1252"), encoding="windows-1252")[0]["Surname"] == "Zoë"
    assert refusal_code(path, text.encode("cp1252"), encoding="utf-8") == "wrong_encoding"


def test_delimiters_inside_quotes_do_not_count(path: Path) -> None:
    assert read(path, b'"a;b;c;d",Surname\n1,"Zor, the ""Bin"""\n') == [{"a;b;c;d": "1", "Surname": 'Zor, the "Bin"'}]


def test_a_cell_may_hold_several_lines_in_the_header_too(path: Path) -> None:
    assert read(path, b'Adno,"Interview\ndate"\n1,"two\nlines"\n') == [{"Adno": "1", "Interview\ndate": "two\nlines"}]


def test_blank_lines_are_no_rows_but_are_counted(path: Path) -> None:
    path.write_bytes(b"\nAdno,Surname\n1,Zor\n\n,\n2,Bin\n")
    assert [(row.number, row.values["Adno"]) for row in DelimitedReader(path).rows()] == [(1, "1"), (4, "2")]


def test_blank_repeated_group_values_are_filled_only_where_asked(path: Path) -> None:
    content = b"Reg,House,Adno\n8A1,Austen,1\n,,2\n8A2,,3\n"
    assert [row["Reg"] for row in read(path, content)] == ["8A1", "", "8A2"]
    filled = read(path, content, fill_down=("Reg",))
    assert [(row["Reg"], row["House"]) for row in filled] == [("8A1", "Austen"), ("8A1", ""), ("8A2", "")]


def test_filling_down_a_column_that_is_not_there_is_refused(path: Path) -> None:
    path.write_bytes(b"Adno\n1\n")
    with pytest.raises(SourceRefused, match="fill_down"):
        list(DelimitedReader(path, fill_down=("Reg",)).rows())


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty"),
        (b"\n\n", "empty"),
        (b"Adno,Surname\n1,Zor\n2\n", "truncated"),
        (b'Adno,Surname\n1,"Zor\n', "truncated"),
        (b"Adno,Surname\n1,Zor\n2,Bi", "truncated"),
        ("Adno,Surname\n1,Zoë\n2,Zo".encode() + b"\xc3", "truncated"),
        (b"Adno,Surname\n1,Z\0r\n", "nul"),
        (b"Adno,Surname\n1,Zor\n" + b"\0" * 100, "nul"),
        ("Adno,Surname\n1,Zor\n".encode("utf-16"), "wrong_encoding"),
        (b"Adno,Surname\n1,\x81\x8d\n", "wrong_encoding"),
        (b"Adno,Adno\n1,2\n", "malformed"),
        (b"Adno,Surname\n1,Zor,stray\n", "malformed"),
        (b"Adno,,Surname\n1,stray,Zor\n", "malformed"),
        (b'Adno,Surname\n1,"Zor" Bin\n', "malformed"),
        (b'Adno,Surname\n1,"' + b"Zor\n" * 50_000, "too_large"),
    ],
)
def test_what_is_no_whole_table_is_refused_with_its_reason(path: Path, content: bytes, code: str) -> None:
    assert refusal_code(path, content) == code


def test_blank_cells_beyond_the_header_are_no_fault(path: Path) -> None:
    assert read(path, b"Adno,Surname,,\n1,Zor,,\n") == [{"Adno": "1", "Surname": "Zor"}]


def test_nothing_of_the_content_is_repeated_in_a_refusal(path: Path) -> None:
    path.write_bytes(b"Adno,Surname\n1,Zorbinquist,stray\n")
    with pytest.raises(SourceRefused) as caught:
        list(DelimitedReader(path).rows())
    assert "Zorbinquist" not in str(caught.value)


def test_a_file_that_cannot_be_opened_is_unavailable(path: Path) -> None:
    with pytest.raises(SourceUnavailable):
        list(DelimitedReader(path).rows())


CELLS = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), max_size=12)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(table=st.lists(st.tuples(CELLS, CELLS).filter(lambda row: any(cell.strip() for cell in row)), max_size=6))
def test_any_table_that_was_written_is_read_back(path: Path, table: list[tuple[str, str]]) -> None:
    text = io.StringIO(newline="")
    writer = csv.writer(text, quoting=csv.QUOTE_ALL)
    writer.writerows([("Adno", "Surname"), *table])
    rows = read(path, text.getvalue().encode())
    assert [(row["Adno"], row["Surname"]) for row in rows] == table


WHOLE = 'Adno,Surname,Reg\r\n000123,Zoë,8A1\r\n000124,"Quim, by",8A1\r\n'.encode()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(length=st.integers(min_value=0, max_value=len(WHOLE) - 2))
def test_a_cut_anywhere_but_at_a_line_end_is_refused(path: Path, length: int) -> None:
    content = WHOLE[:length]
    if content.endswith((b"\r", b"\n")):
        return
    assert refusal_code(path, content) in {"empty", "truncated"}
