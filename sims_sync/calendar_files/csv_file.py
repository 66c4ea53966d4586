"""What does a calendar in CSV say?"""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

from sims_sync.calendar_files.imported import (
    ImportedCalendar,
    Span,
    academic_year_of_start,
    early_year_starts,
    half_terms_by_order,
)
from sims_sync.school_year import HALF_TERM_NAMES, CalendarRefused, HalfTerm, HalfTermId

COLUMNS = ("kind", "name", "start", "end")
_LOCAL_DATE = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})")


@dataclass(slots=True)
class _Found:
    named: list[HalfTerm] = field(default_factory=list)
    unnamed: list[Span] = field(default_factory=list)
    inset_days: set[date] = field(default_factory=set)
    closed_days: set[date] = field(default_factory=set)
    year_starts: dict[str, date] = field(default_factory=dict)


def read_csv(content: bytes) -> ImportedCalendar:
    """Read the columns and kinds that `read_calendar` describes.

    Raises:
        CalendarRefused: with every row that was not understood, by its line.
    """
    found, problems = _Found(), []
    for line, row in _rows(_text(content)):
        try:
            _take(row, found)
        except ValueError as fault:
            problems.append(f"Line {line}: {fault}")
    if problems:
        raise CalendarRefused(problems)
    half_terms, notes = _half_terms(found)
    return ImportedCalendar(
        half_terms=half_terms,
        inset_days=frozenset(found.inset_days),
        other_closed_days=frozenset(found.closed_days),
        year_starts=early_year_starts(half_terms) | found.year_starts,
        notes=notes,
    )


def _text(content: bytes) -> str:
    for encoding in ("utf-8-sig", "windows-1252"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise CalendarRefused(["The file is not text in UTF-8 or Windows-1252: save it as CSV (UTF-8)."])


def _rows(text: str) -> Iterator[tuple[int, Mapping[str, str]]]:
    first_line = text.partition("\n")[0]
    delimiter = ";" if first_line.count(";") > first_line.count(",") else ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    header = [_tidy(cell) for cell in next(reader, [])]
    missing = [column for column in COLUMNS if column not in header]
    if missing:
        raise CalendarRefused(
            [f"The first line lacks the column {', '.join(missing)}: name the columns {', '.join(COLUMNS)}."]
        )
    for cells in reader:
        if any(cell.strip() for cell in cells):
            padded = [*cells, *[""] * len(header)]
            yield reader.line_num, dict(zip(header, padded, strict=False))


def _take(row: Mapping[str, str], found: _Found) -> None:
    span = _span(row)
    match _tidy(row["kind"]):
        case "half term":
            if not row["end"].strip():
                raise ValueError("a half term needs an end: fill in its last day.")
            _take_half_term(row["name"].strip(), span, found)
        case "inset" | "inset day":
            found.inset_days.update(span.weekdays())
        case "closed":
            found.closed_days.update(span.weekdays())
        case "year start":
            found.year_starts[academic_year_of_start(span.first)] = span.first
        case _:
            raise ValueError("the kind is not known: write half term, inset, closed or year start.")


def _take_half_term(name: str, span: Span, found: _Found) -> None:
    if not name:
        found.unnamed.append(span)
        return
    if "/" in name:
        half_term = HalfTermId.parse(name)
    elif _tidy(name).replace(" ", "-") in HALF_TERM_NAMES:
        half_term = HalfTermId(academic_year_of_start(span.first), HALF_TERM_NAMES.index(_tidy(name).replace(" ", "-")))
    else:
        raise ValueError("the half term's name is not known: write it like Autumn 1, or leave it empty.")
    found.named.append(HalfTerm(half_term, span.first, span.last))


def _half_terms(found: _Found) -> tuple[tuple[HalfTerm, ...], tuple[str, ...]]:
    if found.named and found.unnamed:
        raise CalendarRefused(["Some half terms have a name and others none: name all of them, or none."])
    if found.unnamed:
        return half_terms_by_order(found.unnamed)
    if not found.named:
        raise CalendarRefused(["The file has no row of the kind half term: add the school's half terms."])
    return _sorted(found.named), ()


def _sorted(half_terms: Iterable[HalfTerm]) -> tuple[HalfTerm, ...]:
    return tuple(sorted(half_terms, key=lambda half_term: half_term.id))


def _span(row: Mapping[str, str]) -> Span:
    first = _date(row["start"])
    last = _date(row["end"]) if row["end"].strip() else first
    if last < first:
        raise ValueError("the end lies before the start: exchange them.")
    return Span(first, last)


def _date(text: str) -> date:
    match = _LOCAL_DATE.fullmatch(text.strip())
    try:
        return date(int(match[3]), int(match[2]), int(match[1])) if match else date.fromisoformat(text.strip())
    except ValueError:
        raise ValueError("a date is not understood: write 2026-09-01 or 01/09/2026.") from None


def _tidy(text: str) -> str:
    return " ".join(text.casefold().replace("-", " ").replace("_", " ").split())
