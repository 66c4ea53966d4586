"""What does a school's calendar file say, and how is it kept as TOML (DOMAIN rule 1)?"""

from sims_sync.calendar_files.imported import ImportedCalendar
from sims_sync.calendar_files.reading import read_calendar
from sims_sync.calendar_files.toml_file import read_calendar_toml, write_calendar_toml

__all__ = ["ImportedCalendar", "read_calendar", "read_calendar_toml", "write_calendar_toml"]
