"""The store opens on both databases, keeps moments aware, and shows a reader one unchanging view."""

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import insert, inspect, select, text
from sqlalchemy.exc import IntegrityError

from sims_sync.errors import ConfigurationError, RetriableError
from sims_sync.store.json_values import json_ready
from sims_sync.store.migrations import HEAD
from sims_sync.store.session import Store, open_store
from sims_sync.store.tables import house, lease, metadata, student_alias
from sims_sync.store.upgrade import alembic_config
from tests.sims_sync.builders import at

MOMENT = at("2026-12-16 07:30")


def add_house(store: Store, name: str) -> None:
    with store.writing() as connection:
        connection.execute(insert(house).values(school="austen", name=name, run_id="r"))


def houses(store: Store) -> set[str]:
    with store.reading() as connection:
        return set(connection.execute(select(house.c.name)).scalars())


def add_lease(store: Store, moment: datetime) -> None:
    row = {"school": "austen", "owner": "x", "run_id": "r", "job": "j", "taken": moment, "heartbeat": moment}
    with store.writing() as connection:
        connection.execute(insert(lease).values(row))


def test_the_migrations_lead_to_the_tables_as_they_are(store: Store) -> None:
    with store.reading() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_every_table_carries_the_school_in_its_key() -> None:
    for table in metadata.tables.values():
        assert "school" in {column.name for column in table.primary_key.columns}, table.name


def test_opening_again_changes_nothing(store: Store, address: str, tmp_path: Path) -> None:
    add_house(store, "Austen")
    again = open_store(address, tmp_path)
    assert houses(again) == {"Austen"}
    again.close()


def test_a_store_is_made_with_its_folder(tmp_path: Path) -> None:
    store = open_store("sqlite:///deep/down/x.db", tmp_path)
    assert (tmp_path / "deep" / "down" / "x.db").is_file()
    assert store.dialect == "sqlite"
    store.close()


@pytest.mark.parametrize("url", ["nonsense", "nosuchdatabase://x", "oracle://x/y"])
def test_an_address_that_is_none_is_a_sentence(url: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as caught:
        open_store(url, tmp_path)
    assert caught.value.problems[0].path == "store.url"


def test_a_store_of_a_newer_release_is_refused(store: Store, address: str, tmp_path: Path) -> None:
    with store.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(ConfigurationError, match="newer release"):
        open_store(address, tmp_path)


def test_a_file_that_is_no_database_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "x.db").write_text("no database at all, " * 100, encoding="utf-8")
    with pytest.raises(RetriableError, match="damaged"):
        open_store("sqlite:///x.db", tmp_path)


def test_a_naive_moment_is_refused(store: Store) -> None:
    with pytest.raises(Exception, match=r"naive|refused"):
        add_lease(store, datetime(2026, 12, 16, 7, 30))  # noqa: DTZ001 - that is the point


@pytest.mark.parametrize("zone", [UTC, timezone(timedelta(hours=1)), timezone(timedelta(hours=-9))])
def test_a_moment_comes_back_aware_and_the_same(zone: timezone, store: Store) -> None:
    add_lease(store, MOMENT.astimezone(zone))
    with store.reading() as connection:
        found = connection.execute(select(lease.c.taken)).scalar_one()
    assert found == MOMENT
    assert found.utcoffset() == timedelta(0)


def test_a_write_that_fails_leaves_nothing(store: Store) -> None:
    def fail_half_way() -> None:
        with store.writing() as connection:
            connection.execute(insert(house).values(school="austen", name="Austen", run_id="r"))
            raise KeyError("fault")

    with pytest.raises(KeyError):
        fail_half_way()
    assert houses(store) == set()


def test_a_row_that_belongs_to_nobody_is_refused_and_not_quoted(store: Store) -> None:
    row = {"school": "austen", "system": "sims", "id_kind": "upn", "value": "B801200005001", "student_id": "nobody"}
    with pytest.raises(RetriableError) as caught, store.writing() as connection:
        connection.execute(insert(student_alias).values(**row, run_id="r"))
    assert IntegrityError.__name__ in str(caught.value)
    assert "B8012" not in str(caught.value)


def test_a_reader_sees_one_view_while_another_writes(store: Store) -> None:
    add_house(store, "Austen")
    with store.reading() as connection:
        before = set(connection.execute(select(house.c.name)).scalars())
        add_house(store, "Bronte")
        after = set(connection.execute(select(house.c.name)).scalars())
    assert before == after == {"Austen"}
    assert houses(store) == {"Austen", "Bronte"}


def test_two_schools_keep_apart(store: Store) -> None:
    with store.writing() as connection:
        for school in ("austen", "bronte"):
            connection.execute(insert(house).values(school=school, name="Blue", run_id="r"))
    assert houses(store) == {"Blue"}


def test_sqlite_writes_ahead_and_heeds_foreign_keys(sqlite_store: Store) -> None:
    with sqlite_store.reading() as connection:
        assert connection.execute(text("PRAGMA journal_mode")).scalar() == "wal"
        assert connection.execute(text("PRAGMA foreign_keys")).scalar() == 1


def test_plain_values_become_json() -> None:
    given = {"day": MOMENT.date(), "list": (1, {"at": MOMENT})}
    assert json_ready(given) == {"day": "2026-12-16", "list": [1, {"at": MOMENT.isoformat()}]}


def test_there_is_no_table_beside_those_described(store: Store) -> None:
    assert set(inspect(store.engine).get_table_names()) == {*metadata.tables, "alembic_version"}


def test_the_last_migration_is_the_one_that_stores_are_compared_with() -> None:
    assert ScriptDirectory.from_config(alembic_config()).get_current_head() == HEAD
