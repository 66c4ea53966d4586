"""How is SIMS, or any other server that speaks OneRoster 1.1 or 1.2 over REST, read?

A read is whole or none: a fault on any page of any list that it needs raises. No real SIMS has been tried yet.
"""

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import chain
from typing import ClassVar
from zoneinfo import ZoneInfo

from connectors.oneroster.options import OneRosterOptions, last_part
from connectors.oneroster.paging import list_records
from connectors.oneroster.token import TokenAuthority
from sims_sync.connector import ConnectorContext, Finding, Severity, SourceState
from sims_sync.errors import ConfigProblem, ConfigurationError, SimsSyncError
from sims_sync.formats.last_read import LastRead
from sims_sync.formats.list_reading import ListReading, nothing
from sims_sync.formats.oneroster_rows import (
    Homerooms,
    Record,
    of_aspects,
    result_rows,
    staff_among,
    student_rows,
    students_among,
    tutor_group_rows,
)
from sims_sync.http import HttpClient
from sims_sync.records import Kind

SCHOOL_TIMEZONE = ZoneInfo("Europe/London")
OVERLAP = timedelta(days=1)  # the server's clock may be behind ours, and a change may show late

__all__ = ["OneRoster", "OneRosterOptions"]


class OneRoster:
    """A OneRoster server as a source."""

    Options: ClassVar[type[OneRosterOptions]] = OneRosterOptions
    kind_of_connector: ClassVar[str] = "source"
    description: ClassVar[str] = "A server that speaks OneRoster 1.1 or 1.2 over REST, as SIMS ID does."
    proven_with_sims: ClassVar[bool] = False

    def __init__(self, options: OneRosterOptions, context: ConnectorContext) -> None:
        self._options = options
        self._context = context
        self._authority = TokenAuthority(options, context.secret)
        self._client = HttpClient(options.base_url, options, self._authority)
        self._rows_of: Mapping[Kind, Callable[[Kind, dict[str, str]], Iterator[Record]]] = {
            Kind.STUDENTS: self._students,
            Kind.STAFF: self._staff,
            Kind.TUTOR_GROUPS: self._tutor_groups,
            Kind.RESULTS: self._results,
            Kind.MENTORING_ENTRIES: self._results,
        }

    def read(self, kind: Kind) -> Sequence[ListReading]:
        """One reading, its first page already there; `state.began` is the moment just before the first question.

        Where only changes are asked for and there are none, nothing is waiting: the sequence is empty.

        Raises:
            SourceUnavailable, SourceFailed, SourceRefused: as for `sims_sync.connector.Source.read`.
            ConfigurationError: OneRoster holds nothing of that kind, or the secret could not be had.
        """
        if kind not in self._rows_of:
            problem = ConfigProblem(kind.value, "is nothing that OneRoster holds.", "Read it with another connector.")
            raise ConfigurationError([problem])
        last = self._last_read(kind)
        began = self._context.now()
        known_until = last.known_until(began) if last else None
        query = {} if known_until is None else {"filter": _changed_since(known_until - OVERLAP)}
        rows = self._closing(self._rows_of[kind](kind, query))
        first = next(rows, None)
        if first is None and known_until is not None:
            return ()
        state = SourceState(f"OneRoster {kind.value}", began, incremental=known_until is not None)
        after = last.keep(began, began, whole=known_until is None) if last else nothing
        return (ListReading(state, rows if first is None else chain((first,), rows), after),)

    def check(self) -> Sequence[Finding]:
        """Whether a key can be had and a list be seen; asks for one record only."""
        subject = f"OneRoster {self._options.version}"
        resource = self._options.resource_of(Kind.STUDENTS)
        records = self._closing(self._list(resource, {}, page_size=1))
        try:
            next(records, None)
        except ConfigurationError as fault:
            return tuple(Finding(Severity.WRONG, problem.path, problem.what, problem.do) for problem in fault.problems)
        except SimsSyncError as fault:
            return (Finding(Severity.WRONG, subject, fault.what, fault.do),)
        finally:
            records.close()
        what = f"gives a key and shows {resource}. Reading follows the standard; no real SIMS has been tried yet."
        return (Finding(Severity.FINE, subject, what),)

    def _closing(self, records: Iterator[Record]) -> Generator[Record, None, None]:
        """No connection is left open, however the read ends."""
        try:
            yield from records
        finally:
            self._client.close()
            self._authority.close()

    def _last_read(self, kind: Kind) -> LastRead | None:
        """Only results are ever read by their changes: they alone grow, and nothing is concluded from their absence."""
        if not self._options.incremental or kind is not Kind.RESULTS:
            return None
        options = self._options
        about = (options.url_of(options.resource_of(kind)), options.acr_values)
        return LastRead.of_list(self._context.work, "oneroster", about, timedelta(days=options.full_read_days))

    def _list(self, resource: str, query: dict[str, str], page_size: int | None = None) -> Iterator[Record]:
        return list_records(self._client, self._options, resource, query, page_size)

    def _students(self, kind: Kind, query: dict[str, str]) -> Iterator[Record]:
        homerooms = self._homerooms()
        today = self._context.now().astimezone(SCHOOL_TIMEZONE).date()
        users = students_among(self._list(self._options.resource_of(kind), query))
        yield from student_rows(users, homerooms, today)

    def _staff(self, kind: Kind, query: dict[str, str]) -> Iterator[Record]:
        yield from staff_among(self._list(self._options.resource_of(kind), query))

    def _tutor_groups(self, kind: Kind, query: dict[str, str]) -> Iterator[Record]:
        del query
        homerooms = self._homerooms(self._options.resource_of(kind))
        yield from tutor_group_rows(homerooms, self._list("teachers", {}))

    def _results(self, kind: Kind, query: dict[str, str]) -> Iterator[Record]:
        resource = self._options.resource_of(kind)
        item = "assessmentLineItem" if last_part(resource) == "assessmentResults" else "lineItem"
        items = list(self._list(f"{item}s", {}))
        has_periods = any("gradingPeriod.sourcedId" in line for line in items)
        periods = list(self._list("gradingPeriods", {})) if has_periods else []
        rows = result_rows(self._list(resource, query), items, periods, item)
        yield from of_aspects(rows, item, self._options.aspects, self._options.without_aspects)

    def _homerooms(self, classes: str = "classes") -> Homerooms:
        return Homerooms.of(self._list(classes, {}), self._list("enrollments", {}))


def _changed_since(moment: datetime) -> str:
    """The filter to ask with, e.g. `dateLastModified>'2026-12-15T06:00:00.000Z'`."""
    return f"dateLastModified>'{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.000Z'"
