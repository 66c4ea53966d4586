"""Issues the pro-forma workbooks of a half term: one file for each tutor group, from what the store holds now."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path

from sqlalchemy import Connection

from sims_sync.compliance.entries import HalfTerms, attribute
from sims_sync.compliance.facts import SchoolFacts, StudentFacts
from sims_sync.compliance.roll import fold, is_enrolled, plain_year
from sims_sync.config import EntriesSection, SchoolConfig
from sims_sync.context import RunContext
from sims_sync.errors import RunError
from sims_sync.formats.whole_writing import write_whole
from sims_sync.identity import sort_key
from sims_sync.proforma_workbook.content import EarlierTarget, Proforma, StudentLine, review_slot, row_id, sheet_rows
from sims_sync.proforma_workbook.ideas import DEFAULT_IDEAS, Ideas
from sims_sync.proforma_workbook.layout import Marks
from sims_sync.proforma_workbook.writing import write_proforma
from sims_sync.proformas import ORIGIN
from sims_sync.records import Entry, EntryKind, EntryState, RoleName
from sims_sync.school_facts import load_facts
from sims_sync.school_year import HalfTermId, SchoolYear
from sims_sync.store.entries import load_entries
from sims_sync.store.results import load_results
from sims_sync.store.staff import load_staff

ASPECTS_SHOWN = 12
VALUE_CHARACTERS = 20  # a longer result is a comment, not academic data
STILL_OPEN = "partly"  # a target with this outcome is reviewed again
_UNSAFE = re.compile(r'[<>:"/\\|?*\x00-\x1f]+')


def issue_proformas(
    context: RunContext, half_term: HalfTermId, folder: Path, *, group: str | None = None, ideas: Ideas | None = None
) -> list[Path]:
    """Write one workbook for each tutor group that has students (or for `group` alone); the paths, by group.

    A workbook of the same name is replaced. Issued again, each row keeps its id, and what was handed in stands in it.

    Raises:
        RunError: there are no such students, or the folder cannot be written to.
    """
    school_year = context.school_year()
    with context.store.reading() as connection:
        roll = _Roll(connection, context.school, school_year, half_term)
        groups = roll.groups(school_year.local_date(context.now()))
        groups = {name: listed for name, listed in groups.items() if group is None or fold(name) == fold(group)}
        academic = newest_results(connection, context.school, {each.student_id for each in _everyone(groups)})
    if not groups:
        whom = f"tutor group {group}" if group else "any tutor group"
        raise RunError("no-students", f"No student of {whom} is known.", "Pull the students first, or check the name.")
    written: list[Path] = []
    for name, students in groups.items():
        content = write_proforma(_proforma(context, roll, name, students, academic, ideas), ideas or DEFAULT_IDEAS)
        path = folder / _file_name(name, half_term, {each.name.casefold() for each in written})
        try:
            write_whole(path, content)
        except OSError:
            do = "Close it in other programs, and check the folder and this account's rights."
            raise RunError("write", f"{path} cannot be written.", do) from None
        written.append(path)
    return written


class _Roll:
    """What a school's workbooks are made of."""

    def __init__(
        self, connection: Connection, school: SchoolConfig, school_year: SchoolYear, half_term: HalfTermId
    ) -> None:
        self.facts: SchoolFacts = load_facts(connection, school, school_year, half_term).facts
        self.half_term = half_term
        self.school_year = school_year
        self._codes = {key: member.staff_code for key, member in load_staff(connection, school.id).items()}
        self.entries: dict[str, list[Entry]] = defaultdict(list)
        self.brought: dict[str, Entry] = {}  # row id → the entry that a workbook brought
        for entry in load_entries(connection, school.id).values():  # those of the facts name authors in another way
            self.entries[entry.student_id].append(entry)
            if entry.origin == ORIGIN:
                self.brought[entry.entry_key.rpartition(":")[2]] = entry

    def groups(self, today: date) -> dict[str, list[StudentFacts]]:
        """Tutor group → its students of the programme on that day, by name; the groups by name too."""
        years = {plain_year(year) for year in self.facts.settings.year_groups}
        found: dict[str, list[StudentFacts]] = defaultdict(list)
        for student in self.facts.students:
            name = next((span.value for span in student.groups if span.holds(today)), None)
            if name is not None and plain_year(student.nc_year) in years and self._is_here(student, today):
                found[name].append(student)
        return {
            name: sorted(found[name], key=lambda each: (sort_key(each.surname), sort_key(each.forename)))
            for name in sorted(found, key=_by_number)
        }

    def author(self, group: str, today: date) -> str:
        """The staff code of the group's only tutor; "" where there are several, or none is known."""
        roles = [each for each in self.facts.roles if each.role is RoleName.TUTOR and fold(each.scope) == fold(group)]
        codes = {self._codes.get(each.staff_id) for each in roles if each.holds(today)}
        return (next(iter(codes)) or "") if len(codes) == 1 else ""

    def _is_here(self, student: StudentFacts, today: date) -> bool:
        left = student.leaving_date is not None and student.leaving_date <= today
        return not left and is_enrolled(student.enrolment, self.facts.settings)


def targets_to_review(
    entries: Iterable[Entry], half_term: HalfTermId, school_year: SchoolYear, reviewed: Mapping[str, Entry], school: str
) -> tuple[EarlierTarget, ...]:
    """One student's open targets of earlier half terms, newest first.

    `reviewed`: row id → the entry that a workbook brought. A target whose review came with an earlier half term's
    workbook is closed, unless it was reached in part.
    """
    attributed = attribute(list(entries), HalfTerms(school_year))
    earlier = [
        each.entry
        for each in attributed
        if each.half_term is not None
        and each.half_term < half_term
        and each.entry.state is EntryState.SUBMITTED
        and each.entry.kind is EntryKind.INTERVIEW
    ]
    before = [each for each in school_year.ids() if each < half_term]
    found = []
    for entry in sorted(earlier, key=lambda each: (-each.interview_date.toordinal(), each.entry_key)):
        for position, target in enumerate(entry.targets, start=1):
            open_target = EarlierTarget(f"{entry.entry_key}#{position}", target.text, target.area, target.by_date)
            ids = (row_id(school, str(each), entry.student_id, review_slot(open_target)) for each in before)
            if not any(_closes(reviewed.get(each)) for each in ids):
                found.append(open_target)
    return tuple(found)


def newest_results(connection: Connection, school: SchoolConfig, students: set[str]) -> dict[str, str]:
    """Student → their newest academic data as short text, e.g. "English 5; Maths 6 (20/10/2026)"."""
    ours = {fold(name) for name in _mentoring_aspects(school.entries)}
    newest: dict[str, dict[str, tuple[str, str]]] = defaultdict(dict)
    for student_id, aspect, _, dated, value, result_date in load_results(connection, school.id):
        day = str(result_date or dated or "")
        is_data = value and len(value) <= VALUE_CHARACTERS and fold(aspect) not in ours
        if student_id in students and is_data and newest[student_id].get(aspect, ("", ""))[0] <= day:
            newest[student_id][aspect] = (day, value)
    return {student_id: _as_text(aspects) for student_id, aspects in newest.items()}


def _proforma(
    context: RunContext,
    roll: _Roll,
    group: str,
    students: Sequence[StudentFacts],
    academic: Mapping[str, str],
    ideas: Ideas | None,
) -> Proforma:
    school, half_term = context.school, str(roll.half_term)
    marks = Marks(school.id, school.school.dfe_number or "", half_term, group, context.now())
    lines = [_line(each, roll, school.id, academic.get(each.student_id, "")) for each in students]
    author = roll.author(group, roll.school_year.local_date(context.now()))
    rows = sheet_rows(marks, lines, author=author, filled=roll.brought)
    return Proforma(marks, tuple(rows), _first_day(roll), (ideas or DEFAULT_IDEAS).areas)


def _line(student: StudentFacts, roll: _Roll, school: str, academic: str) -> StudentLine:
    own = roll.entries.get(student.student_id, ())
    return StudentLine(
        student.student_id,
        student.surname,
        student.forename,
        student.nc_year,
        academic,
        targets_to_review(own, roll.half_term, roll.school_year, roll.brought, school),
    )


def _closes(review: Entry | None) -> bool:
    """Whether a review that was handed in closes its target."""
    if review is None or review.state is not EntryState.SUBMITTED:
        return False
    return any(each.outcome and fold(each.outcome) != STILL_OPEN for each in review.reviews)


def _as_text(aspects: Mapping[str, tuple[str, str]]) -> str:
    """The newest first, those of one day by name; the newest day stands at the end."""
    listed = sorted(aspects.items(), key=lambda item: sort_key(item[0]))
    shown = sorted(listed, key=lambda item: item[1][0], reverse=True)[:ASPECTS_SHOWN]
    text = "; ".join(f"{aspect} {value}" for aspect, (_, value) in shown)
    try:
        return f"{text} ({date.fromisoformat(shown[0][1][0]):%d/%m/%Y})"
    except ValueError:
        return text


def _first_day(roll: _Roll) -> date:
    year = [each for each in roll.school_year.ids() if each.year == roll.half_term.year]
    return min(roll.school_year.dates(each).owns_from for each in year)


def _mentoring_aspects(section: EntriesSection) -> Iterator[str]:
    yield from section.target_aspects
    yield from section.review_aspects


def _everyone(groups: Mapping[str, Sequence[StudentFacts]]) -> Iterator[StudentFacts]:
    for students in groups.values():
        yield from students


def _by_number(name: str) -> tuple[int, str]:
    """Year 9 before Year 10, then by name."""
    number = re.match(r"\d+", name)
    return (int(number.group()) if number else 0, sort_key(name))


def _file_name(group: str, half_term: HalfTermId, taken: set[str]) -> str:
    """E.g. "8A1 Autumn 2 2026-27.xlsx"; two groups whose names differ only by signs or letter case get a number."""
    stem = f"{_UNSAFE.sub('-', group).strip('. ')} {half_term.shown} {half_term.year}"
    name, number = f"{stem}.xlsx", 1
    while name.casefold() in taken:
        number += 1
        name = f"{stem} ({number}).xlsx"
    return name
