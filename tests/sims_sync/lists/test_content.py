"""In random schools: nobody stands in another's list, held figures name nobody, the numbers are the report's own."""

import re
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st
from python_calamine import load_workbook

from sims_sync.compliance.facts import HoldReason, Occasion, Policy, SchoolFacts, StudentClass
from sims_sync.compliance.figures import assess
from sims_sync.compliance_report import ComplianceReport
from sims_sync.lists.answers import Answers
from sims_sync.lists.content import Figures, list_content
from sims_sync.lists.folders import ListKey, ListKind
from sims_sync.lists.gathering import figures_of
from sims_sync.lists.layout import Col
from sims_sync.lists.writing import write_list
from sims_sync.report.workbook import group_cells
from sims_sync.school_facts import LoadedFacts
from tests.sims_sync.builders import make_school
from tests.sims_sync.compliance.invented_school import AUTUMN_1, AUTUMN_2, SCHOOL_YEAR
from tests.sims_sync.compliance.test_properties import MOMENTS, Maker

HELD = (HoldReason("no-entries", "No source has yielded any entry.", "Check the sources.", releasable=True),)
OCCASIONS = st.sampled_from(list(Occasion))
SEEDS = st.integers(0, 10**6)


def named(facts: SchoolFacts) -> SchoolFacts:
    """With names that occur nowhere else."""
    students = tuple(
        replace(each, forename=f"Zulpa{at}q", surname=f"Vorrin{at}q") for at, each in enumerate(facts.students)
    )
    staff = tuple(replace(each, forename="Kerra", surname=f"Tolm{each.staff_id}q") for each in facts.staff)
    return replace(facts, students=students, staff=staff)


def figures(facts: SchoolFacts, occasion: Occasion, *, held: bool = False, fresh: bool = True) -> Figures:
    half_term = AUTUMN_1 if facts.settings.policy is Policy.TERMLY else AUTUMN_2
    assessment = assess(facts, half_term, occasion, MOMENTS[occasion], fresh=fresh)
    loaded = LoadedFacts(facts, (), 0, ())
    report = ComplianceReport(assessment, loaded, HELD if held else (), SCHOOL_YEAR)
    notes = {group.group: f"A note of {group.group}" for group in assessment.groups}
    return figures_of(report, make_school(Path(tempfile.gettempdir())), notes)


def texts(content: bytes) -> Iterator[str]:
    book = load_workbook(BytesIO(content))
    for name in book.sheet_names:
        yield from (str(cell) for line in book.get_sheet_by_name(name).to_python() for cell in line)


@settings(max_examples=40, deadline=None)
@given(SEEDS, OCCASIONS)
def test_nobody_stands_in_another_groups_or_houses_list(seed: int, occasion: Occasion) -> None:
    facts = named(Maker(Random(seed)).school())  # noqa: S311 - an invented school
    found = figures(facts, occasion)
    surname_of = {student.student_id: student.surname for student in facts.students}
    for key in found.list_keys():
        mine = {
            surname_of[line.student_id]
            for line in found.lines
            if (line.group == key.name if key.kind is ListKind.GROUP else found.belongs(key, line))
        }
        written = write_list(list_content(found, key))
        shown = {match for text in texts(written) for match in re.findall(r"Vorrin\d+q", text)}
        assert shown <= mine
        assert written == write_list(list_content(found, key))


@settings(max_examples=25, deadline=None)
@given(SEEDS, OCCASIONS)
def test_held_figures_hold_no_name_at_all(seed: int, occasion: Occasion) -> None:
    facts = named(Maker(Random(seed)).school())  # noqa: S311 - an invented school
    found = figures(facts, occasion, held=True)
    said = Answers({student.student_id: ({Col.REASON: "written"}, "why not") for student in facts.students})
    for key in found.list_keys():
        written = list(texts(write_list(list_content(found, key, said))))
        assert not any(re.search("Vorrin|Zulpa|Tolm|A note of|written", text) for text in written)
        assert found.whole.not_assessed or any(HELD[0].what in text for text in written)


@settings(max_examples=25, deadline=None)
@given(SEEDS, OCCASIONS)
def test_a_policy_or_old_data_that_name_no_student_list_none(seed: int, occasion: Occasion) -> None:
    facts = named(Maker(Random(seed)).school())  # noqa: S311 - an invented school
    for policy, fresh in ((Policy.ANY, True), (Policy.TERMLY, True), (Policy.HALF_TERM, False)):
        if not fresh and occasion is not Occasion.BEFORE:
            continue
        starts = AUTUMN_1 if policy is Policy.TERMLY else facts.settings.starts_with
        under = replace(facts, settings=replace(facts.settings, policy=policy, starts_with=starts))
        found = figures(under, occasion, fresh=fresh)
        assert [key for key in found.list_keys() if list_content(found, key).students] == []


@settings(max_examples=25, deadline=None)
@given(SEEDS, OCCASIONS)
def test_the_numbers_are_those_of_the_report_and_everyone_not_done_is_in_the_heads_list(
    seed: int, occasion: Occasion
) -> None:
    facts = named(Maker(Random(seed)).school())  # noqa: S311 - an invented school
    found = figures(facts, occasion)
    for house, summary in found.summaries.items():
        content = list_content(found, ListKey(ListKind.HOUSE, house))
        reported = [group_cells(summary, each, row) for each in summary.houses for row in each.groups]
        assert [group_cells(content.summary, each, row) for each, row, _ in content.groups] == reported
        for each, row, _ in content.groups:
            if row.figures.names_students:
                outstanding = [
                    student
                    for student in content.students
                    if student.cells[Col.GROUP] == row.figures.group
                    and student.cells[Col.STANDING] == StudentClass.OUTSTANDING
                ]
                assert (len(outstanding), each.house) == (row.figures.outstanding, house)
