"""What does the simulated SIMS look like in OneRoster's words?

How the real one fills these lists is not known (SIMS §4): a tutor group is a homeroom class here, an aspect a line
item, a result set a grading period or, in 1.2, the line item above; houses stand in `metadata`.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime

from sims_sync.demo.days import DemoDays, local_day
from sims_sync.demo.sims_file import Setting
from sims_sync.demo.sims_state import ListedResult, ListedStaff, ListedStudent, ListedTutoring, SimsState

SCHOOL_ID = "school"
MODIFIED = "2026-09-01T00:00:00.000Z"
MENTORING_ASPECTS = tuple(f"Mentoring {kind} {number}" for kind in ("Target", "Review") for number in (1, 2, 3))
HALF_TERMS = tuple(f"{term} {number}" for term in ("Autumn", "Spring", "Summer") for number in (1, 2))
FIRST_MONTH = 9  # of an academic year

Item = dict[str, object]
Column = tuple[str, str | None]  # an aspect and its result set; None = without one
# The lists by their names in the address; None: there is no such list.
Lists = Callable[[str], list[Item] | None]


class SimsLists:
    """The lists of one state as they stand at `now`; `version` is "1.1" or "1.2"."""

    def __init__(self, state: SimsState, now: Callable[[], datetime], version: str = "1.1") -> None:
        self._state = state
        self._now = now
        self._version = version
        self._makers: Mapping[str, Callable[[], Iterator[Item]]] = {
            "orgs": self._orgs,
            "schools": self._orgs,
            "students": self._students,
            "teachers": self._teachers,
            "users": self._users,
            "classes": self._classes,
            "enrollments": self._enrollments,
            "gradingPeriods": self._grading_periods,
            "lineItems": self._line_items,
            "results": self._results,
        }
        if version != "1.1":
            self._makers = {
                **self._makers,
                "assessmentLineItems": self._assessment_line_items,
                "assessmentResults": self._assessment_results,
            }

    @property
    def version(self) -> str:
        """The version of OneRoster that is spoken."""
        return self._version

    def __call__(self, name: str) -> list[Item] | None:
        """The whole list of that name; None: there is none."""
        maker = self._makers.get(name)
        return None if maker is None else list(maker())

    def _orgs(self) -> Iterator[Item]:
        name, number = (self._state.setting(each) for each in (Setting.SCHOOL_NAME, Setting.DFE_NUMBER))
        yield _item(SCHOOL_ID, name=name, type="school", identifier=number)

    def _students(self) -> Iterator[Item]:
        return (self._student(student) for student in self._state.students(self._now()))

    def _teachers(self) -> Iterator[Item]:
        today = local_day(self._now())
        current = (each for each in self._state.staff(self._now()) if each.leaves is None or each.leaves >= today)
        return (self._teacher(member) for member in current)

    def _users(self) -> Iterator[Item]:
        yield from self._students()
        yield from self._teachers()

    def _student(self, student: ListedStudent) -> Item:
        found = _item(
            student.person_id,
            **self._role("student"),
            enabledUser="true",
            givenName=student.forename,
            familyName=student.surname,
            identifier=student.admission_number,
            grades=[f"{student.nc_year:02}"],
        )
        if student.upn:
            found["userIds"] = [{"type": "UPN", "identifier": student.upn}]
        if student.house:
            found["metadata"] = {"house": student.house.value}
        return found

    def _teacher(self, member: ListedStaff) -> Item:
        found = _item(
            member.person_id,
            **self._role("teacher"),
            enabledUser="true",
            givenName=member.forename,
            familyName=member.surname,
            identifier=member.code,
        )
        return found | ({"email": member.email} if member.email else {})

    def _role(self, role: str) -> dict[str, object]:
        school = {"sourcedId": SCHOOL_ID, "type": "org"}
        if self._version == "1.1":
            return {"role": role, "orgs": [school]}
        return {"roles": [{"roleType": "primary", "role": role, "org": school}], "primaryOrg": school}

    def _classes(self) -> Iterator[Item]:
        for name, tutoring in self._groups().items():
            yield _item(
                _room(name),
                title=name,
                classType="homeroom",
                grades=[f"{tutoring.nc_year:02}"],
                school={"sourcedId": SCHOOL_ID, "type": "org"},
                metadata={"house": tutoring.house},
            )
        yield _item("class-maths", title="8x/Ma1", classType="scheduled", school={"sourcedId": SCHOOL_ID})

    def _groups(self) -> dict[str, ListedTutoring]:
        return {each.group: each for each in self._state.tutor_groups(self._now())}

    def _enrollments(self) -> Iterator[Item]:
        for student in self._state.students(self._now()):
            yield _enrolment("class-maths", student.person_id, "student", student.admitted.isoformat())
            if student.group:
                first = student.group.first.isoformat()
                yield _enrolment(_room(student.group.value), student.person_id, "student", first)
        ids = {member.code: member.person_id for member in self._state.staff(self._now())}
        for tutoring in self._state.tutor_groups(self._now()):
            user, first = ids.get(tutoring.staff_code, tutoring.staff_code), tutoring.first.isoformat()
            found = _enrolment(_room(tutoring.group), user, "teacher", first)
            found["primary"] = "true" if tutoring.role == "tutor" else "false"
            yield found | ({"endDate": tutoring.last.isoformat()} if tutoring.last else {})

    def _everything(self) -> Iterator[ListedResult]:
        for mentoring in (False, True):
            yield from self._state.results(self._now(), mentoring=mentoring)

    def _result_sets(self) -> list[str]:
        return sorted({result_set for _, result_set in self.columns() if result_set})

    def columns(self) -> list[Column]:
        """Each line item: what anything was typed in, and the mentoring columns of the year even while empty."""
        now = self._now()
        year = local_day(now).year - (local_day(now).month < FIRST_MONTH)
        days = DemoDays(f"{year}-{(year + 1) % 100:02}")
        mentoring = {(aspect, days.result_set(half)) for aspect in MENTORING_ASPECTS for half in HALF_TERMS}
        found = mentoring | set(self._state.columns(now))
        return sorted(found, key=lambda column: (column[0], column[1] or ""))

    def _grading_periods(self) -> Iterator[Item]:
        return (_item(_id("set", name), title=name, type="gradingPeriod") for name in self._result_sets())

    def _line_items(self) -> Iterator[Item]:
        for aspect, result_set in self.columns():
            found = _item(
                line_item_id((aspect, result_set)),
                title=aspect,
                **{"class": {"sourcedId": "class-maths", "type": "class"}},
                category={"sourcedId": "assessment", "type": "category"},
            )
            if result_set:
                found["gradingPeriod"] = {"sourcedId": _id("set", result_set), "type": "gradingPeriod"}
            yield found

    def _results(self) -> Iterator[Item]:
        return (self.shown(result, "lineItem") for result in self._everything())

    def _assessment_line_items(self) -> Iterator[Item]:
        for name in self._result_sets():
            yield _item(_id("set", name), title=name)
        for aspect, result_set in self.columns():
            found = _item(line_item_id((aspect, result_set)), title=aspect)
            if result_set:
                found["parentAssessmentLineItem"] = {"sourcedId": _id("set", result_set), "type": "assessmentLineItem"}
            yield found

    def _assessment_results(self) -> Iterator[Item]:
        return (self.shown(result, "assessmentLineItem") for result in self._everything())

    def shown(self, result: ListedResult, item: str) -> Item:
        """One result; `item` is "lineItem" or "assessmentLineItem"."""
        stated = result.result_set or result.dated.isoformat()
        found = _item(result.sourced_id or _id("result", result.person_id, result.aspect, stated))
        if result.typed_at:
            found["dateLastModified"] = result.typed_at.strftime("%Y-%m-%dT%H:%M:%S.000Z")
        found[item] = {"sourcedId": line_item_id((result.aspect, result.result_set)), "type": item}
        found |= {"student": {"sourcedId": result.person_id, "type": "user"}, "scoreDate": result.dated.isoformat()}
        return found | self._value(result.text)

    def _value(self, text: str) -> Item:
        """1.1 knows numbers and comments only (SIMS §4)."""
        if text.isascii() and text.isdigit():
            return {"scoreStatus": "fully graded", "score": int(text)}
        return {"scoreStatus": "submitted", ("comment" if self._version == "1.1" else "textScore"): text}


def line_item_id(column: Column) -> str:
    """The id of a line item, which never changes."""
    return _id("aspect", column[0], column[1] or "")


def _item(sourced_id: str, **rest: object) -> Item:
    return {"sourcedId": sourced_id, "status": "active", "dateLastModified": MODIFIED, **rest}


def _enrolment(room: str, user: str, role: str, first: str) -> Item:
    return _item(
        f"{room}-{role}-{user}-{first}",
        **{"class": {"sourcedId": room, "type": "class"}},
        user={"sourcedId": user, "type": "user"},
        school={"sourcedId": SCHOOL_ID, "type": "org"},
        role=role,
        primary="false",
        beginDate=first,
    )


def _room(group: str) -> str:
    return f"class-{group}"


def _id(*parts: str) -> str:
    """An id that never changes, as the server of a database would give."""
    return hashlib.blake2b("\x1f".join(parts).encode(), digest_size=8).hexdigest()
