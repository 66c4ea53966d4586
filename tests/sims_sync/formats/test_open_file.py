"""Which reader a file gets: its content decides, never its suffix alone."""

from pathlib import Path

import pytest
import xlsxwriter

from sims_sync.errors import SourceRefused, SourceUnavailable
from sims_sync.formats import FormatOptions, looks_finished, open_file

XML = b"<SuperStarReport><Record><Adno>1</Adno></Record></SuperStarReport>"
CSV = b"Adno\n1\n"


def write(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def workbook(path: Path) -> Path:
    with xlsxwriter.Workbook(path) as book:
        book.add_worksheet("One").write_column(0, 0, ["Adno", "1"])
    return path


@pytest.mark.parametrize("suffix", [".xml", ".csv", ".xlsx", ".txt", ""])
def test_the_suffix_does_not_matter(tmp_path: Path, suffix: str) -> None:
    for path in (
        write(tmp_path / f"a{suffix}", XML),
        write(tmp_path / f"b{suffix}", b"\xef\xbb\xbf\r\n" + XML),
        write(tmp_path / f"c{suffix}", CSV),
        workbook(tmp_path / f"d{suffix}"),
    ):
        assert [dict(row.values) for row in open_file(path).rows()] == [{"Adno": "1"}]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty"),
        (b"%PDF-1.7 ...", "wrong_format"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "wrong_format"),
    ],
)
def test_foreign_files_are_called_what_they_are(tmp_path: Path, content: bytes, code: str) -> None:
    with pytest.raises(SourceRefused) as caught:
        open_file(write(tmp_path / "a.csv", content))
    assert caught.value.code == code


def test_a_missing_file_is_unavailable(tmp_path: Path) -> None:
    with pytest.raises(SourceUnavailable):
        open_file(tmp_path / "absent.xml")


def test_options_reach_the_reader(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", b"Reg,Adno\n8A1,1\n,2\n")
    rows = open_file(path, options=FormatOptions(fill_down=("Reg",))).rows()
    assert [row.values["Reg"] for row in rows] == ["8A1", "8A1"]


@pytest.mark.parametrize(
    ("content", "finished"),
    [
        (XML, True),
        (XML[:-3], False),
        (CSV, True),
        (CSV[:-1], False),
        (b"", False),
        (XML + b"\0", False),
        (b"<a/>", True),
    ],
)
def test_only_what_may_still_grow_is_unfinished(tmp_path: Path, content: bytes, finished: bool) -> None:
    assert looks_finished(write(tmp_path / "a", content)) is finished


def test_of_a_very_large_report_only_the_end_is_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sims_sync.formats.READ_TWICE_BYTES_MAX", 10)
    assert looks_finished(write(tmp_path / "a.xml", XML.replace(b"</Adno>", b"")))
    assert not looks_finished(write(tmp_path / "b.xml", XML[:-3]))
