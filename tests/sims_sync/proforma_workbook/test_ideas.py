"""A school's own ideas take the place of ours, or say what is wrong with them."""

from pathlib import Path

import pytest

from sims_sync.errors import ConfigurationError
from sims_sync.proforma_workbook.ideas import read_ideas

GOOD = """
questions = ["What went well?"]
checklist = ["Look at the data."]
[targets]
Maths = ["Do ten sums a day for a week"]
"""


def write(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    path = folder / "ideas.toml"
    path.write_text(text, encoding=encoding)
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_a_school_may_write_its_own(encoding: str, tmp_path: Path) -> None:
    ideas = read_ideas(write(tmp_path, GOOD, encoding))
    assert (ideas.areas, ideas.questions, ideas.checklist) == (("Maths",), ("What went well?",), ("Look at the data.",))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("targets = 3", "targets"),
        ("[targets]", "targets"),
        (f"{GOOD}[more]", "more"),
        ("[targets", "not valid TOML"),
        (f'[targets]\n"{"long " * 20}" = ["An idea of a target"]', "targets"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(text: str, told: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=told):
        read_ideas(write(tmp_path, text))


def test_a_missing_file_and_another_encoding_are_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot be read"):
        read_ideas(tmp_path / "nowhere.toml")
    with pytest.raises(ConfigurationError, match="not UTF-8"):
        read_ideas(write(tmp_path, 'questions = ["é"]', "cp1252"))
