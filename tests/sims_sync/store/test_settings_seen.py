"""A changed setting is noticed once, by its key and without its value."""

import json
from pathlib import Path

from sqlalchemy import select

from sims_sync.config import GuardSection, SchoolConfig
from sims_sync.store.session import Store
from sims_sync.store.settings_seen import note_settings
from sims_sync.store.tables import audit, settings_seen
from tests.sims_sync.builders import at, make_school

WHEN = at("2026-11-20 12:00")


def note(store: Store, school: SchoolConfig, **common: object) -> tuple[str, ...]:
    return note_settings(store, school, common, who="it", at=WHEN)


def test_the_first_look_is_no_change(sqlite_store: Store, tmp_path: Path) -> None:
    note(sqlite_store, make_school(tmp_path))
    with sqlite_store.reading() as connection:
        (detail,) = connection.execute(select(audit.c.detail)).scalars()
    assert list(detail) == ["first"]


def test_a_change_is_noted_once_by_its_key(store: Store, tmp_path: Path) -> None:
    school = make_school(tmp_path)
    note(store, school, backup={"folder": "a"})
    changed = school.model_copy(update={"guard": GuardSection(removals_percent=7)})
    assert note(store, changed, backup={"folder": "b"}) == ("backup.folder", "guard.removals_percent")
    assert note(store, changed, backup={"folder": "b"}) == ()
    with store.reading() as connection:
        details = connection.execute(select(audit.c.detail)).scalars().all()
    assert {"changed": ["backup.folder", "guard.removals_percent"]} in details


def test_roles_are_settings_too(sqlite_store: Store, tmp_path: Path) -> None:
    school = make_school(tmp_path)
    note(sqlite_store, school)
    (tmp_path / "roles.csv").write_text("staff,role,scope,from,to\n", encoding="utf-8")
    assert note(sqlite_store, school) == ("file roles",)


def test_no_value_is_kept(sqlite_store: Store, tmp_path: Path) -> None:
    note(sqlite_store, make_school(tmp_path))
    with sqlite_store.reading() as connection:
        (kept,) = connection.execute(select(settings_seen.c.settings)).scalars()
    assert "lead@austen.example" not in json.dumps(kept)
    assert "people.programme_lead" in kept
