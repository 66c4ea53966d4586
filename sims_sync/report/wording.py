"""How the report puts its figures: sentences, numbers and dates that all formats share (DOMAIN rules 19 to 22)."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date, datetime

from sims_sync.compliance.facts import (
    STATUS_SYMBOLS,
    DataProblem,
    GroupFigures,
    HoldReason,
    Occasion,
    Policy,
    ReadFacts,
    Status,
    StudentClass,
)
from sims_sync.report.summary import ComplianceSummary, GroupRow, HouseSummary, Section

DASH = "\u2013"
NOT_FLAGGED = f"{DASH} not flagged"
STAFF_ONLY = f"Staff only {DASH} do not open while projecting"
SUBJECTS_SHOWN = 8
_SECTION_TITLES = {
    Section.CONVERSATION: "Groups needing a conversation",
    Section.NEARLY_THERE: "Nearly there",
    Section.NOBODY_NAMED: f"Covered or without an active tutor {DASH} in the house total, against nobody",
    Section.UNDER_WAY: "Under way",
}
_POLICIES = {
    Policy.HALF_TERM: "every student due needs an entry each half term",
    Policy.TERMLY: "every student due needs an interview each term",
    Policy.ANY: "every tutor group needs an entry each half term",
}
_NOT_COUNTED = {
    StudentClass.EXCUSED: "excused",
    StudentClass.AWAITING_DECISION: "awaiting your decision",
    StudentClass.EXEMPT: "exempt",
    StudentClass.NOT_YET_DUE: "not yet due: on roll too short a time",
    StudentClass.HANDOVER: "handover: with this tutor too short a time",
}
_NOT_THE_TUTOR = {
    StudentClass.NOT_LISTED: "not in SIMS's last list",
    StudentClass.BEING_CHECKED: "entry being checked",
    StudentClass.NO_TUTOR: "no tutor",
}


def count(number: int, singular: str, plural: str | None = None) -> str:
    """A number and its noun: "1 tutor", "3 tutors", "0 tutors"."""
    return f"{number} {singular if number == 1 else plural or singular + 's'}"


def day(value: date | None) -> str:
    """A date as "Tue 15 Dec 2026", or a dash where there is none."""
    return f"{value:%a} {value.day} {value:%b} {value.year}" if value else DASH


def moment(value: datetime | None, summary: ComplianceSummary) -> str:
    """A moment as "Wed 16 Dec 2026, 07:30" in the school's time, or "never"."""
    if value is None:
        return "never"
    local = value.astimezone(summary.zone)
    return f"{day(local.date())}, {local:%H:%M}"


def percent(value: int | None) -> str:
    """A share as "64 %", or "n/a" where nothing is due (rule 19)."""
    return "n/a" if value is None else f"{value} %"


def group_percent(group: GroupFigures) -> str:
    """The group's percentage; nothing where only counts may be shown (rule 20)."""
    return "" if group.status is Status.UNKNOWN else percent(group.percent)


def status(group: GroupFigures) -> str:
    """Symbol and word; the number stands beside it (rule 20). Covered or away: none, it would flag (rule 12)."""
    if not group.flagged:
        return NOT_FLAGGED
    return f"{STATUS_SYMBOLS[group.status]} {group.status}"


def house_name(house: str) -> str:
    """The name with "House", also where SIMS calls it "Austen" or "Austen House"."""
    return house if "house" in house.casefold().split() else f"{house} House"


def joined(words: Sequence[str]) -> str:
    """Words in a row: "a", "a and b", "a, b and c"."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}" if words else ""


def tutors(group: GroupRow) -> str:
    """The group's tutors; a dash where nobody is named (rule 12)."""
    return joined(group.tutors) or DASH


def heads(house: HouseSummary) -> str:
    """Who leads the house."""
    return joined(house.heads) or "vacant, so the programme lead receives this"


def title(summary: ComplianceSummary) -> str:
    """The heading of the whole report."""
    return f"{summary.school}: mentoring in {summary.half_term.shown}, {summary.half_term.year}"


def occasion(summary: ComplianceSummary) -> str:
    """Which figures these are, and under which policy."""
    since = ", after the deadline" if summary.occasion is Occasion.CLOSING else ""
    return f"Figures {summary.occasion}{since} ({day(summary.deadline)}); {_POLICIES[summary.policy]}."


def closed_lines(summary: ComplianceSummary) -> tuple[str, ...]:
    """Of a snapshot: when it was taken, and each restatement; empty where the figures were computed live."""
    if summary.closed_at is None:
        return ()
    verb = "closed" if summary.occasion is Occasion.CLOSING else "taken"
    lines = [f"As {verb} on {moment(summary.closed_at, summary)}: later changes are not in these figures."]
    for each in summary.restatements:
        changed = "; ".join(each.changes) or "no group's figures changed"
        lines.append(f"Restated on {moment(each.at, summary)} by {each.who} ({each.why}): {changed}.")
    return tuple(lines)


def section_title(section: Section, summary: ComplianceSummary) -> str:
    """The heading of one section."""
    if section is Section.CONVERSATION and summary.occasion is Occasion.BEFORE:
        return "Behind the pace of the half term"
    return _SECTION_TITLES[section]


def headline(summary: ComplianceSummary, house: HouseSummary) -> str:
    """The one sentence that comes first; *Nearly there* has its own line (rule 22)."""
    if house.due == 0:
        return "Nobody is due: there is nothing to follow up."
    figures = f"{house.done} of {count(house.due, 'student')} done ({percent(house.percent)})"
    if summary.occasion is Occasion.BEFORE:
        return _headline_before(house, figures)
    return f"{verdict(summary, [house])}: {figures}, {house.outstanding} outstanding."


def verdict(summary: ComplianceSummary, houses: Sequence[HouseSummary]) -> str:
    """The headline's first words, for one house or several: counts distinct people (rule 12)."""
    people = len(frozenset[str]().union(*(house.follow_up for house in houses)))
    if people:
        return f"{count(people, 'tutor')} {'needs' if people == 1 else 'need'} a follow-up"
    due = [group for house in houses for group in house.groups if group.figures.due]
    if all(group.section is Section.COMPLETE for group in due):
        return "Every tutor group has an entry" if summary.policy is Policy.ANY else "All complete"
    return "No tutor needs a follow-up"


def nearly_line(houses: Sequence[HouseSummary]) -> str:
    """How many distinct people are nearly there, on a line of its own; empty = nobody."""
    people = len(frozenset[str]().union(*(house.nearly for house in houses)))
    return f"{count(people, 'tutor')} {'is' if people == 1 else 'are'} nearly there (80 % or more)." if people else ""


def notes(summary: ComplianceSummary, group: GroupFigures) -> tuple[str, ...]:
    """What else there is to know about a group before a conversation, in rule 22's order; counts only."""
    told = (
        (summary.occasion is Occasion.DEADLINE, f"done since the deadline: {group.done_since_deadline}"),
        (True, f"last entry: {_short(group.last_entry)}"),
        (group.too_short > 0, f"entry made, text too short: {group.too_short}"),
        (group.drafts > 0, f"drafts: {group.drafts}"),
        (group.incomplete_in_a_row > 0, f"half terms incomplete in a row: {group.incomplete_in_a_row}"),
        (group.not_reminded, "not reminded"),
        (group.not_yet_in_sims > 0, f"not yet in SIMS: {group.not_yet_in_sims}"),
        (group.excused_share is not None, f"excused: {group.excused_share} % of the group"),
        (True, f"interviews this year: {interviews(group)}"),
    )
    return tuple(text for shown, text in told if shown)


def interviews(group: GroupFigures) -> str:
    """The interviews of this year, "1 of 3" (rule 16)."""
    done, of = group.interviews_this_year
    return f"{done} of {of}"


def not_counted(house: HouseSummary) -> tuple[tuple[int, str], ...]:
    """Excused, awaiting a decision, not counted: how many students, and what they are."""
    return _counted(house, _NOT_COUNTED)


def not_the_tutors_fault(house: HouseSummary) -> tuple[tuple[int, str], ...]:
    """What stands in no tutor's way of being treated fairly: how many students, and why."""
    waiting = ((house.not_yet_in_sims, "done, but not yet in SIMS"),) if house.not_yet_in_sims else ()
    return _counted(house, _NOT_THE_TUTOR) + waiting


def thanks(group: GroupRow) -> str:
    """A complete group with its tutors' names and figures."""
    names = " ".join(filter(None, (group.figures.shown, joined(group.tutors))))
    return f"{names} ({group.figures.done} of {group.figures.due}, interviews this year: {interviews(group.figures)})"


def all_thanks(house: HouseSummary) -> tuple[str, ...]:
    """Every complete group, thanked by name."""
    return tuple(thanks(group) for group in house.section(Section.COMPLETE))


def numbered(counted: Iterable[tuple[int, str]]) -> tuple[str, ...]:
    """Each count with its word: "3 excused"."""
    return tuple(f"{number} {what}" for number, what in counted)


def source_line(summary: ComplianceSummary, read: ReadFacts) -> str:
    """What was read, from where, and when that read began."""
    return f"{read.kind.replace('_', ' ')} from {read.source}: data as of {moment(read.began, summary)}"


def age_line(summary: ComplianceSummary) -> str:
    """The age of the figures is that of their oldest read (rule 8)."""
    if not summary.data_as_of:
        return "No source is known for these figures."
    if summary.oldest_read is None:
        return "One of the sources has never been read well."
    return f"All figures are as old as the oldest read: {moment(summary.oldest_read, summary)}."


def hold_lines(held: Iterable[HoldReason]) -> tuple[str, ...]:
    """Why nothing is shown, each with what to do."""
    return tuple(f"{reason.what} {reason.do}".strip() for reason in held)


def silence(summary: ComplianceSummary) -> tuple[str, ...]:
    """The sentences that stand in place of rows where there are no figures."""
    if summary.held:
        return hold_lines(summary.held)
    return (f"Not assessed: {summary.not_assessed}",) if summary.not_assessed is not None else ()


def problem_lines(problems: Iterable[DataProblem]) -> tuple[str, ...]:
    """Data-quality problems, the same ones in one line with the subjects they are about."""
    alike: dict[tuple[str, str, str], list[str]] = {}
    for problem in problems:
        alike.setdefault((problem.code, problem.what, problem.do), []).append(problem.subject)
    return tuple(f"{_subjects(subjects)}: {what} {do}".strip() for (_, what, do), subjects in alike.items())


def _short(value: date | None) -> str:
    return f"{value.day} {value:%b %Y}" if value else "none"


def _headline_before(house: HouseSummary, figures: str) -> str:
    if any(group.figures.status is Status.UNKNOWN for group in house.groups):
        return f"So far {house.done} of {count(house.due, 'student')} done; the data are too old to say more."
    behind = len(house.section(Section.CONVERSATION))
    return f"So far {figures}; {count(behind, 'tutor group')} behind the pace of the half term."


def _counted(house: HouseSummary, words: dict[StudentClass, str]) -> tuple[tuple[int, str], ...]:
    return tuple((house.counts[found], word) for found, word in words.items() if house.counts.get(found, 0))


def _subjects(subjects: Sequence[str]) -> str:
    found = Counter(subjects)
    shown = [subject if times == 1 else f"{subject} ({times} times)" for subject, times in found.items()]
    if len(shown) > SUBJECTS_SHOWN:
        shown = [*shown[:SUBJECTS_SHOWN], f"{len(shown) - SUBJECTS_SHOWN} more"]
    return joined(shown)
