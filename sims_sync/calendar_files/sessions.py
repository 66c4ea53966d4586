"""Which half terms follow from starts, ends and breaks?"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import IntEnum
from itertools import pairwise

from sims_sync.calendar_files.imported import Span
from sims_sync.school_year import shown_day

_ONE_DAY = timedelta(days=1)
_SATURDAY = 5
# How far a stated start or end may lie from what a holiday's dates suggest and still mean the same one.
_SAME_EDGE_DAYS = 7
LONGEST_HALF_TERM_BREAK_DAYS = 23


class Step(IntEnum):
    """What happens at an edge, in the order in which edges of one day are taken.

    What a term event states outweighs what a holiday's dates suggest.
    """

    END_STATED = 0
    END_SUGGESTED = 1
    START_STATED = 2
    START_SUGGESTED = 3


@dataclass(frozen=True, slots=True, order=True)
class Edge:
    """The first or last day of a half term, as far as one event tells."""

    day: date
    step: Step


@dataclass(frozen=True, slots=True)
class Misfit:
    """A day that does not fit the others, and the sentence that says so."""

    day: date
    sentence: str


@dataclass(slots=True)
class _State:
    """The half terms found so far, the one that is open, and what does not fit."""

    found: list[Span] = field(default_factory=list)
    open_from: Edge | None = None
    closed_by: Edge | None = None
    misfits: list[Misfit] = field(default_factory=list)

    def misfit(self, day: date, sentence: str) -> None:
        self.misfits.append(Misfit(day, sentence))


def break_edges(breaks: Iterable[Span]) -> list[Edge]:
    """The last weekday before each break and the first after it; breaks parted only by a weekend are one."""
    edges = []
    for span in _merged(breaks):
        edges += [holiday_start_edge(span.first), holiday_end_edge(span.last)]
    return edges


def holiday_start_edge(first: date) -> Edge:
    """The last day at school that a holiday's first day suggests."""
    return Edge(_weekday_before(first), Step.END_SUGGESTED)


def holiday_end_edge(last: date) -> Edge:
    """The first day back that a holiday's last day suggests."""
    return Edge(_weekday_after(last), Step.START_SUGGESTED)


def sessions(edges: Iterable[Edge]) -> tuple[list[Span], list[Misfit]]:
    """The half terms between the edges, in order, and each edge that does not fit."""
    state = _State()
    for edge in sorted(set(edges)):
        if edge.step in {Step.START_STATED, Step.START_SUGGESTED}:
            _start(edge, state)
        else:
            _end(edge, state)
    # After the last holiday a half term begins whose end the file does not reach.
    if state.open_from is not None and state.open_from.step is Step.START_STATED:
        day = state.open_from.day
        state.misfit(day, f"The term that starts on {shown_day(day)} has no end: add it.")
    return state.found, state.misfits


def paired_edges(marks: Iterable[tuple[date, bool]]) -> tuple[list[Edge], list[Misfit]]:
    """Edges from the days on which "half term" is said to start (True) or end (False).

    Schools mean either the break or the time at school. A start and then an end close together are a break's first and
    last day; an end and then a start close together are the last day at school and the first one back.
    """
    ordered = sorted(set(marks))
    edges: list[Edge] = []
    taken: set[tuple[date, bool]] = set()
    for earlier, later in pairwise(ordered):
        far_apart = (later[0] - earlier[0]).days > LONGEST_HALF_TERM_BREAK_DAYS
        if earlier in taken or earlier[1] == later[1] or far_apart:
            continue
        taken |= {earlier, later}
        if earlier[1]:
            edges += break_edges([Span(earlier[0], later[0])])
        else:
            edges += [Edge(earlier[0], Step.END_STATED), Edge(later[0], Step.START_STATED)]
    return edges, [_unpaired(day, starts) for day, starts in ordered if (day, starts) not in taken]


def with_inset_starts(spans: Sequence[Span], inset_days: frozenset[date]) -> list[Span]:
    """Each half term from the INSET days directly before its first day on: they are part of it (DOMAIN rule 3)."""
    lengthened = []
    for span in spans:
        first = span.first
        while _weekday_before(first) in inset_days:
            first = _weekday_before(first)
        lengthened.append(Span(first, span.last))
    return lengthened


def _start(edge: Edge, state: _State) -> None:
    opened = state.open_from
    if opened is None:
        state.open_from = edge
    elif edge.step is Step.START_STATED and (edge.day - opened.day).days > _SAME_EDGE_DAYS:
        state.misfit(
            edge.day,
            f"Terms start on {shown_day(opened.day)} and on {shown_day(edge.day)} without an end or a break between: "
            "add it.",
        )
        state.open_from = edge
    elif edge.step is Step.START_STATED and opened.step is Step.START_SUGGESTED:
        state.open_from = edge


def _end(edge: Edge, state: _State) -> None:
    if state.open_from is not None:
        state.found.append(Span(state.open_from.day, edge.day))
        state.open_from, state.closed_by = None, edge
    elif edge.step is Step.END_STATED:
        _end_again(edge, state)


def _end_again(edge: Edge, state: _State) -> None:
    closed = state.closed_by
    if closed is None or (edge.day - closed.day).days > _SAME_EDGE_DAYS:
        state.misfit(edge.day, f"The term that ends on {shown_day(edge.day)} has no start: add it.")
    elif closed.step is Step.END_SUGGESTED:
        state.found[-1] = Span(state.found[-1].first, edge.day)
        state.closed_by = edge


def _unpaired(day: date, starts: bool) -> Misfit:
    return Misfit(
        day,
        f"The half term said to {'start' if starts else 'end'} on {shown_day(day)} is not understood: "
        "give the half-term break as one event with its first and last day.",
    )


def _merged(breaks: Iterable[Span]) -> list[Span]:
    merged: list[Span] = []
    for span in sorted(breaks, key=lambda each: each.first):
        if merged and span.first <= _weekday_after(merged[-1].last):
            merged[-1] = Span(merged[-1].first, max(merged[-1].last, span.last))
        else:
            merged.append(span)
    return merged


def _weekday_before(day: date) -> date:
    day -= _ONE_DAY
    while day.weekday() >= _SATURDAY:
        day -= _ONE_DAY
    return day


def _weekday_after(day: date) -> date:
    day += _ONE_DAY
    while day.weekday() >= _SATURDAY:
        day += _ONE_DAY
    return day
