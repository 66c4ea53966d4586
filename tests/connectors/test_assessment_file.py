"""Files for SIMS: written whole and numbered, one at a time, and gone when they are not needed any more."""

import json
import shutil
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from lxml import etree
from pydantic import ValidationError
from python_calamine import CalamineWorkbook

from connectors.assessment_file import AssessmentFile, AssessmentFileOptions
from connectors.assessment_file import __name__ as package
from connectors.assessment_file.cover import COVER, MARKSHEET, RESULTS
from sims_sync.connector import ConnectorContext, Holding, Receipt, ReceiptOutcome, Severity
from sims_sync.errors import RetriableError, RunError
from sims_sync.formats.result_file import NAMESPACE
from sims_sync.records import Delivery, Slot, StudentRef

NOW = datetime(2026, 12, 16, 7, 30, tzinfo=UTC)
SET = "Mentoring Autumn 2 2026/27"
SECRET = "Zorbinquist"
TEXT = f"Target: Learn ten “key words” – {SECRET} & <Co> £5 | By: 18/12/2026"
UPNS = ("B801200005001", "P207000016049", "A80120000500M")


@pytest.fixture
def clock() -> list[datetime]:
    return [NOW]


@pytest.fixture
def destination(tmp_path: Path, clock: list[datetime]) -> AssessmentFile:
    return make(tmp_path, clock)


def make(base: Path, clock: Sequence[datetime] = (NOW,), /, **options: object) -> AssessmentFile:
    context = ConnectorContext(base, base / "work", lambda: clock[0], lambda _: "")
    return AssessmentFile(AssessmentFileOptions.model_validate({"folder": "for-sims"} | options), context)


def delivery(number: int = 0, slot: Slot = Slot.TARGET_1, /, **more: object) -> Delivery:
    fixed: dict[str, object] = {
        "delivery_key": f"2026-27/autumn-2/s{number}/{slot.value}",
        "student": StudentRef(upn=UPNS[number], surname=f"{SECRET}{number}"),
        "forename": "Oru",
        "half_term": "2026-27/autumn-2",
        "slot": slot,
        "aspect": f"Mentoring {slot.value.replace('-', ' ').title()}",
        "result_set": SET,
        "text": TEXT,
        "result_date": date(2026, 11, 20),
    }
    return Delivery(**(fixed | more))  # type: ignore[arg-type]


def issue(destination: AssessmentFile, *deliveries: Delivery, may_write: bool = True) -> list[Receipt]:
    def answer(delivery: Delivery, holding: Holding) -> bool:
        del delivery, holding
        return may_write

    return list(destination.deliver(deliveries, answer))


def outcomes(receipts: Sequence[Receipt]) -> list[tuple[ReceiptOutcome, str, str]]:
    return [(each.outcome, each.code, each.file) for each in receipts]


ISSUED_1 = (ReceiptOutcome.ISSUED, "", "0001")


def names(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def results(folder: Path, number: str = "0001") -> list[dict[str, str]]:
    root = etree.parse(folder / "for-sims" / number / RESULTS).getroot()
    found = root.iterfind(f"{{{NAMESPACE}}}ResultNode/{{{NAMESPACE}}}Result")
    return [{etree.QName(part).localname: part.text or "" for part in result} for result in found]


def test_one_call_is_one_numbered_issue_of_three_files(tmp_path: Path, destination: AssessmentFile) -> None:
    receipts = issue(destination, delivery(0), delivery(1), delivery(0, Slot.REVIEW_1))
    assert outcomes(receipts) == [ISSUED_1] * 3
    assert names(tmp_path / "for-sims") == {
        f"0001/{COVER}",
        f"0001/{RESULTS}",
        f"0001/{MARKSHEET}",
        "0001/issue.json",
        "last-number.txt",
    }


def test_the_file_names_each_text_by_upn_aspect_and_result_set(tmp_path: Path, destination: AssessmentFile) -> None:
    issue(destination, delivery(0), delivery(1, Slot.REVIEW_1, text="Review: partly | Reads – mostly"))
    first, second = results(tmp_path)
    assert first["Student"] == UPNS[0]
    assert first["AspectExternalId"] == "MENTORING-TARGET-1"
    assert first["ResultsetExternalId"] == "MENTORING-AUTUMN-2-2026-27"
    assert first["Date"] == "2026-11-20"
    assert first["ResultValue"] == TEXT
    assert (second["Student"], second["ResultValue"]) == (UPNS[1], "Review: partly | Reads – mostly")


def test_names_dates_and_the_school_are_the_schools_to_choose(tmp_path: Path) -> None:
    options: dict[str, object] = {
        "aspect_module": "AM7",
        "aspect_supplier": "Austen",
        "aspect_id": "SSP-{name}",
        "module": "AM",
        "date_format": "dd/mm/yyyy",
        "school_name": "Austen Academy",
        "dfe_number": "933/4567",
    }
    issue(make(tmp_path, **options), delivery())
    (result,) = results(tmp_path)
    assert result["AspectExternalId"] == "SSP-MENTORING-TARGET-1"
    assert (result["AspectModule"], result["AspectSupplier"], result["Module"]) == ("AM7", "Austen", "AM")
    assert (result["School"], result["LEANumber"], result["SchoolNumber"]) == ("Austen Academy", "933", "4567")
    assert result["Date"] == "20/11/2026"


@pytest.mark.parametrize("options", [{"aspect_id": "SSP"}, {"dfe_number": "93"}, {"folder": ""}, {"unknown": 1}])
def test_options_that_cannot_work_are_refused(options: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        AssessmentFileOptions.model_validate({"folder": "for-sims"} | options)


def test_the_workbook_has_a_sheet_for_each_result_set_and_a_row_for_each_student(
    tmp_path: Path, destination: AssessmentFile
) -> None:
    other_set = "Mentoring Spring 1 2026/27"
    spring = delivery(0, result_set=other_set, half_term="2026-27/spring-1", delivery_key="k")
    issue(destination, delivery(1), delivery(0), delivery(0, Slot.REVIEW_1), spring)
    book = CalamineWorkbook.from_path(tmp_path / "for-sims" / "0001" / MARKSHEET)
    assert book.sheet_names == ["READ ME FIRST", SET.replace("/", "-"), other_set.replace("/", "-")]
    rows = book.get_sheet_by_name(SET.replace("/", "-")).to_python()
    assert rows[0][0] == SET
    assert rows[1][:4] == ["UPN", "Surname", "Forename", "Mentoring Target 1"]
    assert [row[0] for row in rows[2:]] == [UPNS[0], UPNS[1]]
    assert rows[2][3:5] == [TEXT, date(2026, 11, 20)]
    assert rows[3][5] == ""


def test_nothing_in_the_workbook_is_a_formula(tmp_path: Path, destination: AssessmentFile) -> None:
    evil = delivery(0, text="=1+1", student=StudentRef(upn=UPNS[0], surname="@SUM(A1)"), forename="+1")
    issue(destination, evil)
    extracted = tmp_path / "unpacked"
    shutil.unpack_archive(tmp_path / "for-sims" / "0001" / MARKSHEET, extracted, "zip")
    sheets = "".join(path.read_text(encoding="utf-8") for path in (extracted / "xl" / "worksheets").glob("*.xml"))
    assert "<f>" not in sheets
    assert 'quotePrefix="1"' in (extracted / "xl" / "styles.xml").read_text(encoding="utf-8")


def test_result_sets_of_like_names_keep_their_own_sheets(tmp_path: Path, destination: AssessmentFile) -> None:
    long = "A very long name of a result set, number "
    first, second = (delivery(0, result_set=f"{long}{n}", delivery_key=str(n)) for n in (1, 2))
    issue(destination, first, second)
    book = CalamineWorkbook.from_path(tmp_path / "for-sims" / "0001" / MARKSHEET)
    assert len(set(book.sheet_names)) == 3
    assert all(len(name) <= 31 for name in book.sheet_names)


def test_the_cover_says_what_and_how_many_and_names_nobody(tmp_path: Path, destination: AssessmentFile) -> None:
    issue(destination, delivery(0), delivery(1), delivery(0, Slot.REVIEW_1))
    text = (tmp_path / "for-sims" / "0001" / COVER).read_bytes().decode("utf-8-sig")
    lines = [" ".join(line.split()) for line in text.splitlines()]
    assert "FILE 0001 FOR SIMS" in lines
    assert "Written Wednesday 16 December 2026, 07:30: 3 texts of 2 students." in lines
    assert f'Result set "{SET}"' in lines
    assert {"Mentoring Target 1 2 texts", "Mentoring Review 1 1 text"} <= set(lines)
    assert "two school days, file 0001 is void" in text
    assert "No real SIMS" in text
    assert SECRET not in text
    assert not any(upn in text for upn in UPNS)
    assert "\r\n" in text


def test_while_one_waits_there_is_no_other(tmp_path: Path, destination: AssessmentFile) -> None:
    issue(destination, delivery(0))
    (receipt,) = issue(destination, delivery(1))
    assert (receipt.outcome, receipt.code) == (ReceiptOutcome.NOT_SENT, "file-open")
    assert "0001" in receipt.what
    assert receipt.do
    assert not (tmp_path / "for-sims" / "0002").exists()


def test_a_run_that_was_killed_after_writing_finds_its_issue_again(destination: AssessmentFile) -> None:
    first, corrected = delivery(0), delivery(1)
    issue(destination, first, corrected)
    receipts = issue(destination, first, replace(corrected, revision=2), delivery(2), may_write=False)
    assert [each.outcome for each in receipts] == [
        ReceiptOutcome.ISSUED,
        ReceiptOutcome.NOT_SENT,
        ReceiptOutcome.NOT_SENT,
    ]
    assert receipts[0].file == "0001"


def test_another_text_under_the_same_revision_is_not_taken_for_the_one_that_waits(destination: AssessmentFile) -> None:
    issue(destination, delivery(0))
    (receipt,) = issue(destination, delivery(0, text="Target: Read every evening"))
    assert receipt.outcome is ReceiptOutcome.NOT_SENT


def test_the_list_of_an_issue_holds_no_text_and_no_name(tmp_path: Path, destination: AssessmentFile) -> None:
    issue(destination, delivery(0))
    text = (tmp_path / "for-sims" / "0001" / "issue.json").read_text(encoding="utf-8")
    assert json.loads(text)["number"] == "0001"
    assert SECRET not in text
    assert UPNS[0] not in text


@pytest.mark.parametrize(
    ("code", "changed"),
    [
        ("unknown-student", {"student": StudentRef(person_id="5", surname="Qazwick")}),
        ("unknown-student", {"student": StudentRef(upn=UPNS[0])}),
        ("unknown-student", {"forename": ""}),
        ("too-long", {"text": "x" * 1001}),
        ("characters", {"text": "Target: learn Ελληνικά"}),
        ("characters", {"text": "Target: one\x0b line"}),
        ("characters", {"text": "Target: two\nlines"}),
        ("characters", {"forename": "Oru\x00"}),
    ],
)
def test_what_cannot_go_is_refused_and_the_rest_goes(
    tmp_path: Path, destination: AssessmentFile, code: str, changed: dict[str, object]
) -> None:
    refused = delivery(0, **changed)
    by_key = {each.delivery_key: each for each in issue(destination, refused, delivery(1))}
    assert (by_key[refused.delivery_key].outcome, by_key[refused.delivery_key].code) == (ReceiptOutcome.REJECTED, code)
    assert by_key[refused.delivery_key].do
    assert [result["Student"] for result in results(tmp_path)] == [UPNS[1]]


def test_a_name_that_windows_1252_does_not_have_is_no_reason_to_refuse(
    tmp_path: Path, destination: AssessmentFile
) -> None:
    issue(destination, delivery(0, student=StudentRef(upn=UPNS[0], surname="Łukaszewicz")))
    assert results(tmp_path)[0]["Surname"] == "Łukaszewicz"


def test_where_all_is_refused_or_withheld_nothing_is_written(tmp_path: Path, destination: AssessmentFile) -> None:
    assert issue(destination) == []
    issue(destination, delivery(0, text="x" * 1001))
    (receipt,) = issue(destination, delivery(1), may_write=False)
    assert receipt.outcome is ReceiptOutcome.WITHHELD
    assert receipt.holding is not None
    assert not receipt.holding.known
    assert not (tmp_path / "for-sims").exists()


def test_a_void_issue_is_out_of_the_way_and_the_next_has_the_next_number(
    tmp_path: Path, destination: AssessmentFile
) -> None:
    issue(destination, delivery(0))
    destination.void("0001")
    destination.void("0001")
    folder = tmp_path / "for-sims"
    assert {path.name for path in folder.iterdir()} == {"void", "last-number.txt"}
    assert (folder / "void" / "0001" / "VOID - do not import.txt").is_file()
    assert issue(destination, delivery(0))[0].file == "0002"


def test_a_void_issue_is_deleted_after_its_days(
    tmp_path: Path, destination: AssessmentFile, clock: list[datetime]
) -> None:
    issue(destination, delivery(0))
    destination.void("0001")
    clock[0] = NOW + timedelta(days=14)
    issue(destination, delivery(0))
    assert (tmp_path / "for-sims" / "void" / "0001").is_dir()
    clock[0] = NOW + timedelta(days=15)
    issue(destination, delivery(0))
    assert not (tmp_path / "for-sims" / "void" / "0001").exists()


def test_a_confirmed_issue_is_gone_for_good_and_its_number_with_it(tmp_path: Path, destination: AssessmentFile) -> None:
    issue(destination, delivery(0))
    destination.forget("0001")
    destination.forget("0001")
    assert names(tmp_path / "for-sims") == {"last-number.txt"}
    assert issue(destination, delivery(0))[0].file == "0002"


def test_a_void_issue_can_be_forgotten_too(tmp_path: Path, destination: AssessmentFile) -> None:
    issue(destination, delivery(0))
    destination.void("0001")
    destination.forget("0001")
    assert names(tmp_path / "for-sims") == {"last-number.txt"}


@pytest.mark.parametrize("number", ["", "..", "../..", "void", "1", "0001/../.."])
def test_a_number_that_is_none_touches_nothing(tmp_path: Path, destination: AssessmentFile, number: str) -> None:
    issue(destination, delivery(0))
    before = names(tmp_path)
    destination.forget(number)
    destination.void(number)
    assert names(tmp_path) == before


def test_an_issue_in_use_is_moved_another_time(
    tmp_path: Path, destination: AssessmentFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    issue(destination, delivery(0))
    monkeypatch.setattr(f"{package}.issues.patiently", in_use)
    for change in (destination.void, destination.forget):
        with pytest.raises(RetriableError) as caught:
            change("0001")
        assert caught.value.code == "issue-busy"
        assert caught.value.do
    assert (tmp_path / "for-sims" / "0001" / RESULTS).is_file()


def test_an_issue_that_cannot_be_finished_leaves_nothing(
    tmp_path: Path, destination: AssessmentFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    issue(destination, delivery(0))
    destination.forget("0001")
    monkeypatch.setattr(Path, "rename", lambda *_: in_use(None))
    monkeypatch.setattr(f"{package}.issues.patiently", lambda change: change())
    with pytest.raises(RetriableError):
        issue(destination, delivery(0))
    assert names(tmp_path / "for-sims") == {"last-number.txt"}


def test_what_a_killed_run_left_half_written_is_cleared_away(tmp_path: Path, destination: AssessmentFile) -> None:
    left = tmp_path / "for-sims" / ".0007.writing"
    left.mkdir(parents=True)
    (left / RESULTS).write_text(SECRET, encoding="utf-8")
    assert outcomes(issue(destination, delivery(0))) == [ISSUED_1]
    assert not left.exists()


def test_a_file_that_came_out_wrong_is_not_handed_over(
    tmp_path: Path, destination: AssessmentFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(f"{package}.read_results", lambda *_: [])
    with pytest.raises(RunError) as caught:
        issue(destination, delivery(0))
    assert SECRET not in str(caught.value)
    assert names(tmp_path / "for-sims") == {"last-number.txt"}


def test_a_number_is_never_given_twice_although_its_note_is_lost(tmp_path: Path, destination: AssessmentFile) -> None:
    for _ in range(2):
        issue(destination, delivery(0))
        (issued,) = (path.name for path in (tmp_path / "for-sims").glob("[0-9]*"))
        destination.void(issued)
    (tmp_path / "for-sims" / "last-number.txt").unlink()
    assert issue(destination, delivery(0))[0].file == "0003"


def test_looking_says_that_nothing_is_known(destination: AssessmentFile) -> None:
    (holding,) = destination.look_up([delivery(0)])
    assert not holding.known
    assert holding.what
    assert holding.do


def test_check_says_what_waits_and_writes_nothing(tmp_path: Path, destination: AssessmentFile) -> None:
    assert [found.severity for found in destination.check()] == [Severity.FINE]
    assert not (tmp_path / "for-sims").exists()
    issue(destination, delivery(0))
    assert "File 0001 waits" in destination.check()[0].what


def test_check_warns_of_a_mapped_drive_and_of_a_folder_that_is_nowhere(tmp_path: Path) -> None:
    (tmp_path / "S:").mkdir()
    assert Severity.WARN in {found.severity for found in make(tmp_path, folder="S:/for-sims").check()}
    (found,) = make(tmp_path, folder="nowhere/for-sims").check()
    assert found.severity is Severity.WRONG
    with pytest.raises(RetriableError) as caught:
        issue(make(tmp_path, folder="nowhere/for-sims"), delivery(0))
    assert caught.value.code == "issue-folder"


def in_use(change: object) -> None:
    del change
    raise PermissionError("in use")
