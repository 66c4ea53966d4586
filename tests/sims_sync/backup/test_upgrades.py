"""A store of every released schema is brought up to date with all its rows, after a backup of how it was."""

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import Connection, MetaData, create_engine, make_url, text

from sims_sync.backup.keeping import backups_in
from sims_sync.backup.opening import open_configured
from sims_sync.backup.restoring import Rest, restore
from sims_sync.errors import ConfigurationError, RetriableError, SimsSyncError
from sims_sync.records import Kind
from sims_sync.store.audits import RESTORED
from sims_sync.store.copies import copies_of, old_copies
from sims_sync.store.every_row import StoredTable, stored_tables, table_lines
from sims_sync.store.migrations import HEAD
from sims_sync.store.session import Store, open_store, schema_revision, store_as_it_is
from sims_sync.store.state import SchemaState, schema_state
from sims_sync.store.upgrade import upgrade
from tests.sims_sync.backup.site import NOW, PASSPHRASE, Site, fill, make_site, write_secret
from tests.sims_sync.builders import make_world, students

RELEASED = ("0001", "0002", "0003")

Content = dict[str, list[str]]


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a database without any table."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'store.db'}"
        return
    server = make_url(request.getfixturevalue("postgres")).set(drivername="postgresql+psycopg")
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text("CREATE DATABASE aged"))
        yield server.set(database="aged").render_as_string(hide_password=False)
        connection.execute(text("DROP DATABASE aged WITH (FORCE)"))
    engine.dispose()


def aged(url: str, folder: Path, revision: str) -> Content:
    """Make a store as a release of that schema left it; what it holds."""
    store = store_as_it_is(url, folder)
    upgrade(store.engine, revision)
    with store.writing() as connection:
        tables = MetaData()
        tables.reflect(connection)
        fill(connection, tables.sorted_tables, school="bronte")
    found = content(store)
    store.close()
    return found


def content(store: Store, like: Mapping[str, object] | None = None) -> Content:
    """Every row, as lines; of `like`'s tables and their columns only."""
    with store.reading() as connection:
        tables = {table.name: table for table in stored_tables(connection)}
        chosen = [tables[name] for name in like] if like else list(tables.values())
        return {table.name: lines_of(connection, table) for table in chosen}


def lines_of(connection: Connection, table: StoredTable) -> list[str]:
    """A truth is true in PostgreSQL and 1 in SQLite; that it was restored, a restored store says of itself."""
    lines = (line.decode() for line in table_lines(connection, table))
    return sorted(line.replace("true", "1").replace("false", "0") for line in lines if f'"{RESTORED}"' not in line)


def as_before(before: Content, store: Store, old: Mapping[str, tuple[str, ...]]) -> bool:
    with store.reading() as connection:
        now = {table.name: table for table in stored_tables(connection)}
        for name, lines in before.items():
            table = StoredTable(name, old[name], now[name].json)
            if lines_of(connection, table) != lines:
                return False
    return True


def columns(url: str, folder: Path) -> dict[str, tuple[str, ...]]:
    store = store_as_it_is(url, folder)
    with store.reading() as connection:
        found = {table.name: table.columns for table in stored_tables(connection)}
    store.close()
    return found


def open_site(site: Site) -> tuple[Store, list[str]]:
    said: list[str] = []
    return open_configured(site.config, said.append), said


def site_at(url: str, tmp_path: Path) -> Site:
    return make_site(tmp_path / "site", store_as_it_is(url, tmp_path), url)


@pytest.mark.parametrize("revision", RELEASED)
def test_an_old_store_keeps_every_row_and_works(revision: str, place: str, tmp_path: Path) -> None:
    before = aged(place, tmp_path, revision)
    old = columns(place, tmp_path)
    store, said = open_site(site_at(place, tmp_path))
    assert as_before(before, store, old)
    assert f"from schema {revision} to {HEAD}" in said[0]
    world = make_world(store, tmp_path / "world")
    world.read_well(Kind.STUDENTS, students(12), "2026-12-16 06:00")
    store.close()


@pytest.mark.parametrize("revision", RELEASED)
def test_the_backup_made_before_holds_the_old_store_and_can_be_restored(
    revision: str, place: str, tmp_path: Path
) -> None:
    before = aged(place, tmp_path, revision)
    old = columns(place, tmp_path)
    site = site_at(place, tmp_path)
    open_site(site)[0].close()
    [made] = backups_in(site.backups)
    done = restore(made.path, PASSPHRASE, tmp_path / "new", Rest("it", NOW))
    assert done.about["schema"] == revision
    again = open_store(done.store_url, tmp_path)
    assert as_before(before, again, old)
    again.close()


def test_without_a_configured_backup_a_copy_lies_beside_the_store_and_goes_after_a_fortnight(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'store.db'}"
    before = aged(url, tmp_path, "0002")
    open_store(url, tmp_path).close()
    [copy] = copies_of(tmp_path / "store.db")
    assert copy.stat().st_mode & 0o077 == 0
    kept = store_as_it_is(f"sqlite:///{copy}", tmp_path)
    with kept.reading() as connection:
        assert schema_revision(connection) == "0002"
    assert content(kept) == before
    kept.close()
    made = copy.stat().st_mtime
    assert old_copies(tmp_path / "store.db", made + 13 * 86400) == []
    assert old_copies(tmp_path / "store.db", made + 15 * 86400) == [copy]


def test_of_commands_that_find_an_old_store_at_once_one_keeps_it_and_brings_it_up_to_date(
    place: str, tmp_path: Path
) -> None:
    before, kept = aged(place, tmp_path, "0003"), []
    old = columns(place, tmp_path)

    def opened(_number: int) -> None:
        open_store(place, tmp_path, lambda _store, revision, _new: kept.append(revision)).close()

    with ThreadPoolExecutor(4) as commands:
        list(commands.map(opened, range(4)))
    assert kept == ["0003"]
    store = store_as_it_is(place, tmp_path)
    assert as_before(before, store, old)
    store.close()
    assert [path.name for path in tmp_path.glob("*.upgrading")] == []


def test_a_store_that_cannot_be_backed_up_is_not_touched(place: str, tmp_path: Path) -> None:
    before = aged(place, tmp_path, "0003")
    site = site_at(place, tmp_path)
    write_secret(site.folder / "secrets" / "backup", "short")
    with pytest.raises(SimsSyncError, match="no backup can be made before"):
        open_site(site)
    assert schema_state(place, tmp_path).revision == "0003"
    untouched = store_as_it_is(place, tmp_path)
    assert content(untouched) == before
    untouched.close()


def test_a_server_without_a_configured_backup_waits_for_a_person(postgres: str, tmp_path: Path) -> None:
    store = open_store(postgres, tmp_path)
    with store.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0003'"))
    store.close()
    site = site_at(postgres, tmp_path)
    config = site.config.model_copy(update={"backup": type(site.config.backup)()})
    with pytest.raises(SimsSyncError, match="no backup is configured"):
        open_configured(config, print)
    with pytest.raises(ConfigurationError, match="db upgrade"):
        open_store(postgres, tmp_path)
    assert schema_state(postgres, tmp_path).state is SchemaState.OLDER


def test_an_upgrade_that_fails_half_way_leaves_the_old_store(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'store.db'}"
    before = aged(url, tmp_path, "0001")
    conflicting = store_as_it_is(url, tmp_path)
    with conflicting.writing() as connection:  # stands in the way of 0004
        connection.execute(text("CREATE TABLE erased_person (x INTEGER)"))
    with pytest.raises(RetriableError):
        open_store(url, tmp_path)
    assert schema_state(url, tmp_path).revision == "0001"
    assert content(conflicting, before) == before
    conflicting.close()


def test_a_newer_store_is_refused_and_left_alone(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'store.db'}"
    open_store(url, tmp_path).close()
    store = store_as_it_is(url, tmp_path)
    with store.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    store.close()
    for look in (open_store, schema_state):
        with pytest.raises(ConfigurationError, match="restore the backup taken before the upgrade"):
            look(url, tmp_path)
    assert copies_of(tmp_path / "store.db") == []


def test_looking_makes_no_store(tmp_path: Path) -> None:
    assert schema_state("sqlite:///store.db", tmp_path).state is SchemaState.NONE
    assert list(tmp_path.iterdir()) == []
