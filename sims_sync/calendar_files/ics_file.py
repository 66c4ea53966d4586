"""What do the events of a school's iCalendar file say about its year?"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import icalendar

from sims_sync.bank_holidays import england_bank_holidays
from sims_sync.calendar_files.imported import ImportedCalendar, Span, early_year_starts, half_terms_by_order
from sims_sync.calendar_files.sessions import (
    Edge,
    Misfit,
    Step,
    break_edges,
    holiday_end_edge,
    holiday_start_edge,
    paired_edges,
    sessions,
    with_inset_starts,
)
from sims_sync.calendar_files.summaries import Meaning, meanings
from sims_sync.school_year import CalendarRefused, HalfTerm, shown_day

_ONE_DAY = timedelta(days=1)
_LONDON = ZoneInfo("Europe/London")
_LONGEST_CLOSED_SPELL_DAYS = 31
_LONGEST_INSET_DAYS = 7


@dataclass(frozen=True, slots=True)
class _Event:
    """One event as school-local days, with what its summary says."""

    span: Span
    meanings: frozenset[Meaning]


def read_ics(content: bytes) -> ImportedCalendar:
    """Understand a calendar's events by their summaries; `DTEND` is exclusive (RFC 5545).

    Summaries that are not understood are counted, never quoted: a school's calendar may name people.

    Raises:
        CalendarRefused: not an iCalendar file, or no whole academic year follows from its events.
    """
    events, notes = _events(content)
    inset_days = frozenset(_weekdays(events, Meaning.INSET, _LONGEST_INSET_DAYS))
    edges, misfits = _edges(events)
    spans, more_misfits = sessions(edges)
    misfits += more_misfits
    try:
        half_terms, left_out = half_terms_by_order(with_inset_starts(spans, inset_days))
    except CalendarRefused as refusal:
        raise CalendarRefused([*(misfit.sentence for misfit in misfits), *refusal.problems]) from None
    _refuse_misfits(half_terms, misfits)
    closed_days, closed_notes = _closed_days(events)
    return ImportedCalendar(
        half_terms=half_terms,
        inset_days=inset_days,
        other_closed_days=closed_days,
        year_starts=early_year_starts(half_terms),
        notes=(
            f"{len(half_terms)} half terms and {len(inset_days)} INSET days were understood.",
            *left_out,
            *closed_notes,
            *notes,
            *_not_understood(events),
        ),
    )


def _events(content: bytes) -> tuple[list[_Event], list[str]]:
    # A file cut short parses as an empty calendar: its closing line is the proof that it is whole.
    if not content.rstrip().upper().endswith(b"END:VCALENDAR"):
        raise CalendarRefused(["The file is not a whole iCalendar file: export the calendar again as .ics."])
    try:
        calendars = icalendar.Calendar.from_ical(content, multiple=True)
        components = [component for calendar in calendars for component in calendar.walk("VEVENT")]
        raw = [component for component in components if isinstance(component, icalendar.Event)]
        skipped = Counter(_skipped(event) for event in raw)
        events = [_event(event) for event in raw if _skipped(event) is None]
    except ValueError:
        raise CalendarRefused(
            ["The iCalendar file holds a line or a date that is not understood: export the calendar again as .ics."]
        ) from None
    return events, [f"{count} {reason} events were ignored." for reason, count in skipped.items() if reason]


def _skipped(event: icalendar.Event) -> str | None:
    if str(event.get("STATUS", "")).upper() == "CANCELLED":
        return "cancelled"
    return "repeating" if "RRULE" in event or "RDATE" in event else None


def _event(event: icalendar.Event) -> _Event:
    span = _span(event)
    return _Event(span, meanings(str(event.get("SUMMARY", "")), (span.last - span.first).days + 1))


def _span(event: icalendar.Event) -> Span:
    start, end = event.start, event.end
    first = _local(start).date() if isinstance(start, datetime) else start
    if isinstance(end, datetime):
        local_end = _local(end)
        last = local_end.date() - (_ONE_DAY if local_end.time() == time() else timedelta())
    else:
        last = end - _ONE_DAY
    return Span(first, max(first, last))


def _local(moment: datetime) -> datetime:
    # A floating time is the school's own wall time (RFC 5545).
    return moment if moment.utcoffset() is None else moment.astimezone(_LONDON)


def _edges(events: Sequence[_Event]) -> tuple[list[Edge], list[Misfit]]:
    breaks = [event.span for event in events if Meaning.BREAK in event.meanings]
    edges = break_edges(breaks)
    marks = []
    for event in events:
        first, last = event.span.first, event.span.last
        for meaning in event.meanings:
            match meaning:
                case Meaning.STARTS:
                    edges.append(Edge(first, Step.START_STATED))
                case Meaning.ENDS:
                    edges.append(Edge(last, Step.END_STATED))
                case Meaning.SESSION:
                    edges += [Edge(first, Step.START_STATED), Edge(last, Step.END_STATED)]
                case Meaning.HOLIDAY_STARTS:
                    edges.append(holiday_start_edge(first))
                case Meaning.HOLIDAY_ENDS:
                    edges.append(holiday_end_edge(last))
                case Meaning.HALF_TERM_STARTS:
                    marks.append((first, True))
                case Meaning.HALF_TERM_ENDS:
                    marks.append((last, False))
                case _:
                    pass
    paired, misfits = paired_edges(marks)
    return edges + paired, misfits


def _refuse_misfits(half_terms: Sequence[HalfTerm], misfits: Sequence[Misfit]) -> None:
    # Outside the years that were understood, a misfit is only the edge of what the file covers.
    years = {half_term.id.year for half_term in half_terms}
    for year in years:
        own = [half_term for half_term in half_terms if half_term.id.year == year]
        inside = [misfit.sentence for misfit in misfits if own[0].start <= misfit.day <= own[-1].end]
        if inside:
            raise CalendarRefused(inside)


def _weekdays(events: Sequence[_Event], meaning: Meaning, longest_days: int) -> Iterator[date]:
    for event in events:
        if meaning in event.meanings and (event.span.last - event.span.first).days < longest_days:
            yield from event.span.weekdays()


def _closed_days(events: Sequence[_Event]) -> tuple[frozenset[date], list[str]]:
    closed = frozenset(_weekdays(events, Meaning.CLOSED, _LONGEST_CLOSED_SPELL_DAYS))
    named = set(_weekdays(events, Meaning.BANK_HOLIDAY, 1))
    unknown = sorted(named - england_bank_holidays(tuple(sorted({day.year for day in named}))))
    notes = [
        f"{shown_day(day)} is called a bank holiday but is none of England's: it was kept as a closed day."
        for day in unknown
    ]
    return closed | frozenset(unknown), notes


def _not_understood(events: Sequence[_Event]) -> Iterator[str]:
    for event in events:
        if Meaning.UNCLEAR in event.meanings:
            yield (
                f"An event on {shown_day(event.span.first)} speaks of a term or a holiday but was not understood: "
                "check that day."
            )
    others = sum(Meaning.OTHER in event.meanings for event in events)
    if others:
        yield f"{others} events about other things were ignored."
