"""Which backups are kept: the newest of each of the last days, weeks and months, and none beyond half a year."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

KEPT_DAYS_MAX = 183  # DOMAIN §8: what was erased is gone from every backup after half a year, whatever is configured
UNFINISHED_HOURS = 1
_ZONE = ZoneInfo("Europe/London")
_NAME = re.compile(r"sims-sync-(\d{8}T\d{6})Z(?:-(\d{1,6}))?\.backup")
_UNFINISHED = "sims-sync-*.backup.part"


@dataclass(frozen=True, slots=True, order=True)
class BackupFile:
    """One backup of a folder: when it was made (aware, to the second), which of that second, and where it is."""

    made: datetime
    number: int
    path: Path


def backup_name(made: datetime) -> str:
    """The name of a backup made at this moment."""
    return f"sims-sync-{made.astimezone(UTC):%Y%m%dT%H%M%S}Z.backup"


def backups_in(folder: Path) -> list[BackupFile]:
    """The backups in a folder, the newest first; other files are none of ours. A folder that is missing has none."""
    found = []
    for path in folder.glob("sims-sync-*.backup") if folder.is_dir() else ():
        name = _NAME.fullmatch(path.name)
        if name:
            made = datetime.strptime(f"{name[1]}+0000", "%Y%m%dT%H%M%S%z")
            found.append(BackupFile(made, int(name[2] or 1), path))
    return sorted(found, reverse=True)


def expired(found: Iterable[BackupFile], now: datetime) -> list[BackupFile]:
    """Those too old to be kept under any rule, but for the newest of all.

    That one waits until there is a newer one: a clock set wrong for an hour must not cost a school its only backup.
    """
    newest_first = sorted(found, reverse=True)
    return [each for each in newest_first[1:] if each.made < now - timedelta(days=KEPT_DAYS_MAX)]


def dispensable(found: Sequence[BackupFile], daily: int, weekly: int, monthly: int) -> list[BackupFile]:
    """Those that no rule keeps. Days are the school's, weeks begin on Monday; the newest of each counts.

    Seven daily ones are of the last seven days *that have one*: a machine switched off for a month loses none.
    """
    keys: tuple[tuple[int, Callable[[datetime], object]], ...] = (
        (daily, lambda moment: moment.date()),
        (weekly, lambda moment: moment.isocalendar()[:2]),
        (monthly, lambda moment: (moment.year, moment.month)),
    )
    kept: set[Path] = set()
    for count, period in keys:
        newest: dict[object, Path] = {}
        for each in sorted(found, reverse=True):
            newest.setdefault(period(each.made.astimezone(_ZONE)), each.path)
        kept |= set(list(newest.values())[:count])
    return [each for each in found if each.path not in kept]


def unfinished_in(folder: Path, now: float) -> list[Path]:
    """What a backup left behind that was killed; `now` in seconds since the epoch, as files' times are."""
    return [path for path in folder.glob(_UNFINISHED) if now - path.stat().st_mtime > UNFINISHED_HOURS * 3600]
