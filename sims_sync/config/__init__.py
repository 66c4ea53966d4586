"""What a school can set: config.toml as one frozen, typed model (DESIGN §6, §10). `config_file` reads it.

An unknown key is an error. Secrets are references ("env:NAME", "file:PATH", "keyring:SERVICE/USER" …), never values.
"""

from sims_sync.config.fields import SCHEDULE_FIELDS
from sims_sync.config.operations import BackupSection, MonitoringSection, RetentionSection, ServiceSection
from sims_sync.config.school import (
    CalendarSection,
    Config,
    DemoSection,
    DestinationSection,
    EntriesSection,
    GuardSection,
    JobSection,
    MailerSection,
    ReportsSection,
    RolesSection,
    SchoolConfig,
    SourceSection,
    StoreSection,
)

__all__ = [
    "SCHEDULE_FIELDS",
    "BackupSection",
    "CalendarSection",
    "Config",
    "DemoSection",
    "DestinationSection",
    "EntriesSection",
    "GuardSection",
    "JobSection",
    "MailerSection",
    "MonitoringSection",
    "ReportsSection",
    "RetentionSection",
    "RolesSection",
    "SchoolConfig",
    "ServiceSection",
    "SourceSection",
    "StoreSection",
]
