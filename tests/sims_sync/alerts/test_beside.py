"""Beside the jobs: every school and the service are looked at, the store's own faults are told without it."""

import json
import time
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert

from sims_sync.alerts import beside, emergency, tell
from sims_sync.alerts.beside import carrier_of
from sims_sync.config import Config, DemoSection, MailerSection, SchoolConfig
from sims_sync.context import system_clock
from sims_sync.errors import RetriableError
from sims_sync.standing import Standing, standing_of
from sims_sync.store.session import Store
from sims_sync.store.tables import ALL_SCHOOLS, service
from tests.sims_sync.alerts.test_emergency import CONFIG
from tests.sims_sync.builders import World, at, make_school

NOW = "2026-12-16 09:00"


@pytest.fixture(autouse=True)
def _own_memory(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(beside, "_LOOKS", beside._Looks())  # noqa: SLF001 - each test is a process of its own
    monkeypatch.setattr(emergency, "_STATE_IN_MEMORY", {})
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(tmp_path))


@pytest.fixture
def world(sqlite_world: World) -> World:
    """A school whose clock stands at nine, and that waits for no source."""
    demo = DemoSection(clock=at(NOW), started=system_clock())
    return sqlite_world.with_school(demo=demo, sources={})


def config_of(world: World, *others: SchoolConfig, **more: Any) -> Config:  # noqa: ANN401 - any key of the model
    schools = {school.id: school for school in (world.school, *others)}
    return Config(file=world.school.base / "config.toml", schools=schools, **more)


def subjects(world: World) -> list[str]:
    return [str(message["Subject"]) for message in world.post.messages]


def text_of(message: EmailMessage) -> str:
    body = message.get_body(("plain",))
    assert body is not None
    return " ".join(str(body.get_content()).split())


def test_a_school_with_a_broken_configuration_is_told_and_the_other_is_served(world: World) -> None:
    config = config_of(world, broken={"curie": ("school.dfe: is not a known key.",)})
    for _ in range(2):
        tell(world.store, config, at_once=True)
    assert subjects(world) == ["sims-sync, the service: 1 thing needs a person"]
    assert "The configuration of curie is broken" in text_of(world.post.messages[0])
    tell(world.store, config_of(world), at_once=True)
    assert subjects(world)[1:] == ["sims-sync, the service: 1 thing is over"]


def test_a_service_that_fell_silent_is_told_and_one_that_ended_in_good_order_is_not(world: World) -> None:
    tell(world.store, config_of(world), at_once=True)
    assert subjects(world) == []
    row = {"school": ALL_SCHOOLS, "owner": "host/1/1", "version": "0.1.0", "detail": {}}
    moment = system_clock() - timedelta(minutes=6)
    with world.store.writing() as connection:
        connection.execute(insert(service).values(**row, started=moment, heartbeat=moment))
    tell(world.store, config_of(world), at_once=True)
    assert "The service has not been heard of since" in text_of(world.post.messages[0])


def test_it_looks_once_a_minute_at_most(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    looks = []
    monkeypatch.setattr(beside, "_look", lambda *_: looks.append(1))
    for _ in range(3):
        tell(world.store, config_of(world))
    assert len(looks) == 1


def test_a_mail_server_that_hangs_does_not_keep_the_next_look_off(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = []

    def hangs(*_: object) -> None:
        looks.append(1)
        time.sleep(0.1)  # of a whole minute the next look would be eight hours away

    monkeypatch.setattr(beside, "LEAST_SECONDS", 0)
    monkeypatch.setattr(beside, "_look", hangs)
    for _ in range(2):
        tell(world.store, config_of(world))
        time.sleep(0.1)
    assert len(looks) == 2


def test_an_unforeseen_fault_of_one_school_keeps_no_other_from_being_told(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = make_school(tmp_path, school={"id": "aaa", "name": "A"})
    other = world.with_school(calendar=world.school.calendar.model_copy(update={"half_terms": ()}))
    looked = standing_of

    def faulty(store: Store, school: SchoolConfig) -> Standing:
        if school.id == "aaa":
            raise KeyError("nobody foresaw this")
        return looked(store, school)

    monkeypatch.setattr(beside, "standing_of", faulty)
    schools = {"aaa": first, other.id: other.school}
    tell(world.store, Config(file=tmp_path / "config.toml", schools=schools), at_once=True)
    assert subjects(world) == ["sims-sync at Austen Academy: 1 thing needs a person"]


def test_where_the_store_does_not_answer_the_admin_is_told_without_it_and_of_the_end(
    world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    config = config_of(world)
    settings = {"admin": "it@austen.example", "sender": "s@austen.example", "allowed_domains": ["austen.example"]}
    kept = [{**settings, "connector": "mail_folder", "options": {"folder": "mail"}}]
    (tmp_path / "work").mkdir(exist_ok=True)
    config.file.write_text(CONFIG.format(port=25), encoding="utf-8")
    kept_text = json.dumps(kept)
    (tmp_path / "work" / emergency.SETTINGS_FILE).write_text(kept_text, encoding="utf-8")

    def full(*_: object) -> None:
        raise RetriableError("store", "The disk that holds the store is full.", "Make room.")

    with monkeypatch.context() as patch:
        patch.setattr(beside, "_look", full)
        for _ in range(2):
            tell(world.store, config, at_once=True)
    assert len(list((tmp_path / "mail").glob("*.eml"))) == 1
    tell(world.store, config, at_once=True)
    assert len(list((tmp_path / "mail").glob("*.eml"))) == 2
    tell(world.store, config, at_once=True)
    assert len(list((tmp_path / "mail").glob("*.eml"))) == 2


def test_one_school_whose_mailer_is_wrongly_set_up_keeps_no_other_from_being_told(world: World, tmp_path: Path) -> None:
    mailer = MailerSection.model_validate({"connector": "smtp"})  # without a host
    first = make_school(tmp_path, school={"id": "aaa", "name": "A"}, calendar={})
    first = first.model_copy(update={"messages": first.messages.model_copy(update={"mailer": mailer})})
    other = world.with_school(calendar=world.school.calendar.model_copy(update={"half_terms": ()}))
    schools = {"aaa": first, other.id: other.school}
    tell(world.store, Config(file=tmp_path / "config.toml", schools=schools), at_once=True)
    assert subjects(world) == ["sims-sync at Austen Academy: 1 thing needs a person"]


def test_the_services_conditions_go_to_the_admin_whom_most_schools_name(world: World, tmp_path: Path) -> None:
    trust = {"programme_lead": "lead@austen.example", "admin": "trust@austen.example"}
    others = [make_school(tmp_path, school={"id": name, "name": name}, people=trust) for name in ("b", "c")]
    found = carrier_of(config_of(world, *others))
    assert found is not None
    assert found.people.admin == "trust@austen.example"
