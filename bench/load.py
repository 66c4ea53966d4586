"""Which files are measured? An invented school's students and results, as CommandReporter writes them.

The same number gives the same bytes everywhere. Nothing here is a person: names are built from a few syllables.
"""

import os
import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from html import escape
from itertools import islice
from pathlib import Path
from time import perf_counter

from sims_sync.upn import check_letter

RESULTS_PER_STUDENT = 500  # on average; a school of 1,000,000 results has 2,000 students
RESULTS_PER_STUDENT_MIN = 250
CHANGED_EVERY = 100  # one record in so many differs in the changed file
FIRST_CHANGED = 37  # not the first record: a reader could have an easier time with it
FEW_RECORDS = 20
WRITE_RECORDS = 2_000

SUBJECTS = ("En", "Ma", "Sc", "Hi", "Gg", "Fr", "Sp", "Art & Design", "D&T", "Mu", "Dr", "PE", "RE", "Français", "ICT")
MEASURES = ("Target", "Effort", "Working At", "Exam")
ASPECTS = tuple(f"{subject} {measure}" for subject in SUBJECTS for measure in MEASURES)
HALF_TERMS = (
    ("Autumn 1", "10-12T00:00:00+01:00"),
    ("Autumn 2", "12-07T00:00:00+00:00"),
    ("Spring 1", "02-01T00:00:00+00:00"),
    ("Spring 2", "03-15T00:00:00+00:00"),
    ("Summer 1", "05-17T00:00:00+01:00"),
    ("Summer 2", "07-05T00:00:00+01:00"),
)
RESULT_SETS = tuple(
    (f"{name} {year}/{year % 100 + 1}", f"{year + (not name.startswith('Autumn'))}-{day}")
    for year in (2024, 2025, 2026)
    for name, day in HALF_TERMS
)[:15]
RESULTS_PER_STUDENT_MAX = len(ASPECTS) * len(RESULT_SETS)  # 900: each aspect once in each result set
GRADES = ("9", "8", "7", "6", "5", "4", "3", "2", "1", "A*", "B+", "C-", "Good", "72", "58%")

RESULT_COLUMNS = (
    "primary_id",
    "UPN",
    "Adno",
    "Legal_x0020_Surname",
    "Forename",
    "Reg",
    "Year",
    "Aspect",
    "Result_x0020_set",
    "Result",
    "Result_x0020_date",
    "Type",
)
KEY_COLUMNS = ("primary_id", "Aspect", "Result_x0020_set")  # a student has one result for each (SIMS §3)
STUDENT_COLUMNS = ("primary_id", "UPN", "Adno", "Surname", "Forename", "Reg", "Year", "House")

_HEAD = '<?xml version="1.0" standalone="yes"?>\n<SuperStarReport>\n'
_TAIL = "</SuperStarReport>"
_ONSETS = ("B", "D", "F", "G", "K", "L", "M", "N", "P", "R", "S", "T", "V", "W", "Z", "Ch", "Sh", "Tr", "É", "Ö")
_MIDDLES = ("ab", "ag", "am", "ib", "im", "ol", "or", "ub", "un", "ël", "ñi")
_ENDINGS = ("ano", "eck", "ard", "iss", "ow", "umi", "wen", "O'Da", "-Lee")
_HOUSES = ("Amber", "Birch", "Cedar", "Dune", "Ember")
_SEED = 20_261_124

# Of ten or twenty students or records, the one that lacks the value.
WITHOUT_UPN = 9
WITHOUT_ADMISSION_NUMBER = 13
WITHOUT_DATE = 11


@dataclass(frozen=True, slots=True)
class InventedStudent:
    """One invented student: element texts, escaped, by column; None where SIMS would leave the element out."""

    number: int
    surname: str
    forename: str
    year: int
    group: str
    house: str
    upn: str | None
    admission_number: str | None
    results: int


@dataclass(frozen=True, slots=True)
class Load:
    """The files of one size, and what they hold."""

    students: Path
    few: Path
    results: Path
    changed: Path

    @classmethod
    def within(cls, folder: Path) -> "Load":
        """The names the files have in a folder."""
        return cls(*(folder / f"{name}.xml" for name in ("students", "few", "results", "changed")))


def write_load(folder: Path, size: int) -> float:
    """Write the students, a few results, all `size` of them, and all with one in a hundred changed; seconds it took.

    Streams: a file of 440 MB needs no more memory than a small one.
    """
    began = perf_counter()
    folder.mkdir(parents=True, exist_ok=True)
    load, school = Load.within(folder), invented_school(size)
    _write(load.students, map(_student_record, school))
    _write(load.few, islice(result_records(school), FEW_RECORDS))
    _write(load.results, result_records(school))
    _write(load.changed, result_records(school, changed=True))
    return perf_counter() - began


def changed_count(size: int) -> int:
    """How many records of `size` differ in the changed file."""
    return len(range(FIRST_CHANGED, size, CHANGED_EVERY))


def invented_school(size: int) -> Sequence[InventedStudent]:
    """Students with `size` results between them, by surname, as a report lists them."""
    chance = random.Random(_SEED)  # noqa: S311 - the same load every time, nothing secret
    school: list[InventedStudent] = []
    left = size
    while left:
        results = min(left, chance.randint(RESULTS_PER_STUDENT_MIN, 2 * RESULTS_PER_STUDENT - RESULTS_PER_STUDENT_MIN))
        school.append(_student(len(school), results, chance))
        left -= results
    return sorted(school, key=lambda student: (student.surname, student.forename, student.number))


def result_records(school: Iterable[InventedStudent], *, changed: bool = False) -> Iterator[str]:
    """One record's text after another, student by student, and there by result set."""
    chance = random.Random(_SEED)  # noqa: S311 - likewise
    number = 0
    for student in school:
        opening = _opening(student)
        for place in range(student.results):
            grade = int(chance.random() * len(GRADES))
            is_changed = changed and number % CHANGED_EVERY == FIRST_CHANGED
            yield opening + _closing(place, number, grade + 1 if is_changed else grade)
            number += 1


def _write(path: Path, records: Iterable[str]) -> None:
    batch: list[str] = []
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.write(_HEAD)
        for record in records:
            batch.append(record)
            if len(batch) == WRITE_RECORDS:
                file.write("".join(batch))
                batch.clear()
        file.write("".join(batch) + _TAIL)
        file.flush()
        os.fsync(file.fileno())  # or the disk is still busy with it while something is measured


def _student(index: int, results: int, chance: random.Random) -> InventedStudent:
    year = chance.randint(7, 11)
    body = f"846{4000 + index // 1000}{37 - year:02}{index % 1000:03}"
    return InventedStudent(
        number=10_000 + index * 7 % 50_021,
        surname=_name(chance),
        forename=_name(chance),
        year=year,
        group=f"{year}{chance.choice('ABCDEFGH')}{chance.randint(1, 2)}",
        house=chance.choice(_HOUSES),
        upn=None if index % 10 == WITHOUT_UPN else check_letter(body) + body,
        admission_number=None if index % 20 == WITHOUT_ADMISSION_NUMBER else f"{index + 1:06}",
        results=results,
    )


def _name(chance: random.Random) -> str:
    return chance.choice(_ONSETS) + chance.choice(_MIDDLES) + chance.choice(_ENDINGS)


def _student_record(student: InventedStudent) -> str:
    ids = (str(student.number), student.upn, student.admission_number)
    values = (*ids, student.surname, student.forename, student.group, f"Year {student.year:>2}", student.house)
    return f"  <Record>\n{_elements(STUDENT_COLUMNS, values)}  </Record>\n"


def _opening(student: InventedStudent) -> str:
    """What all records of one student begin with."""
    ids = (str(student.number), student.upn, student.admission_number)
    values = (*ids, student.surname, student.forename, student.group, f"Year {student.year:>2}")
    return f"  <Record>\n{_elements(RESULT_COLUMNS, values)}"


def _closing(place: int, number: int, grade: int) -> str:
    """The rest of record `number`: a student's result in the aspect and result set of `place`."""
    head, tail = _SLOTS[place]
    date = "" if number % 20 == WITHOUT_DATE else tail
    return f"{head}    <Result>{GRADES[grade % len(GRADES)]}</Result>\n{date}{_TYPE}"


def _elements(columns: Iterable[str], values: Iterable[str | None]) -> str:
    """A line for each value that is there: SIMS leaves a null's element out (SIMS §2)."""
    lines = (
        f"    <{column}>{escape(value, quote=False)}</{column}>\n"
        for column, value in zip(columns, values, strict=False)
        if value is not None
    )
    return "".join(lines)


# Every aspect in every result set, as text before and after the result: made once, or a million records take minutes.
_SLOTS = tuple(
    (_elements(RESULT_COLUMNS[7:9], (aspect, result_set)), _elements(RESULT_COLUMNS[10:11], (date,)))
    for result_set, date in RESULT_SETS
    for aspect in ASPECTS
)
_TYPE = "    <Type>G</Type>\n  </Record>\n"
