"""Loads one school's facts from the store, in the form that the compliance rules look at."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from sqlalchemy import Connection

from sims_sync.compliance.facts import (
    DataProblem,
    ExemptPair,
    ReadFacts,
    RoleFacts,
    SchoolFacts,
    Settings,
    Span,
    StaffFacts,
    StudentFacts,
)
from sims_sync.config import SchoolConfig
from sims_sync.delivery import DeliveryState
from sims_sync.identity import sort_key
from sims_sync.proformas import ORIGIN as PROFORMA
from sims_sync.records import Entry, Kind, StaffMember, Student
from sims_sync.roles_file import read_roles
from sims_sync.school_year import HalfTermId, SchoolYear
from sims_sync.store.audits import last_restored
from sims_sync.store.cover import cover_roles
from sims_sync.store.decisions import load_away, load_excusals, load_exemptions
from sims_sync.store.deliveries import load_deliveries
from sims_sync.store.entries import load_entries
from sims_sync.store.messages import not_reached
from sims_sync.store.plans import waiting_sources
from sims_sync.store.reads import (
    MissingRow,
    StoredRead,
    first_good_read,
    good_reads,
    load_missing,
    load_quarantine,
)
from sims_sync.store.staff import load_roles, load_staff
from sims_sync.store.students import load_spans, load_students

# Where SIMS says who tutors a group in several places, the first of these that names anyone for the group is believed.
_ORIGINS = ("tutor_groups", "staff", "students")
_REMINDER = "tutor-reminder"  # the kind in a message's key
_ENTRY_KINDS = (Kind.MENTORING_ENTRIES, Kind.PROFORMAS)
_FEEDING = (Kind.STUDENTS, Kind.STAFF, Kind.TUTOR_GROUPS, *_ENTRY_KINDS)


@dataclass(frozen=True, slots=True)
class LoadedFacts:
    """The facts, the reads they rest on, and what the gate and the guard need besides.

    `untied_entries` counts quarantined entries that cannot be tied to a student. `problems`: found on loading.
    `restored_on`: the day of this half term on which the store was last restored from a backup.
    """

    facts: SchoolFacts
    reads: tuple[ReadFacts, ...]
    untied_entries: int
    problems: tuple[DataProblem, ...]
    restored_on: date | None = None


def load_facts(
    connection: Connection, school: SchoolConfig, school_year: SchoolYear, half_term: HalfTermId
) -> LoadedFacts:
    """Everything the rules look at, as the store has it now.

    Raises:
        ConfigurationError: roles.csv cannot be used.
    """
    reads = good_reads(connection, school.id)
    first_read = first_good_read(connection, school.id, Kind.STUDENTS)
    first_read_on = school_year.local_date(first_read) if first_read else None
    staff = load_staff(connection, school.id)
    merged = _merged_roles(load_roles(connection, school.id), read_roles(school.path(school.roles.file)))
    # What a person entered as cover adds to whatever SIMS and the file say (rule 12).
    known = _references(staff)
    roles, unknown = _resolved_roles([*merged, *cover_roles(connection, school.id)], known)
    entries = load_entries(connection, school.id)
    held = [row for kind in _ENTRY_KINDS for row in load_quarantine(connection, school.id, kind)]
    facts = SchoolFacts(
        school_year=school_year,
        settings=settings_of(school),
        students=_students(connection, school, school_year, reads, first_read_on),
        staff=(*_staff_facts(staff, load_away(connection, school.id)), *(() if staff else unknown)),
        roles=roles,
        entries=_with_known_authors(entries.values(), known),
        excusals=load_excusals(connection, school.id),
        exemptions=load_exemptions(connection, school.id),
        quarantined_students=frozenset(row.student_id for row in held if row.student_id),
        first_read_on=first_read_on,
        not_yet_in_sims=_not_yet_in_sims(connection, school, entries),
        mail_failed=not_reached(connection, school.id, str(half_term), _REMINDER),
    )
    return LoadedFacts(
        facts,
        _read_facts(school, school_year, half_term, reads, waiting_sources(connection, school.id)),
        sum(row.student_id is None for row in held),
        tuple(_unknown_tutor(member) for member in unknown) if staff else (),
        _restored_on(connection, school, school_year, half_term),
    )


def _restored_on(
    connection: Connection, school: SchoolConfig, school_year: SchoolYear, half_term: HalfTermId
) -> date | None:
    restored = last_restored(connection, school.id)
    if restored is None:
        return None
    day = school_year.local_date(restored)
    return day if day >= school_year.dates(half_term).owns_from else None


def _not_yet_in_sims(connection: Connection, school: SchoolConfig, entries: Mapping[str, Entry]) -> frozenset[str]:
    """What was handed in on a pro-forma and is not proven to be in SIMS: done, but not yet in SIMS (rule 17)."""
    handed_in = frozenset(key for key, entry in entries.items() if entry.origin == PROFORMA)
    if not school.push.enabled:
        return handed_in
    rows = load_deliveries(connection, school.id).values()
    proven = {row.entry_key for row in rows if row.is_in_sims}
    waiting = {row.entry_key for row in rows if row.state not in {DeliveryState.CONFIRMED, DeliveryState.WITHDRAWN}}
    return handed_in - (proven - waiting)


def settings_of(school: SchoolConfig) -> Settings:
    """The config's rules as the compliance functions take them."""
    programme = school.programme
    return Settings(
        policy=programme.policy,
        starts_with=HalfTermId.parse(programme.starts_with),
        year_groups=programme.year_groups,
        exempt_pairs=tuple(ExemptPair(pair.nc_year, pair.half_term) for pair in programme.exempt),
        minimum_days=programme.minimum_days,
        enrolled_statuses=programme.enrolled_statuses,
        vertical_tutoring=school.school.vertical_tutoring,
    )


def _students(
    connection: Connection,
    school: SchoolConfig,
    school_year: SchoolYear,
    reads: Mapping[tuple[Kind, str], StoredRead],
    first_read_on: date | None,
) -> tuple[StudentFacts, ...]:
    groups = load_spans(connection, school.id, "group")
    houses = load_spans(connection, school.id, "house")
    missing = load_missing(connection, school.id, Kind.STUDENTS)
    newest = max((read.began for (kind, _), read in reads.items() if kind is Kind.STUDENTS), default=None)
    grace = timedelta(days=school.guard.grace_days)
    return tuple(
        _student(
            student_id,
            record,
            (groups.get(student_id, ()), houses.get(student_id, ())),
            _left_on(missing.get(student_id), newest, grace, school_year),
            listed=_is_accounted_for(missing.get(student_id), record.leaving_date, school_year),
            first_read_on=first_read_on,
        )
        for student_id, record in load_students(connection, school.id).items()
    )


def _student(
    student_id: str,
    record: Student,
    spans: tuple[tuple[Span, ...], tuple[Span, ...]],
    left_on: date | None,
    *,
    listed: bool,
    first_read_on: date | None,
) -> StudentFacts:
    groups, houses = spans
    first = min((span.first for span in groups), default=None)
    joined_later = first is not None and first_read_on is not None and first > first_read_on
    return StudentFacts(
        student_id=student_id,
        forename=record.forename,
        surname=record.surname,
        nc_year=record.nc_year,
        enrolment=record.enrolment_status,
        admission_date=record.admission_date,
        leaving_date=record.leaving_date or left_on,
        listed=listed or left_on is not None,
        groups=groups,
        houses=houses,
        first_seen=first if joined_later else None,
    )


def _is_accounted_for(row: MissingRow | None, leaving_date: date | None, year: SchoolYear) -> bool:
    """Whether a student's absence from the list, if any, raises no doubt: SIMS had said that they leave before it.

    Else who left between the deadline and closing would fall out of what is due, which is fixed at D (rule 9).
    """
    if row is None:
        return True
    return not row.held and leaving_date is not None and leaving_date < year.local_date(row.since)


def _left_on(row: MissingRow | None, newest: datetime | None, grace: timedelta, year: SchoolYear) -> date | None:
    """The day after a student was last seen, once good reads have lacked them for the whole grace (DESIGN §4)."""
    if row is None or row.held or newest is None or newest - row.since < grace:
        return None
    return year.local_date(row.last_seen or row.since) + timedelta(days=1)


def _staff_facts(staff: Mapping[str, StaffMember], away: Mapping[str, tuple[Span, ...]]) -> Iterable[StaffFacts]:
    for staff_id, member in staff.items():
        spans = away.get((member.staff_code or "").casefold(), ())
        yield StaffFacts(staff_id, member.forename, member.surname, member.title, member.email, spans)


def _with_known_authors(entries: Iterable[Entry], known: Mapping[str, str]) -> tuple[Entry, ...]:
    """Authors by staff id where a staff code, an address or a name says who it was."""
    return tuple(
        replace(entry, author=known.get(sort_key(entry.author), entry.author)) if entry.author else entry
        for entry in entries
    )


def _merged_roles(by_origin: Mapping[str, Sequence[RoleFacts]], from_file: Sequence[RoleFacts]) -> list[RoleFacts]:
    """roles.csv wins for each role and scope it names; below it the first origin that names anyone."""
    merged: list[RoleFacts] = []
    settled: set[tuple[str, str]] = set()
    for listed in (from_file, *(by_origin.get(origin, ()) for origin in _ORIGINS)):
        merged += [role for role in listed if (role.role.value, sort_key(role.scope)) not in settled]
        settled |= {(role.role.value, sort_key(role.scope)) for role in listed}
    return merged


def _resolved_roles(
    roles: Iterable[RoleFacts], known: Mapping[str, str]
) -> tuple[tuple[RoleFacts, ...], tuple[StaffFacts, ...]]:
    """Roles by staff id, and a stand-in for each reference that no member of staff answers to (see `_references`).

    A stand-in serves as a name only where there is no staff list at all: with one, we do not know who is meant, and
    name nobody.
    """
    resolved: list[RoleFacts] = []
    unknown: dict[str, StaffFacts] = {}
    for role in roles:
        reference = sort_key(role.staff_id)
        staff_id = known.get(reference)
        if staff_id is None:
            staff_id = f"unlisted:{role.staff_id}"
            unknown[staff_id] = StaffFacts(staff_id, "", role.staff_id)
        resolved.append(replace(role, staff_id=staff_id))
    return tuple(resolved), tuple(unknown.values())


def _references(staff: Mapping[str, StaffMember]) -> dict[str, str]:
    """What a report may call a member of staff → staff id; an e-mail or a name that two share stands for neither."""
    by_text: dict[str, set[str]] = defaultdict(set)
    for staff_id, member in staff.items():
        for text in _names(member):
            by_text[sort_key(text)].add(staff_id)
    found = {text: next(iter(ids)) for text, ids in by_text.items() if len(ids) == 1}
    return found | {sort_key(member.staff_code): staff_id for staff_id, member in staff.items() if member.staff_code}


def _names(member: StaffMember) -> Iterable[str]:
    plain = f"{member.forename} {member.surname}"
    yield from (text for text in (member.email, member.person_id) if text)
    yield from (plain, f"{member.surname}, {member.forename}", f"{member.surname} {member.forename}")
    if member.title:
        yield from (f"{member.title} {plain}", f"{member.title} {member.forename[:1]} {member.surname}")
        yield f"{member.title} {member.surname}"


def _read_facts(
    school: SchoolConfig,
    school_year: SchoolYear,
    half_term: HalfTermId,
    reads: Mapping[tuple[Kind, str], StoredRead],
    waiting: frozenset[tuple[str, str]],
) -> tuple[ReadFacts, ...]:
    configured = {
        (source.kind, name) for name, source in school.sources.items() if source.enabled and source.kind in _FEEDING
    }
    since = school_year.dates(half_term).owns_from
    facts = [
        ReadFacts(
            name,
            kind.value,
            read.began if read else None,
            read.held_removals if read else 0,
            plan_only=(kind.value, name) in waiting,
        )
        for kind, name in sorted(configured)
        for read in [reads.get((kind, name))]
    ]
    facts += [
        ReadFacts(name, kind.value, read.began, dropped=True)
        for (kind, name), read in reads.items()
        if (kind, name) not in configured and kind in _FEEDING and school_year.local_date(read.began) >= since
    ]
    return tuple(facts)


def _unknown_tutor(member: StaffFacts) -> DataProblem:
    what = "holds a role, but is not in the staff list."
    do = "Correct the name in SIMS or roles.csv, or add the member of staff to the staff report."
    return DataProblem("unlisted-staff", member.surname, what, do)
