"""How the report looks on a terminal of 100 columns: plain text, aligned, each status as symbol, word and number."""

from collections.abc import Iterable, Sequence
from io import StringIO

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from sims_sync.compliance.facts import GroupFigures
from sims_sync.report import trend, wording
from sims_sync.report.ready_to_send import HEADING, ready_to_send
from sims_sync.report.summary import (
    ComplianceSummary,
    GroupRow,
    HouseSummary,
    Section,
    StudentRow,
    whole_school,
)

WIDTH_COLUMNS = 100
_INDENT = (0, 0, 0, 2)
_ROWS = (Section.CONVERSATION, Section.NEARLY_THERE, Section.NOBODY_NAMED, Section.UNDER_WAY)


def render_text(summary: ComplianceSummary) -> str:
    """The whole report as lines of at most 100 columns, ending with a line break."""
    parts: list[RenderableType] = [_underlined(wording.title(summary), "=")]
    parts.extend(Text(line) for line in wording.closed_lines(summary))
    if summary.has_figures:
        parts.append(Text(wording.occasion(summary)))
        parts.extend(_house(summary, house) for house in summary.houses)
        parts.append(_school(summary))
    else:
        parts.extend(Text(sentence) for sentence in wording.silence(summary))
    parts.append(_data(summary))
    parts.extend([Text(), Text(wording.STAFF_ONLY)])
    return _plain(parts)


def _plain(parts: Iterable[RenderableType]) -> str:
    # Everything that rich would ask the terminal or the environment is told: the text is the same in a file.
    page = StringIO()
    console = Console(
        file=page, width=WIDTH_COLUMNS, color_system=None, force_terminal=False, legacy_windows=False, _environ={}
    )
    for part in parts:
        console.print(part)
    return "".join(f"{line.rstrip()}\n" for line in page.getvalue().splitlines())


def _house(summary: ComplianceSummary, house: HouseSummary) -> RenderableType:
    parts: list[RenderableType] = [
        Text(),
        _underlined(wording.house_name(house.house), "-"),
        Text(wording.headline(summary, house)),
        *_lines([wording.nearly_line([house])]),
        Text(f"Head of House: {wording.heads(house)}."),
    ]
    for section in _ROWS:
        parts.extend(_section(summary, section, house.section(section)))
    parts.extend(_listed("Excused, awaiting your decision, not counted", _counts(wording.not_counted(house))))
    parts.extend(_listed("Not the tutor's fault", _counts(wording.not_the_tutors_fault(house))))
    parts.extend(_complete(house))
    parts.extend(_listed(trend.HEADING, trend.text_lines(house.trend)))
    parts.extend(_listed(HEADING, ready_to_send(summary, house)))
    return Group(*parts)


def _section(summary: ComplianceSummary, section: Section, groups: Sequence[GroupRow]) -> Iterable[RenderableType]:
    if not groups:
        return
    yield Text()
    yield Text(wording.section_title(section, summary))
    for group in groups:
        yield Padding(_row(group), _INDENT)
        yield Padding(Text(_notes(summary, group.figures)), (0, 0, 0, 6))
        yield from (Padding(Text(_student(student)), (0, 0, 0, 6)) for student in group.students)


def _row(group: GroupRow) -> Table:
    figures = group.figures
    table = Table.grid(padding=(0, 2))
    table.add_column(width=17)
    table.add_column(width=22)
    table.add_column(width=24)
    table.add_column(width=7, justify="right")
    table.add_column(width=6, justify="right")
    table.add_column(width=trend.BAR_CELLS)
    cells = (
        wording.status(figures),
        figures.shown,
        wording.tutors(group),
        f"{figures.done}/{figures.due}",
        wording.group_percent(figures),
        trend.text_bar(figures.percent),
    )
    table.add_row(*(Text(cell) for cell in cells))
    return table


def _notes(summary: ComplianceSummary, group: GroupFigures) -> str:
    return "; ".join((f"outstanding: {group.outstanding}", *wording.notes(summary, group)))


def _student(student: StudentRow) -> str:
    why = ", ".join((student.student_class, *student.labels))
    return f"{student.forename} {student.surname} {wording.DASH} {why}"


def _complete(house: HouseSummary) -> Iterable[RenderableType]:
    yield from _listed("Complete, with thanks", [wording.thanks(group) for group in house.section(Section.COMPLETE)])
    not_due = [group.figures.shown for group in house.section(Section.NOT_DUE)]
    yield from _listed("Nobody due", [", ".join(not_due)] if not_due else [])
    kept = [group for group in (*house.section(Section.COMPLETE), *house.section(Section.NOT_DUE)) if group.students]
    for group in kept:
        yield from _listed(f"{group.figures.shown}: not counted", [_student(student) for student in group.students])


def _school(summary: ComplianceSummary) -> RenderableType:
    unplaced = [f"{student.group or 'no group'}: {_student(student)}" for student in summary.unplaced]
    homeless = [f"{number} {found}" for found, number in (summary.homeless or {}).items()]
    return Group(
        *_listed(f"The whole school: {trend.HEADING.casefold()}", trend.text_lines(whole_school(summary))),
        *_listed("Students in no house", homeless),
        *_listed("Students in no tutor group's row", unplaced),
        *_listed("Data to put right in SIMS", wording.problem_lines(summary.problems)),
        *_listed("Rules that are off", summary.rules_off),
    )


def _data(summary: ComplianceSummary) -> RenderableType:
    sources = [wording.source_line(summary, read) for read in summary.data_as_of]
    notes = [summary.first_read_note] if summary.first_read_note else []
    return Group(*_listed("Data as of", [*sources, wording.age_line(summary), *notes]))


def _counts(counted: Iterable[tuple[int, str]]) -> list[str]:
    return [f"{number:>3}  {what}" for number, what in counted]


def _listed(heading: str, lines: Sequence[str]) -> Iterable[RenderableType]:
    if not lines:
        return
    yield Text()
    yield Text(heading)
    yield from (Padding(Text(line), _INDENT) for line in lines)


def _lines(lines: Iterable[str]) -> Iterable[RenderableType]:
    return (Text(line) for line in lines if line)


def _underlined(heading: str, line: str) -> RenderableType:
    text = Text(heading)
    return Group(text, Text(line * min(text.cell_len, WIDTH_COLUMNS)))
