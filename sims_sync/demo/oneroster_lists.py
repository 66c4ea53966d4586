"""What does the simulated SIMS look like in OneRoster's words?

How the real one fills these lists is not known (SIMS §4): a tutor group is a homeroom class here, an aspect a line
item, a result set a grading period or, in 1.2, the line item above; houses stand in `metadata`. Of what 1.2 requires,
a class has no course and a student no address, since nothing of the invented school's is one.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime

from sims_sync.demo.days import DemoDays, local_day
from sims_sync.demo.oneroster_sessions import TERMS, Session, grading_period, term_id, year_and_terms, year_from
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
            "academicSessions": self._academic_sessions,
            "terms": self._terms,
            "gradingPeriods": self._grading_periods,
            "categories": self._categories,
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
                **self._where_and_when(),
                metadata={"house": tutoring.house},
            )
        yield _item("class-maths", title="8x/Ma1", classType="scheduled", **self._where_and_when())

    def _where_and_when(self) -> dict[str, object]:
        days = self._year()
        terms = [{"sourcedId": term_id(days, term), "type": "academicSession"} for term in TERMS]
        return {"school": {"sourcedId": SCHOOL_ID, "type": "org"}, "terms": terms}

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
        days = self._year()
        mentoring = {(aspect, days.result_set(half)) for aspect in MENTORING_ASPECTS for half in HALF_TERMS}
        found = mentoring | set(self._state.columns(self._now()))
        return sorted(found, key=lambda column: (column[0], column[1] or ""))

    def _year(self) -> DemoDays:
        today = local_day(self._now())
        first = today.year - (today.month < FIRST_MONTH)
        return year_from(first)

    def _academic_sessions(self) -> Iterator[Item]:
        yield from map(_session, self._years_and_terms())
        yield from self._grading_periods()

    def _terms(self) -> Iterator[Item]:
        return (_session(each) for each in self._years_and_terms() if each.kind == "term")

    def _years_and_terms(self) -> Iterator[Session]:
        """This year's, and those of each year that a result set is of."""
        years = {self._period(name).school_year for name in ("", *self._result_sets())}
        for ends in sorted(years):
            yield from year_and_terms(year_from(int(ends) - 1))

    def _grading_periods(self) -> Iterator[Item]:
        return (_session(self._period(name)) for name in self._result_sets())

    def _period(self, name: str) -> Session:
        return grading_period(_id("set", name), name, self._year())

    def _categories(self) -> Iterator[Item]:
        yield _item("assessment", title="Assessment")

    def _line_items(self) -> Iterator[Item]:
        for aspect, result_set in self.columns():
            period = self._period(result_set or "")
            found = _item(
                line_item_id((aspect, result_set)),
                title=aspect,
                assignDate=f"{period.first}T00:00:00.000Z",
                dueDate=f"{period.last}T00:00:00.000Z",
                **{"class": {"sourcedId": "class-maths", "type": "class"}},
                school={"sourcedId": SCHOOL_ID, "type": "org"},
                category={"sourcedId": "assessment", "type": "category"},
            )
            if result_set:
                found["gradingPeriod"] = {"sourcedId": period.sourced_id, "type": "academicSession"}
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


def _session(session: Session) -> Item:
    found = _item(
        session.sourced_id,
        title=session.title,
        type=session.kind,
        startDate=session.first.isoformat(),
        endDate=session.last.isoformat(),
        schoolYear=session.school_year,
    )
    return found | ({"parent": {"sourcedId": session.above, "type": "academicSession"}} if session.above else {})


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
