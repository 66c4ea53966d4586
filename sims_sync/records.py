"""The typed records that mappings make of raw rows: what a student, a result, an entry *is* to the product.

All are frozen. `key` names the thing within one school and one source; `fingerprint` changes when any field does.
Text is NFC without surrounding blanks; ids are text; dates are school-local (DOMAIN rule 3).
"""

import hashlib
from dataclasses import dataclass, fields
from datetime import date, datetime
from enum import StrEnum


class Kind(StrEnum):
    """What a source yields (DESIGN §3)."""

    STUDENTS = "students"
    STAFF = "staff"
    TUTOR_GROUPS = "tutor_groups"
    RESULTS = "results"
    MENTORING_ENTRIES = "mentoring_entries"
    PROFORMAS = "proformas"


class EntryKind(StrEnum):
    """The two kinds of entry (DOMAIN rule 14)."""

    INTERVIEW = "interview"
    REVIEW = "review"


class EntryState(StrEnum):
    """Where an entry is in its life."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    WITHDRAWN = "withdrawn"


class Slot(StrEnum):
    """A place in SIMS for one text of a student in a half term: one Comment aspect each (SIMS §3, DESIGN §5)."""

    TARGET_1 = "target-1"
    TARGET_2 = "target-2"
    TARGET_3 = "target-3"
    REVIEW_1 = "review-1"
    REVIEW_2 = "review-2"
    REVIEW_3 = "review-3"


TARGET_SLOTS = (Slot.TARGET_1, Slot.TARGET_2, Slot.TARGET_3)
REVIEW_SLOTS = (Slot.REVIEW_1, Slot.REVIEW_2, Slot.REVIEW_3)


class RoleName(StrEnum):
    """Who does what (DOMAIN §1); the values are those of roles.csv."""

    TUTOR = "tutor"
    CO_TUTOR = "co-tutor"
    COVER = "cover"
    HEAD_OF_HOUSE = "head of house"
    PROGRESS_LEADER = "progress leader"
    HOUSE_MATRIX = "house matrix"
    PROGRAMME_LEAD = "programme lead"


class _Record:
    """Gives every record its fingerprint."""

    __slots__ = ()

    @property
    def fingerprint(self) -> str:
        """16 hexadecimal digits over every field, in field order."""
        text = "\x1f".join(repr(getattr(self, field.name)) for field in fields(self))  # type: ignore[arg-type]
        return hashlib.blake2b(text.encode("utf-8"), digest_size=8).hexdigest()


@dataclass(frozen=True, slots=True)
class StudentRef(_Record):
    """How one row names a student: any of these may be missing, but not all (DESIGN §3, identity)."""

    person_id: str | None = None
    upn: str | None = None
    admission_number: str | None = None
    surname: str | None = None
    student_id: str | None = None  # our own opaque id, on the workbooks that we issue

    @property
    def key(self) -> str:
        """The strongest id there is: SIMS person id, then UPN, then our own id, then admission number."""
        if self.person_id:
            return f"person:{self.person_id}"
        if self.upn:
            return f"upn:{self.upn}"
        if self.student_id:
            return f"student:{self.student_id}"
        return f"admission:{self.admission_number or ''}"


@dataclass(frozen=True, slots=True)
class Student(_Record):
    """One student as SIMS lists them. `nc_year` is normalised text ("9"); `tutor_group` None = no tutor."""

    ref: StudentRef
    surname: str
    forename: str
    nc_year: str
    tutor_group: str | None = None
    house: str | None = None
    enrolment_status: str | None = None
    admission_date: date | None = None
    leaving_date: date | None = None
    tutor_group_from: date | None = None
    house_from: date | None = None
    tutor: str | None = None  # staff code or name of the main tutor, where the student report carries it

    @property
    def key(self) -> str:
        """The key of the student's ref."""
        return self.ref.key


@dataclass(frozen=True, slots=True)
class StaffMember(_Record):
    """One member of staff. `staff_code` is the key; else `person_id`; else the e-mail address."""

    staff_code: str | None
    surname: str
    forename: str
    title: str | None = None
    email: str | None = None
    person_id: str | None = None
    tutor_group: str | None = None  # where the staff report says which group they tutor
    head_of_house: str | None = None  # where a column says which house they lead
    leaving_date: date | None = None

    @property
    def key(self) -> str:
        """Staff code, then person id, then e-mail address (casefolded)."""
        if self.staff_code:
            return f"code:{self.staff_code.casefold()}"
        if self.person_id:
            return f"person:{self.person_id}"
        return f"email:{(self.email or '').casefold()}"


@dataclass(frozen=True, slots=True)
class TutorGroup(_Record):
    """One registration group and one of its tutors: a group with two tutors is two rows of the same name."""

    name: str
    nc_year: str | None = None
    house: str | None = None
    tutor: str | None = None  # staff code, e-mail or full name
    tutor_role: RoleName = RoleName.TUTOR
    tutor_from: date | None = None
    tutor_to: date | None = None

    @property
    def key(self) -> str:
        """Group, role and tutor: the same tutor twice in the same role is one row."""
        return f"{self.name}\x1f{self.tutor_role}\x1f{(self.tutor or '').casefold()}"


@dataclass(frozen=True, slots=True)
class TutorPost(_Record):
    """One tutor of a group: `tutor` is a staff code, e-mail or full name as SIMS gives it."""

    tutor: str
    role: RoleName
    first: date | None = None
    last: date | None = None


@dataclass(frozen=True, slots=True)
class RegistrationGroup(_Record):
    """One tutor group with all its tutors: what the rows of the tutor group report amount to."""

    name: str
    nc_year: str | None = None
    house: str | None = None
    posts: tuple[TutorPost, ...] = ()

    @property
    def key(self) -> str:
        """The group's name."""
        return self.name


@dataclass(frozen=True, slots=True)
class Result(_Record):
    """One assessment result (SIMS §3): one per student, aspect and result set; without a set, one per date."""

    student: StudentRef
    aspect: str
    value: str
    result_set: str | None = None
    result_date: date | None = None

    @property
    def key(self) -> str:
        """Student, aspect and result set, or date where no set is named."""
        slot = self.result_set or (self.result_date.isoformat() if self.result_date else "")
        return f"{self.student.key}\x1f{self.aspect}\x1f{slot}"


@dataclass(frozen=True, slots=True)
class SimsEntry(_Record):
    """One Comment value typed in SIMS (DOMAIN rule 14a): a target or a review text in an aspect."""

    student: StudentRef
    aspect: str
    text: str
    result_set: str | None = None
    result_date: date | None = None

    @property
    def key(self) -> str:
        """Student, aspect and result set, or date where no set is named."""
        slot = self.result_set or (self.result_date.isoformat() if self.result_date else "")
        return f"{self.student.key}\x1f{self.aspect}\x1f{slot}"


@dataclass(frozen=True, slots=True)
class ProformaRow(_Record):
    """One row of a returned pro-forma: a target, a review, a "no new target", or an excusal."""

    row_id: str
    student: StudentRef
    kind: EntryKind
    state: EntryState
    interview_date: date | None = None
    author: str | None = None  # staff code or e-mail
    area: str | None = None
    text: str | None = None
    criterion: str | None = None
    support: str | None = None
    by_date: date | None = None
    outcome: str | None = None
    evidence: str | None = None
    next_step: str | None = None
    no_target_reason: str | None = None
    excusal_reason: str | None = None
    recorded_at: datetime | None = None  # aware; first submitted, where the source knows it better than the read
    revised_at: datetime | None = None  # aware; when this version of the row was made, where the source says so

    @property
    def key(self) -> str:
        """The row's own id: handed in twice, it is the same row."""
        return self.row_id


@dataclass(frozen=True, slots=True)
class Target(_Record):
    """One agreed target of an interview."""

    text: str
    area: str | None = None
    criterion: str | None = None
    support: str | None = None
    by_date: date | None = None


@dataclass(frozen=True, slots=True)
class Review(_Record):
    """The review of one earlier target; `outcome` None = not stated (typed in SIMS)."""

    outcome: str | None
    text: str = ""
    evidence: str | None = None
    next_step: str | None = None


@dataclass(frozen=True, slots=True)
class Entry(_Record):
    """A submitted, drafted or withdrawn interview or review (DOMAIN rule 14).

    `half_term` is set only where a SIMS result set names it: it then decides (DOMAIN rule 3).
    `recorded_at` is aware; doubt counts as on time (rule 14a).
    """

    entry_key: str
    student_id: str
    kind: EntryKind
    state: EntryState
    interview_date: date
    recorded_at: datetime
    origin: str
    author: str | None = None
    half_term: str | None = None
    targets: tuple[Target, ...] = ()
    reviews: tuple[Review, ...] = ()
    no_target_reason: str | None = None

    @property
    def key(self) -> str:
        """Unique within the school."""
        return self.entry_key


@dataclass(frozen=True, slots=True)
class Delivery(_Record):
    """One text on its way into SIMS (DESIGN §5): what a destination needs to know of it.

    `delivery_key` is half term, student and slot; with the school it names the delivery for ever. A correction has the
    same key and the next `revision` (1 = the first). `text` is one line; `result_date` is the date of the interview.
    """

    delivery_key: str
    student: StudentRef
    forename: str
    half_term: str
    slot: Slot
    aspect: str
    result_set: str
    text: str
    result_date: date
    revision: int = 1

    @property
    def key(self) -> str:
        """Unique within the school."""
        return self.delivery_key
