"""What does each tutor see of their own group: the report's own numbers and the students not done (DOMAIN rule 26)?"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from sims_sync.compliance.facts import Status
from sims_sync.report import pdf_blocks as blocks
from sims_sync.report import wording
from sims_sync.report.page import TEMPLATES
from sims_sync.report.pdf import typeset
from sims_sync.report.sheets import Cell, Sheets, workbook_bytes
from sims_sync.report.summary import ComplianceSummary, GroupRow, HouseSummary, StudentRow, sort_key

COVER_SHEET = "Lists"
STUDENT_HEADINGS = ("Student", "Class", "Notes")
OLD_DATA = "The data are too old to say who is not done: no student is listed until they have been read again."
NO_NAMES = "Under this policy no student is named in this half term: the counts are above."
ALL_DONE = "Nobody is left on this list."
_DIGITS = re.compile(r"(\d+)")
_WIDTHS = (34, 26, 44)
_SHEET_NAME_CHARACTERS = 31
_NOT_IN_SHEET_NAMES = str.maketrans(dict.fromkeys("[]:*?/\\'", "-"))


@dataclass(frozen=True, slots=True)
class TutorList:
    """One tutor group's page: the row, who is not done, or the sentence that says why nobody is listed."""

    house: str
    row: GroupRow
    students: tuple[StudentRow, ...]
    remark: str = ""

    @property
    def title(self) -> str:
        """The group and whom the report names for it."""
        tutors = wording.joined(self.row.tutors)
        return f"{self.row.figures.shown} {wording.DASH} {tutors}" if tutors else self.row.figures.shown

    @property
    def figures(self) -> str:
        """The row's numbers in one line, as the report has them."""
        found = self.row.figures
        share = wording.group_percent(found)
        shown = f" ({share})" if share else ""
        done = f"{found.done} of {found.due} done{shown}"
        return f"{wording.status(found)}: {done}, {found.outstanding} outstanding"


def tutor_lists(summary: ComplianceSummary, group: str | None = None) -> tuple[TutorList, ...]:
    """A list per tutor group, by house and name; of one group only, whatever its case. `summary` was made with names.

    Raises:
        KeyError: no group of that name has a row.
    """
    found = [_list(house, row) for house in summary.houses for row in house.groups]
    if group is not None:
        found = [each for each in found if sort_key(each.row.figures.group) == sort_key(group.strip())]
        if not found and summary.has_figures:
            raise KeyError(group)
    return tuple(sorted(found, key=lambda each: (sort_key(each.house), natural(each.row.figures.group))))


def natural(group: str) -> tuple[tuple[int, str], ...]:
    """A key to sort groups by as people do: 7A1 before 10A1."""
    return tuple((int(part), "") if part.isdecimal() else (0, sort_key(part)) for part in _DIGITS.split(group) if part)


def render_text(summary: ComplianceSummary, lists: Sequence[TutorList]) -> str:
    """The lists one below the other, with a form feed between, so that each prints on a page of its own."""
    if not lists:
        return "\n".join([wording.title(summary), *wording.silence(summary), wording.STAFF_ONLY]) + "\n"
    return "\f\n".join("\n".join(_text_lines(summary, each)) + "\n" for each in lists)


def render_html(summary: ComplianceSummary, lists: Sequence[TutorList]) -> str:
    """One page; each list starts a new sheet when printed."""
    content = {"summary": summary, "lists": lists, "w": wording, "headings": STUDENT_HEADINGS}
    return TEMPLATES.get_template("tutor_lists.html.j2").render(content) + "\n"


def render_workbook(summary: ComplianceSummary, lists: Sequence[TutorList]) -> bytes:
    """A sheet per tutor group, after a cover with the warning and the age of the data."""

    def fill(sheets: Sheets) -> None:
        sheets.cover(COVER_SHEET, _cover(summary, lists))
        for name, each in zip(_sheet_names(lists), lists, strict=True):
            _sheet(sheets, name, each)

    return workbook_bytes(wording.title(summary), summary.as_of, fill)


def render_pdf(summary: ComplianceSummary, lists: Sequence[TutorList]) -> bytes:
    """The lists a page for each group on A4, tagged (PDF/UA-1)."""
    content = [blocks.heading(1, wording.title(summary)), *map(blocks.paragraph, _opening(summary))]
    content += [{"kind": "silence", "text": sentence} for sentence in wording.silence(summary)]
    data = [blocks.heading(2, "Data as of"), blocks.listed(list(_data(summary)))]
    if len(lists) == 1:
        content += [*_pdf_blocks(summary, lists[0]), *data]
    else:
        overview = [f"{each.title}: {each.figures}" for each in lists]
        content += [blocks.heading(2, "Tutor groups"), blocks.listed(overview)] if overview else []
        content += data
        for each in lists:
            content += [blocks.page(), *_pdf_blocks(summary, each)]
    document: dict[str, object] = {"title": wording.title(summary), "staff_only": wording.STAFF_ONLY}
    return typeset(document | {"blocks": content}, summary.as_of)


def _list(house: HouseSummary, row: GroupRow) -> TutorList:
    if row.figures.status is Status.UNKNOWN:
        return TutorList(house.house, row, (), OLD_DATA)
    if not row.figures.names_students:
        return TutorList(house.house, row, (), NO_NAMES)
    return TutorList(house.house, row, row.students, "" if row.students else ALL_DONE)


def _text_lines(summary: ComplianceSummary, each: TutorList) -> Iterator[str]:
    yield f"{each.title}, {wording.house_name(each.house)}"
    yield "=" * len(f"{each.title}, {wording.house_name(each.house)}")
    yield from _opening(summary)
    yield each.figures
    yield f"  {'; '.join(wording.notes(summary, each.row.figures))}"
    yield ""
    for student in each.students:
        yield f"  {student.surname}, {student.forename} {wording.DASH} {_why(student)}"
    if each.remark:
        yield f"  {each.remark}"
    yield ""
    yield from _data(summary)
    yield wording.STAFF_ONLY


def _why(student: StudentRow) -> str:
    return ", ".join((student.student_class.value, *student.labels))


def _opening(summary: ComplianceSummary) -> Iterator[str]:
    if summary.has_figures:
        yield f"{summary.half_term.shown} {summary.half_term.year}. {wording.occasion(summary)}"
    yield from wording.closed_lines(summary)


def _data(summary: ComplianceSummary) -> Iterator[str]:
    yield from (wording.source_line(summary, read) for read in summary.data_as_of)
    yield wording.age_line(summary)


def _cover(summary: ComplianceSummary, lists: Sequence[TutorList]) -> Iterable[tuple[str, str]]:
    yield "title", wording.title(summary)
    yield "strong", wording.STAFF_ONLY
    yield from (("text", line) for line in _opening(summary))
    yield from (("strong", line) for line in wording.silence(summary))
    yield from (("text", f"{each.title}: {each.figures}") for each in lists)
    yield from (("text", line) for line in _data(summary))


def _sheet(sheets: Sheets, name: str, each: TutorList) -> None:
    rows: list[tuple[Cell, ...]] = [
        (f"{student.surname}, {student.forename}", student.student_class.value, ", ".join(student.labels))
        for student in each.students
    ]
    rows += [(each.remark,)] if each.remark else []
    sheet = sheets.table(name, STUDENT_HEADINGS, _WIDTHS, len(rows) + 2, fixed=1)
    for number, cells in enumerate([(each.title,), (each.figures,), *rows], start=1):
        for column, cell in enumerate(cells):
            sheets.write(sheet, number, column, cell, "strong" if number == 1 else "text")


def _sheet_names(lists: Sequence[TutorList]) -> list[str]:
    """Each group's name as Excel allows it: short, without its own signs, and different in more than case."""
    names: list[str] = []
    for each in lists:
        name = each.row.figures.group.translate(_NOT_IN_SHEET_NAMES)[:_SHEET_NAME_CHARACTERS].strip("'") or "Group"
        taken = {known.casefold() for known in (*names, COVER_SHEET)}
        number = 2
        while name.casefold() in taken:
            name, number = f"{name[: _SHEET_NAME_CHARACTERS - 4]} {number}", number + 1
        names.append(name)
    return names


def _pdf_blocks(summary: ComplianceSummary, each: TutorList) -> Iterator[blocks.Block]:
    yield blocks.heading(2, f"{each.title}, {wording.house_name(each.house)}")
    yield blocks.paragraph(each.figures, "headline")
    yield blocks.paragraph("; ".join(wording.notes(summary, each.row.figures)), "quiet")
    # Each page may be given out alone.
    yield blocks.paragraph(" ".join((*_opening(summary), wording.age_line(summary))), "quiet")
    if each.remark:
        yield blocks.paragraph(each.remark)
    if each.students:
        rows = [
            [
                blocks.cell(f"{student.surname}, {student.forename}", strong=True),
                blocks.cell(student.student_class.value),
                blocks.cell(", ".join(student.labels)),
            ]
            for student in each.students
        ]
        yield blocks.heading(3, "Students not done, and why")
        yield blocks.table(STUDENT_HEADINGS, (2, 1.4, 2), rows)
