"""Which lines can a Head of House copy and send to the House Matrix (DOMAIN rules 22, 24)? Counts, nobody named."""

from collections import Counter
from collections.abc import Iterable, Sequence

from sims_sync.compliance.facts import STATUS_SYMBOLS, GroupFigures, Occasion, Status
from sims_sync.report.summary import ComplianceSummary, HouseSummary, natural_key
from sims_sync.report.wording import DASH, count, group_percent, house_name, interviews, percent, status

HEADING = "House Matrix summary, ready to send"
_ORDER = tuple(STATUS_SYMBOLS)


def ready_to_send(summary: ComplianceSummary, house: HouseSummary) -> tuple[str, ...]:
    """One house's half term as plain lines; none before the deadline, when there is nothing to send yet.

    `report house-matrix` has the whole year, with targets, reviews and where escalation is offered.
    """
    if summary.occasion is Occasion.BEFORE or not house.groups:
        return ()
    shown = f"{summary.half_term.shown} {summary.half_term.year}"
    groups = [row.figures for row in house.groups]
    return (
        f"{house_name(house.house)} {DASH} House Matrix summary {DASH} {shown}, {summary.occasion}",
        f"{house.done} of {count(house.due, 'student')} done ({percent(house.percent)}).",
        f"{count(len(groups), 'tutor group')}: {statuses(groups)}.",
        *(_line(group) for group in sorted(groups, key=lambda group: natural_key(group.group))),
    )


def statuses(groups: Iterable[GroupFigures]) -> str:
    """How many groups stand where: "3 ✔ Complete, 1 ▲ Action needed, 1 covered or without an active tutor"."""
    known = list(groups)
    found = Counter(group.status for group in known if group.flagged)
    said = [f"{found[each]} {STATUS_SYMBOLS[each]} {each}" for each in _ORDER if found[each]]
    against_nobody = sum(not group.flagged for group in known)
    return ", ".join([*said, *_nobody(against_nobody)])


def _nobody(number: int) -> Sequence[str]:
    return [f"{number} covered or without an active tutor"] if number else []


def _line(group: GroupFigures) -> str:
    word = f" {status(group)}" if group.flagged else ""
    if group.status is Status.NOT_DUE:
        return f"{group.shown}:{word}."
    figures = f"{group.done}/{group.due} ({group_percent(group)}); interviews this year {interviews(group)}"
    return f"{group.shown}:{word} {figures}."
