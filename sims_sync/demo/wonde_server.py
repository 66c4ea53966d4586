"""How does Wonde answer for the simulated SIMS: students, employees and groups in pages, and its faults?

`python -m sims_sync.demo.wonde_server FOLDER` serves the state in a demo's folder and prints the address.
"""

import os
import re
import sys
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import date, datetime
from http import HTTPStatus
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import urlencode

from sims_sync.demo.clock import demo_now
from sims_sync.demo.days import local_day
from sims_sync.demo.sims_state import ListedStudent, ListedTutoring, SimsState
from sims_sync.demo.web_server import Asked, Faults, Reply, WebFault, WebServer, strike

SCHOOL_ID = "A0000000001"
TOKEN = "demo-token"  # noqa: S105 - guards an invented school on this machine only
DEFAULT_PER_PAGE = 50
FOREVER_SECONDS = 3600

Item = dict[str, object]
# The lists by their names in the address, with what was asked to be included; None: there is no such list.
Lists = Callable[[str, Collection[str]], list[Item] | None]

_LIST = re.compile(rf"/v1\.0/schools/{SCHOOL_ID}/([a-z-]+)/?")


class WondeLists:
    """The lists of one state as they stand at `now`. `unseen` fields of students and employees are null.

    So it is with what the school has not approved: the field is there, and says nothing.
    """

    def __init__(self, state: SimsState, now: Callable[[], datetime], unseen: Collection[str] = ()) -> None:
        self._state = state
        self._now = now
        self._unseen = frozenset(unseen)
        self._makers: Mapping[str, Callable[[Collection[str]], Iterator[Item]]] = {
            "students": self._students,
            "employees": self._employees,
            "groups": self._groups,
        }

    def __call__(self, name: str, include: Collection[str]) -> list[Item] | None:
        """The whole list of that name; None: there is none."""
        maker = self._makers.get(name)
        return None if maker is None else [self._as_seen(item) for item in maker(include)]

    def _students(self, include: Collection[str]) -> Iterator[Item]:
        for student in self._state.students(self._now()):
            found = _person("S", student.person_id, student.surname, student.forename)
            if "education_details" in include:
                found["education_details"] = {"data": _education(student)}
            if "groups" in include:
                found["groups"] = {"data": _groups_of(student)}
            yield found

    def _employees(self, include: Collection[str]) -> Iterator[Item]:
        today = local_day(self._now())
        for member in self._state.staff(self._now()):
            found = _person("E", member.person_id, member.surname, member.forename)
            found |= {"title": member.title, "initials": f"{member.forename[:1]}{member.surname[:1]}"}
            if "contact_details" in include:
                found["contact_details"] = {"data": {"emails": {"email": member.email, "work": member.email}}}
            if "employment_details" in include:
                current = member.leaves is None or member.leaves >= today
                found["employment_details"] = {
                    "data": {"current": current, "employment_end_date": _date(member.leaves)}
                }
            yield found

    def _groups(self, include: Collection[str]) -> Iterator[Item]:
        tutorings = self._state.tutor_groups(self._now())
        for name in dict.fromkeys(tutoring.group for tutoring in tutorings):
            found = _group("REGISTRATION", name)
            if "employees" in include:
                found["employees"] = {"data": self._tutors([each for each in tutorings if each.group == name])}
            yield found
        for house in dict.fromkeys(tutoring.house for tutoring in tutorings):
            yield _group("HOUSE", house) | ({"employees": {"data": []}} if "employees" in include else {})

    def _tutors(self, tutorings: Sequence[ListedTutoring]) -> list[Item]:
        today = local_day(self._now())
        members = {member.code: member for member in self._state.staff(self._now())}
        found = []
        for tutoring in tutorings:
            member = members.get(tutoring.staff_code)
            if member is not None and (tutoring.last is None or tutoring.last >= today):
                tutor = _person("E", member.person_id, member.surname, member.forename)
                found.append(tutor | {"meta": {"is_main_teacher": tutoring.role == "tutor"}})
        return found

    def _as_seen(self, item: Item) -> Item:
        return {name: self._seen(name, value) for name, value in item.items()}

    def _seen(self, name: str, value: object) -> object:
        if name in self._unseen:
            return None
        return self._as_seen(value) if isinstance(value, dict) else value


class WondeServer:
    """Wonde on this machine; use it as a context manager. `largest_page`: it never gives more."""

    def __init__(self, lists: Lists, *, largest_page: int = DEFAULT_PER_PAGE, faults: Faults | None = None) -> None:
        self._lists = lists
        self._largest_page = largest_page
        self._faults = faults or Faults()
        self._list_requests = 0
        self._last_page = 1
        self._made: dict[tuple[str, str], list[Item] | None] = {}
        self.web = WebServer(self._answer)

    @property
    def url(self) -> str:
        """What `base_url` is set to."""
        return f"{self.web.url}/v1.0"

    def __enter__(self) -> Self:
        self.web.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.web.__exit__(kind, error, trace)

    def _answer(self, asked: Asked) -> Reply:
        if asked.method != "GET":
            return _failure(HTTPStatus.METHOD_NOT_ALLOWED)
        self._list_requests += 1
        fault = self._faults.strikes(self._list_requests)
        if fault is WebFault.EXPIRED or asked.headers.get("Authorization") != f"Bearer {TOKEN}":
            return _failure(HTTPStatus.UNAUTHORIZED)
        return strike(fault, self._faults, lambda: self._page(asked, repeat=fault is WebFault.REPEATING))

    def _page(self, asked: Asked, *, repeat: bool) -> Reply:
        found = _LIST.fullmatch(asked.path)
        number = self._last_page if repeat else int(asked.query.get("page", "1"))
        self._last_page = number
        items = self._list_of(found[1], asked.query.get("include", ""), number) if found else None
        if items is None:
            return _failure(HTTPStatus.NOT_FOUND)
        per_page = min(int(asked.query.get("per_page", DEFAULT_PER_PAGE)), self._largest_page)
        content: Item = {"data": items[(number - 1) * per_page : number * per_page]}
        if len(items) > per_page:
            content["meta"] = {"pagination": self._pagination(asked, number, per_page, len(items), repeat=repeat)}
        return Reply(HTTPStatus.OK, content)

    def _list_of(self, name: str, include: str, number: int) -> list[Item] | None:
        """Made anew for each first page: one reader sees one state of the list on all its pages."""
        if number == 1 or (name, include) not in self._made:
            self._made[name, include] = self._lists(name, include.split(","))
        return self._made[name, include]

    def _pagination(self, asked: Asked, number: int, per_page: int, total: int, *, repeat: bool) -> Item:
        """`per_page` comes back as the text that was asked with (SIMS §5)."""
        more = repeat or number * per_page < total
        query = urlencode({**asked.query, "page": str(number + 1)})
        following = f"{self.web.url}{asked.path}?{query}" if more else None
        shown = asked.query.get("per_page", per_page)
        return {"next": following, "previous": None, "more": more, "per_page": shown, "current_page": number}


def serve(folder: Path, environment: Mapping[str, str]) -> WondeServer:
    """A server over the state in `folder`, by the demo's clock.

    Raises:
        FileNotFoundError: there is no state.
    """
    return WondeServer(WondeLists(SimsState(folder), lambda: demo_now(folder, environment)))


def main(arguments: Sequence[str]) -> int:
    """Serve until the process is ended; the first line of the output is the address."""
    with serve(Path(arguments[0]), os.environ) as server:
        sys.stdout.write(f"{server.url}\n")
        sys.stdout.flush()
        while True:
            time.sleep(FOREVER_SECONDS)


def _person(letter: str, person_id: str, surname: str, forename: str) -> Item:
    """`upi` outlives a re-enrolment, `id` does not (SIMS §5)."""
    ids: Item = {"id": f"A{letter}{person_id}", "upi": f"upi{letter}{person_id}", "mis_id": person_id}
    return ids | {"surname": surname, "forename": forename, "legal_surname": surname, "legal_forename": forename}


def _education(student: ListedStudent) -> Item:
    return {
        "admission_number": student.admission_number,
        "upn": student.upn,
        "current_nc_year": str(student.nc_year),
        "admission_date": _date(student.admitted),
        "leaving_date": _date(student.leaves),
    }


def _groups_of(student: ListedStudent) -> list[Item]:
    groups = [_group("REGISTRATION", student.group.value)] if student.group else []
    return [*groups, _group("HOUSE", student.house.value)] if student.house else groups


def _group(kind: str, name: str) -> Item:
    return {"id": f"AG{kind[:1]}{name}", "mis_id": name, "name": name, "code": name, "type": kind}


def _date(day: date | None) -> Item | None:
    if day is None:
        return None
    return {"date": f"{day.isoformat()} 00:00:00.000000", "timezone_type": 3, "timezone": "Europe/London"}


def _failure(status: HTTPStatus) -> Reply:
    return Reply(status, {"error": status.phrase})


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
