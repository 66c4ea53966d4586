"""May the figures be shown, and may a message about them leave (DOMAIN rules 8, 8a, 20)?

Every doubt holds: a held report names nobody.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sims_sync.compliance.facts import Assessment, HoldReason, Occasion, ReadFacts, Status
from sims_sync.records import Kind
from sims_sync.school_year import HalfTermDates, SchoolYear, shown_day

FRESH_HOURS = 24
NOT_STARTED_SHARE_PERCENT = 50
DUE_MOVED_PERCENT = 10
# What the accusation guard holds until the programme lead releases it (rule 8a).
RELEASABLE = frozenset(
    {"no-entries", "mostly-not-started", "done-fell", "due-moved", "source-in-doubt", "quarantine-untied", "restored"}
)
_ENTRY_KINDS = frozenset({Kind.MENTORING_ENTRIES, Kind.PROFORMAS})
_ALWAYS_FEEDING = frozenset({Kind.STUDENTS, Kind.TUTOR_GROUPS, *_ENTRY_KINDS})


@dataclass(frozen=True, slots=True)
class Previous:
    """What was computed before, for the same half term and policy; None = never.

    `done`: of the last computation. `due_at_reminder_2`: of the one made when reminder 2 was due.
    """

    done: int | None = None
    due_at_reminder_2: int | None = None


def complete_data(
    reads: Sequence[ReadFacts], dates: HalfTermDates, occasion: Occasion, moment: datetime, school_year: SchoolYear
) -> tuple[HoldReason, ...]:
    """Why figures may not be shown yet (rule 8); empty = they may.

    Figures for D or closing need a whole read of every feeding source that began after that day's 23:59:59. Before D
    it is enough that each was read once: `data_is_fresh` says whether there may be a status. `reads` holds the newest
    good read of *each* source that fed this half term, those dropped from the configuration too: for them the
    accusation guard asks a person. `moment` is aware.
    """
    day = _figures_day(dates, occasion)
    if dates.deadline is None:
        return ()
    missing = _missing_kinds(reads)
    if day is not None and moment <= school_year.end_of_day(day):
        return (*missing, _too_early(day))
    asked = [read for read in _feeding(reads) if not read.dropped]
    if day is None:
        return (*missing, *(_never_read(read) for read in asked if read.began is None))
    ended = school_year.end_of_day(day)
    return (*missing, *(_too_old(read, day) for read in asked if read.began is None or read.began <= ended))


def data_is_fresh(reads: Sequence[ReadFacts], moment: datetime) -> bool:
    """Whether every feeding read began in the 24 hours before `moment` (rules 8, 20): else no status, no reminder.

    False where students or entries were never read. A source dropped from the configuration grows stale like any other.
    """
    oldest = moment - timedelta(hours=FRESH_HOURS)
    feeding = _feeding(reads)
    return not _missing_kinds(reads) and all(read.began is not None and read.began >= oldest for read in feeding)


def accusation_guard(
    assessment: Assessment,
    previous: Previous,
    reads: Sequence[ReadFacts],
    untied_entries: int = 0,
    *,
    restored_on: date | None = None,
    reminder: bool = False,
) -> tuple[HoldReason, ...]:
    """Why a person must look before a report leaves, or a reminder (rule 8a); empty = nothing is odd.

    `untied_entries`: quarantined entries that cannot be tied to a student. `restored_on`: the day of this half term on
    which the store was restored from a backup. Nothing where there are no figures.
    """
    if assessment.not_assessed is not None:
        return ()
    for_both = (
        no_entries(assessment),
        done_fell(assessment, previous),
        *(source_in_doubt(read) for read in _feeding(reads)),
        untied_quarantine(untied_entries),
        restored_store(restored_on),
    )
    for_reports = () if reminder else (mostly_not_started(assessment), due_moved(assessment, previous))
    return tuple(reason for reason in (*for_both, *for_reports) if reason is not None)


def no_entries(assessment: Assessment) -> HoldReason | None:
    """No source yielded any entry this half term: rather a fault than a school in which nobody did anything."""
    if assessment.entries_seen:
        return None
    return _hold(
        "no-entries",
        f"No source has yielded any entry for {assessment.half_term.shown}.",
        "Check the sources of entries and their mapping, then release if it is so.",
    )


def mostly_not_started(assessment: Assessment) -> HoldReason | None:
    """More than half of the groups in which anyone is due would be *Not started*."""
    due = [group for group in assessment.groups if group.due]
    found = sum(group.status is Status.NOT_STARTED for group in due)
    if 100 * found <= NOT_STARTED_SHARE_PERCENT * len(due):
        return None
    return _hold(
        "mostly-not-started",
        f"{found} of {len(due)} tutor groups would be {Status.NOT_STARTED}.",
        "Check that entries are read whole, then release if it is so.",
    )


def done_fell(assessment: Assessment, previous: Previous) -> HoldReason | None:
    """Fewer students are done than at the last computation: entries may have been lost."""
    done = sum(house.done for house in assessment.houses)
    if previous.done is None or done >= previous.done:
        return None
    return _hold(
        "done-fell",
        f"Done fell from {previous.done} to {done} since the last computation.",
        "Find out which entries or students are gone, then release if it is right.",
    )


def due_moved(assessment: Assessment, previous: Previous) -> HoldReason | None:
    """Due moved by more than a tenth since reminder 2: students or groups may be missing."""
    due, before = sum(house.due for house in assessment.houses), previous.due_at_reminder_2
    if before is None or 100 * abs(due - before) <= DUE_MOVED_PERCENT * before:
        return None
    return _hold(
        "due-moved",
        f"Due moved from {before} to {due} since reminder 2.",
        "Find out which students or groups changed, then release if it is right.",
    )


def source_in_doubt(read: ReadFacts) -> HoldReason | None:
    """A feeding source has held removals, is plan-only, or was dropped from the configuration this half term."""
    name = _named(read)
    if read.dropped:
        what, do = f"{name} fed this half term and is no longer configured.", "Configure it again, or release."
    elif read.plan_only:
        what, do = f"{name} is plan-only: its newest rows are not in the figures.", "Confirm its plan, or release."
    elif read.held_removals:
        what, do = f"{name} has {read.held_removals} held removals.", "Settle them, or release."
    else:
        return None
    return _hold("source-in-doubt", what, do)


def untied_quarantine(untied_entries: int) -> HoldReason | None:
    """A quarantined entry may be anyone's: each outstanding student might be done."""
    if untied_entries <= 0:
        return None
    noun = "entry" if untied_entries == 1 else "entries"
    return _hold(
        "quarantine-untied",
        f"{untied_entries} {noun} in quarantine cannot be tied to a student.",
        "Mend or discard them (sims-sync quarantine list), or release.",
    )


def restored_store(restored_on: date | None) -> HoldReason | None:
    """What was handed in, excused or covered after the backup is lost, and its tutor would be named for it."""
    if restored_on is None:
        return None
    return _hold(
        "restored",
        f"The store was restored from a backup on {shown_day(restored_on)}: what was handed in or decided between the "
        "two is not in the figures.",
        "Hand it in and decide it again, then release.",
    )


def _feeding(reads: Iterable[ReadFacts]) -> list[ReadFacts]:
    """The reads that feed the figures: students, groups, entries; staff where no report of groups says who tutors."""
    given = list(reads)
    staff_feeds = all(read.kind != Kind.TUTOR_GROUPS for read in given)
    return [read for read in given if read.kind in _ALWAYS_FEEDING or (staff_feeds and read.kind == Kind.STAFF)]


def _missing_kinds(reads: Sequence[ReadFacts]) -> tuple[HoldReason, ...]:
    kinds = {read.kind for read in reads if not read.dropped}
    missing = []
    if Kind.STUDENTS not in kinds:
        missing.append(_wait("students-not-read", "No source of students is configured.", "Configure one and run it."))
    if kinds.isdisjoint(_ENTRY_KINDS):
        missing.append(_wait("entries-not-read", "No source of entries is configured.", "Configure one and run it."))
    return tuple(missing)


def _figures_day(dates: HalfTermDates, occasion: Occasion) -> date | None:
    if occasion is Occasion.BEFORE:
        return None
    return dates.closing if occasion is Occasion.CLOSING else dates.deadline


def _too_early(day: date) -> HoldReason:
    return _wait("day-not-over", f"{shown_day(day)} is not over yet.", "Ask again the day after.")


def _never_read(read: ReadFacts) -> HoldReason:
    return _wait("never-read", f"{_named(read)} has never been read well.", "Run its job and look at what it says.")


def _too_old(read: ReadFacts, day: date) -> HoldReason:
    return _wait(
        "read-too-old",
        f"{_named(read)} has not been read whole since the end of {shown_day(day)}.",
        "Run its job; the figures follow once it has succeeded.",
    )


def _named(read: ReadFacts) -> str:
    return f"The source {read.source} ({read.kind.replace('_', ' ')})"


def _hold(code: str, what: str, do: str) -> HoldReason:
    return HoldReason(code, what, do, releasable=True)


def _wait(code: str, what: str, do: str) -> HoldReason:
    return HoldReason(code, what, do, releasable=False)
