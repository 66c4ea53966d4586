"""What does the House Matrix hold: tutor groups by half terms, counts only (DOMAIN rule 24)? Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from sims_sync.compliance.facts import GroupFigures, HoldReason, Occasion, Status
from sims_sync.compliance.half_terms_known import HalfTermKnown, Standing
from sims_sync.compliance.snapshot_form import Snapshot, closing_history
from sims_sync.compliance.status import FOLLOW_UP, percent
from sims_sync.compliance.work import Work, lines_by_student, together
from sims_sync.report.summary import SCHOOL_ZONE, clean, natural_key, sort_key
from sims_sync.school_year import HalfTermId

CLOSINGS_TO_ESCALATE = 2
NO_ROW = "no such group"


@dataclass(frozen=True, slots=True)
class MatrixCell:
    """One tutor group in one half term. `word` stands in place of figures where there are none.

    `status` None with figures: the group was covered or without an active tutor, which `word` says; its counts stay in
    the house's, against nobody (rule 12). `targets` and `reviews` count what was recorded for its students; None = an
    earlier release did not keep them at closing.
    """

    word: str = ""
    status: Status | None = None
    done: int = 0
    due: int = 0
    percent: int | None = None
    targets: int | None = 0
    reviews: int | None = 0
    has_figures: bool = False


@dataclass(frozen=True, slots=True)
class MatrixRow:
    """One tutor group through the year. `cells` are in the order of the half terms.

    `interviews` = (n, of 3) as the newest half term with figures has it; `targets` and `reviews` are the year's, as far
    as they were kept. `escalation`: why escalation is offered, empty = it is not. Nobody is named: a row may span two
    tutors.
    """

    house: str
    group: str
    nc_year: str
    cells: tuple[MatrixCell, ...]
    interviews: tuple[int, int]
    targets: int
    reviews: int
    escalation: str = ""


@dataclass(frozen=True, slots=True)
class MatrixColumn:
    """One half term as the heading of a column: how its figures came about."""

    half_term: HalfTermId
    standing: Standing
    closed: bool = False
    restated: bool = False
    occasion: Occasion | None = None


@dataclass(frozen=True, slots=True)
class HouseTotals:
    """One house in the newest half term with figures: Σdone/Σdue (rule 19), all its groups counted."""

    house: str
    done: int
    due: int
    percent: int | None


@dataclass(frozen=True, slots=True)
class HouseMatrix:
    """Everything the report shows. `held`: why the half terms in which *held* stands are held.

    `newest` is the last column with figures, None = there is none. Rows come by house, then by group ("7A" before
    "10A"): a matrix is looked up, not ranked.
    """

    school: str
    year: str
    as_of: datetime
    columns: tuple[MatrixColumn, ...]
    rows: tuple[MatrixRow, ...]
    totals: tuple[HouseTotals, ...] = ()
    held: tuple[HoldReason, ...] = ()
    zone: ZoneInfo = SCHOOL_ZONE

    @property
    def newest(self) -> MatrixColumn | None:
        """The last half term that has figures."""
        return next((each for each in reversed(self.columns) if each.standing is Standing.FIGURES), None)

    @property
    def houses(self) -> tuple[str, ...]:
        """The houses, in order."""
        return tuple(dict.fromkeys(row.house for row in self.rows))

    def of_house(self, house: str) -> tuple[MatrixRow, ...]:
        """The rows of one house."""
        return tuple(row for row in self.rows if row.house == house)


def house_matrix(
    half_terms: Sequence[HalfTermKnown],
    *,
    school_name: str,
    as_of: datetime,
    house: str | None = None,
    zone: ZoneInfo = SCHOOL_ZONE,
) -> HouseMatrix:
    """The matrix of one academic year, for one house or all. `half_terms`: the year's, in order.

    A group stands in the house where its newest figures have it.

    Raises:
        KeyError: `house` names a house in which no group is, though there are groups.
    """
    by_group = _figures_by_group(half_terms)
    escalations = offered_escalations(half_terms)
    work = {each.half_term: _work_by_group(each) for each in half_terms}
    rows = [_row(name, found, half_terms, work, escalations.get(name, "")) for name, found in by_group.items()]
    if house is not None and rows and house not in {row.house for row in rows}:
        raise KeyError(house)
    wanted = [row for row in rows if house is None or row.house == house]
    return HouseMatrix(
        school=clean(school_name),
        year=half_terms[0].half_term.year,
        as_of=as_of,
        columns=tuple(_column(each) for each in half_terms),
        rows=tuple(sorted(wanted, key=lambda row: (sort_key(row.house), natural_key(row.group)))),
        totals=_totals(half_terms, house),
        held=tuple(dict.fromkeys(reason for each in half_terms for reason in each.held)),
        zone=zone,
    )


def offered_escalations(half_terms: Iterable[HalfTermKnown]) -> Mapping[str, str]:
    """Group → why escalation is offered now: *Action needed* or *Not started* at the newest two closings or more.

    Not assessed, covered, away and not due neither break nor add; a closing that is missing or in doubt breaks, since
    nobody knows what it would have said (rules 21, 24). A person decides.
    """
    known = list(half_terms)
    closings = [each.closing for each in known if each.closing is not None]
    over = [each.half_term for each in known if each.closed or each.version or each.standing is Standing.NOT_KEPT]
    if not over:
        return {}
    last = max(over)
    silent = {Standing.NOT_ASSESSED, Standing.BEFORE_PROGRAMME}
    assessed = [each.half_term for each in known if each.half_term <= last and each.standing not in silent]
    history = closing_history(closings, assessed)
    # A history that ends before the last closing is of a group that is no more.
    return {
        group: words
        for group, found in history.items()
        if found[-1][0] == last and (words := _reason(group, found, closings))
    }


def _reason(group: str, found: Sequence[tuple[HalfTermId, Status | None]], closings: Iterable[Snapshot]) -> str:
    run: list[tuple[HalfTermId, Status]] = []
    for half_term, status in reversed(found):
        if status is None or status is Status.NOT_DUE:
            continue
        if status not in FOLLOW_UP:
            break
        run.append((half_term, status))
    if len(run) < CLOSINGS_TO_ESCALATE:
        return ""
    words = " and ".join(f"{status} in {half_term.shown}" for half_term, status in reversed(run))
    spans = {half_term for half_term, _ in run}
    tutors = {_tutors(group, closing) for closing in closings if closing.assessment.half_term in spans}
    return f"{words}; the tutor changed in between" if len(tutors) > 1 else words


def _tutors(group: str, closing: Snapshot) -> frozenset[str]:
    return frozenset(tutor for each in closing.assessment.groups if each.group == group for tutor in each.tutors)


def _figures_by_group(half_terms: Iterable[HalfTermKnown]) -> Mapping[str, Mapping[HalfTermId, GroupFigures]]:
    """Group → half term → its figures, with the name of the house in whose total they are."""
    found: dict[str, dict[HalfTermId, GroupFigures]] = {}
    for each in half_terms:
        for house in each.assessment.houses if each.assessment else ():
            for group in house.groups:
                found.setdefault(group.group, {})[each.half_term] = replace(group, house=house.house)
    return found


def _work_by_group(known: HalfTermKnown) -> Mapping[str, Work] | None:
    """Group → what was recorded for its students; None = it was not kept."""
    if known.assessment is None:
        return {}
    if known.work is None:
        return None
    lines = lines_by_student(known.assessment)
    groups = {group.group for group in known.assessment.groups}
    return {
        name: together([work for student, work in known.work.items() if lines[student].group == name])
        for name in groups
    }


def _row(
    name: str,
    found: Mapping[HalfTermId, GroupFigures],
    half_terms: Sequence[HalfTermKnown],
    work: Mapping[HalfTermId, Mapping[str, Work] | None],
    escalation: str,
) -> MatrixRow:
    cells = [_cell(each, found.get(each.half_term), _of_group(work[each.half_term], name)) for each in half_terms]
    newest = found[max(found)]
    return MatrixRow(
        house=clean(newest.house or ""),
        group=clean(name),
        nc_year=newest.nc_year or "",
        cells=tuple(cells),
        interviews=newest.interviews_this_year,
        targets=sum(cell.targets or 0 for cell in cells),
        reviews=sum(cell.reviews or 0 for cell in cells),
        escalation=clean(escalation),
    )


def _of_group(work: Mapping[str, Work] | None, name: str) -> Work | None:
    return None if work is None else work.get(name, Work())


def _cell(known: HalfTermKnown, group: GroupFigures | None, work: Work | None) -> MatrixCell:
    if known.standing is not Standing.FIGURES:
        return MatrixCell(known.standing.value)
    if group is None:
        return MatrixCell(NO_ROW)
    only_counts = group.status is Status.UNKNOWN  # rule 20: old data before the deadline
    return MatrixCell(
        word="" if group.flagged else _nobody(group),
        status=group.status if group.flagged else None,
        done=group.done,
        due=group.due,
        percent=None if only_counts else percent(group.done, group.due),
        targets=work.targets if work else None,
        reviews=work.reviews if work else None,
        has_figures=True,
    )


def _nobody(group: GroupFigures) -> str:
    """Why the row is against nobody, as the group's shown name says: "cover", "no active tutor"."""
    return clean(group.shown.removeprefix(group.group)).strip(" ()") or "no active tutor"


def _column(known: HalfTermKnown) -> MatrixColumn:
    occasion = known.assessment.occasion if known.assessment else None
    return MatrixColumn(known.half_term, known.standing, known.closed, known.restated, occasion)


def _totals(half_terms: Sequence[HalfTermKnown], house: str | None) -> tuple[HouseTotals, ...]:
    newest = next((each.assessment for each in reversed(half_terms) if each.assessment is not None), None)
    found = [each for each in newest.houses if house in {None, each.house}] if newest else []
    return tuple(HouseTotals(clean(each.house), each.done, each.due, percent(each.done, each.due)) for each in found)
