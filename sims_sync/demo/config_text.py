"""What does the demo's config.toml say? Every normal command works on it."""

from datetime import UTC, datetime

from sims_sync.demo.calendar import reference_calendar
from sims_sync.demo.reports import Report
from sims_sync.demo.roll import DEMO_DFE_NUMBER, DEMO_EMAIL_DOMAIN, DEMO_SCHOOL_NAME

TIME_LIMIT_SECONDS = 60
SCHOOL_ID = "demo"
SECRET_FILE = "oneroster-secret.txt"  # noqa: S105 - a file's name
_SOURCES = (
    ("students", "students", Report.STUDENTS),
    ("staff", "staff", Report.STAFF),
    ("tutor_groups", "tutor_groups", Report.TUTOR_GROUPS),
    ("results", "results", Report.RESULTS),
    ("entries", "mentoring_entries", Report.MENTORING_ENTRIES),
)
_HEAD = """# The demo's configuration: an invented school and a simulated SIMS. Everything here is invented.
version = 1

[school]
id = "{school}"
name = "{name}"
dfe_number = "{dfe}"

[people]
programme_lead = "programme.lead@{domain}"
admin = "admin@{domain}"

[programme]
policy = "half-term"
starts_with = "2026-27/autumn-2"

[messages]
mode = "shadow"
sender = "sims-sync@{domain}"
allowed_domains = ["{domain}"]

[messages.mailer]
connector = "mail_folder"
folder = "mail"

[reports]
link = '{link}'

[demo]
clock = {clock}
started = {started}

# Each command that needs it starts the simulated OneRoster server, and asks that one instead of base_url.
[push]
enabled = true
simulated_sims = "sims"

[push.destination]
connector = "oneroster"
base_url = "http://127.0.0.1:9"
token_url = "http://127.0.0.1:9/connect/token"
version = "1.2"
client_id = "sims-sync-demo"
client_secret = "file:{secret}"
timeout_seconds = 1
total_seconds = 5
wait_seconds = 0.2

# The demo has no training database: a trial goes to the simulated SIMS itself.
[push.training]
acr_values = "orgselected:training"

[jobs.pull_students]
schedule = "0 0 6 * * mon-fri"

[jobs.pull_results]
schedule = "0 10 6 * * mon-fri"

[jobs.pull_entries]
schedule = "0 20 6 * * mon-fri"

[jobs.collect_proformas]
schedule = "0 40 6 * * mon-fri"

[jobs.push_targets]
schedule = "0 50 6 * * mon-fri"

[jobs.confirm_targets]
schedule = "0 0 7 * * mon-fri"

[jobs.check_drift]
schedule = "0 0 3 * * *"

[jobs.take_snapshots]
schedule = "0 20 7 * * mon-fri"

[jobs.report_compliance]
schedule = "0 30 7 * * mon-fri"

[sources.workbooks]
kind = "proformas"
connector = "proforma_workbook"
mapping = "proforma_workbook"
folder = "workbooks"

[sources.proformas]
kind = "proformas"
connector = "drop_folder"
mapping = "proforma"
folder = "proformas"
"""
_SOURCE = """
[sources.{name}]
kind = "{kind}"
connector = "command_reporter"
mapping = "sims_{kind}"
executable = "sims/CommandReporter.py"
report = "{report}"
trusted = true
time_limit_seconds = {limit}
"""


def demo_config(link: str, clock: datetime, started: datetime) -> str:
    """The text of config.toml; `clock` is what the time is at the real moment `started` (both aware)."""
    head = _HEAD.format(
        school=SCHOOL_ID,
        name=DEMO_SCHOOL_NAME,
        dfe=DEMO_DFE_NUMBER,
        domain=DEMO_EMAIL_DOMAIN,
        link=link,
        clock=clock.isoformat(),
        started=started.astimezone(UTC).isoformat(),
        secret=SECRET_FILE,
    )
    sources = "".join(
        _SOURCE.format(name=name, kind=kind, report=report.value, limit=TIME_LIMIT_SECONDS)
        for name, kind, report in _SOURCES
    )
    return f"{head}{sources}\n[calendar]\n{_calendar_text()}"


def _calendar_text() -> str:
    calendar = reference_calendar()
    inset = ", ".join(day.isoformat() for day in sorted(calendar.inset_days))
    half_terms = "".join(
        f'\n[[calendar.half_terms]]\nid = "{each.id}"\nstart = {each.start}\nend = {each.end}\n'
        for each in calendar.half_terms
    )
    return f"inset_days = [{inset}]\n{half_terms}"
