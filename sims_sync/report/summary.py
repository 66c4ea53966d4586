"""What the Head of House report holds, exceptions first (DOMAIN rules 19 to 22): pure, from figures to rows."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import Enum
from zoneinfo import ZoneInfo

from sims_sync.compliance.facts import (
    Assessment,
    DataProblem,
    GroupFigures,
    HoldReason,
    HouseFigures,
    Occasion,
    Policy,
    ReadFacts,
    StaffFacts,
    Status,
    StudentClass,
    StudentFacts,
    StudentLine,
)
from sims_sync.compliance.figures import nearly_there, people_needing_follow_up
from sims_sync.compliance.snapshot_form import Snapshot
from sims_sync.report.trend import TrendPoint, trend_of
from sims_sync.school_year import HalfTermId

SCHOOL_ZONE = ZoneInfo("Europe/London")
_DIGITS = re.compile(r"(\d+)")
UNLISTED_TUTOR = "tutor not in the staff list"
_CONVERSATION = {Status.ACTION_NEEDED, Status.NOT_STARTED, Status.BEHIND}


class Section(Enum):
    """Where a group's row stands in the report, in the order of rule 22."""

    CONVERSATION = 1  # Action needed, Not started; before the deadline, Behind
    NEARLY_THERE = 2
    NOBODY_NAMED = 3  # covered, away or no tutor: in the house total, against nobody (rule 12)
    UNDER_WAY = 4  # before the deadline: nothing to say yet
    COMPLETE = 5
    NOT_DUE = 6


@dataclass(frozen=True, slots=True)
class StudentRow:
    """One student who is not done, and why; only where names were asked for."""

    forename: str
    surname: str
    student_class: StudentClass
    labels: tuple[str, ...]
    group: str = ""


@dataclass(frozen=True, slots=True)
class GroupRow:
    """One tutor group. `tutors` are names as shown, empty where nobody may be named (rule 12)."""

    figures: GroupFigures
    tutors: tuple[str, ...]
    section: Section
    students: tuple[StudentRow, ...] = ()


@dataclass(frozen=True, slots=True)
class HouseSummary:
    """One house: Σdone/Σdue (rule 19), its groups in rule 21's order, and how many students are in each class.

    `follow_up` and `nearly` are the ids of distinct people (rule 12). `heads` are names, empty = vacancy.
    `trend`: up to six half terms of this academic year, oldest first, this one last (rule 22).
    """

    house: str
    heads: tuple[str, ...]
    due: int
    done: int
    outstanding: int
    percent: int | None
    groups: tuple[GroupRow, ...]
    counts: Mapping[StudentClass, int]
    follow_up: frozenset[str]
    nearly: frozenset[str]
    trend: tuple[TrendPoint, ...] = ()

    def section(self, section: Section) -> tuple[GroupRow, ...]:
        """The rows of one section, in rule 21's order."""
        return tuple(group for group in self.groups if group.section is section)

    @property
    def not_yet_in_sims(self) -> int:
        """Students done whose write-back is not confirmed (rule 17)."""
        return sum(group.figures.not_yet_in_sims for group in self.groups)


@dataclass(frozen=True, slots=True)
class Restatement:
    """A dated correction of a snapshot: when (aware), who, why, and what changed, a line per group, counts only."""

    at: datetime
    who: str
    why: str
    changes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ComplianceSummary:
    """Everything the report shows, whatever its format.

    Where `held` or `not_assessed` says that there are no figures, `houses`, `problems`, `rules_off` and `unplaced` are
    empty: an accusation is a write, so a held report names nobody in any format. `data_as_of` is in the order of its
    sources' names; `zone` is the school's, for the times shown. `unplaced` are students in no group's row, only where
    names were asked for; `homeless` counts the students in no house. `closed_at`: when the snapshot that is shown was
    taken, None = computed live; `restatements` are its corrections, oldest first. `trend` is the whole school's, only
    where every house is shown.
    """

    school: str
    half_term: HalfTermId
    occasion: Occasion
    policy: Policy
    as_of: datetime
    deadline: date | None
    held: tuple[HoldReason, ...] = ()
    not_assessed: str | None = None
    data_as_of: tuple[ReadFacts, ...] = ()
    houses: tuple[HouseSummary, ...] = ()
    problems: tuple[DataProblem, ...] = ()
    rules_off: tuple[str, ...] = ()
    first_read_note: str | None = None
    names: bool = False
    unplaced: tuple[StudentRow, ...] = ()
    homeless: Mapping[StudentClass, int] | None = None
    zone: ZoneInfo = SCHOOL_ZONE
    closed_at: datetime | None = None
    restatements: tuple[Restatement, ...] = ()
    trend: tuple[TrendPoint, ...] = ()

    @property
    def has_figures(self) -> bool:
        """Whether there are rows to show."""
        return not self.held and self.not_assessed is None

    @property
    def oldest_read(self) -> datetime | None:
        """When the oldest of the feeding reads began: the age of the figures (rule 8); None = one was never read."""
        began = [read.began for read in self.data_as_of]
        known = [moment for moment in began if moment is not None]
        return min(known) if known and len(known) == len(began) else None


def summarise(
    assessment: Assessment,
    *,
    school_name: str,
    staff: Mapping[str, StaffFacts],
    students: Mapping[str, StudentFacts],
    reads: Sequence[ReadFacts],
    held: Sequence[HoldReason] = (),
    house: str | tuple[str, ...] | None = None,
    names: bool = False,
    first_read_note: str | None = None,
    zone: ZoneInfo = SCHOOL_ZONE,
    closings: Sequence[Snapshot] = (),
) -> ComplianceSummary:
    """The report's content for one house, several, or all (`house` None), in the order of rule 22.

    `staff` and `students` are by id. `names` adds the students who are not done, for a file that the admin chose to
    write. `first_read_note` says that from-dates are assumed (rule 10). `closings`: the year's closing snapshots, for
    the trend.

    Raises:
        KeyError: `house` names a house that the assessment does not have.
    """
    empty = ComplianceSummary(
        school=clean(school_name),
        half_term=assessment.half_term,
        occasion=assessment.occasion,
        policy=assessment.policy,
        as_of=assessment.moment,
        deadline=assessment.deadline,
        held=tuple(held),
        not_assessed=assessment.not_assessed,
        data_as_of=tuple(sorted(reads, key=lambda read: (read.source, read.kind))),
        names=names,
        zone=zone,
    )
    if not empty.has_figures:
        return empty
    wanted = _wanted(assessment, house)
    lines = _Lines(assessment, students, names=names)
    return replace(
        empty,
        houses=tuple(
            replace(_house(figures, staff, lines), trend=trend_of(closings, assessment, figures.house))
            for figures in wanted
        ),
        problems=_problems(assessment.problems, wanted, every=house is None),
        rules_off=tuple(clean(rule) for rule in assessment.rules_off),
        first_read_note=first_read_note,
        unplaced=lines.unplaced_rows(wanted, every=house is None),
        homeless=lines.homeless() if house is None else None,
        trend=trend_of(closings, assessment) if house is None else (),
    )


def whole_school(summary: ComplianceSummary) -> tuple[TrendPoint, ...]:
    """The school's trend, where it says more than the one house's above it."""
    return summary.trend if len(summary.houses) > 1 else ()


def clean(text: str) -> str:
    """One line without control characters: names come from other people's systems and go to terminals and headers."""
    line = " ".join(text.split())
    return "".join(char for char in line if unicodedata.category(char)[0] != "C")


class _Lines:
    """The students' lines, by the group in whose row they stand. A group's name is unique in a school."""

    def __init__(self, assessment: Assessment, students: Mapping[str, StudentFacts], *, names: bool) -> None:
        self._lines = assessment.lines
        self._students = students
        self._shown_groups = {group.group for group in assessment.groups}
        self._houses = {house.house for house in assessment.houses}
        self._names = names and any(group.names_students for group in assessment.groups)

    def rows(self, group: GroupFigures) -> tuple[StudentRow, ...]:
        """The group's students who are not done, by surname; none under a policy that names no student (rule 16)."""
        if not (self._names and group.names_students):
            return ()
        return self._rows(line for line in self._lines if line.group == group.group)

    def ungrouped_counts(self, house: HouseFigures) -> Counter[StudentClass]:
        """How many of the house's students stand in no group's row, by class."""
        return Counter(line.student_class for line in self._ungrouped() if line.house == house.house)

    def unplaced_rows(self, houses: Iterable[HouseFigures], *, every: bool) -> tuple[StudentRow, ...]:
        """The students who stand in no group's row: of these houses, or of the whole school."""
        if not self._names:
            return ()
        wanted = {house.house for house in houses}
        return self._rows(line for line in self._ungrouped() if every or line.house in wanted)

    def homeless(self) -> Counter[StudentClass]:
        """How many students stand in no group's row and in no house that has figures, by class."""
        return Counter(line.student_class for line in self._ungrouped() if line.house not in self._houses)

    def _ungrouped(self) -> Iterable[StudentLine]:
        return (line for line in self._lines if line.group not in self._shown_groups)

    def _rows(self, lines: Iterable[StudentLine]) -> tuple[StudentRow, ...]:
        rows = [self._row(line) for line in lines if line.student_class is not StudentClass.DONE]
        return tuple(sorted(rows, key=lambda row: (sort_key(row.surname), sort_key(row.forename))))

    def _row(self, line: StudentLine) -> StudentRow:
        student = self._students[line.student_id]
        return StudentRow(
            clean(student.forename), clean(student.surname), line.student_class, line.labels, clean(line.group or "")
        )


def sort_key(text: str) -> str:
    """Casefolded and without accents (DESIGN §3)."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(char for char in plain if not unicodedata.combining(char))


def natural_key(group: str) -> tuple[tuple[int, str], ...]:
    """To sort groups and years by, numbers by their value: "7A" comes before "10A"."""
    parts = [part for part in _DIGITS.split(sort_key(group)) if part]
    return tuple((int(part), "") if part.isdecimal() else (0, part) for part in parts)


def _wanted(assessment: Assessment, house: str | tuple[str, ...] | None) -> tuple[HouseFigures, ...]:
    if house is None:
        return assessment.houses
    by_name = {figures.house: figures for figures in assessment.houses}
    return tuple(by_name[name] for name in ((house,) if isinstance(house, str) else house))


def _house(figures: HouseFigures, staff: Mapping[str, StaffFacts], lines: _Lines) -> HouseSummary:
    groups = tuple(_group(group, staff, lines) for group in figures.groups)
    counts = lines.ungrouped_counts(figures)
    for group in figures.groups:
        counts.update(group.counts)
    unknown = any(group.status is Status.UNKNOWN for group in figures.groups)
    return HouseSummary(
        house=clean(figures.house),
        heads=tuple(_shown(person, staff) for person in figures.heads),
        due=figures.due,
        done=figures.done,
        outstanding=figures.outstanding,
        percent=None if unknown else figures.percent,
        groups=groups,
        counts=counts,
        follow_up=frozenset(people_needing_follow_up(figures)),
        nearly=frozenset(nearly_there(figures)),
    )


def _group(group: GroupFigures, staff: Mapping[str, StaffFacts], lines: _Lines) -> GroupRow:
    only_counts = group.status is Status.UNKNOWN  # rule 20: old data before the deadline
    return GroupRow(
        figures=replace(
            group,
            group=clean(group.group),
            shown=clean(group.shown),
            percent=None if only_counts else group.percent,
        ),
        tutors=tuple(_shown(person, staff) for person in group.tutors) if group.flagged else (),
        section=_section(group),
        students=lines.rows(group),
    )


def _section(group: GroupFigures) -> Section:
    if group.status is Status.COMPLETE:
        return Section.COMPLETE
    if group.status is Status.NOT_DUE:
        return Section.NOT_DUE
    if not group.flagged:
        return Section.NOBODY_NAMED
    if group.status in _CONVERSATION:
        return Section.CONVERSATION
    return Section.NEARLY_THERE if group.status is Status.NEARLY_THERE else Section.UNDER_WAY


def _shown(person: str, staff: Mapping[str, StaffFacts]) -> str:
    return clean(staff[person].shown) if person in staff else UNLISTED_TUTOR


def _problems(
    problems: Iterable[DataProblem], houses: Iterable[HouseFigures], *, every: bool
) -> tuple[DataProblem, ...]:
    """Those of these houses, and those of the whole school: no house can be named for them."""
    wanted = {house.house for house in houses}
    mine = [problem for problem in problems if every or problem.house is None or problem.house in wanted]
    return tuple(sorted(mine, key=lambda problem: (problem.code, sort_key(problem.subject))))
