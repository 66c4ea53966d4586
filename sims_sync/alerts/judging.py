"""Which conditions are new, which are over, and of which must somebody be told now? Pure."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sims_sync.standing import Condition
from sims_sync.store.alerts import OpenAlert

QUIET = timedelta(hours=4)  # so long after a mail the same condition, come back for the same reason, is not mailed anew
_SEEN_AGAIN = timedelta(minutes=10)  # how stale `last_seen` may be: an unchanged condition costs no write


@dataclass(frozen=True, slots=True)
class Change:
    """A stored condition that is to be changed: the row as it was, and the columns' new values."""

    row: OpenAlert
    values: Mapping[str, Any]

    @property
    def after(self) -> OpenAlert:
        """The row as it will be."""
        return replace(self.row, **self.values)


def begun(school: str, conditions: Sequence[Condition], rows: Sequence[OpenAlert], now: datetime) -> list[OpenAlert]:
    """The rows of conditions that are not open yet."""
    open_keys = {row.key for row in rows if row.ended is None}
    taken = {(row.code, row.subject, row.since) for row in rows}
    found = []
    for each in conditions:
        if (each.code, each.subject) in open_keys:
            continue
        open_keys.add((each.code, each.subject))
        since = min(each.since or now, now)
        if (each.code, each.subject, since) in taken:  # it was over, and is back
            since = now
        found.append(
            OpenAlert(
                school=school,
                code=each.code,
                subject=each.subject,
                since=since,
                severity=each.severity.value,
                reason=reason_of(each),
                what=each.what,
                do=each.do,
                last_seen=now,
            )
        )
    return found


def changed(
    conditions: Sequence[Condition], rows: Sequence[OpenAlert], now: datetime, untouched: Collection[str]
) -> Iterator[Change]:
    """What becomes of the open rows: seen again, said otherwise, or over. Codes of `untouched` are left as they are."""
    present = {(each.code, each.subject): each for each in reversed(conditions)}
    for row in rows:
        if row.ended is not None:
            continue
        condition = present.get(row.key)
        if condition is None:
            if row.code not in untouched:
                yield Change(row, {"ended": now})
            continue
        said = {
            "severity": condition.severity.value,
            "reason": reason_of(condition),
            "what": condition.what,
            "do": condition.do,
        }
        is_other = any(getattr(row, name) != value for name, value in said.items())
        if is_other or now - row.last_seen >= _SEEN_AGAIN:
            yield Change(row, {**said, "last_seen": now})


def to_tell(
    conditions: Sequence[Condition], rows: Sequence[OpenAlert], now: datetime
) -> list[tuple[OpenAlert, Condition]]:
    """The open conditions that somebody must be told of now, the worst first.

    Each once, and again only for another reason; none before its patience is over; one that comes and goes for the same
    reason not again within `QUIET` of its last mail.
    """
    open_rows = {row.key: row for row in rows if row.ended is None}
    found = []
    for condition in conditions:
        row = open_rows.get((condition.code, condition.subject))
        if row is None or now - row.since < condition.patience or reason_of(condition) in reasons_told(row):
            continue
        if row.told_at is None and _told_lately(row, reason_of(condition), rows, now):
            continue
        found.append((row, condition))
    return found


def over_and_untold(rows: Sequence[OpenAlert]) -> list[OpenAlert]:
    """Conditions somebody was told of that are over, and are not back: `ended` is when they were over for good."""
    open_keys = {row.key for row in rows if row.ended is None}
    last_end: dict[tuple[str, str], datetime] = {}
    for row in rows:
        if row.ended is not None:
            last_end[row.key] = max(row.ended, last_end.get(row.key, row.ended))
    return [
        replace(row, ended=last_end[row.key])
        for row in rows
        if row.ended is not None and row.told_at is not None and row.end_told_at is None and row.key not in open_keys
    ]


def reason_of(condition: Condition) -> str:
    """Why it is so, in one word."""
    return (condition.reason or condition.code).replace(" ", "-")


def reasons_told(row: OpenAlert) -> tuple[str, ...]:
    """Every reason that was told of since it began."""
    return tuple((row.told_reason or "").split())


def _told_lately(row: OpenAlert, reason: str, rows: Sequence[OpenAlert], now: datetime) -> bool:
    told = (each.told_at for each in rows if each.key == row.key and reason in reasons_told(each))
    # What was told by a clock that was ahead is long ago, or it would be silent until then.
    return any(moment is not None and timedelta(0) <= now - moment < QUIET for moment in told)
