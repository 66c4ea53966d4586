"""What keeps the service well: its log and health page, backups, monitoring, and how long things are kept."""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from sims_sync.config.fields import DayWindow, Section

Days = Annotated[int, Field(ge=0, le=3660)]


class ServiceSection(Section):
    """The one process that serves every school: its log, its page on loopback, how it stops."""

    log_format: Literal["text", "json"] = "json"
    log_file_mb: Annotated[float, Field(gt=0, le=1000)] = 2
    log_files: Annotated[int, Field(ge=1, le=100)] = 5
    health_port: Annotated[int, Field(ge=1, le=65535)] | None = None
    stop_seconds: Annotated[int, Field(ge=1, le=300)] = 15
    workers: Annotated[int, Field(ge=1, le=16)] = 4
    blackouts: tuple[DayWindow, ...] = ()


class BackupSection(Section):
    """Where backups go and how many are kept (DOMAIN §8: at most six months)."""

    folder: str | None = None
    passphrase: str | None = None
    keep_daily: Annotated[int, Field(ge=1, le=60)] = 7
    keep_weekly: Annotated[int, Field(ge=0, le=26)] = 5
    keep_monthly: Annotated[int, Field(ge=0, le=6)] = 5


class MonitoringSection(Section):
    """Who else is told how the runs go: a healthchecks-style address that is pinged, and the daily digest.

    `secrets_expire`: what runs out (a secret's name) and on which day. `clock_jump_days`: 0 = never asked.
    """

    ping_url: Annotated[str, Field(pattern=r"^https?://[^\s]+$")] | None = None
    digest: Literal["always", "when something is wrong", "never"] = "when something is wrong"
    stale_school_days: Annotated[int, Field(ge=0, le=20)] = 1
    clock_jump_days: Days = 30
    secrets_expire: dict[str, date] = Field(default_factory=dict)


class RetentionSection(Section):
    """How long the product's own copies are kept (DOMAIN §8); SIMS keeps the record."""

    student_years: Annotated[int, Field(ge=0, le=7)] = 1
    snapshot_years: Annotated[int, Field(ge=1, le=7)] = 2
    totals_years: Annotated[int, Field(ge=1, le=10)] = 6
    files_days: Days = 14
    sent_mail_days: Days = 90
    audit_years: Annotated[int, Field(ge=1, le=10)] = 2
