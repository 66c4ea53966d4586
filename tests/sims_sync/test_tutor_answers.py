"""The file of tutors' answers: numbers only, and a row that is wrong is named by its number alone."""

from pathlib import Path

import pytest

from sims_sync.compliance.tutor_view import TutorAnswers
from sims_sync.errors import ConfigurationError
from sims_sync.tutor_answers import read_tutor_answers


def written(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    path = folder / "tutor-answers.csv"
    path.write_bytes(text.encode(encoding))
    return path


def test_rows_are_read_with_open_questions_and_a_byte_order_mark(tmp_path: Path) -> None:
    path = written(tmp_path, "year,q1,q2,q3,q4,q5\r\n2026-27,1,2,3,4,5\r\n2026-27,5,,4,,1\r\n", "utf-8-sig")
    assert read_tutor_answers(path) == (
        TutorAnswers("2026-27", (1, 2, 3, 4, 5)),
        TutorAnswers("2026-27", (5, None, 4, None, 1)),
    )


@pytest.mark.parametrize("row", ["2026-27,1,2,3,4,6", "2026-27,1,2,3,4,Vexqu", "2026,1,2,3,4,5", "2026-27,0,1,1,1,1"])
def test_a_wrong_row_is_refused_by_its_number_without_its_content(tmp_path: Path, row: str) -> None:
    path = written(tmp_path, f"year,q1,q2,q3,q4,q5\n2026-27,1,1,1,1,1\n{row}\n")
    with pytest.raises(ConfigurationError, match="row 2 of") as raised:
        read_tutor_answers(path)
    assert "Vexqu" not in str(raised.value)


def test_a_column_for_a_name_or_a_comment_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="other columns"):
        read_tutor_answers(written(tmp_path, "year,q1,q2,q3,q4,q5,name\n2026-27,1,2,3,4,5,x\n"))


def test_a_file_that_is_not_there_or_not_utf_8_is_refused_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot be read"):
        read_tutor_answers(tmp_path / "none.csv")
    with pytest.raises(ConfigurationError, match="CSV UTF-8"):
        read_tutor_answers(written(tmp_path, "year,q1,q2,q3,q4,q5\né", "windows-1252"))
