"""Where in a OneRoster server does a delivery belong: which of its students, and which of its line items?

A line item is an aspect; its result set is its grading period or, for assessment line items, the line item above it.
How SIMS fills these is not known (SIMS §4), so titles are compared without regard to case and blanks.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from connectors.oneroster.options import OneRosterResultsOptions
from sims_sync.formats.oneroster_rows import Record, students_among
from sims_sync.records import Delivery, StudentRef

ReadList = Callable[[str], Iterator[Record]]  # every record of the list of that name


@dataclass(frozen=True, slots=True)
class Place:
    """The server's ids of a student and a line item."""

    student_id: str
    line_item_id: str


@dataclass(frozen=True, slots=True)
class NoPlace:
    """Why a delivery belongs nowhere; the fields are those of a `Receipt`."""

    code: str
    what: str
    do: str


@dataclass(slots=True)
class Places:
    """All line items by title of aspect and result set, and the students where they are matched by another id.

    `students` None: the student's person id is the server's own.
    """

    line_items: dict[tuple[str, str], list[str]] = field(default_factory=lambda: defaultdict(list))
    students: Mapping[str, str] | None = None
    match_by: str = "sourcedId"
    titles: dict[str, str] = field(default_factory=dict)  # of aspects that stand in a result set, as they are written

    @classmethod
    def load(cls, read: ReadList, options: OneRosterResultsOptions) -> "Places":
        """Read the lists that are needed.

        Raises:
            SourceFailed, SourceRefused, SourceUnavailable: as for `ListPages.records`.
        """
        found = cls(match_by=options.match_students_by)
        items = list(read(f"{options.item}s"))
        has_periods = any("gradingPeriod.sourcedId" in item for item in items)
        periods = list(read("gradingPeriods")) if has_periods else []
        titles = {record.get("sourcedId", ""): record.get("title", "") for record in (*items, *periods)}
        for item in items:
            above = item.get("gradingPeriod.sourcedId") or item.get("parentAssessmentLineItem.sourcedId") or ""
            aspect, result_set = item.get("title", ""), titles.get(above, "")
            found.line_items[_plain(aspect), _plain(result_set)].append(item.get("sourcedId", ""))
            if result_set:
                found.titles[_plain(aspect)] = aspect
        if options.match_students_by != "sourcedId":
            found.students = _by_id(students_among(read("students")), options.match_students_by)
        return found

    def of(self, delivery: Delivery) -> Place | NoPlace:
        """Where a delivery belongs."""
        student = self._student(delivery.student)
        if student is None:
            return _UNKNOWN_STUDENT
        aspect, result_set = _plain(delivery.aspect), _plain(delivery.result_set)
        items = self.line_items.get((aspect, result_set), [])
        if len(items) == 1:
            return Place(student, items[0])
        if items:
            return _AMBIGUOUS
        return _NO_RESULT_SET if any(title == aspect for title, _ in self.line_items) else _NO_ASPECT

    def _student(self, ref: StudentRef) -> str | None:
        """The server's id; one with a quotation mark in it could not be asked for."""
        if self.students is None:
            found = ref.person_id
        else:
            found = self.students.get((ref.upn if self.match_by == "upn" else ref.admission_number) or "")
        return found if found and "'" not in found else None


def _by_id(students: Iterable[Record], match_by: str) -> dict[str, str]:
    """The server's id by UPN or admission number; whoever shares one with another student is left out."""
    found: dict[str, set[str]] = defaultdict(set)
    for student in students:
        for name in student:
            wanted = "identifier" if match_by == "admission_number" else "userids.upn"
            if name.casefold() == wanted:
                found[student[name].strip()].add(student.get("sourcedId", ""))
    return {number: ids.pop() for number, ids in found.items() if len(ids) == 1}


def _plain(title: str) -> str:
    return " ".join(title.casefold().split())


_UNKNOWN_STUDENT = NoPlace(
    "unknown-student",
    "The server does not know the student by this id.",
    "Check the student's ids in SIMS, and match_students_by in the config.",
)
_NO_ASPECT = NoPlace(
    "no-aspect",
    "The server has no line item of the aspect's name.",
    "Make the aspect in SIMS, or name yours in [entries].",
)
_NO_RESULT_SET = NoPlace(
    "no-result-set",
    "The server has the aspect, but not in a result set of the half term's name.",
    "Make the result set in SIMS and put the aspect on a marksheet of it, or name yours in [entries].",
)
_AMBIGUOUS = NoPlace(
    "no-aspect",
    "The server has several line items of this aspect in this result set, so the right one cannot be told.",
    "Give one of the aspects another name in SIMS, or name yours in [entries].",
)
