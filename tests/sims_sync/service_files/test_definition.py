"""What the service is told: which folders it may write, which credentials it is handed, what is refused."""

import sys
from pathlib import Path

import pytest

from sims_sync.config_file import load_config
from sims_sync.errors import ConfigurationError
from sims_sync.service_files import ServiceDefinition, define_service

CONFIG = """
version = 1
[store]
url = "sqlite:////srv/fast/sims-sync.db"
[backup]
folder = "/srv/backup"
passphrase = "file:/run/credentials/sims-sync.service/backup-key"
[school]
id = "austen"
name = "Austen Academy"
[people]
programme_lead = "lead@austen.example"
admin = "it@austen.example"
[programme]
policy = "half-term"
starts_with = "2026-27/autumn-2"
[sources.students]
kind = "students"
connector = "drop_folder"
mapping = "sims_students"
folder = "/srv/exports/{school}/students"
[messages]
sender = "sims-sync@austen.example"
allowed_domains = ["austen.example"]
[messages.mailer]
connector = "mail_folder"
folder = "mail"
[reports.folders]
houses = "/srv/share/{house}"
"""


def defined(folder: Path, text: str = CONFIG, account: str = "sims-sync") -> ServiceDefinition:
    path = folder / "config.toml"
    path.write_text(text, encoding="utf-8")
    return define_service(load_config(path), Path("/usr/local/bin/sims-sync"), account)


def test_every_folder_outside_that_the_configuration_names_may_be_written(tmp_path: Path) -> None:
    found = {place.as_posix() for place in defined(tmp_path).writable}
    assert found == {"/srv/fast", "/srv/backup", "/srv/exports/austen/students", "/srv/share"}


def test_a_folder_beside_the_configurations_own_may_be_written_too(tmp_path: Path) -> None:
    base = tmp_path / "sims-sync"
    base.mkdir()
    beside = CONFIG.replace("/srv/backup", "../backups").replace("/srv/share/", "../lists/")
    found = defined(base, beside).writable
    assert {tmp_path / "backups", tmp_path / "lists"} < set(found)


@pytest.mark.skipif(sys.platform == "win32", reason="a link needs a right there")
def test_a_link_out_of_the_configurations_folder_may_be_written_where_it_leads(tmp_path: Path) -> None:
    base, share = tmp_path / "sims-sync", tmp_path / "share"
    base.mkdir()
    share.mkdir()
    (base / "mail").symlink_to(share)
    assert share in defined(base).writable


def test_the_configurations_own_folder_is_not_named_twice(tmp_path: Path) -> None:
    inside = CONFIG.replace("/srv/backup", f"{tmp_path.as_posix()}/backup")
    assert not any(place.is_relative_to(tmp_path) for place in defined(tmp_path, inside).writable)


def test_the_root_folder_is_never_opened_for_writing(tmp_path: Path) -> None:
    text = CONFIG.replace("/srv/share/{house}", "/{house}")
    assert Path("/") not in defined(tmp_path, text).writable


def test_a_service_credential_that_the_configuration_names_is_loaded(tmp_path: Path) -> None:
    assert defined(tmp_path).credentials == ("backup-key",)


def test_it_stops_later_than_serve_stops_by_itself(tmp_path: Path) -> None:
    assert defined(tmp_path, CONFIG.replace("[school]", "[service]\nstop_seconds = 40\n[school]")).stop_seconds == 40


@pytest.mark.parametrize("account", ["", 'a"b', "a\nUser=root", "a;b"])
def test_an_account_that_is_no_name_is_refused(tmp_path: Path, account: str) -> None:
    with pytest.raises(ConfigurationError, match="account"):
        defined(tmp_path, account=account)


def test_a_path_that_no_service_file_can_carry_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / 'a "quoted" folder'
    folder.mkdir()
    with pytest.raises(ConfigurationError, match="Rename that folder"):
        defined(folder)
