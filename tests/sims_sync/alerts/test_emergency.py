"""Where no job can start, the admin is mailed all the same: by a real SMTP server, once, and once when it is over."""

import json
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from sims_sync.alerts import emergency
from sims_sync.alerts.emergency import (
    SETTINGS_FILE,
    STATE_FILE,
    remember_mail_settings,
    tell_admin_without_store,
    tell_recovered,
)
from sims_sync.config_file import load_config
from sims_sync.errors import ConfigProblem, ConfigurationError

NOW = datetime(2026, 12, 16, 6, tzinfo=UTC)
BROKEN = [ConfigProblem("school.name", "is missing.", "Add it.")]
CONFIG = """
version = 1
[school]
id = "austen"
name = "Austen Academy"
[people]
programme_lead = "lead@austen.example"
admin = "it@austen.example"
[programme]
policy = "half-term"
starts_with = "2026-27/autumn-2"
[messages]
sender = "sims-sync@austen.example"
allowed_domains = ["austen.example"]
[messages.mailer]
connector = "smtp"
host = "127.0.0.1"
port = {port}
security = "none"
timeout_seconds = 5
"""


class Postbox:
    """Keeps what arrives."""

    def __init__(self) -> None:
        self.received: list[EmailMessage] = []
        self.recipients: list[str] = []

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: ANN401, N802 - aiosmtpd's names and untyped objects
        self.recipients += envelope.rcpt_tos
        self.received.append(message_from_bytes(envelope.content, policy=policy.default))
        return "250 OK"


@pytest.fixture
def postbox() -> Iterator[tuple[Postbox, int]]:
    box = Postbox()
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = int(found.getsockname()[1])
    controller = Controller(box, hostname="127.0.0.1", port=port)
    controller.start()
    yield box, port
    controller.stop()


@pytest.fixture(autouse=True)
def _own_places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(tmp_path / "temporary"))
    monkeypatch.setattr(emergency, "_STATE_IN_MEMORY", {})


@pytest.fixture
def config_file(tmp_path: Path, postbox: tuple[Postbox, int]) -> Path:
    path = tmp_path / "config.toml"
    path.write_text(CONFIG.format(port=postbox[1]), encoding="utf-8")
    return path


def subjects(box: Postbox) -> list[str]:
    return [str(message["Subject"]) for message in box.received]


def test_a_broken_configuration_is_told_once_and_its_end_once(config_file: Path, postbox: tuple[Postbox, int]) -> None:
    box, _ = postbox
    good = config_file.read_text("utf-8")
    config_file.write_text(good.replace('name = "Austen Academy"', ""), encoding="utf-8")
    with pytest.raises(ConfigurationError) as broken:
        load_config(config_file)
    for minutes in (0, 1, 60, 23 * 60):
        tell_admin_without_store(config_file, broken.value.problems, NOW + timedelta(minutes=minutes))
    assert subjects(box) == ["sims-sync cannot run and needs a person"]
    assert box.recipients == ["it@austen.example"]
    said = box.received[0].get_content()
    assert "school.name: is missing. Add it" in said
    assert "docs/alerts.md#nothing-can-run" in said
    tell_recovered(config_file, NOW + timedelta(hours=1))  # it is not: a service goes on with what it had before
    assert len(box.received) == 1
    config_file.write_text(good, encoding="utf-8")
    for hours in (2, 3):
        tell_recovered(config_file, NOW + timedelta(hours=hours, minutes=15))
    assert subjects(box)[1:] == ["sims-sync runs again"]
    assert "2 h 15 min" in " ".join(box.received[1].get_content().split())


def test_told_by_two_at_the_same_moment_it_is_one_mail(config_file: Path, postbox: tuple[Postbox, int]) -> None:
    """The service and what looks beside it meet the same fault."""
    with ThreadPoolExecutor(2) as both:
        list(both.map(lambda _: tell_admin_without_store(config_file, BROKEN, NOW), range(2)))
    assert len(postbox[0].received) == 1


def test_another_reason_is_told_and_the_same_again_after_a_day(config_file: Path, postbox: tuple[Postbox, int]) -> None:
    other = [ConfigProblem("store", "The disk that holds the store is full.", "Make room.")]
    tell_admin_without_store(config_file, BROKEN, NOW)
    tell_admin_without_store(config_file, other, NOW + timedelta(minutes=1))
    tell_admin_without_store(config_file, BROKEN, NOW + timedelta(minutes=2))
    assert len(postbox[0].received) == 2
    tell_admin_without_store(config_file, BROKEN, NOW + timedelta(hours=25))
    assert len(postbox[0].received) == 3
    assert len({str(message["Message-ID"]) for message in postbox[0].received}) == 3


@pytest.mark.parametrize("text", ["version = \n[broken", "", "version = 1\n[people]\nadmin = 7\n"])
def test_where_nothing_in_the_file_is_readable_the_last_good_settings_serve(
    config_file: Path, postbox: tuple[Postbox, int], text: str
) -> None:
    remember_mail_settings(load_config(config_file))
    config_file.write_text(text, encoding="utf-8")
    tell_admin_without_store(config_file, BROKEN, NOW)
    assert postbox[0].recipients == ["it@austen.example"]


def test_a_file_that_is_gone_altogether_is_told_too(config_file: Path, postbox: tuple[Postbox, int]) -> None:
    remember_mail_settings(load_config(config_file))
    config_file.unlink()
    tell_admin_without_store(config_file, BROKEN, NOW)
    assert len(postbox[0].received) == 1


def test_the_remembered_settings_hold_references_and_no_secret(
    config_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAIL_PASSWORD", "correct horse")
    text = config_file.read_text("utf-8").replace(
        'security = "none"', 'security = "tls"\nuser = "u"\npassword = "env:MAIL_PASSWORD"'
    )
    config_file.write_text(text, encoding="utf-8")
    remember_mail_settings(load_config(config_file))
    kept = (config_file.parent / "work" / SETTINGS_FILE).read_text("utf-8")
    assert json.loads(kept)[0]["options"]["password"] == "env:MAIL_PASSWORD"
    assert "correct horse" not in kept


def test_where_the_work_folder_cannot_be_written_it_is_still_told_once(
    config_file: Path, postbox: tuple[Postbox, int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "work").write_text("a file in the folder's place", encoding="utf-8")
    for minutes in (0, 10):
        monkeypatch.setattr(emergency, "_STATE_IN_MEMORY", {})  # another process
        tell_admin_without_store(config_file, BROKEN, NOW + timedelta(minutes=minutes))
    assert len(postbox[0].received) == 1
    assert len(list((tmp_path / "temporary").iterdir())) == 1


def test_while_the_mail_server_is_down_it_is_tried_again_and_then_told_once(
    config_file: Path, postbox: tuple[Postbox, int], tmp_path: Path
) -> None:
    text = config_file.read_text("utf-8")
    (tmp_path / "work").mkdir()
    config_file.write_text(text.replace(str(postbox[1]), "9"), encoding="utf-8")
    tell_admin_without_store(config_file, BROKEN, NOW)
    config_file.write_text(text, encoding="utf-8")
    tell_admin_without_store(config_file, BROKEN, NOW + timedelta(minutes=1))  # too early to try again
    assert postbox[0].received == []
    for minutes in (6, 12):
        tell_admin_without_store(config_file, BROKEN, NOW + timedelta(minutes=minutes))
    assert len(postbox[0].received) == 1
    assert (tmp_path / "work" / STATE_FILE).is_file()


def test_the_end_of_what_nobody_was_told_of_is_not_told(config_file: Path, postbox: tuple[Postbox, int]) -> None:
    tell_recovered(config_file, NOW)
    assert postbox[0].received == []


def test_with_mail_switched_off_nobody_is_mailed(config_file: Path, postbox: tuple[Postbox, int]) -> None:
    text = config_file.read_text("utf-8").replace("[messages]\n", '[messages]\nmode = "off"\n')
    config_file.write_text(text, encoding="utf-8")
    tell_admin_without_store(config_file, BROKEN, NOW)
    assert postbox[0].received == []


def test_it_never_raises(tmp_path: Path) -> None:
    tell_admin_without_store(tmp_path / "nowhere" / "config.toml", BROKEN, NOW)
    tell_recovered(tmp_path / "nowhere" / "config.toml", NOW)
