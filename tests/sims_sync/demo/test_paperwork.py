"""Are roles.csv and the returned pro-formas of the demo school what a school would hand in?"""

import csv
import io
from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from sims_sync.demo.cases import Case
from sims_sync.demo.paperwork import (
    PROFORMA_COLUMNS,
    Proforma,
    demo_roles_csv,
    demo_workbook_rows,
    write_demo_proformas,
)
from sims_sync.demo.roll import InventedSchool
from sims_sync.demo.school import invent_school
from sims_sync.records import EntryKind, EntryState, RoleName


@pytest.fixture(scope="module")
def school() -> InventedSchool:
    return invent_school()


@pytest.fixture(scope="module")
def proformas(school: InventedSchool) -> tuple[Proforma, Proforma]:
    return demo_workbook_rows(school)


def test_roles_file_names_staff_of_the_school_in_known_roles(school: InventedSchool) -> None:
    rows = list(csv.DictReader(io.StringIO(demo_roles_csv(school))))
    assert list(rows[0]) == ["staff_code", "role", "scope", "from", "to"]
    assert {row["staff_code"] for row in rows} <= {person.code for person in school.staff}
    roles = Counter(RoleName(row["role"]) for row in rows)
    assert set(roles) == set(RoleName) - {RoleName.TUTOR, RoleName.CO_TUTOR}
    assert roles[RoleName.PROGRAMME_LEAD] == 1
    heads = Counter(row["scope"] for row in rows if row["role"] == "head of house")
    assert heads == {"Austen": 1, "Brunel": 2, "Curie": 1, "Darwin": 1}
    cover = next(row for row in rows if row["role"] == "cover")
    assert cover["scope"] == school.cases[Case.COVER_IN_ROLES]
    assert date.fromisoformat(cover["from"]) < date.fromisoformat(cover["to"])


def test_first_proforma_holds_every_kind_of_row(school: InventedSchool, proformas: tuple[Proforma, Proforma]) -> None:
    rows = proformas[0].rows
    assert all(tuple(row) == PROFORMA_COLUMNS for row in rows)
    assert len([row for row in rows if row["state"] == EntryState.DRAFT.value]) == 1
    assert len([row for row in rows if row["no_target_reason"]]) == 1
    excusals = [row["admission_number"] for row in rows if row["excusal_reason"]]
    assert excusals == [school.student(school.cases[Case.ABSENT_FOR_WEEKS]).admission_number]


def test_some_interviews_are_not_in_sims_and_one_is(
    school: InventedSchool, proformas: tuple[Proforma, Proforma]
) -> None:
    numbers = {student.person_id: student.admission_number for student in school.students}
    typed = {(numbers[result.person_id], result.text) for result in school.results}
    targets = [(row["admission_number"], row["text"]) for row in proformas[0].rows if row["text"]]
    assert len([target for target in targets if target in typed]) == 1
    assert len([target for target in targets if target not in typed]) >= 2


def test_second_proforma_is_recorded_for_somebody_elses_students(
    school: InventedSchool, proformas: tuple[Proforma, Proforma]
) -> None:
    rows = proformas[1].rows
    assert {row["kind"] for row in rows} == {kind.value for kind in EntryKind}
    assert [row["outcome"] for row in rows if row["kind"] == "review"] == ["partly"]
    assert {row["author"] for row in rows} == {school.cases[Case.TWO_HOUSES]}


def test_row_ids_are_unique_and_students_known(school: InventedSchool, proformas: tuple[Proforma, Proforma]) -> None:
    rows = [row for proforma in proformas for row in proforma.rows]
    assert len({row["row_id"] for row in rows}) == len(rows)
    known = {(student.admission_number, student.surname) for student in school.students}
    assert {(row["admission_number"], row["surname"]) for row in rows} <= known


def test_files_are_from_before_the_deadline_and_open_in_their_encoding(
    school: InventedSchool, proformas: tuple[Proforma, Proforma], tmp_path: Path
) -> None:
    paths = write_demo_proformas(school, tmp_path / "inbox")
    for path, proforma in zip(paths, proformas, strict=True):
        content = path.read_text(encoding=proforma.encoding)
        assert [dict(row) for row in csv.DictReader(io.StringIO(content))] == list(proforma.rows)
        assert path.stat().st_mtime < 1_797_292_800, "before 15 December 2026"
    assert paths[0].read_bytes().startswith(b"\xef\xbb\xbf")


@pytest.mark.parametrize("students", [20, 23, 40, 60, 200])
def test_small_schools_hand_in_papers_too(students: int, tmp_path: Path) -> None:
    school = invent_school(students)
    assert "head of house" in demo_roles_csv(school)
    assert write_demo_proformas(school, tmp_path)
