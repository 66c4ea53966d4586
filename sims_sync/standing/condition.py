"""What can be the matter with a school or the service, how bad is it, and what is to be done?"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sims_sync.connector import Severity

NEVER_MAILED = timedelta.max  # said by `status` and the digest alone
_RANK = {Severity.WRONG: 0, Severity.WARN: 1, Severity.FINE: 2}


@dataclass(frozen=True, slots=True)
class Condition:
    """One thing that is the matter, as long as it lasts.

    `code` and `subject` (a job, a source …) say which one it is. `reason` says why: another one is told anew; it holds
    no figure that changes by itself. `since`: when it began, where that is known. `patience`: how long it must have
    lasted before it is mailed. `page`: the code whose row says what to do, where that is not `code`. `for_lead`: the
    programme lead is told too.
    """

    code: str
    subject: str
    severity: Severity
    what: str
    do: str
    reason: str = ""
    since: datetime | None = None
    patience: timedelta = timedelta(0)
    page: str = ""
    for_lead: bool = False

    @property
    def sentence(self) -> str:
        """What is the matter, and what to do."""
        return f"{self.what} {self.do}".strip()


@dataclass(frozen=True, slots=True)
class Standing:
    """How one school stands, or the service (school "*"). `conditions`: the worst first."""

    school: str
    name: str
    conditions: tuple[Condition, ...]
    last_read: datetime | None = None
    reads: tuple[Mapping[str, Any], ...] = ()
    counts: Mapping[str, Any] = field(default_factory=dict)
    push: Mapping[str, Any] = field(default_factory=dict)

    @property
    def verdict(self) -> Severity:
        """The worst of it."""
        return min((each.severity for each in self.conditions), key=_RANK.__getitem__, default=Severity.FINE)

    @property
    def wrong(self) -> tuple[Condition, ...]:
        """What is wrong."""
        return tuple(each for each in self.conditions if each.severity is Severity.WRONG)

    @property
    def warn(self) -> tuple[Condition, ...]:
        """What a person should look at."""
        return tuple(each for each in self.conditions if each.severity is Severity.WARN)


def worst_first(conditions: Iterable[Condition]) -> tuple[Condition, ...]:
    """In the order in which a person should read them; otherwise as they came."""
    return tuple(sorted(conditions, key=lambda each: _RANK[each.severity]))


def schools_worst_first(standings: Iterable[Standing]) -> tuple[Standing, ...]:
    """The school that needs somebody most stands first."""
    return tuple(sorted(standings, key=lambda each: (_RANK[each.verdict], -len(each.wrong), each.school)))
