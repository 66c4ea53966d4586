"""How is an imported calendar kept as TOML, and read back?"""

import tomllib
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from pathlib import Path

from sims_sync.calendar_files.imported import ImportedCalendar
from sims_sync.school_year import CalendarRefused, HalfTerm, HalfTermId, first_year

_KEYS = ("inset_days", "closed_days", "half_terms", "year_starts")
_HALF_TERM_KEYS = ("id", "start", "end")


def write_calendar_toml(calendar: ImportedCalendar) -> str:
    """The calendar as TOML text, its notes as comments; `read_calendar_toml` gives it back without the notes."""
    lines = [f"# {' '.join(note.split())}" for note in calendar.notes]
    lines += [
        f"inset_days = {_day_list(calendar.inset_days)}",
        f"closed_days = {_day_list(calendar.other_closed_days)}",
    ]
    for half_term in calendar.half_terms:
        lines += [
            "",
            "[[half_terms]]",
            f'id = "{half_term.id}"',
            f"start = {half_term.start.isoformat()}",
            f"end = {half_term.end.isoformat()}",
        ]
    lines += ["", "[year_starts]"]
    lines += [f'"{year}" = {start.isoformat()}' for year, start in sorted(calendar.year_starts.items())]
    return "\n".join(lines) + "\n"


def read_calendar_toml(path: Path) -> ImportedCalendar:
    """Read what `write_calendar_toml` wrote, or a person's edit of it; a BOM is allowed.

    Raises:
        CalendarRefused: not TOML, an unknown key, or a value of the wrong kind; every problem at once.
        OSError: the file cannot be read.
    """
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except UnicodeDecodeError:
        raise CalendarRefused(["The calendar file is not UTF-8: save it as UTF-8."]) from None
    except tomllib.TOMLDecodeError as fault:
        raise CalendarRefused([f"The calendar file is not valid TOML ({fault}): correct it there."]) from None
    problems = [f"{key}: unknown key; known are {', '.join(_KEYS)}." for key in table if key not in _KEYS]
    inset_days = _days(table.get("inset_days", []), "inset_days", problems)
    closed_days = _days(table.get("closed_days", []), "closed_days", problems)
    half_terms = _half_terms(table.get("half_terms", []), problems)
    year_starts = _year_starts(table.get("year_starts", {}), problems)
    if problems:
        raise CalendarRefused(problems)
    return ImportedCalendar(
        half_terms=half_terms,
        inset_days=inset_days,
        other_closed_days=closed_days,
        year_starts=year_starts,
    )


def _day_list(days: Iterable[date]) -> str:
    return f"[{', '.join(day.isoformat() for day in sorted(days))}]"


def _is_day(value: object) -> bool:
    return isinstance(value, date) and not isinstance(value, datetime)


def _days(value: object, key: str, problems: list[str]) -> frozenset[date]:
    if isinstance(value, list) and all(_is_day(day) for day in value):
        return frozenset(value)
    problems.append(f"{key}: write a list of dates without quotes, like [2026-09-01].")
    return frozenset()


def _half_terms(value: object, problems: list[str]) -> tuple[HalfTerm, ...]:
    if not isinstance(value, list):
        problems.append("half_terms: write each half term under its own [[half_terms]].")
        return ()
    read = [_half_term(each, f"half_terms[{number}]", problems) for number, each in enumerate(value, start=1)]
    return tuple(sorted((half_term for half_term in read if half_term), key=lambda half_term: half_term.id))


def _half_term(value: object, path: str, problems: list[str]) -> HalfTerm | None:
    if not isinstance(value, Mapping) or set(value) != set(_HALF_TERM_KEYS):
        problems.append(f"{path}: give exactly {', '.join(_HALF_TERM_KEYS)}.")
        return None
    start, end = value["start"], value["end"]
    if not (_is_day(start) and _is_day(end)):
        problems.append(f"{path}: write start and end as dates without quotes, like 2026-09-01.")
        return None
    try:
        return HalfTerm(HalfTermId.parse(str(value["id"])), start, end)
    except ValueError as fault:
        problems.append(f"{path}.id: {fault}")
        return None


def _year_starts(value: object, problems: list[str]) -> dict[str, date]:
    if not isinstance(value, Mapping) or not all(_is_day(day) for day in value.values()):
        problems.append('year_starts: write one date per academic year, like "2026-27" = 2026-08-24.')
        return {}
    for year in value:
        try:
            first_year(year)
        except ValueError as fault:
            problems.append(f"year_starts: {fault}")
    return dict(value)
