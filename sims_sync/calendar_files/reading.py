"""Which half terms, INSET days and closed days does a calendar file hold?"""

from importlib import import_module
from pathlib import Path

from sims_sync.bank_holidays import england_bank_holidays
from sims_sync.calendar_files.csv_file import read_csv
from sims_sync.calendar_files.imported import ImportedCalendar
from sims_sync.school_year import CalendarRefused, SchoolYear


def read_calendar(path: Path) -> ImportedCalendar:
    """Read a calendar from a `.csv` or `.ics` file and check it as DOMAIN rule 2 asks, bank holidays included.

    The CSV has the columns `kind, name, start, end`, in any order, separated by commas or semicolons, in UTF-8 (with
    or without BOM) or Windows-1252. Dates are 2026-09-01 or 01/09/2026. Kinds:

    - `half term`: `name` is "Autumn 1", "2026-27/autumn-1" or empty (then named by order); both dates inclusive;
    - `inset`, `closed`: `end` may be empty for a single day;
    - `year start`: the first day of an academic year that does not start on 1 September.

    An iCalendar file is understood by its events' summaries: terms that start and end, half terms, holidays, INSET.

    Raises:
        CalendarRefused: not understood, or not usable.
        OSError: the file cannot be read.
    """
    content = path.read_bytes()
    match path.suffix.casefold():
        case ".csv":
            imported = read_csv(content)
        case ".ics":
            # What reads it takes as long to import as a small command to start, and a school imports a calendar once.
            imported = import_module("sims_sync.calendar_files.ics_file").read_ics(content)
        case _:
            raise CalendarRefused(["The file is neither .csv nor .ics: export the school's calendar as one of these."])
    return _checked(imported)


def _checked(imported: ImportedCalendar) -> ImportedCalendar:
    years = {day.year for half_term in imported.half_terms for day in (half_term.start, half_term.end)}
    warnings = SchoolYear(imported.with_bank_holidays(england_bank_holidays(tuple(sorted(years))))).warnings()
    return ImportedCalendar(
        half_terms=imported.half_terms,
        inset_days=imported.inset_days,
        other_closed_days=imported.other_closed_days,
        year_starts=imported.year_starts,
        notes=imported.notes + warnings,
    )
