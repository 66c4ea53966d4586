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

_ONE_DAY = timedelta(days=1)
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


def has_students(connection: Connection, school: str) -> bool:
    """Whether anybody is known yet."""
    return (
        connection.execute(select(student.c.student_id).where(student.c.school == school).limit(1)).first() is not None
    )


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
                value, mapped = getattr(change.record, value_field), getattr(change.record, from_field)
                known = spans[what].get(change.key, ())
                first = self.start.of(mapped, new=not known, admission=change.record.admission_date)
                if known and known[-1].last is None and known[-1].value == value:
                    # A mere later read of the same membership is no correction of its beginning; a mapped date is one.
                    if mapped not in (None, known[-1].first):
                        added.append(self._redated(change.key, what, known, first))
                else:
                    self._end(change.key, what, known, first)
                    added.extend([self._new(change.key, what, value, first)] if value is not None else [])
        upsert(self.connection, student_span, added)

    def _redated(self, student_id: str, what: str, known: tuple[Span, ...], first: date) -> dict[str, object]:
        """The same membership with its corrected beginning; what came before ends, or goes on, until then."""
        *earlier, current = known
        self._delete(student_id, what, current.first)
        self._end(student_id, what, earlier, first)
        if earlier and earlier[-1].first < first and earlier[-1].last == current.first - _ONE_DAY:
            self._shorten(student_id, what, earlier[-1], first)
        return self._new(student_id, what, current.value, first)

    def _end(self, student_id: str, what: str, spans: Iterable[Span], next_first: date) -> None:
        """Nothing of these holds from `next_first` on: a date of SIMS may lie before what earlier reads showed."""
        for span in spans:
            if span.first >= next_first:
                self._delete(student_id, what, span.first)
            elif span.last is None or span.last >= next_first:
                self._shorten(student_id, what, span, next_first)

    def _shorten(self, student_id: str, what: str, span: Span, next_first: date) -> None:
        row = {**self._new(student_id, what, span.value, span.first), "last": next_first - _ONE_DAY}
        upsert(self.connection, student_span, [row])

    def _new(self, student_id: str, what: str, value: str, first: date) -> dict[str, object]:
        key: Mapping[str, object] = {"school": self.school, "student_id": student_id, "what": what}
        return {**key, "first": first, "value": value, "last": None, "run_id": self.run_id}

    def _delete(self, student_id: str, what: str, first: date) -> None:
        remove(
            self.connection,
            student_span,
            self.run_id,
            school=self.school,
            student_id=student_id,
            what=what,
            first=first,
        )
