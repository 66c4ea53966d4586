"""A school that leaves takes its own rows and files, and nothing of another school."""

import json
from pathlib import Path

import pytest
from sqlalchemy import insert, select

from sims_sync.config import SchoolConfig
from sims_sync.errors import RunError
from sims_sync.retention.purging import purge
from sims_sync.store.session import Store
from sims_sync.store.tables import house
from tests.sims_sync.builders import make_school, make_world
from tests.sims_sync.retention.seeded import NOT_OURS, OUR_FILES, fill_tables, put_files, traces, with_folders

MAIL = "mail/sims-sync.20261112.1@austen.example-0123456789ab.eml"


def test_another_schools_rows_and_a_folder_that_both_use_are_left(sqlite_store: Store, tmp_path: Path) -> None:
    school = with_folders(make_world(sqlite_store, tmp_path), tmp_path).school
    other = make_school(
        tmp_path,
        school={"id": "bronte", "name": "Brontë School"},
        messages={
            "sender": "sims-sync@bronte.example",
            "allowed_domains": ["bronte.example"],
            "mailer": {"connector": "mail_folder", "folder": "mail"},
        },
    )
    fill_tables(sqlite_store)
    with sqlite_store.writing() as connection:
        connection.execute(insert(house).values(school="bronte", name="Emily", run_id="r"))
    put_files(tmp_path, (*OUR_FILES, *NOT_OURS), days_old=0)
    done = purge(sqlite_store, school, [other], who="a test", reason="left the trust")
    assert traces(sqlite_store) == set()
    with sqlite_store.reading() as connection:
        assert connection.execute(select(house.c.school)).scalars().all() == ["bronte"]
    left = {name for name in OUR_FILES if (tmp_path / name).exists()}
    assert left == {MAIL, "log/sims-sync.log.1"}
    assert [name for name in NOT_OURS if not (tmp_path / name).exists()] == []
    told = json.loads(done.evidence.read_text(encoding="utf-8"))
    assert (told["state"], told["who"], told["rows"]["student"]) == ("done", "a test", 1)
    assert done.wiped


def test_another_schools_folder_within_this_schools_own_is_left(sqlite_store: Store, tmp_path: Path) -> None:
    def lists_in(school_id: str, template: str) -> SchoolConfig:
        named = {"id": school_id, "name": school_id.title()}
        return make_school(tmp_path, school=named, reports={"folders": {"groups": template}})

    school, other = lists_in("austen", "lists/{group}"), lists_in("bronte", "./lists/bronte/{group}")
    names = ("lists/8A1/8A1 - mentoring list.xlsx", "lists/bronte/8B1/8B1 - mentoring list.xlsx")
    put_files(tmp_path, names, days_old=0)
    purge(sqlite_store, school, [other], who="a test", reason="left the trust")
    assert [name for name in names if (tmp_path / name).exists()] == [names[1]]


def test_a_folder_of_the_schools_own_beside_the_files_for_sims_is_left(sqlite_store: Store, tmp_path: Path) -> None:
    school = with_folders(make_world(sqlite_store, tmp_path), tmp_path).school
    names = ("for-sims/2026/marks of last year.xlsx", "for-sims/0007/issue.json", "for-sims/0007/marks.csv")
    put_files(tmp_path, names, days_old=0)
    purge(sqlite_store, school, [], who="a test", reason="left the trust")
    assert [name for name in names if (tmp_path / name).exists()] == [names[0]]


def test_without_evidence_nothing_is_deleted(sqlite_store: Store, tmp_path: Path) -> None:
    school = with_folders(make_world(sqlite_store, tmp_path), tmp_path).school
    filled = fill_tables(sqlite_store)
    (tmp_path / "a file").write_text("no folder", encoding="utf-8")
    nowhere = school.model_copy(update={"base": tmp_path / "a file"})
    with pytest.raises(RunError, match="evidence"):
        purge(sqlite_store, nowhere, [], who="a test", reason="left the trust")
    assert traces(sqlite_store) == filled
