"""The kinds of value that config.toml holds: half terms, schedules, identifiers, addresses, folders, tables."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated

from apscheduler.triggers.cron import CronTrigger
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from sims_sync.school_year import HalfTermId

SCHEDULE_FIELDS = ("second", "minute", "hour", "day", "month", "day_of_week")
_PLACEHOLDER = re.compile(r"\{[^{}]*\}|[{}]")
_WINDOW = re.compile(r"((?:[01]\d|2[0-3]):[0-5]\d)-((?:[01]\d|2[0-3]):[0-5]\d)")
_BEFORE_HOUR_1, _HOUR_1 = datetime(2026, 1, 1, 0, 30, tzinfo=UTC), datetime(2026, 1, 1, 1, tzinfo=UTC)


def _half_term(text: str) -> str:
    HalfTermId.parse(text)
    return text


def _schedule(text: str) -> str:
    try:
        fields = dict(zip(SCHEDULE_FIELDS, text.split(), strict=True))
        CronTrigger(**fields, timezone="UTC")
        hours = CronTrigger(hour=fields["hour"], timezone="UTC")
    except ValueError:
        raise ValueError('needs six fields "second minute hour day month weekday", e.g. "0 0 6 * * mon-fri"') from None
    if not fields["hour"].startswith("*") and hours.get_next_fire_time(None, _BEFORE_HOUR_1) == _HOUR_1:
        raise ValueError("must not name hour 1: it comes twice, or never, when the clocks change; use other hours")
    return text


def folder_for(whom: str | None) -> Callable[[str | None], str | None]:
    """A folder's path that names whom it is for, so that no two people's lists come to lie in one folder."""
    wanted = {f"{{{whom}}}"} if whom else set()

    def check(text: str | None) -> str | None:
        if text is None:
            return None
        if not text.strip() or set(_PLACEHOLDER.findall(text)) != wanted:
            raise ValueError(f"must hold {{{whom}}} and no other braces" if whom else "must be a path without braces")
        return text

    return check


def _window(text: str) -> str:
    found = _WINDOW.fullmatch(text)
    if found is None or found[1] == found[2]:
        raise ValueError('needs two different times, "HH:MM-HH:MM", e.g. "02:00-04:30"')
    return text


HalfTermText = Annotated[str, AfterValidator(_half_term)]
Schedule = Annotated[str, AfterValidator(_schedule)]
DayWindow = Annotated[str, AfterValidator(_window)]
Identifier = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")]
Address = Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$")]


class Section(BaseModel):
    """One table of config.toml."""

    model_config = ConfigDict(extra="forbid", frozen=True)
