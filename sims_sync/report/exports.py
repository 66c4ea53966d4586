"""The report as data for other programs: JSON of a documented shape, CSV of one row per group or per student."""

import csv
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from io import StringIO

from sims_sync.report import wording
from sims_sync.report.summary import ComplianceSummary, GroupRow, HouseSummary, StudentRow
from sims_sync.report.trend import TrendPoint

SCHEMA = "sims-sync/compliance/1"
NAME_COLUMNS = ("tutor_group", "tutor", "forename", "surname", "class")
GROUP_COLUMNS = (
    "house",
    "tutor_group",
    "shown",
    "tutors",
    "nc_year",
    "due",
    "done",
    "outstanding",
    "percent",
    "status",
    "done_since_deadline",
    "last_entry",
    "incomplete_in_a_row",
    "too_short",
    "drafts",
    "not_yet_in_sims",
    "not_reminded",
    "interviews_this_year",
)
SILENT_COLUMNS = ("code", "what", "do")
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def render_json(summary: ComplianceSummary) -> str:
    """One document of the shape of docs/schemas/compliance.schema.json, ending with a line break."""
    return json.dumps(_document(summary), ensure_ascii=False, indent=2) + "\n"


def render_csv(summary: ComplianceSummary) -> str:
    """One row per tutor group, houses in order, groups in rule 21's order; lines end with a line feed.

    A held report has the columns code, what, do instead and a row per reason: nobody can take it for a report on
    which every group is missing.
    """
    if not summary.has_figures:
        return _csv(SILENT_COLUMNS, _silent_rows(summary))
    return _csv(GROUP_COLUMNS, (_group_cells(house, row) for house in summary.houses for row in house.groups))


def render_names_csv(summary: ComplianceSummary) -> str:
    """One row per student of the population who is not done, with exactly the five columns of DESIGN §6.

    Held: the header alone. Such a file says nothing about anybody, so do not write it where it could be taken for
    "nobody is outstanding".

    Raises:
        ValueError: the summary was made without names.
    """
    return _csv(NAME_COLUMNS, name_rows(summary))


def name_rows(summary: ComplianceSummary) -> tuple[Sequence[str], ...]:
    """The cells under `NAME_COLUMNS`, groups in rule 21's order, students by surname, those in no group last.

    Raises:
        ValueError: the summary was made without names.
    """
    if not summary.names:
        raise ValueError("a list of names needs a summary made with names")
    rows = (row for house in summary.houses for row in house.groups)
    placed = [_name_cells(row.figures.group, row.tutors, student) for row in rows for student in row.students]
    unplaced = [_name_cells(student.group, (), student) for student in summary.unplaced]
    return (*placed, *unplaced)


def neutralised(cell: str) -> str:
    """The cell, with an apostrophe before what a spreadsheet would run as a formula (DESIGN §10)."""
    return f"'{cell}" if cell.startswith(FORMULA_STARTS) else cell


def _csv(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    page = StringIO()
    writer = csv.writer(page, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([neutralised(cell) for cell in row] for row in rows)
    return page.getvalue()


def _silent_rows(summary: ComplianceSummary) -> Iterable[Sequence[str]]:
    if summary.held:
        return [(reason.code, reason.what, reason.do) for reason in summary.held]
    return [("not-assessed", summary.not_assessed or "", "")]


def _name_cells(group: str, tutors: Sequence[str], student: StudentRow) -> Sequence[str]:
    return (group, wording.joined(tutors), student.forename, student.surname, student.student_class)


def _group_cells(house: HouseSummary, row: GroupRow) -> Sequence[str]:
    figures = row.figures
    values = (
        house.house,
        figures.group,
        figures.shown,
        wording.joined(row.tutors),
        figures.nc_year or "",
        figures.due,
        figures.done,
        figures.outstanding,
        "" if figures.percent is None else figures.percent,
        figures.status,
        figures.done_since_deadline,
        figures.last_entry or "",
        figures.incomplete_in_a_row,
        figures.too_short,
        figures.drafts,
        figures.not_yet_in_sims,
        "yes" if figures.not_reminded else "no",
        wording.interviews(figures),
    )
    return [str(value) for value in values]


def _document(summary: ComplianceSummary) -> dict[str, object]:
    document: dict[str, object] = {
        "schema": SCHEMA,
        "school": summary.school,
        "half_term": str(summary.half_term),
        "occasion": summary.occasion.name.lower(),
        "policy": summary.policy.value,
        "deadline": summary.deadline.isoformat() if summary.deadline else None,
        "as_of": summary.as_of.isoformat(),
        "held": [{"code": reason.code, "what": reason.what, "do": reason.do} for reason in summary.held],
        "not_assessed": summary.not_assessed,
        "data_as_of": [
            {"source": read.source, "kind": read.kind, "began": read.began.isoformat() if read.began else None}
            for read in summary.data_as_of
        ],
        "houses": [_house(summary, house) for house in summary.houses],
        "problems": [
            {"code": problem.code, "subject": problem.subject, "what": problem.what, "do": problem.do}
            for problem in summary.problems
        ],
        "rules_off": list(summary.rules_off),
        "first_read_note": summary.first_read_note,
    }
    if summary.closed_at is not None:
        document["closed_at"] = summary.closed_at.isoformat()
        document["restatements"] = [
            {"at": each.at.isoformat(), "who": each.who, "why": each.why, "changes": list(each.changes)}
            for each in summary.restatements
        ]
    if summary.names:
        document["students_without_group"] = [_student(student) for student in summary.unplaced]
    return document


def _trend(points: Iterable[TrendPoint]) -> list[dict[str, object]]:
    return [asdict(point) for point in points]


def _house(summary: ComplianceSummary, house: HouseSummary) -> dict[str, object]:
    return {
        "house": house.house,
        "heads": list(house.heads),
        "due": house.due,
        "done": house.done,
        "outstanding": house.outstanding,
        "percent": house.percent,
        "headline": wording.headline(summary, house),
        "nearly_there": wording.nearly_line([house]) or None,
        "counts": {found.value: number for found, number in house.counts.items()},
        "trend": _trend(house.trend),
        "groups": [_group(summary, row) for row in house.groups],
    }


def _group(summary: ComplianceSummary, row: GroupRow) -> dict[str, object]:
    figures = row.figures
    group: dict[str, object] = {
        "tutor_group": figures.group,
        "shown": figures.shown,
        "tutors": list(row.tutors),
        "nc_year": figures.nc_year,
        "due": figures.due,
        "done": figures.done,
        "outstanding": figures.outstanding,
        "percent": figures.percent,
        "status": figures.status.value,
        "counts": {found.value: number for found, number in figures.counts.items()},
        "interviews_this_year": list(figures.interviews_this_year),
        "too_short": figures.too_short,
        "drafts": figures.drafts,
        "done_since_deadline": figures.done_since_deadline,
        "last_entry": figures.last_entry.isoformat() if figures.last_entry else None,
        "incomplete_in_a_row": figures.incomplete_in_a_row,
        "not_yet_in_sims": figures.not_yet_in_sims,
        "not_reminded": figures.not_reminded,
        "excused_share": figures.excused_share,
    }
    if summary.names:
        group["students"] = [_student(student) for student in row.students]
    return group


def _student(student: StudentRow) -> dict[str, object]:
    return {
        "forename": student.forename,
        "surname": student.surname,
        "class": student.student_class.value,
        "labels": list(student.labels),
    }
