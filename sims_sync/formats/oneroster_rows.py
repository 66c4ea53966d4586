"""Which raw rows do OneRoster's lists make when they are put together, whether they came by REST or as CSV?

OneRoster knows no tutor group: it is a class of type `homeroom`, to which enrolments tie its students and teachers.
Records are rows already: text by dotted column name ("user.sourcedId").
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from fnmatch import fnmatchcase

from sims_sync.formats.flat_json import join_prefixed

Record = Mapping[str, str]

_GONE = frozenset({"tobedeleted", "inactive"})
_NOT_STAFF = frozenset({"student", "parent", "guardian", "relative"})
_PRIVATE = frozenset({"password", "sms", "phone"})
_WITHOUT_SCORE = frozenset({"not submitted", "exempt"})
_SCORES = frozenset({"score", "textScore"})


def listed(records: Iterable[Record]) -> Iterator[Record]:
    """Without those marked as deleted; in bulk files and from tolerant servers the mark may be missing."""
    return (record for record in records if record.get("status", "").casefold() not in _GONE)


def students_among(users: Iterable[Record]) -> Iterator[Record]:
    """The students, where users carry a role at all (1.1 `role`, 1.2 `roles.role`)."""
    return (_public(user) for user in users if not (roles := _roles(user)) or "student" in roles)


def staff_among(users: Iterable[Record]) -> Iterator[Record]:
    """Everybody else who is no family member."""
    return (_public(user) for user in users if not (roles := _roles(user)) or roles - _NOT_STAFF)


@dataclass(slots=True)
class Homerooms:
    """The homeroom classes by id, with the enrolments in them by role and user."""

    classes: dict[str, Record] = field(default_factory=dict)
    students: dict[str, list[Record]] = field(default_factory=lambda: defaultdict(list))  # by user
    teachers: dict[str, list[Record]] = field(default_factory=lambda: defaultdict(list))  # by class

    @classmethod
    def of(cls, classes: Iterable[Record], enrolments: Iterable[Record]) -> "Homerooms":
        """Keep what concerns homerooms; the many teaching classes are let go at once."""
        found = cls({each.get("sourcedId", ""): each for each in listed(classes) if _is_homeroom(each)})
        for enrolment in listed(enrolments):
            room, role = enrolment.get("class.sourcedId", ""), enrolment.get("role", "").casefold()
            if room not in found.classes:
                continue
            if role == "student":
                found.students[enrolment.get("user.sourcedId", "")].append(enrolment)
            elif role == "teacher":
                found.teachers[room].append(enrolment)
        return found


def student_rows(users: Iterable[Record], homerooms: Homerooms, today: date) -> Iterator[Record]:
    """One row for each student, with `homeroom.title` and `homeroom.beginDate` of the group they are in today.

    Of several at once the one begun last counts. Begun on the same day, they make several rows, which the mapping then
    holds: nobody can say which is true.
    """
    for user in users:
        current = _current(homerooms.students.get(user.get("sourcedId", ""), ()), today)
        if not current:
            yield user
        for enrolment in current:
            room = homerooms.classes[enrolment["class.sourcedId"]]
            yield {**user, **_picked("homeroom", room, ("title",)), **_picked("homeroom", enrolment, ("beginDate",))}


def tutor_group_rows(homerooms: Homerooms, teachers: Iterable[Record]) -> Iterator[Record]:
    """One row for each homeroom and teacher, past ones too; a homeroom without a teacher is one row.

    The teacher's `identifier`, `email` and `sourcedId` come from the list of teachers; `teacher.primary`,
    `teacher.beginDate` and `teacher.endDate` from the enrolment.
    """
    known = {teacher.get("sourcedId", ""): teacher for teacher in teachers}
    for room_id, room in homerooms.classes.items():
        enrolments = homerooms.teachers.get(room_id, ())
        if not enrolments:
            yield room
        for enrolment in enrolments:
            user_id = enrolment.get("user.sourcedId", "")
            teacher = {"sourcedId": user_id, **known.get(user_id, {})}
            yield {
                **room,
                **_picked("teacher", teacher, ("sourcedId", "identifier", "email")),
                **_picked("teacher", enrolment, ("primary", "beginDate", "endDate")),
            }


def result_rows(
    results: Iterable[Record], items: Sequence[Record], periods: Sequence[Record], item: str
) -> Iterator[Record]:
    """One row for each result, with the columns of its line item and the title of that item's grading period.

    `item` is "lineItem" or "assessmentLineItem"; the latter may have a parent, whose title is joined as well. A score
    that stands beside "not submitted" or "exempt" is a filler and left out.
    """
    known = {record.get("sourcedId", ""): record for record in items}
    titles = {record.get("sourcedId", ""): record for record in periods}
    for result in results:
        line = known.get(result.get(f"{item}.sourcedId", ""), {})
        period = titles.get(line.get("gradingPeriod.sourcedId", ""), {})
        parent = known.get(line.get("parentAssessmentLineItem.sourcedId", ""), {})
        yield {
            **_without_filler(result),
            **_picked(item, line, ("title",)),
            **_picked(f"{item}.gradingPeriod", period, ("title",)),
            **_picked(f"{item}.parent", parent, ("title",)),
        }


def of_aspects(rows: Iterable[Record], item: str, wanted: Sequence[str], unwanted: Sequence[str]) -> Iterator[Record]:
    """The rows whose line item's title is like one of `wanted` (`*` stands for anything) and like none of `unwanted`.

    A row without a title is kept: what it lacks is for the mapping to say.
    """
    for row in rows:
        title = row.get(f"{item}.title")
        if title is None or (_is_like(title, wanted) and not _is_like(title, unwanted)):
            yield row


def _is_like(title: str, patterns: Sequence[str]) -> bool:
    return any(fnmatchcase(title.casefold(), pattern.casefold()) for pattern in patterns)


def _public(user: Record) -> Record:
    """Without what nobody here may see, though the standard's users carry it."""
    return {name: text for name, text in user.items() if name not in _PRIVATE}


def _roles(user: Record) -> set[str]:
    text = ",".join(filter(None, (user.get("role"), user.get("roles.role"))))
    return {role.strip().casefold() for role in text.split(",")} - {""}


def _is_homeroom(room: Record) -> bool:
    return room.get("classType", "").casefold() == "homeroom"


def _current(enrolments: Sequence[Record], today: date) -> list[Record]:
    """Those that hold today and began last. The last day counts whether the server means it inclusively or not."""
    day = today.isoformat()
    holding = [each for each in enrolments if _day(each, "beginDate") <= day <= (_day(each, "endDate") or day)]
    latest = max((_day(each, "beginDate") for each in holding), default="")
    return list({each["class.sourcedId"]: each for each in holding if _day(each, "beginDate") == latest}.values())


def _day(record: Record, name: str) -> str:
    return record.get(name, "").strip()[: len("2026-09-01")]


def _picked(prefix: str, record: Record, names: Sequence[str]) -> dict[str, str]:
    return join_prefixed(prefix, {name: record[name] for name in names if name in record})


def _without_filler(result: Record) -> Record:
    if result.get("scoreStatus", "").casefold() not in _WITHOUT_SCORE:
        return result
    return {name: text for name, text in result.items() if name not in _SCORES}
