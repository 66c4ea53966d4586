"""What stands in each list, and who may write in which row: pure, from the report's own figures to rows."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from sims_sync.compliance.facts import Excusal, Exemption, Status, StudentClass, StudentFacts, StudentLine
from sims_sync.lists.answers import Answers
from sims_sync.lists.folders import ListKey, ListKind
from sims_sync.lists.layout import ACCEPT, FOR_THE_LEAD, REFUSE, Col, Marks
from sims_sync.report import wording
from sims_sync.report.summary import ComplianceSummary, GroupRow, HouseSummary, StudentRow, clean, sort_key

_ID_BYTES = 10
_CLOSED = "This half term is closed: these are its figures as they were, and nothing can be entered any more."
_OLD_DATA = "The data are too old to say who is not done: no student is listed until they have been read again."
_NO_NAMES = "Under this school's policy no student is named in this half term; counts are above."


@dataclass(frozen=True, slots=True)
class ListedStudent:
    """One row: its cells by column, the columns that are open, and what could not be taken over from the last copy.

    `cells` are what we know; `kept` is what a person wrote instead and could not be taken over, so that nobody has to
    type it again. `row_id` is empty where nothing may be written.
    """

    student_id: str
    cells: Mapping[Col, str]
    open: frozenset[Col] = frozenset()
    row_id: str = ""
    kept: Mapping[Col, str] = field(default_factory=dict)
    answer: str = ""


@dataclass(frozen=True, slots=True)
class ListContent:
    """Everything that one list shows. `groups` are (house, row, the tutor's note); `remark` says why nobody is listed.

    `note` None = the list has no cell for a note; else what stands in it, and `note_answer` why it was not taken over.
    """

    key: ListKey
    marks: Marks
    summary: ComplianceSummary
    groups: tuple[tuple[HouseSummary, GroupRow, str], ...] = ()
    students: tuple[ListedStudent, ...] = ()
    remark: str = ""
    note: str | None = None
    note_answer: str = ""
    lines: tuple[str, ...] = ()

    @property
    def is_answering(self) -> bool:
        """Whether it still holds what a person wrote and what could not be taken over of it."""
        return bool(self.note_answer) or any(row.kept for row in self.students)


@dataclass(frozen=True)
class Figures:
    """What all lists are made of, for one half term.

    `summaries`: house → the report's own summary of it; `whole` that of the school. `lines`: each student's class, also
    where the summaries are held. `own_groups`: the groups whose tutor is a Head of House. `closed`: the figures are
    those of the closing snapshot, whose summaries carry the names; `lines` is then empty.
    """

    school: str
    whole: ComplianceSummary
    summaries: Mapping[str, ComplianceSummary]
    houses: Mapping[str, tuple[str, ...]]  # house → its groups
    heads: Mapping[str, tuple[str, ...]]  # house → its Heads; empty = vacancy
    lines: tuple[StudentLine, ...]
    students: Mapping[str, StudentFacts]
    excusals: Mapping[str, Excusal] = field(default_factory=dict)
    exemptions: Mapping[str, Exemption] = field(default_factory=dict)
    notes: Mapping[str, str] = field(default_factory=dict)
    own_groups: frozenset[str] = frozenset()
    closed: bool = False

    @property
    def half_term(self) -> str:
        """E.g. "2026-27/autumn-2"."""
        return str(self.whole.half_term)

    @cached_property
    def by_id(self) -> Mapping[str, StudentLine]:
        """Each student's line."""
        return {line.student_id: line for line in self.lines}

    @cached_property
    def by_row(self) -> Mapping[str, str]:
        """Row id → student, of every student known, so that one who has moved is known again."""
        return {row_id(self.school, self.half_term, student): student for student in self.students}

    @cached_property
    def house_of_group(self) -> Mapping[str, str]:
        """Tutor group → the house in whose report its row stands."""
        return {group: house for house, groups in self.houses.items() for group in groups}

    def list_keys(self) -> tuple[ListKey, ...]:
        """The lists there are: houses, groups, the programme lead's."""
        named = [ListKey(ListKind.HOUSE, house) for house in self.summaries]
        groups = [ListKey(ListKind.GROUP, group) for group in self.house_of_group]
        return (*named, *groups, ListKey(ListKind.LEAD))

    def house(self, line: StudentLine) -> str | None:
        """The house in which the student counts; None = in none that has a Head's list."""
        found = self.house_of_group.get(line.group or "", line.house)
        return found if found in self.summaries else None

    def is_for_the_lead(self, line: StudentLine) -> bool:
        """Whether the programme lead decides: a Head of House's own students, and vacancies (rule 11)."""
        house = self.house(line)
        return line.group in self.own_groups or house is None or not self.heads.get(house)

    def belongs(self, key: ListKey, line: StudentLine) -> bool:
        """Whether the student stands in that list; nobody ever stands in another group's or house's."""
        if key.kind is ListKind.GROUP:
            return line.group == key.name
        return self.is_for_the_lead(line) if key.kind is ListKind.LEAD else self.house(line) == key.name

    def open_columns(self, key: ListKey, line: StudentLine) -> frozenset[Col]:
        """What may be written in the student's row of that list."""
        given = self.excusals.get(line.student_id)
        decided = given is not None and given.accepted is not None
        if self.closed or line.student_class is StudentClass.EXEMPT or not self.belongs(key, line):
            return frozenset()
        if key.kind is ListKind.GROUP:
            return frozenset() if decided else frozenset({Col.REASON})
        if key.kind is ListKind.HOUSE and self.is_for_the_lead(line):
            return frozenset()
        return frozenset({Col.EXEMPT}) if given is None or decided else frozenset({Col.DECISION, Col.WHY, Col.EXEMPT})


def row_id(school: str, half_term: str, student_id: str) -> str:
    """The id of a row: the same whenever it is written, and nothing that can be guessed from a name."""
    text = f"list\x1f{school}\x1f{half_term}\x1f{student_id}"
    return "l" + hashlib.blake2b(text.encode("utf-8"), digest_size=_ID_BYTES).hexdigest()


def list_content(figures: Figures, key: ListKey, answers: Answers | None = None) -> ListContent:
    """What stands in one list, with what could not be taken over from its last copy.

    Where the figures are held or there are none, it holds no student, no tutor and nothing that was written.
    """
    summary = _summary(figures, key)
    marks = Marks(figures.school, figures.half_term, str(key))
    if not summary.has_figures:
        return ListContent(key, marks, replace(summary, houses=()))
    note = figures.notes.get(key.name, "") if key.kind is ListKind.GROUP and not figures.closed else None
    groups = tuple(_groups(figures, key, summary))
    students = tuple(_students(figures, key, [row for _, row, _ in groups]))
    said = answers or Answers()
    shown = {each.student_id for each in students}
    extra = [_line_of(figures, key, student, why) for student, (_, why) in said.rows.items() if student not in shown]
    return ListContent(
        key,
        replace(marks, note=note or ""),
        summary,
        groups,
        tuple(_answered(each, said) for each in students),
        _remark(figures, students),
        said.note[0] if said.note and note is not None else note,
        said.note[1] if said.note else "",
        (*said.lines, *extra),
    )


def _summary(figures: Figures, key: ListKey) -> ComplianceSummary:
    """The report's own summary: of the house, of the group's house; the lead's holds the groups in question alone."""
    if key.kind is ListKind.LEAD:
        return figures.whole
    house = key.name if key.kind is ListKind.HOUSE else figures.house_of_group.get(key.name, "")
    return figures.summaries.get(house, figures.whole)


def _groups(figures: Figures, key: ListKey, summary: ComplianceSummary) -> Iterator[tuple[HouseSummary, GroupRow, str]]:
    for house in summary.houses:
        vacant = house.house not in figures.summaries or not figures.heads.get(house.house)
        for row in house.groups:
            name = row.figures.group
            is_mine = {
                ListKind.HOUSE: True,
                ListKind.GROUP: name == key.name,
                ListKind.LEAD: vacant or name in figures.own_groups,
            }[key.kind]
            if is_mine:
                yield house, row, figures.notes.get(name, "")


def _students(figures: Figures, key: ListKey, rows: Sequence[GroupRow]) -> Iterator[ListedStudent]:
    """Those who are not done, by group and name; none under a policy that names no student, none from old data."""
    if figures.closed:
        yield from _closed_students(figures, key, rows)
        return
    naming = {row.figures.group for row in rows if row.figures.names_students and not _is_old(row)}
    every = [group for house in figures.whole.houses for group in house.groups]
    names_ungrouped = any(row.figures.names_students for row in every) and not any(map(_is_old, every))
    found = [
        line
        for line in figures.lines
        if figures.belongs(key, line)
        and line.student_class is not StudentClass.DONE
        and (line.group in naming or (names_ungrouped and line.group not in figures.house_of_group))
    ]
    for line in sorted(found, key=lambda each: _order(figures, each)):
        yield _row(figures, key, line)


def _closed_students(figures: Figures, key: ListKey, rows: Sequence[GroupRow]) -> Iterator[ListedStudent]:
    if key.kind is ListKind.LEAD:
        return
    unplaced = figures.summaries[key.name].unplaced if key.kind is ListKind.HOUSE else ()
    for row in (*(student for group in rows for student in group.students), *unplaced):
        yield ListedStudent("", _closed_cells(row))


def _closed_cells(row: StudentRow) -> Mapping[Col, str]:
    return {
        Col.GROUP: row.group,
        Col.SURNAME: row.surname,
        Col.FORENAME: row.forename,
        Col.STANDING: row.student_class.value,
        Col.KNOWN: ", ".join(row.labels),
    }


def _row(figures: Figures, key: ListKey, line: StudentLine) -> ListedStudent:
    student, given = figures.students[line.student_id], figures.excusals.get(line.student_id)
    decided = {None: "", True: ACCEPT, False: REFUSE}[given.accepted if given else None]
    exemption = figures.exemptions.get(line.student_id)
    locked = key.kind is ListKind.HOUSE and figures.is_for_the_lead(line)
    cells = {
        Col.GROUP: clean(line.group or ""),
        Col.SURNAME: clean(student.surname),
        Col.FORENAME: clean(student.forename),
        Col.STANDING: line.student_class.value,
        Col.KNOWN: ", ".join((*line.labels, *(("done since the deadline",) if line.done_since_deadline else ()))),
        Col.REASON: clean(given.reason) if given else "",
        Col.GIVEN: wording.day(given.effective) if given else "",
        Col.STATE: {"": "waiting" if given else "", ACCEPT: "accepted", REFUSE: "not accepted"}[decided],
        Col.DECISION: FOR_THE_LEAD if locked and not decided else decided,
        Col.EXEMPT: clean(exemption.reason) if exemption else "",
    }
    own_id = row_id(figures.school, figures.half_term, line.student_id)
    return ListedStudent(line.student_id, cells, figures.open_columns(key, line), own_id)


def _answered(row: ListedStudent, answers: Answers) -> ListedStudent:
    kept, answer = answers.rows.get(row.student_id, ({}, ""))
    return replace(row, kept={column: text for column, text in kept.items() if column in row.open}, answer=answer)


def _line_of(figures: Figures, key: ListKey, student_id: str, why: str) -> str:
    """An answer about a student who has no row any more: named only if still of this list."""
    line = figures.by_id.get(student_id)
    if line is None or not figures.belongs(key, line):
        return f"One row: {why}"
    student = figures.students[student_id]
    return f"{clean(student.forename)} {clean(student.surname)}: {why}"


def _remark(figures: Figures, students: Sequence[ListedStudent]) -> str:
    if figures.closed:
        return _CLOSED
    rows = [group for house in figures.whole.houses for group in house.groups]
    if students or not rows:
        return ""
    if any(map(_is_old, rows)):
        return _OLD_DATA
    return "" if any(row.figures.names_students for row in rows) else _NO_NAMES


def _is_old(row: GroupRow) -> bool:
    """Rule 20: before the deadline old data are shown as counts alone."""
    return row.figures.status is Status.UNKNOWN


def _order(figures: Figures, line: StudentLine) -> tuple[str, str, str]:
    student = figures.students[line.student_id]
    return sort_key(line.group or ""), sort_key(student.surname), sort_key(student.forename)
