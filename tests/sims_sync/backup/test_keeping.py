"""The newest of each of the last days, weeks and months stays; nothing is older than half a year."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from sims_sync.backup.keeping import BackupFile, backup_name, backups_in, dispensable, expired

NOW = datetime(2027, 6, 30, 21, 30, tzinfo=UTC)


def nightly(nights: int) -> list[BackupFile]:
    return [at(NOW - timedelta(days=age)) for age in range(nights)]


def at(moment: datetime) -> BackupFile:
    return BackupFile(moment, 1, Path(backup_name(moment)))


def kept(found: list[BackupFile], daily: int = 7, weekly: int = 5, monthly: int = 5) -> list[str]:
    gone = dispensable(found, daily, weekly, monthly)
    return [f"{each.made:%d %b}" for each in found if each not in gone]


def test_after_half_a_year_of_nights_seven_days_five_weeks_and_five_months_are_kept() -> None:
    assert kept(nightly(183)) == [
        *("30 Jun", "29 Jun", "28 Jun", "27 Jun", "26 Jun", "25 Jun", "24 Jun"),
        *("20 Jun", "13 Jun", "06 Jun"),
        *("31 May", "30 Apr", "31 Mar", "28 Feb"),
    ]


def test_of_several_in_one_day_the_newest_is_kept() -> None:
    found = [at(NOW - timedelta(hours=hours)) for hours in (0, 3, 6)]
    assert [each for each in found if each not in dispensable(found, 1, 0, 0)] == found[:1]


def test_the_newest_is_always_kept_and_a_long_pause_costs_none() -> None:
    old = [at(NOW - timedelta(days=age)) for age in (40, 41, 42)]
    assert dispensable([at(NOW), *old], 7, 0, 0) == []


def test_days_are_the_schools_not_those_of_utc() -> None:
    late, early = at(datetime(2027, 6, 29, 23, 30, tzinfo=UTC)), at(datetime(2027, 6, 29, 21, 30, tzinfo=UTC))
    assert dispensable([late, early], 7, 0, 0) == []  # 00:30 and 22:30 at the school


def test_nothing_is_kept_beyond_183_days_whatever_the_rule_says() -> None:
    found = [at(NOW), at(NOW - timedelta(days=183)), at(NOW - timedelta(days=183, seconds=1))]
    assert expired(found, NOW) == found[2:]


def test_the_last_one_waits_for_a_newer_so_that_a_wrong_clock_costs_no_school_its_only_backup() -> None:
    found = nightly(3)
    assert expired(found, NOW + timedelta(days=4000)) == found[1:]


def test_only_our_own_names_count(tmp_path: Path) -> None:
    names = [backup_name(NOW), "sims-sync-20270630T213000Z-2.backup"]
    for name in [*names, "notes.txt", "sims-sync-old.backup", f"{names[0]}.part", "other-20270630T213000Z.backup"]:
        (tmp_path / name).touch()
    assert sorted(each.path.name for each in backups_in(tmp_path)) == sorted(names)
    assert backups_in(tmp_path / "nowhere") == []
