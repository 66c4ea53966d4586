"""What stands in the file of tutors' answers: columns year, q1 to q5, a row per sheet handed in (DOMAIN rule 25)?"""

import csv
from collections.abc import Iterator, Mapping
from pathlib import Path

from sims_sync.compliance.tutor_view import HIGHEST, LOWEST, QUESTIONS, TutorAnswers
from sims_sync.errors import ConfigProblem, ConfigurationError
from sims_sync.school_year.model import first_year

COLUMNS = ("year", *(f"q{number}" for number in range(1, len(QUESTIONS) + 1)))
KEY = "reports.tutor_answers"


def read_tutor_answers(path: Path) -> tuple[TutorAnswers, ...]:
    """Every row of the file, in its order. Any other column is refused: the answers are anonymous.

    Raises:
        ConfigurationError: the file cannot be read, has other columns, or a row is not what it should be; the row is
            named by its number (1 = the first below the header), never its content.
    """
    try:
        # A spreadsheet on Windows writes a byte order mark and perhaps its own character set.
        text = path.read_bytes().decode("utf-8-sig")
    except OSError:
        raise _refused(f"{path} cannot be read.", "Check the path and this account's rights.") from None
    except UnicodeDecodeError:
        raise _refused(f"{path} is not UTF-8.", 'Save it as "CSV UTF-8".') from None
    rows = csv.DictReader(text.splitlines())
    if tuple(name.strip().casefold() for name in rows.fieldnames or ()) != COLUMNS:
        raise _refused(f"{path} has other columns.", f"Its first line must be: {','.join(COLUMNS)}")
    rows.fieldnames = list(COLUMNS)
    return tuple(_read(path, rows))


def _read(path: Path, rows: Iterator[Mapping[str, str | None]]) -> Iterator[TutorAnswers]:
    for number, row in enumerate(rows, start=1):
        try:
            year = (row["year"] or "").strip()
            first_year(year)
            scores = tuple(_score(row[name]) for name in COLUMNS[1:])
        except (ValueError, TypeError):
            do = f"Write the year like 2026-27, and {LOWEST} to {HIGHEST} or nothing for each question."
            raise _refused(f"row {number} of {path} is not an answer.", do) from None
        yield TutorAnswers(year, scores)


def _score(text: str | None) -> int | None:
    if not (text or "").strip():
        return None
    score = int(text or "")
    if not LOWEST <= score <= HIGHEST:
        raise ValueError("off the scale")
    return score


def _refused(what: str, do: str) -> ConfigurationError:
    return ConfigurationError([ConfigProblem(KEY, what, do)])
