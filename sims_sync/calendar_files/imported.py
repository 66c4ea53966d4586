"""What is understood of a calendar file, whatever its format?"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from sims_sync.school_year import (
    HALF_TERM_NAMES,
    Calendar,
    CalendarRefused,
    HalfTerm,
    HalfTermId,
    academic_year_named,
    default_year_start,
    shown_day,
)

# A half term that starts in the last days of August belongs to the year that follows.
_FIRST_MONTH_OF_A_YEAR = 8
_SATURDAY = 5


@dataclass(frozen=True, slots=True)
class ImportedCalendar:
    """A school's calendar as one file states it; bank holidays are not part of it (DOMAIN rule 1).

    `half_terms` are in order. `year_starts` holds only years that do not start on 1 September. `notes` are sentences
    on what was understood, guessed or ignored.
    """

    half_terms: tuple[HalfTerm, ...]
    inset_days: frozenset[date] = frozenset()
    other_closed_days: frozenset[date] = frozenset()
    year_starts: Mapping[str, date] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def with_bank_holidays(self, bank_holidays: Iterable[date]) -> Calendar:
        """The calendar that the rules need, without closures or announcements."""
        return Calendar(
            half_terms=self.half_terms,
            inset_days=self.inset_days,
            bank_holidays=frozenset(bank_holidays),
            other_closed_days=self.other_closed_days,
            year_starts=self.year_starts,
        )


@dataclass(frozen=True, slots=True)
class Span:
    """Days from `first` to `last`, both inclusive."""

    first: date
    last: date

    def weekdays(self) -> Iterator[date]:
        """Its days from Monday to Friday, in order."""
        for offset in range((self.last - self.first).days + 1):
            day = self.first + timedelta(days=offset)
            if day.weekday() < _SATURDAY:
                yield day


def academic_year_of_start(start: date) -> str:
    """The academic year of a half term that starts on `start`: "2026-27" from August 2026 on."""
    return academic_year_named(start.year if start.month >= _FIRST_MONTH_OF_A_YEAR else start.year - 1)


def half_terms_by_order(spans: Iterable[Span]) -> tuple[tuple[HalfTerm, ...], tuple[str, ...]]:
    """Name half terms by their order in their academic year; years without six are left out, with a note each.

    Raises:
        CalendarRefused: no academic year has six.
    """
    years: dict[str, list[Span]] = {}
    for span in sorted(spans, key=lambda each: each.first):
        years.setdefault(academic_year_of_start(span.first), []).append(span)
    half_terms: list[HalfTerm] = []
    incomplete: list[str] = []
    for year, found in years.items():
        if len(found) == len(HALF_TERM_NAMES):
            half_terms += [HalfTerm(HalfTermId(year, index), span.first, span.last) for index, span in enumerate(found)]
        else:
            incomplete.append(_incomplete(year, found))
    if not half_terms:
        raise CalendarRefused(incomplete or ["No half terms were found: check that this is the school's calendar."])
    return tuple(half_terms), tuple(f"{sentence} It was left out." for sentence in incomplete)


def early_year_starts(half_terms: Iterable[HalfTerm]) -> dict[str, date]:
    """The start of each academic year whose first half term begins before 1 September."""
    return {
        half_term.id.year: half_term.start
        for half_term in half_terms
        if half_term.id.index == 0 and half_term.start < default_year_start(half_term.id.year)
    }


def _incomplete(year: str, found: list[Span]) -> str:
    listed = ", ".join(f"{shown_day(span.first)} to {shown_day(span.last)}" for span in found)
    return (
        f"{year} has {len(found)} half terms in this file where {len(HALF_TERM_NAMES)} are needed ({listed}): "
        "add the missing starts, ends or half-term breaks."
    )
