"""roles.csv: the school's own word on who holds which role."""

from datetime import date
from pathlib import Path

import pytest

from sims_sync.compliance.facts import RoleFacts
from sims_sync.errors import ConfigurationError
from sims_sync.records import RoleName
from sims_sync.roles_file import read_roles

HEADER = "staff_code,role,scope,from,to\n"


def read(folder: Path, text: str, encoding: str = "utf-8") -> tuple[RoleFacts, ...]:
    (folder / "roles.csv").write_bytes(text.encode(encoding))
    return read_roles(folder / "roles.csv")


def problems(folder: Path, text: str) -> list[tuple[str, str]]:
    with pytest.raises(ConfigurationError) as caught:
        read(folder, text)
    return [(problem.path, problem.what) for problem in caught.value.problems]


def test_a_file_that_is_not_there_holds_no_roles(tmp_path: Path) -> None:
    assert read_roles(tmp_path / "roles.csv") == ()


@pytest.mark.parametrize("role", sorted(RoleName))
def test_every_role_can_be_given(role: RoleName, tmp_path: Path) -> None:
    (found,) = read(tmp_path, f"{HEADER}T1,{role.value},8A1,2026-11-02,2026-12-18\n")
    assert found == RoleFacts("T1", role, "8A1", date(2026, 11, 2), date(2026, 12, 18))


@pytest.mark.parametrize("text", ["Head Of House", "HEAD_OF_HOUSE", " head  of house "])
def test_a_role_is_read_in_any_case_and_spacing(text: str, tmp_path: Path) -> None:
    (found,) = read(tmp_path, f"{HEADER}H1,{text},Austen,,\n")
    assert found == RoleFacts("H1", RoleName.HEAD_OF_HOUSE, "Austen")


def test_columns_may_come_in_any_order_and_without_dates(tmp_path: Path) -> None:
    assert read(tmp_path, "Role,Scope,Staff_Code\ntutor,8A1,T1\n") == (RoleFacts("T1", RoleName.TUTOR, "8A1"),)


def test_dates_may_be_written_the_english_way(tmp_path: Path) -> None:
    (found,) = read(tmp_path, f"{HEADER}T1,tutor,8A1,02/11/2026,\n")
    assert found.first == date(2026, 11, 2)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "windows-1252"])
def test_it_is_read_as_excel_saves_it(encoding: str, tmp_path: Path) -> None:
    (found,) = read(tmp_path, f"{HEADER}H1,head of house,Brontë,,\r\n,,,,\r\n".replace("\n\n", "\n"), encoding)
    assert found.scope == "Brontë"


def test_every_line_that_cannot_be_used_is_named_at_once(tmp_path: Path) -> None:
    text = f"{HEADER}T1,teacher,8A1,,\n,tutor,8A1,,\nT2,tutor,8A2,32/11/2026,\nT3,tutor,8A3,,soon\nT4,tutor,,,\n"
    assert [path for path, _ in problems(tmp_path, text)] == [f"roles.csv line {number}" for number in (2, 3, 4, 5, 6)]


def test_a_line_whose_dates_are_the_wrong_way_round_is_refused(tmp_path: Path) -> None:
    ((path, what),) = problems(tmp_path, f"{HEADER}T1,tutor,8A1,2026-12-01,2026-11-01\n")
    assert path == "roles.csv line 2"
    assert "before" in what


def test_missing_columns_are_named(tmp_path: Path) -> None:
    ((_, what),) = problems(tmp_path, "code,role\nT1,tutor\n")
    assert "staff_code, scope" in what


def test_roles_of_the_whole_school_need_no_scope(tmp_path: Path) -> None:
    (found,) = read(tmp_path, f"{HEADER}L1,programme lead,,,\n")
    assert found.role is RoleName.PROGRAMME_LEAD
