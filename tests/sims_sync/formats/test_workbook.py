"""Reading workbooks: cells become the text a person sees, and no archive may fill the memory."""

import zipfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import date, datetime, time
from pathlib import Path

import pytest
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sims_sync.errors import SourceRefused, SourceUnavailable
from sims_sync.formats import workbook_guard
from sims_sync.formats.workbook import WorkbookReader

Fill = Callable[[xlsxwriter.Workbook], None]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "proforma.xlsx"


def make(path: Path, *sheets: tuple[str, Sequence[Sequence[object]]]) -> Path:
    with xlsxwriter.Workbook(path, {"default_date_format": "dd/mm/yyyy hh:mm"}) as book:
        for name, rows in sheets:
            sheet = book.add_worksheet(name)
            for number, row in enumerate(rows):
                sheet.write_row(number, 0, row)
    return path


def read(path: Path, sheet: str | None = None, fill_down: tuple[str, ...] = ()) -> list[dict[str, str]]:
    return [dict(row.values) for row in WorkbookReader(path, sheet=sheet, fill_down=fill_down).rows()]


def refusal_code(path: Path) -> str:
    with pytest.raises(SourceRefused) as caught:
        read(path)
    assert caught.value.do
    return caught.value.code


def rewrite(path: Path, change: Callable[[str, bytes], bytes | None]) -> None:
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            changed = change(name, content)
            if changed is not None:
                archive.writestr(name, changed)


def test_cells_become_the_text_a_person_sees(path: Path) -> None:
    row = ("000123", 7, 2.5, date(2026, 9, 1), datetime(2026, 9, 1, 9, 30), True, "", 123456789012)  # noqa: DTZ001 - a cell has no zone
    make(path, ("Entries", [list("ABCDEFGH"), row]))
    (values,) = read(path)
    assert list(values.values()) == [
        "000123",
        "7",
        "2.5",
        "2026-09-01",
        "2026-09-01T09:30:00",
        "True",
        "",
        "123456789012",
    ]


def test_a_formula_gives_the_value_it_had_and_an_error_is_blank(path: Path) -> None:
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["A", "B", "C"])
        sheet.write_formula(1, 0, "=40+2", None, 42)
        sheet.write_formula(1, 1, "=NA()", None, "#N/A")
        sheet.write_datetime(1, 2, time(9, 5), book.add_format({"num_format": "hh:mm"}))
    assert read(path) == [{"A": "42", "B": "", "C": "09:05:00"}]


def test_the_first_sheet_is_read_unless_another_is_named(path: Path) -> None:
    make(path, ("One", [["A"], ["1"]]), ("Two", [["B"], ["2"]]))
    assert read(path) == [{"A": "1"}]
    assert read(path, sheet="Two") == [{"B": "2"}]
    with pytest.raises(SourceRefused, match='no sheet named "Three"'):
        read(path, sheet="Three")


def test_blank_rows_above_between_and_below_are_no_rows(path: Path) -> None:
    make(path, ("One", [[], ["Adno", "Surname"], ["1", "Zor"], [], ["2", "Bin"], ["", " "]]))
    assert [(row.number, row.values["Adno"]) for row in WorkbookReader(path).rows()] == [(1, "1"), (3, "2")]


def test_blank_repeated_group_values_are_filled_where_asked(path: Path) -> None:
    make(path, ("One", [["Reg", "Adno"], ["8A1", "1"], ["", "2"]]))
    assert [row["Reg"] for row in read(path, fill_down=("Reg",))] == ["8A1", "8A1"]


def test_an_empty_sheet_is_refused(path: Path) -> None:
    make(path, ("One", []))
    assert refusal_code(path) == "empty"


def test_a_missing_file_is_unavailable(path: Path) -> None:
    with pytest.raises(SourceUnavailable):
        read(path)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(share=st.floats(min_value=0.001, max_value=0.999))
def test_a_cut_anywhere_is_refused_as_truncated(path: Path, share: float) -> None:
    whole = make(path, ("One", [["Adno"], *[[str(n)] for n in range(50)]])).read_bytes()
    path.write_bytes(whole[: max(1, int(len(whole) * share))])
    assert refusal_code(path) == "truncated"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(place=st.floats(min_value=0, max_value=1), noise=st.binary(min_size=1, max_size=8))
def test_damage_is_read_or_refused_but_never_crashes(path: Path, place: float, noise: bytes) -> None:
    whole = make(path, ("One", [["Adno"], *[[str(n)] for n in range(50)]])).read_bytes()
    at = int((len(whole) - len(noise)) * place)
    path.write_bytes(whole[:at] + noise + whole[at + len(noise) :])
    with suppress(SourceRefused):
        read(path)


@pytest.mark.parametrize(
    "change",
    [
        lambda name, content: content[: len(content) // 2] if "sheet1" in name else content,
        lambda name, content: None if "sharedStrings" in name else content,
        lambda name, content: None if "workbook.xml" in name else content,
        lambda name, content: content.replace(b"<v>0</v>", b"<v>999999</v>") if "sheet1" in name else content,
    ],
    ids=["half a sheet", "no texts", "no workbook", "a text that is not there"],
)
def test_a_faulty_workbook_in_a_sound_archive_is_refused(
    path: Path, change: Callable[[str, bytes], bytes | None]
) -> None:
    make(path, ("One", [["Adno"], ["1"]]))
    rewrite(path, change)
    assert refusal_code(path) == "malformed"


def test_an_archive_that_unpacks_to_too_much_is_refused_whatever_size_it_states(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workbook_guard, "UNPACKED_BYTES_MAX", 2_000_000)
    make(path, ("One", [["Adno"], ["1"]]))
    rewrite(path, lambda name, content: content + b" " * 3_000_000 if "sheet1" in name else content)
    assert refusal_code(path) == "too_large"
    stated = path.read_bytes()
    with zipfile.ZipFile(path) as archive:
        size = next(member.file_size for member in archive.infolist() if "sheet1" in member.filename)
    path.write_bytes(stated.replace(size.to_bytes(4, "little"), (100).to_bytes(4, "little")))
    assert refusal_code(path) == "too_large"


@pytest.mark.parametrize("cell", [b"XFD1048576", b"ZZZZZZZ99999999999"])
def test_one_cell_far_away_does_not_make_a_sheet_of_billions(path: Path, cell: bytes) -> None:
    make(path, ("One", [["Adno"], ["1"]]))
    rewrite(
        path, lambda name, content: content.replace(b'r="A2"', b'r="' + cell + b'"') if "sheet1" in name else content
    )
    assert refusal_code(path) == "too_large"


def test_whole_columns_of_merely_formatted_cells_are_no_bomb(path: Path) -> None:
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["Adno", "Surname"])
        sheet.write_row(1, 0, ["1", "Zor"])
        sheet.write_blank(1_048_575, 16_383, None, book.add_format({"bold": True}))
    rewrite(path, lambda name, content: content.replace(b'<row r="1048576"', b"<row") if "sheet1" in name else content)
    assert read(path) == [{"Adno": "1", "Surname": "Zor"}]


def test_an_archive_of_thousands_of_parts_is_refused(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook_guard, "MEMBERS_MAX", 3)
    make(path, ("One", [["Adno"], ["1"]]))
    assert refusal_code(path) == "too_large"
