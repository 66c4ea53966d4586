"""Students in the store: the list as last read, their ids, and from when to when each was in which group and house."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import Connection, select

from sims_sync.compliance.facts import Span
from sims_sync.identity import SIMS, Register, alias_pairs, sort_key
from sims_sync.plan import Change
from sims_sync.records import Student, StudentRef
from sims_sync.store.rows import remove, upsert
from sims_sync.store.tables import student, student_alias, student_span

_REF = ("person_id", "upn", "admission_number")
_FIELDS = (
    "surname",
    "forename",
    "nc_year",
    "tutor_group",
    "house",
    "enrolment_status",
    "admission_date",
    "leaving_date",
    "tutor_group_from",
    "house_from",
    "tutor",
)


@dataclass(frozen=True, slots=True)
class SpanStart:
    """When a membership without a mapped date began: `year_start` in the very first read (rule 10), else `read_on`."""

    read_on: date
    first_read: bool
    year_start: date

    def of(self, mapped: date | None, *, new: bool, admission: date | None = None) -> date:
        """The first day of a membership."""
        if mapped is not None:
            return mapped
        if new and self.first_read:
            return max(self.year_start, admission) if admission and admission <= self.read_on else self.year_start
        return self.read_on


def load_students(connection: Connection, school: str) -> dict[str, Student]:
    """Every student by id, as last read."""
    rows = connection.execute(
        select(student).where(student.c.school == school).order_by(student.c.student_id)
    ).mappings()
    return {
        row["student_id"]: Student(
            ref=StudentRef(**{name: row[name] for name in _REF}, surname=row["surname"]),
            **{name: row[name] for name in _FIELDS},
        )
        for row in rows
    }


def load_register(connection: Connection, school: str) -> Register:
    """Which ids belong to whom."""
    aliases = connection.execute(
        select(student_alias.c.id_kind, student_alias.c.value, student_alias.c.student_id).where(
            student_alias.c.school == school, student_alias.c.system == SIMS
        )
    )
    surnames = connection.execute(select(student.c.student_id, student.c.surname).where(student.c.school == school))
    return Register(
        school,
        {(kind, value): student_id for kind, value, student_id in aliases},
        {student_id: sort_key(surname) for student_id, surname in surnames},
    )


def load_spans(connection: Connection, school: str, what: str) -> dict[str, tuple[Span, ...]]:
    """Student id → the spans of "group" or "house", oldest first."""
    rows = connection.execute(
        select(student_span.c.student_id, student_span.c.value, student_span.c.first, student_span.c.last)
        .where(student_span.c.school == school, student_span.c.what == what)
        .order_by(student_span.c.student_id, student_span.c.first)
    )
    spans: dict[str, list[Span]] = {}
    for student_id, value, first, last in rows:
        spans.setdefault(student_id, []).append(Span(value, first, last))
    return {student_id: tuple(listed) for student_id, listed in spans.items()}


def apply_students(
    connection: Connection, school: str, changes: Iterable[Change], start: SpanStart, run_id: str
) -> None:
    """Write added and changed students, their ids and memberships."""
    listed = list(changes)
    if not listed:
        return
    upsert(connection, student, [_row(school, change.key, change.record, run_id) for change in listed])
    aliases = [
        {"school": school, "system": SIMS, "id_kind": kind, "value": value, "student_id": change.key, "run_id": run_id}
        for change in listed
        for kind, value in alias_pairs(change.record.ref)
    ]
    upsert(connection, student_alias, aliases)
    _Memberships(connection, school, start, run_id).follow(listed)


def _row(school: str, student_id: str, record: Student, run_id: str) -> dict[str, object]:
    return {
        "school": school,
        "student_id": student_id,
        **{name: getattr(record.ref, name) for name in _REF},
        **{name: getattr(record, name) for name in _FIELDS},
        "run_id": run_id,
    }


@dataclass(frozen=True, slots=True)
class _Memberships:
    connection: Connection
    school: str
    start: SpanStart
    run_id: str

    def follow(self, changes: Iterable[Change]) -> None:
        spans = {what: load_spans(self.connection, self.school, what) for what in ("group", "house")}
        added: list[dict[str, object]] = []
        for change in changes:
            for what, value_field, from_field in (
                ("group", "tutor_group", "tutor_group_from"),
                ("house", "house", "house_from"),
            ):
                value = getattr(change.record, value_field)
                known = spans[what].get(change.key, ())
                first = self.start.of(
                    getattr(change.record, from_field), new=not known, admission=change.record.admission_date
                )
                added.extend(self._move(change.key, what, known, value, first))
        upsert(self.connection, student_span, added)

    def _move(
        self, student_id: str, what: str, known: tuple[Span, ...], value: str | None, first: date
    ) -> list[dict[str, object]]:
        """End the open span where the value changed, and start the next one."""
        current = known[-1] if known and known[-1].last is None else None
        if current is not None and current.value == value:
            return self._redate(student_id, what, current, first)
        if current is not None:
            self._end(student_id, what, current, first)
        return [self._new(student_id, what, value, first)] if value is not None else []

    def _redate(self, student_id: str, what: str, current: Span, first: date) -> list[dict[str, object]]:
        """SIMS corrected the from-date of the same membership; a mere later read is no correction."""
        if first in (self.start.read_on, current.first):
            return []
        self._delete(student_id, what, current.first)
        return [self._new(student_id, what, current.value, first)]

    def _end(self, student_id: str, what: str, current: Span, next_first: date) -> None:
        if current.first >= next_first:
            self._delete(student_id, what, current.first)
            return
        last = next_first - timedelta(days=1)
        upsert(
            self.connection, student_span, [{**self._new(student_id, what, current.value, current.first), "last": last}]
        )

    def _new(self, student_id: str, what: str, value: str, first: date) -> dict[str, object]:
        key: Mapping[str, object] = {"school": self.school, "student_id": student_id, "what": what}
        return {**key, "first": first, "value": value, "last": None, "run_id": self.run_id}

    def _delete(self, student_id: str, what: str, first: date) -> None:
        remove(self.connection, student_span, school=self.school, student_id=student_id, what=what, first=first)
