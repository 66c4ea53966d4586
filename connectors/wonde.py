"""How are students, staff and tutor groups read from Wonde (SIMS §5)?

A null may mean "no permission", never a deletion: it is left out, so that a field which is null everywhere is no column
and the read stops there. A read is whole or none. No real school's Wonde has been tried yet.
"""

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from itertools import chain
from typing import ClassVar

from pydantic import Field

from sims_sync.connector import ConnectorContext, Finding, SecretReader, Severity, SourceState
from sims_sync.errors import ConfigProblem, ConfigurationError, SimsSyncError, SourceRefused
from sims_sync.formats.flat_json import flatten, join_prefixed
from sims_sync.formats.list_reading import ListReading
from sims_sync.formats.page_guard import PageGuard
from sims_sync.http import Answer, HttpClient
from sims_sync.http_options import HttpOptions, HttpUrl, SecretReference
from sims_sync.records import Kind

REGISTRATION = "REGISTRATION"
HOUSE = "HOUSE"

_YES = frozenset({"true", "1"})

Record = Mapping[str, str]
Item = dict[str, object]


class WondeOptions(HttpOptions):
    """Which school, and the token that its approval gave."""

    base_url: HttpUrl = Field(
        default="https://api.wonde.com/v1.0", description="The API of the school's region; the default is the UK's."
    )
    school: str = Field(pattern=r"^[A-Za-z0-9]+$", description="The school's id at Wonde, e.g. A1234567890.")
    token: SecretReference = Field(description="Where the token is, e.g. env:WONDE_TOKEN.")
    page_size: int = Field(default=100, ge=1, le=1000, description="How many records to ask for at once.")


class Wonde:
    """One school's Wonde as a source."""

    Options: ClassVar[type[WondeOptions]] = WondeOptions
    kind_of_connector: ClassVar[str] = "source"
    description: ClassVar[str] = "Students, staff and tutor groups from Wonde."
    proven_with_sims: ClassVar[bool] = False

    def __init__(self, options: WondeOptions, context: ConnectorContext) -> None:
        self._options = options
        self._context = context
        self._client = HttpClient(options.base_url, options, _Token(options, context.secret))
        self._rows_of: Mapping[Kind, Callable[[], Iterator[Record]]] = {
            Kind.STUDENTS: self._students,
            Kind.STAFF: self._staff,
            Kind.TUTOR_GROUPS: self._tutor_groups,
        }

    def read(self, kind: Kind) -> Sequence[ListReading]:
        """One reading, its first page already there; `state.began` is the moment just before the first question.

        Raises:
            SourceUnavailable, SourceFailed, SourceRefused: as for `sims_sync.connector.Source.read`.
            ConfigurationError: Wonde is not read for that kind, or the token could not be had.
        """
        if kind not in self._rows_of:
            problem = ConfigProblem(kind.value, "is not read from Wonde.", "Read it with another connector.")
            raise ConfigurationError([problem])
        began = self._context.now()
        rows = self._closing(self._rows_of[kind]())
        first = next(rows, None)
        state = SourceState(f"Wonde {kind.value}", began)
        return (ListReading(state, rows if first is None else chain((first,), rows)),)

    def check(self) -> Sequence[Finding]:
        """Whether the token is accepted for this school; asks for one record only."""
        subject = f"Wonde {self._options.school}"
        records = self._closing(map(flatten, self._list("students", "", page_size=1)))
        try:
            next(records, None)
        except ConfigurationError as fault:
            return tuple(Finding(Severity.WRONG, problem.path, problem.what, problem.do) for problem in fault.problems)
        except SimsSyncError as fault:
            return (Finding(Severity.WRONG, subject, fault.what, fault.do),)
        finally:
            records.close()
        what = "accepts the token and shows students. No real school's Wonde has been tried yet."
        return (Finding(Severity.FINE, subject, what),)

    def _closing(self, records: Iterator[Record]) -> Generator[Record, None, None]:
        """No connection is left open, however the read ends."""
        try:
            yield from records
        finally:
            self._client.close()

    def _students(self) -> Iterator[Record]:
        """One row each, with `registration.name` and `house.name`; of several groups at once, one row for each.

        The mapping then holds those rows: nobody can say which is true.
        """
        for student in self._list("students", "education_details,groups"):
            groups = _inner_list(student.pop("groups", None))
            row = flatten(student)
            for registration in _named(groups, REGISTRATION):
                for house in _named(groups, HOUSE):
                    yield {**row, **registration, **house}

    def _staff(self) -> Iterator[Record]:
        """One row each, without those who are said to have left."""
        for employee in self._list("employees", "contact_details,employment_details"):
            row = {name: text for name, text in flatten(employee).items() if not _is_private(name)}
            if row.get("employment_details.current") != "false":
                yield row

    def _tutor_groups(self) -> Iterator[Record]:
        """One row for each registration group and tutor; the tutor's address comes from the list of staff."""
        staff = {row.get("id", ""): row for row in self._staff()}
        for group in self._list("groups", "employees"):
            if str(group.get("type")).upper() != REGISTRATION:
                continue
            tutors = _inner_list(group.pop("employees", None))
            row = flatten(group)
            if not tutors:
                yield row
            for tutor in tutors:
                known = flatten(tutor)
                yield {**row, **join_prefixed("tutor", {**staff.get(known.get("id", ""), {}), **known})}

    def _list(self, name: str, include: str, page_size: int | None = None) -> Iterator[Item]:
        query = {"include": include} if include else {}
        query["per_page"] = str(page_size or self._options.page_size)
        return _Pages(self._client, f"/schools/{self._options.school}/{name}", query).items()


class _Token:
    """Wonde's token does not change: after it was refused there is no other."""

    def __init__(self, options: WondeOptions, secret: SecretReader) -> None:
        self._options = options
        self._secret = secret

    def header(self) -> str:
        return f"Bearer {self._secret(self._options.token)}"

    def renew(self) -> bool:
        return False


class _Pages:
    """The pages of one list: `meta.pagination` says what follows, and is missing where one page holds all."""

    def __init__(self, client: HttpClient, url: str, query: Mapping[str, str]) -> None:
        self._client = client
        self._url = url
        self._query = query
        self._guard = PageGuard()
        self._number = 1

    def items(self) -> Iterator[Item]:
        """Every item; only a normal end says that the list was whole.

        Raises:
            SourceRefused: pages that repeat, or no list at all.
            SourceFailed, SourceUnavailable: the server refuses, or does not answer.
        """
        answer: Answer | None = self._client.get(self._url, self._query)
        while answer is not None:
            content = _object(answer.json())
            page = _page_in(content)
            self._guard.look_at(page)
            yield from page
            answer = self._following(content, page)

    def _following(self, content: Item, page: Sequence[Item]) -> Answer | None:
        """The next page: at the address given, else by number where `more` says that there is one."""
        pagination = _object(_object(content.get("meta") or {}).get("pagination") or {})
        following = pagination.get("next")
        has_address = isinstance(following, str) and bool(following)
        if not has_address and str(pagination.get("more")).casefold() not in _YES:
            return None
        if not page:
            what = "Wonde gives an empty page and says that more follow."
            raise SourceRefused("empty_page", what, "Run again; if it goes on, tell Wonde's support.")
        if has_address:
            return self._client.get(str(following))
        self._number += 1
        return self._client.get(self._url, {**self._query, "page": str(self._number)})


def _object(content: object) -> Item:
    if not isinstance(content, dict):
        raise _no_list()
    return content


def _page_in(content: Item) -> list[Item]:
    page = content.get("data")
    if not isinstance(page, list) or not all(isinstance(item, dict) for item in page):
        raise _no_list()
    return page


def _inner_list(content: object) -> list[Item]:
    """What an `include` brought: `{"data": […]}`; a null means that we may not see it."""
    items = content.get("data") if isinstance(content, dict) else None
    return [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []


def _named(groups: Sequence[Item], kind: str) -> list[dict[str, str]]:
    """The column of each group of that type, or one row without it."""
    names = [group.get("name") for group in groups if str(group.get("type")).upper() == kind]
    column = f"{kind.lower()}.name"
    return [{column: str(name)} for name in dict.fromkeys(names) if name is not None] or [{}]


def _is_private(name: str) -> bool:
    """Whether it is staff's home address or telephone, which come with their e-mail addresses unasked."""
    return name.startswith("contact_details.") and not name.startswith("contact_details.emails.")


def _no_list() -> SourceRefused:
    what = "Wonde's answer holds no list of records."
    return SourceRefused("no_list", what, "Check base_url and the school's id in the config.")
