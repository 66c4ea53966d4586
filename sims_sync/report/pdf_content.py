"""What stands in the PDF, block after block: pure, from the summary to data that the layout shows (DOMAIN rule 22)."""

from collections.abc import Iterable, Sequence

from sims_sync.report import trend, wording
from sims_sync.report.pdf_blocks import bars
from sims_sync.report.ready_to_send import HEADING, ready_to_send
from sims_sync.report.summary import (
    ComplianceSummary,
    GroupRow,
    HouseSummary,
    Section,
    StudentRow,
    whole_school,
)
from sims_sync.report.trend import TrendPoint

_TONES = {Section.CONVERSATION: "follow-up", Section.NEARLY_THERE: "nearly"}
TABLE_SECTIONS = (Section.CONVERSATION, Section.NEARLY_THERE, Section.NOBODY_NAMED, Section.UNDER_WAY)
GROUP_COLUMNS = ("Tutor group, tutor", "Status", "Done / due", "Outstanding", "Share done", "Notes")
STUDENT_COLUMNS = ("Student", "Class", "Notes")
Block = dict[str, object]


def pdf_content(summary: ComplianceSummary) -> dict[str, object]:
    """The title, the warning on each page, and the blocks in order; every leaf is a text, a number or None.

    Kinds of block: heading (level 1 to 4, none skipped), paragraph, silence, list, groups, students. Where the report
    is held or not assessed, the reasons stand in place of all figures.
    """
    return {
        "title": wording.title(summary),
        "staff_only": wording.STAFF_ONLY,
        "blocks": [*_opening(summary), *_houses(summary), *_school(summary), *_data(summary)],
    }


def _opening(summary: ComplianceSummary) -> Iterable[Block]:
    yield _heading(1, wording.title(summary))
    if summary.has_figures:
        yield _paragraph(wording.occasion(summary), "quiet")
    for line in wording.closed_lines(summary):
        yield _paragraph(line)
    for sentence in wording.silence(summary):
        yield {"kind": "silence", "text": sentence}


def _houses(summary: ComplianceSummary) -> Iterable[Block]:
    for house in summary.houses:
        yield _heading(2, wording.house_name(house.house))
        yield _paragraph(wording.headline(summary, house), "headline")
        if nearly := wording.nearly_line([house]):
            yield _paragraph(nearly)
        yield _paragraph(f"Head of House: {wording.heads(house)}.", "quiet")
        for section in TABLE_SECTIONS:
            yield from _section(summary, section, house.section(section))
        yield from _rest(house)
        yield from _trend(house.trend)
        yield from _listed(HEADING, ready_to_send(summary, house))
    if points := whole_school(summary):
        yield _heading(2, "The whole school")
        yield from _trend(points)


def _trend(points: Sequence[TrendPoint]) -> Iterable[Block]:
    if points:
        yield _heading(3, trend.HEADING)
        yield bars(trend.COLUMNS, points, trend.CAPTION)


def _section(summary: ComplianceSummary, section: Section, groups: Sequence[GroupRow]) -> Iterable[Block]:
    if not groups:
        return
    yield _heading(3, wording.section_title(section, summary))
    yield {
        "kind": "groups",
        "tone": _TONES.get(section, "plain"),
        "columns": list(GROUP_COLUMNS),
        "rows": [_row(summary, group) for group in groups],
    }
    for group in groups:
        yield from _students(4, f"{group.figures.shown}: students not done", group.students)


def _row(summary: ComplianceSummary, group: GroupRow) -> Block:
    figures = group.figures
    return {
        "group": figures.shown,
        "tutors": wording.joined(group.tutors),
        "status": wording.status(figures),
        "done": str(figures.done),
        "due": str(figures.due),
        "outstanding": str(figures.outstanding),
        "share": wording.group_percent(figures),
        "percent": figures.percent,
        "notes": list(wording.notes(summary, figures)),
    }


def _rest(house: HouseSummary) -> Iterable[Block]:
    yield from _listed("Excused, awaiting your decision, not counted", wording.numbered(wording.not_counted(house)))
    yield from _listed("Not the tutor’s fault", wording.numbered(wording.not_the_tutors_fault(house)))
    yield from _listed("Complete, with thanks", wording.all_thanks(house))
    not_due = [group.figures.shown for group in house.section(Section.NOT_DUE)]
    if not_due:
        yield _heading(3, "Nobody due")
        yield _paragraph(", ".join(not_due))
    for group in (*house.section(Section.COMPLETE), *house.section(Section.NOT_DUE)):
        yield from _students(4, f"{group.figures.shown}: students not counted", group.students)


def _school(summary: ComplianceSummary) -> Iterable[Block]:
    homeless = [f"{number} {found}" for found, number in (summary.homeless or {}).items()]
    blocks = [
        *_listed("Students in no house", homeless),
        *_students(3, "Students in no tutor group’s row", summary.unplaced),
        *_listed("To put right in SIMS", wording.problem_lines(summary.problems)),
        *_listed("Rules that are off", summary.rules_off),
    ]
    if blocks:
        yield _heading(2, "Data to put right")
        yield from blocks


def _data(summary: ComplianceSummary) -> Iterable[Block]:
    yield _heading(2, "Data as of")
    if summary.data_as_of:
        yield {"kind": "list", "lines": [wording.source_line(summary, read) for read in summary.data_as_of]}
    yield _paragraph(wording.age_line(summary))
    if summary.first_read_note:
        yield _paragraph(summary.first_read_note)


def _students(level: int, heading: str, students: Sequence[StudentRow]) -> Iterable[Block]:
    if not students:
        return
    yield _heading(level, heading)
    yield {
        "kind": "students",
        "columns": list(STUDENT_COLUMNS),
        "rows": [
            [f"{student.forename} {student.surname}", student.student_class.value, ", ".join(student.labels)]
            for student in students
        ],
    }


def _listed(heading: str, lines: Sequence[str]) -> Iterable[Block]:
    if lines:
        yield _heading(3, heading)
        yield {"kind": "list", "lines": list(lines)}


def _heading(level: int, text: str) -> Block:
    return {"kind": "heading", "level": level, "text": text}


def _paragraph(text: str, style: str = "plain") -> Block:
    return {"kind": "paragraph", "style": style, "text": text}
