"""Why does the report say what it says of a tutor, a tutor group or a student: from the store to one account.

A tutor wrongly accused is cleared, or not, by one look (DOMAIN rules 8 to 18). Who looks is for the caller to note.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from sims_sync.compliance.account import Accounts, GroupAccount, StudentAccount
from sims_sync.compliance.facts import Assessment, HoldReason, Occasion, StudentFacts
from sims_sync.compliance.roll import fold
from sims_sync.compliance.then_and_now import Kept, ThenAndNow, groups_then, then_and_now
from sims_sync.compliance_report import ComplianceReport, compliance_report
from sims_sync.context import RunContext
from sims_sync.records import Kind
from sims_sync.school_year import HalfTermId, SchoolYear
from sims_sync.store.entries import entry_origins
from sims_sync.store.reads import StoredRead, good_reads
from sims_sync.store.snapshots import load_snapshots

OCCASIONS = (Occasion.DEADLINE, Occasion.CLOSING)


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an entry came from: its source, the run that wrote it last, and which version of it that was."""

    source: str
    run_id: str
    version: int


@dataclass(frozen=True, slots=True)
class GroupStory:
    """One group's account now, and what its snapshots said, the deadline's versions before the closing's."""

    account: GroupAccount
    snapshots: tuple[ThenAndNow, ...]


@dataclass(frozen=True, slots=True)
class Story:
    """All that one look shows. `staff_id` None = a group was asked about, not a person; `shown` and `code` name them.

    `not_assessed` says why there are no figures at all; where `held` is not empty the report names nobody, and where
    one of them only wants new data (`incomplete`) no class or row can be trusted: then only entries and reads are told.
    `origins`: by entry key. `reads`: the newest good read of each source.
    """

    half_term: HalfTermId
    school_year: SchoolYear
    assessment: Assessment
    staff_id: str | None
    shown: str
    code: str
    groups: tuple[GroupStory, ...]
    held: tuple[HoldReason, ...]
    students: Mapping[str, StudentFacts]
    origins: Mapping[str, Origin]
    reads: tuple[StoredRead, ...]

    @property
    def not_assessed(self) -> str | None:
        """Why the half term has no figures at all; None = it has."""
        return self.assessment.not_assessed

    @property
    def incomplete(self) -> bool:
        """Whether data lack (rule 8), so that nobody can say who is outstanding."""
        return any(not reason.releasable for reason in self.held)


@dataclass(frozen=True, slots=True)
class StudentStory:
    """One student's account; `account` None = the half term is not assessed. Otherwise as `Story`."""

    half_term: HalfTermId
    school_year: SchoolYear
    assessment: Assessment
    student: StudentFacts
    account: StudentAccount | None
    held: tuple[HoldReason, ...]
    origins: Mapping[str, Origin]
    reads: tuple[StoredRead, ...]


class Verdict(StrEnum):
    """Whether a tutor is rightly named as needing a follow-up."""

    NAMED_BY_NOBODY = "cleared"  # no report and no snapshot names them so
    CLEARED = "cleared by what is known today"  # a snapshot names them so, wrongly: restate it
    PARTLY = "partly cleared"  # one snapshot did so wrongly, something else rightly
    NOT_CLEARED = "not cleared"
    UNKNOWN = "not known"  # data lack: the product does not know, and names nobody


def verdict(story: Story) -> Verdict:
    """One word about the person, or about whoever the group's rows name.

    Each snapshot speaks through its newest version; one that can no longer be compared stands as it is.
    """
    if story.not_assessed is not None:
        return Verdict.NAMED_BY_NOBODY
    if story.incomplete:
        return Verdict.UNKNOWN
    newest = [each for group in story.groups for each in newest_versions(group.snapshots)]
    wrongly = any(each.cleared_since(person) for each in newest for person in _asked(story, each))
    rightly = any(
        each.accused(person) and not each.cleared_since(person) for each in newest for person in _asked(story, each)
    )
    if rightly or flagged_now(story):
        return Verdict.PARTLY if wrongly else Verdict.NOT_CLEARED
    return Verdict.CLEARED if wrongly else Verdict.NAMED_BY_NOBODY


def flagged_now(story: Story) -> tuple[str, ...]:
    """The groups whose row would name the person (or, of a group's story, anyone) in the headline now."""
    return tuple(
        group.account.group
        for group in story.groups
        if any(each.flagged and story.staff_id in {None, each.staff_id} for each in group.account.naming)
    )


def newest_versions(snapshots: Iterable[ThenAndNow]) -> tuple[ThenAndNow, ...]:
    """The newest version on each occasion, in order."""
    return tuple({each.occasion: each for each in snapshots}.values())


def _asked(story: Story, each: ThenAndNow) -> tuple[str, ...]:
    return (story.staff_id,) if story.staff_id is not None else tuple(each.named)


def tell_tutor(context: RunContext, half_term: HalfTermId, staff_id: str, shown: str, code: str) -> Story:
    """The story of every group of one person in that half term: those of today's roles, and those snapshots named."""
    return _tell(context, half_term, staff_id=staff_id, group=None, shown=shown, code=code)


def tell_group(context: RunContext, half_term: HalfTermId, group: str) -> Story:
    """The story of one tutor group."""
    return _tell(context, half_term, staff_id=None, group=group, shown=group, code="")


def tell_student(context: RunContext, half_term: HalfTermId, student_id: str) -> StudentStory:
    """The story of one student.

    Raises:
        KeyError: nobody has that id.
    """
    report = compliance_report(context, half_term)
    facts = report.loaded.facts
    student = {each.student_id: each for each in facts.students}[student_id]
    assessed = report.assessment.not_assessed is None
    account = Accounts(facts, report.assessment).student(student_id) if assessed else None
    origins, reads = _records(context, (student_id,))
    return StudentStory(half_term, report.school_year, report.assessment, student, account, report.held, origins, reads)


def _tell(
    context: RunContext, half_term: HalfTermId, *, staff_id: str | None, group: str | None, shown: str, code: str
) -> Story:
    report = compliance_report(context, half_term)
    groups = _groups(context, report, staff_id, group)
    members = [each.student.student_id for story in groups for each in story.account.students]
    changed = [each.student_id for story in groups for then in story.snapshots for each in then.differences]
    origins, reads = _records(context, members)
    everyone = {*members, *changed}
    return Story(
        half_term=half_term,
        school_year=report.school_year,
        assessment=report.assessment,
        staff_id=staff_id,
        shown=shown,
        code=code,
        groups=groups,
        held=report.held,
        students={each.student_id: each for each in report.loaded.facts.students if each.student_id in everyone},
        origins=origins,
        reads=reads,
    )


def _groups(
    context: RunContext, report: ComplianceReport, staff_id: str | None, group: str | None
) -> tuple[GroupStory, ...]:
    assessment = report.assessment
    if assessment.not_assessed is not None:
        return ()
    kept = {occasion: _kept(context, assessment.half_term, occasion) for occasion in OCCASIONS}
    again = {occasion: _again(context, report, occasion) for occasion in OCCASIONS if kept[occasion]}
    accounts = Accounts(report.loaded.facts, assessment)
    found = []
    for name in _names(accounts, kept.values(), staff_id, group):
        snapshots = [each for occasion in again for each in then_and_now(kept[occasion], name, *again[occasion])]
        found.append(GroupStory(accounts.group(name), tuple(snapshots)))
    return tuple(found)


def _names(
    accounts: Accounts, kept: Iterable[tuple[Kept, ...]], staff_id: str | None, group: str | None
) -> tuple[str, ...]:
    """Each group once, however it was spelled then."""
    if group is not None or staff_id is None:
        return (group or "",)
    then = [name for versions in kept for name in groups_then(versions, staff_id)]
    by_name = {fold(name): name for name in (*then, *accounts.groups_of(staff_id))}
    return tuple(by_name[key] for key in sorted(by_name))


def _kept(context: RunContext, half_term: HalfTermId, occasion: Occasion) -> tuple[Kept, ...]:
    with context.store.reading() as connection:
        versions = load_snapshots(connection, context.school_id, half_term, occasion)
    return tuple(Kept(each.version, each.taken_at, each.content) for each in versions)


def _again(context: RunContext, report: ComplianceReport, occasion: Occasion) -> tuple[Assessment | None, str]:
    """The same moment assessed from what is known today; None, and why, where its data lack or SIMS has moved on."""
    year, half_term = report.school_year, report.assessment.half_term
    same = report if report.assessment.occasion is occasion else compliance_report(context, half_term, occasion)
    for reason in same.held:
        if not reason.releasable:
            return None, reason.what
    read = [each.began for each in same.loaded.reads if each.kind == Kind.STUDENTS and each.began is not None]
    if any(year.local_date(began) > year.year_end(half_term.year) for began in read):
        return None, "SIMS has promoted the students since (rule 27)."
    return same.assessment, ""


def _records(context: RunContext, students: Iterable[str]) -> tuple[dict[str, Origin], tuple[StoredRead, ...]]:
    with context.store.reading() as connection:
        origins = {
            key: Origin(*found)
            for student_id in dict.fromkeys(students)
            for key, found in entry_origins(connection, context.school_id, student_id).items()
        }
        reads = good_reads(connection, context.school_id)
    feeding = [read for (kind, _), read in reads.items() if kind is not Kind.RESULTS]
    return origins, tuple(sorted(feeding, key=lambda read: (read.source, read.kind)))
