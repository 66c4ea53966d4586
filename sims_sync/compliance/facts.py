"""What the rules look at: plain facts about one school at one moment, loaded from the store or built in a test."""

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from sims_sync.records import Entry, RoleName
from sims_sync.school_year import HalfTermId, SchoolYear


class Policy(StrEnum):
    """What is expected of a tutor (DOMAIN rule 16)."""

    HALF_TERM = "half-term"
    TERMLY = "termly"
    ANY = "any"


@dataclass(frozen=True, slots=True)
class Span:
    """Something that held from `first` to `last`, both inclusive; `last` None = still.

    `first` is the mapped date, else that of the first good read that showed it; the very first read shows what has
    held since the year's start (rule 10).
    """

    value: str
    first: date
    last: date | None = None

    def holds(self, day: date) -> bool:
        """Whether it held on `day`."""
        return self.first <= day and (self.last is None or day <= self.last)


@dataclass(frozen=True, slots=True)
class StudentFacts:
    """One student. `listed` False = missing from the newest good read, or the removal is held (rule 9).

    `enrolment` is the SIMS status as text or None where no column is mapped (every listed student then counts as
    enrolled). `leaving_date`: as in SIMS, or the day after last seen once grace is over. `first_seen`: the date of the
    first good read that listed the student, None = the very first one; it stands in for an unmapped admission date.
    """

    student_id: str
    forename: str
    surname: str
    nc_year: str
    enrolment: str | None = None
    admission_date: date | None = None
    leaving_date: date | None = None
    listed: bool = True
    groups: tuple[Span, ...] = ()
    houses: tuple[Span, ...] = ()
    first_seen: date | None = None


@dataclass(frozen=True, slots=True)
class StaffFacts:
    """One member of staff. `away`: spans without a reason (rule 12)."""

    staff_id: str
    forename: str
    surname: str
    title: str | None = None
    email: str | None = None
    away: tuple[Span, ...] = ()

    @property
    def shown(self) -> str:
        """How reports name them: "Ms Amara Okafor", or forename and surname alone."""
        return " ".join(part for part in (self.title, self.forename, self.surname) if part)


@dataclass(frozen=True, slots=True)
class RoleFacts:
    """One role in force from `first` to `last` (both inclusive, None = open).

    `scope` is a group, house, year or subject. `first` and `last`: as for `Span`.
    """

    staff_id: str
    role: RoleName
    scope: str
    first: date | None = None
    last: date | None = None

    def holds(self, day: date) -> bool:
        """Whether it is in force on `day`."""
        return (self.first is None or self.first <= day) and (self.last is None or day <= self.last)


@dataclass(frozen=True, slots=True)
class Excusal:
    """A reason given for one student and half term, and what the Head of House decided (rule 11).

    `accepted` None = undecided. `effective` is the date it was given, `decided` the date of the decision: a refusal
    after D stays *awaiting decision*, for what is due is fixed at D.
    """

    student_id: str
    half_term: HalfTermId
    reason: str
    effective: date
    accepted: bool | None = None
    decided: date | None = None


@dataclass(frozen=True, slots=True)
class Exemption:
    """A student exempted by the Head of House for one half term, with a reason (rule 9)."""

    student_id: str
    half_term: HalfTermId
    reason: str


@dataclass(frozen=True, slots=True)
class ExemptPair:
    """A whole NC year exempt in one half term of every year: default Year 11 in summer-2 (rule 9)."""

    nc_year: str
    half_term_name: str


@dataclass(frozen=True, slots=True)
class Settings:
    """The school's settings that the rules need; defaults are those of DOMAIN."""

    policy: Policy
    starts_with: HalfTermId
    year_groups: tuple[str, ...] = ("7", "8", "9", "10", "11")
    exempt_pairs: tuple[ExemptPair, ...] = (ExemptPair("11", "summer-2"),)
    minimum_days: int = 10
    enrolled_statuses: tuple[str, ...] = ("main", "current", "single", "c", "m")
    vertical_tutoring: bool = False


@dataclass(frozen=True, slots=True)
class SchoolFacts:
    """Everything the rules look at for one school.

    `entries` of every origin. `quarantined_students`: students with an entry in quarantine ("entry being checked").
    `first_read_on`: date of the first good read of students: from-dates older than it may be assumed (rule 10).
    `mail_failed`: staff ids whose last message was not accepted.
    """

    school_year: SchoolYear
    settings: Settings
    students: tuple[StudentFacts, ...] = ()
    staff: tuple[StaffFacts, ...] = ()
    roles: tuple[RoleFacts, ...] = ()
    entries: tuple[Entry, ...] = ()
    excusals: tuple[Excusal, ...] = ()
    exemptions: tuple[Exemption, ...] = ()
    quarantined_students: frozenset[str] = frozenset()
    not_yet_in_sims: frozenset[str] = frozenset()  # entry keys whose write-back is not confirmed
    group_houses: dict[str, str] = field(default_factory=dict)  # house of a group where SIMS or roles say so
    first_read_on: date | None = None
    mail_failed: frozenset[str] = frozenset()


class StudentClass(StrEnum):
    """The classes of DOMAIN rule 9, in the order in which the first that fits wins."""

    EXEMPT = "exempt"
    NOT_LISTED = "not in SIMS's last list"
    DONE = "done"
    NOT_YET_DUE = "not yet due"
    EXCUSED = "excused"
    AWAITING_DECISION = "awaiting decision"
    NO_TUTOR = "no tutor"
    HANDOVER = "handover"
    BEING_CHECKED = "entry being checked"
    OUTSTANDING = "outstanding"


class Status(StrEnum):
    """A group's status (rules 19, 20); the value is the word shown."""

    COMPLETE = "Complete"
    NEARLY_THERE = "Nearly there"
    ACTION_NEEDED = "Action needed"
    NOT_STARTED = "Not started"
    NOT_DUE = "Not due"
    BEHIND = "Behind"
    NOT_STARTED_YET = "Not started yet"
    ON_COURSE = "On course"
    UNKNOWN = "No status"  # before D with old data: only counts are shown


STATUS_SYMBOLS = {
    Status.COMPLETE: "✔",
    Status.NEARLY_THERE: "◕",
    Status.ACTION_NEEDED: "▲",
    Status.NOT_STARTED: "○",
    Status.NOT_DUE: "\N{EN DASH}",
    Status.BEHIND: "▼",
    Status.NOT_STARTED_YET: "○",
    Status.ON_COURSE: "●",
    Status.UNKNOWN: "?",
}


class Occasion(StrEnum):
    """Which figures are asked for."""

    BEFORE = "before the deadline"
    DEADLINE = "at the deadline"
    CLOSING = "at closing"


@dataclass(frozen=True, slots=True)
class StudentLine:
    """One student's class and why. `group` None = no group.

    `labels` e.g. "leaver", "by other", "late", "not yet in SIMS", "draft", "entry made, text too short: 1",
    "excusal not accepted" (the constants of `classes`).
    `rule` is the rule in words for `why` ("DOMAIN rule 14: interview of 12 Nov …"), without target text.
    """

    student_id: str
    student_class: StudentClass
    group: str | None
    house: str | None
    nc_year: str
    labels: tuple[str, ...] = ()
    rule: str = ""
    entry_keys: tuple[str, ...] = ()
    done_since_deadline: bool = False  # an entry recorded after D that will count at closing


@dataclass(frozen=True, slots=True)
class GroupFigures:
    """One tutor group's row (rule 12). Percent None = "n/a" (due = 0).

    `interviews_this_year` = (n, of 3) counts, over the group's population, the students interviewed per term:
    shown as "n of 3" (rule 16) - n is the whole number of terms in which every due student was interviewed.
    `tutors` are staff ids of all main tutors who may be named; empty, with `flagged` False, where nobody may be (cover,
    away, no tutor). `names_students` False under `termly` first half and `any`. `to_programme_lead`: one of the tutors
    is a Head of House, so the row goes to the programme lead too (rule 13).
    """

    group: str
    shown: str
    tutors: tuple[str, ...]
    house: str | None
    nc_year: str | None
    due: int
    done: int
    outstanding: int
    percent: int | None
    status: Status
    counts: dict[StudentClass, int]
    flagged: bool
    names_students: bool
    too_short: int = 0
    drafts: int = 0
    done_since_deadline: int = 0
    last_entry: date | None = None
    incomplete_in_a_row: int = 0
    interviews_this_year: tuple[int, int] = (0, 3)
    excused_share: int | None = None  # percent, shown where > 20
    not_yet_in_sims: int = 0
    not_reminded: bool = False
    to_programme_lead: bool = False


@dataclass(frozen=True, slots=True)
class HouseFigures:
    """One house: Σdone/Σdue (rule 19) and its groups in rule 21's order."""

    house: str
    heads: tuple[str, ...]  # staff ids; empty = vacancy (→ programme lead)
    due: int
    done: int
    outstanding: int
    percent: int | None
    groups: tuple[GroupFigures, ...]


@dataclass(frozen=True, slots=True)
class DataProblem:
    """A data-quality problem: stable code, what it is about (no student's name), what to do in SIMS."""

    code: str
    subject: str
    what: str
    do: str
    student_id: str | None = None
    house: str | None = None
    group: str | None = None


@dataclass(frozen=True, slots=True)
class Assessment:
    """The whole school at one moment, for one half term and occasion.

    `moment` is aware UTC: nothing recorded later was looked at. `not_assessed` says why a half term has no figures
    (rule 4, rule 8b): then everything else is empty. `rules_off`: rules that are off for want of a column. `notes`:
    sentences a reader needs beside the figures, e.g. that from-dates are assumed (rule 10). `entries_seen`: entries of
    any state and origin that belong to this half term (rule 8a).
    """

    half_term: HalfTermId
    occasion: Occasion
    policy: Policy
    moment: datetime
    deadline: date | None
    houses: tuple[HouseFigures, ...] = ()
    lines: tuple[StudentLine, ...] = ()
    problems: tuple[DataProblem, ...] = ()
    not_assessed: str | None = None
    rules_off: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    entries_seen: int = 0

    @property
    def groups(self) -> tuple[GroupFigures, ...]:
        """Every group of every house."""
        return tuple(group for house in self.houses for group in house.groups)


@dataclass(frozen=True, slots=True)
class ReadFacts:
    """The newest good read of one feeding source: `began` aware, None = never read well."""

    source: str
    kind: str
    began: datetime | None
    held_removals: int = 0
    plan_only: bool = False
    dropped: bool = False  # was a source this half term, no longer in the config


@dataclass(frozen=True, slots=True)
class HoldReason:
    """Why figures are not shown or a message is held: stable code and one sentence with what to do.

    `releasable` True = a person may release it once (rule 8a); False = only new data helps (rule 8).
    """

    code: str
    what: str
    do: str
    releasable: bool
