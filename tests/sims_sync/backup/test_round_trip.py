"""What was backed up comes back, cell by cell, also into the other database; nothing less is called a backup."""

import gzip
import io
import json
import os
import sys
import tarfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection, create_engine, delete, insert, make_url, select

from sims_sync.backup import archive, making
from sims_sync.backup.evidence import make_by_hand
from sims_sync.backup.keeping import backups_in
from sims_sync.backup.making import BackupMade, make_backup, recent_backup
from sims_sync.backup.restoring import Rest, rehearse, restore
from sims_sync.backup.sealed import UnsealingReader
from sims_sync.config import BackupSection
from sims_sync.errors import ConfigurationError, RunError
from sims_sync.store.audits import RESTORED, last_restored
from sims_sync.store.every_row import StoredTable, table_lines
from sims_sync.store.session import Store, open_store
from sims_sync.store.tables import ALL_SCHOOLS, disposal, house, metadata, pause, run
from tests.sims_sync.backup.site import MARKER, NOW, PASSPHRASE, Site, every_row, fill, make_site, write_secret

REST = Rest("it", NOW)


@pytest.fixture
def site(store: Store, address: str, tmp_path: Path) -> Site:
    """A filled store, on both databases."""
    with store.writing() as connection:
        fill(connection)
    return make_site(tmp_path / "site", store, address)


@pytest.fixture
def small(sqlite_store: Store, tmp_path: Path) -> Site:
    """The same on SQLite only."""
    with sqlite_store.writing() as connection:
        fill(connection)
    return make_site(tmp_path / "site", sqlite_store)


def back_up(site: Site, **later: int) -> BackupMade:
    return make_backup(site.config, site.store, NOW + timedelta(**later))


def with_backup(site: Site, **changed: object) -> Site:
    section = BackupSection.model_validate({**site.config.backup.model_dump(), **changed})
    return Site(site.folder, site.config.model_copy(update={"backup": section}), site.store)


def unsealed(path: Path) -> bytes:
    with path.open("rb") as file:
        reader = UnsealingReader(file, PASSPHRASE)
        return gzip.decompress(b"".join(iter(reader.read, b"")))


def rows_at(url: str, folder: Path) -> dict[str, list[tuple[object, ...]]]:
    again = open_store(url, folder)
    with again.reading() as connection:
        found = every_row(connection)
    again.close()
    return found


def without_rest(rows: dict[str, list[tuple[object, ...]]]) -> dict[str, list[tuple[object, ...]]]:
    audits = [row for row in rows["audit"] if RESTORED not in row]
    return {**rows, "audit": audits, "pause": [row for row in rows["pause"] if row[0] != ALL_SCHOOLS]}


def test_every_cell_comes_back(site: Site, tmp_path: Path) -> None:
    made = back_up(site)
    done = restore(made.path, PASSPHRASE, tmp_path / "new", REST)
    with site.store.reading() as connection:
        before = every_row(connection)
    assert without_rest(rows_at(done.store_url, tmp_path)) == before
    assert made.rows == sum(done.rows.values()) == sum(map(len, before.values()))
    assert made.tables == len(metadata.tables)


def test_what_is_written_while_a_backup_is_made_is_not_in_it(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with site.store.reading() as connection:
        before = every_row(connection)
    written = iter(range(1000))

    def meanwhile(connection: Connection, table: StoredTable) -> Iterator[bytes]:
        with site.store.writing() as other:
            for name in (house, run):
                columns = {column.name: f"late {next(written)}" for column in name.primary_key}
                further = (
                    {"job": "j", "owner": "o", "started": NOW, "heartbeat": NOW} if name is run else {"run_id": "r"}
                )
                other.execute(insert(name).values({**columns, **further}))
        yield from table_lines(connection, table)

    monkeypatch.setattr(archive, "table_lines", meanwhile)
    made = back_up(site)
    assert next(written) > 50
    done = restore(made.path, PASSPHRASE, tmp_path / "new", REST)
    assert without_rest(rows_at(done.store_url, tmp_path)) == before


def test_a_sqlite_store_can_be_restored_into_postgresql(small: Site, postgres: str, tmp_path: Path) -> None:
    made = back_up(small)
    engine = create_engine(make_url(postgres).set(drivername="postgresql+psycopg"))
    with engine.begin() as connection:
        for table in reversed(metadata.sorted_tables):
            connection.execute(delete(table))
    engine.dispose()
    restore(made.path, PASSPHRASE, tmp_path / "new", REST, postgres)
    with small.store.reading() as connection:
        assert without_rest(rows_at(postgres, tmp_path)) == every_row(connection)
    with pytest.raises(RunError, match="holds something already"):
        restore(made.path, PASSPHRASE, tmp_path / "again", REST, postgres)
    assert not (tmp_path / "again").exists()


def test_the_place_may_be_named_from_where_one_stands(
    small: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = back_up(small)
    monkeypatch.chdir(tmp_path)
    done = restore(Path(os.path.relpath(made.path)), PASSPHRASE, Path("new"), REST)
    assert (tmp_path / "new" / "store.db").is_file()
    assert sum(rehearse(made.path, PASSPHRASE, Path("work")).rows.values()) == sum(done.rows.values())


def test_everything_rests_after_a_restore(small: Site, tmp_path: Path) -> None:
    done = restore(back_up(small).path, PASSPHRASE, tmp_path / "new", REST)
    again = open_store(done.store_url, tmp_path)
    with again.reading() as connection:
        row = connection.execute(pause.select().where(pause.c.school == ALL_SCHOOLS)).one()
        assert last_restored(connection, "austen") == NOW
    again.close()
    assert (row.job, row.paused_by) == ("", "it")
    assert "backup of Wed 16 Dec 2026" in row.reason


def test_the_files_of_the_configuration_come_back_and_no_secret(small: Site, tmp_path: Path) -> None:
    made = back_up(small)
    restore(made.path, PASSPHRASE, tmp_path / "new", REST)
    found = {path.relative_to(tmp_path / "new").as_posix() for path in (tmp_path / "new").rglob("*") if path.is_file()}
    assert found == {"config.toml", "roles.csv", "mappings/own.toml", "store.db"}
    assert any("file:secrets/backup is left out" in sentence for sentence in made.left_out)
    assert PASSPHRASE.encode() not in unsealed(made.path)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")
def test_only_this_account_may_read_a_backup_and_what_comes_of_it(small: Site, tmp_path: Path) -> None:
    made = back_up(small)
    restore(made.path, PASSPHRASE, tmp_path / "new", REST)
    for path in (made.path, small.backups, tmp_path / "new", tmp_path / "new" / "store.db"):
        assert path.stat().st_mode & 0o077 == 0, path


def test_nothing_of_a_student_stands_in_the_file_and_any_tar_opens_it_unsealed(small: Site) -> None:
    made = back_up(small)
    assert MARKER.encode() not in made.path.read_bytes()
    with tarfile.open(fileobj=io.BytesIO(unsealed(made.path))) as found:
        member = found.extractfile("manifest.json")
        assert member is not None
        assert json.load(member)["tables"]["student"]["rows"] == 3


def test_a_rehearsal_leaves_nothing_behind(small: Site) -> None:
    made = back_up(small)
    work = small.folder / "work"
    assert sum(rehearse(made.path, PASSPHRASE, work).rows.values()) == made.rows
    assert list(work.iterdir()) == []


def test_a_damaged_or_cut_backup_is_refused_and_leaves_nothing(small: Site, tmp_path: Path) -> None:
    whole = back_up(small).path.read_bytes()
    changed = bytearray(whole)
    changed[len(whole) // 2] ^= 1
    for content in (whole[: len(whole) // 2], whole[:-1], bytes(changed), whole[:30]):
        (tmp_path / "bad.backup").write_bytes(content)
        with pytest.raises(RunError, match="damaged"):
            restore(tmp_path / "bad.backup", PASSPHRASE, tmp_path / "new", REST)
        assert not (tmp_path / "new").exists()


def test_another_passphrase_or_a_missing_file_is_a_sentence(small: Site, tmp_path: Path) -> None:
    made = back_up(small)
    with pytest.raises(RunError, match="passphrase is not the one"):
        rehearse(made.path, "another one altogether", tmp_path)
    with pytest.raises(RunError, match="cannot be opened"):
        rehearse(tmp_path / "gone.backup", PASSPHRASE, tmp_path)


def test_a_place_that_is_not_empty_is_left_as_it_is(small: Site, tmp_path: Path) -> None:
    made = back_up(small)
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "config.toml").write_text("mine", encoding="utf-8")
    with pytest.raises(RunError, match="not empty"):
        restore(made.path, PASSPHRASE, tmp_path / "new", REST)
    assert [path.read_text(encoding="utf-8") for path in (tmp_path / "new").iterdir()] == ["mine"]


def test_a_newer_releases_backup_is_refused(small: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(making, "schema_revision", lambda _connection: "9999")
    made = back_up(small)
    with pytest.raises(RunError, match="newer release"):
        restore(made.path, PASSPHRASE, tmp_path / "new", REST)


def test_without_a_passphrase_or_with_a_short_one_nothing_is_written(small: Site) -> None:
    with pytest.raises(ConfigurationError, match="never written without"):
        back_up(with_backup(small, passphrase=None))
    write_secret(small.folder / "secrets" / "backup", "short")
    with pytest.raises(ConfigurationError, match="fewer than 12"):
        back_up(small)
    with pytest.raises(ConfigurationError, match=r"backup\.folder"):
        back_up(with_backup(small, folder=None))
    assert not small.backups.exists()


def test_older_ones_go_by_rule_and_after_half_a_year_even_where_no_new_one_can_be_made(small: Site) -> None:
    few = with_backup(small, keep_daily=2, keep_weekly=0, keep_monthly=0)
    for day in range(4):
        back_up(few, days=day)
    assert [each.made for each in backups_in(small.backups)] == [NOW + timedelta(days=3), NOW + timedelta(days=2)]
    making.remove_expired(few.config, NOW + timedelta(days=185, seconds=1))
    assert [each.made for each in backups_in(small.backups)] == [NOW + timedelta(days=3)]


def test_under_a_clock_that_was_put_back_the_backup_just_made_stays(small: Site) -> None:
    one = with_backup(small, keep_daily=1, keep_weekly=0, keep_monthly=0)
    back_up(one, days=300)
    assert back_up(one).path.is_file()


def test_a_backup_by_hand_is_a_run_and_what_went_is_written_down(small: Site) -> None:
    few = with_backup(small, keep_daily=1, keep_weekly=0, keep_monthly=0)
    for day in range(2):
        make_by_hand(few.config, few.store, NOW + timedelta(days=day))
    write_secret(few.folder / "secrets" / "backup", "short")
    with pytest.raises(ConfigurationError):
        make_by_hand(few.config, few.store, NOW + timedelta(days=2))
    with few.store.reading() as connection:
        runs = [row.outcome for row in connection.execute(run.select().where(run.c.job == "backup"))]
        gone = connection.execute(select(disposal.c["count"]).where(disposal.c.what == "backups")).scalars().all()
    assert sorted(runs) == ["done", "done", "misconfigured"]
    assert gone == [1]


def test_two_of_one_second_have_two_names(small: Site) -> None:
    assert {back_up(small).path.name, back_up(small).path.name} == {
        "sims-sync-20261216T223000Z.backup",
        "sims-sync-20261216T223000Z-2.backup",
    }


def test_a_trusts_second_school_finds_the_nights_backup(small: Site) -> None:
    assert recent_backup(small.config, NOW) is None
    made = back_up(small)
    found = recent_backup(small.config, NOW + timedelta(minutes=20))
    assert found is not None
    assert found.path == made.path
    assert recent_backup(small.config, NOW + timedelta(days=1)) is None


def test_what_a_killed_backup_left_goes_with_the_next(small: Site) -> None:
    small.backups.mkdir()
    old = small.backups / "sims-sync-20261201T223000Z.backup.part"
    old.write_bytes(b"half")
    os.utime(old, (0, 0))
    back_up(small)
    assert [path.suffix for path in small.backups.iterdir()] == [".backup"]


def test_a_disk_that_fills_up_leaves_no_half_backup(small: Site) -> None:
    with small.store.writing() as connection:
        connection.execute(
            insert(house), [{"school": "austen", "name": f"{n:x}" * 9, "run_id": "r"} for n in range(9999)]
        )
    resource = pytest.importorskip("resource")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, limits[1]))
    try:
        with pytest.raises(RunError, match="No backup was made"):
            back_up(small)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert list(small.backups.iterdir()) == []
