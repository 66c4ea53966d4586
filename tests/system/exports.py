"""How does a system test write exports as SIMS does, and a school that reads them from drop folders?"""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time
from pathlib import Path
from xml.sax.saxutils import escape
from zoneinfo import ZoneInfo

from tests.system.command import Ended, set_clock, sims_sync, write_file

LONDON = ZoneInfo("Europe/London")
KINDS = ("students", "staff", "tutor_groups", "entries")

Row = Mapping[str, str | None]

CONFIG = """version = 1

[school]
id = "golden"
name = "Golden School"
dfe_number = "801/9998"

[people]
programme_lead = "lead@golden.example"
admin = "admin@golden.example"

[programme]
policy = "{policy}"
starts_with = "{starts_with}"

[messages]
mode = "shadow"
sender = "sims-sync@golden.example"
allowed_domains = ["golden.example"]

[messages.mailer]
connector = "mail_folder"
folder = "mail"

[reports]
link = "https://reports.golden.example/"

[sources.students]
kind = "students"
connector = "drop_folder"
mapping = "sims_students"
folder = "exports/students"

[sources.staff]
kind = "staff"
connector = "drop_folder"
mapping = "sims_staff"
folder = "exports/staff"

[sources.tutor_groups]
kind = "tutor_groups"
connector = "drop_folder"
mapping = "sims_tutor_groups"
folder = "exports/tutor_groups"

[sources.entries]
kind = "mentoring_entries"
connector = "drop_folder"
mapping = "sims_mentoring_entries"
folder = "exports/entries"

[sources.proformas]
kind = "proformas"
connector = "drop_folder"
mapping = "proforma"
folder = "proformas"

[calendar]
inset_days = [2026-09-01, 2026-09-02, 2026-11-02, 2027-01-04]
{half_terms}
"""
HALF_TERMS = (
    ("autumn-1", "2026-09-01", "2026-10-23"),
    ("autumn-2", "2026-11-02", "2026-12-18"),
    ("spring-1", "2027-01-04", "2027-02-12"),
    ("spring-2", "2027-02-22", "2027-03-25"),
    ("summer-1", "2027-04-12", "2027-05-28"),
    ("summer-2", "2027-06-07", "2027-07-20"),
)


def config_text(policy: str = "half-term", starts_with: str = "2026-27/autumn-2") -> str:
    """A config.toml that reads everything from drop folders, with the reference calendar of DOMAIN §2."""
    half_terms = "".join(
        f'\n[[calendar.half_terms]]\nid = "2026-27/{name}"\nstart = {start}\nend = {end}\n'
        for name, start, end in HALF_TERMS
    )
    return CONFIG.format(policy=policy, starts_with=starts_with, half_terms=half_terms)


def make_school(folder: Path, policy: str = "half-term", starts_with: str = "2026-27/autumn-2") -> Path:
    """Write config.toml and empty drop folders; the config's path."""
    for kind in KINDS:
        (folder / "exports" / kind).mkdir(parents=True)
    (folder / "proformas").mkdir()
    config = folder / "config.toml"
    config.write_text(config_text(policy, starts_with), encoding="utf-8")
    return config


def release_first_plans(config: Path, at: datetime) -> Ended:
    """Say at `at` that the first plans are this school's: each kind's first is held until a person has said so."""
    as_written = config.read_text(encoding="utf-8")
    set_clock(config, at, datetime.now(UTC))
    ended = sims_sync("plans", "release", "--first", "--reason", "it is this school", "--config", config)
    config.write_text(as_written, encoding="utf-8")
    assert ended.code == 0, ended.said
    return ended


def local(text: str) -> datetime:
    """School-local ISO text as an aware moment."""
    return datetime.fromisoformat(text).replace(tzinfo=LONDON)


def put_export(folder: Path, kind: str, table: Sequence[Row], at: datetime, form: str = "xml") -> Path:
    """Put one export into its drop folder as if it had been written at `at`."""
    path = folder / "exports" / kind / f"{kind} {at:%Y-%m-%d}.{form}"
    write_file(path, as_xml(table) if form == "xml" else as_csv(table), at)
    return path


def as_xml(table: Iterable[Row]) -> bytes:
    """The table as CommandReporter writes it: encoded captions, null = the element is absent (SIMS §2)."""
    records = "".join(
        "<Record>"
        + "".join(f"<{_tag(name)}>{escape(_xml_date(text))}</{_tag(name)}>" for name, text in row.items() if text)
        + "</Record>\n"
        for row in table
    )
    return f'<?xml version="1.0" standalone="yes"?>\n<SuperStarReport>\n{records}</SuperStarReport>\n'.encode()


def as_csv(table: Sequence[Row], encoding: str = "windows-1252") -> bytes:
    """The table as SIMS exports CSV: Windows-1252, dates as 12/11/2026."""
    columns = list(dict.fromkeys(name for row in table for name in row))
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, columns, restval="")
    writer.writeheader()
    writer.writerows({name: _csv_date(value or "") for name, value in row.items()} for row in table)
    return text.getvalue().encode(encoding)


def _tag(caption: str) -> str:
    return caption.replace(" ", "_x0020_")


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if len(text) == len("2026-11-12") else None
    except ValueError:
        return None


def _xml_date(text: str) -> str:
    day = _date(text)
    return datetime.combine(day, time(), LONDON).isoformat() if day else text


def _csv_date(text: str) -> str:
    day = _date(text)
    return f"{day:%d/%m/%Y}" if day else text
