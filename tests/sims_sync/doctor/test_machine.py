"""What `check` says of the machine: encryption, rights, clock, secrets, backups, and a store that is not well."""

import os
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sims_sync.backup import sealed
from sims_sync.config_file import load_config
from sims_sync.connector import Finding, Severity
from sims_sync.doctor import Asked, clock, examine
from sims_sync.doctor.encryption import block_device_encryption
from sims_sync.doctor.stored import store_findings
from sims_sync.run import run_job
from sims_sync.store.session import Store, open_store
from tests.sims_sync.backup.site import PASSPHRASE, write_secret
from tests.sims_sync.doctor.test_examination import change, config, found

__all__ = ["config"]  # the fixture
NOON = datetime(2026, 12, 16, 12, tzinfo=UTC)
WITH_BACKUP = '\n[backup]\nfolder = "backups"\npassphrase = "file:secrets/backup"\n'


def said(path: Path, subject: str, asked: Asked | None = None) -> Sequence[Finding]:
    return [each for each in examine(path, asked) if each.subject == subject]


def block_device(sys_folder: Path, name: str, uuid: str | None = None, below: Sequence[str] = ()) -> Path:
    place = sys_folder / "dev" / "block" / name
    (place / "slaves").mkdir(parents=True)
    if uuid is not None:
        (place / "dm").mkdir()
        (place / "dm" / "uuid").write_text(f"{uuid}\n", encoding="ascii")
    for each in below:
        (place / "slaves" / each.replace(":", "-")).symlink_to(sys_folder / "dev" / "block" / each)
    return place


@pytest.mark.skipif(sys.platform == "win32", reason="Linux shows it in /sys")
def test_encryption_is_seen_below_logical_volumes_and_doubted_where_one_disk_lacks_it(tmp_path: Path) -> None:
    block_device(tmp_path, "8:1")
    block_device(tmp_path, "8:2")
    block_device(tmp_path, "253:0", "CRYPT-LUKS2-0123", ["8:1"])
    block_device(tmp_path, "253:1", "LVM-0123", ["253:0"])
    block_device(tmp_path, "253:2", "LVM-4567", ["253:0", "8:2"])
    seen = [block_device_encryption(os.makedev(*pair), tmp_path) for pair in ((253, 0), (253, 1), (253, 2), (8, 1))]
    assert seen == [True, True, False, False]
    assert block_device_encryption(os.makedev(0, 40), tmp_path) is None


@pytest.mark.parametrize(
    ("seconds", "severity"),
    [(0, Severity.FINE), (60, Severity.FINE), (-61, Severity.WARN), (601, Severity.WRONG), (-90000, Severity.WRONG)],
)
def test_a_clock_that_is_off_is_said(seconds: int, severity: Severity) -> None:
    found_one = clock.judged(NOON, NOON + timedelta(seconds=seconds), "https://graph.example/")
    assert found_one.severity is severity


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")
def test_what_others_may_look_into_is_named_with_the_command_that_closes_it(config: Path) -> None:
    config.parent.chmod(0o755)
    examine(config)
    (config.parent / "sims-sync.db").chmod(0o644)
    (config.parent / "exports").chmod(0o755)
    [finding] = said(config, "rights")
    assert finding.severity is Severity.WARN
    assert {"sims-sync.db", "exports"} <= set(finding.do.split())
    config.parent.chmod(0o700)
    [finding] = said(config, "rights")
    assert finding.severity is Severity.FINE


def test_without_a_backup_it_warns_and_with_one_it_says_what_is_missing(
    config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sealed, "SCRYPT_LOG2_N", 4)
    assert "none is configured" in found(said(config, "backup"), Severity.WARN)
    with config.open("a", encoding="utf-8") as file:
        file.write(WITH_BACKUP)
    assert "cannot be read" in found(examine(config), Severity.WRONG)
    write_secret(config.parent / "secrets" / "backup", PASSPHRASE)
    warned = found(said(config, "backup"), Severity.WARN)
    for part in ("by hand only", "there is none in"):
        assert part in warned


@pytest.mark.parametrize(("hours", "severity"), [(1, Severity.FINE), (49, Severity.WARN), (169, Severity.WRONG)])
def test_a_backup_that_is_too_old_is_said(hours: int, severity: Severity, config: Path) -> None:
    with config.open("a", encoding="utf-8") as file:
        file.write(WITH_BACKUP)
    write_secret(config.parent / "secrets" / "backup", PASSPHRASE)
    backups = config.parent / "backups"
    backups.mkdir()
    made = datetime.now(UTC) - timedelta(hours=hours)
    (backups / f"sims-sync-{made:%Y%m%dT%H%M%S}Z.backup").touch()
    lines = said(config, "backup")
    assert [each.severity for each in lines if "the newest is of" in each.what] == [severity]
    assert "same disk" in found(lines, Severity.WARN)
    assert sys.platform == "win32" or "chmod 700" in found(lines, Severity.WARN)
    assert "never been rehearsed" in found(lines, Severity.WARN)


def test_a_secret_that_is_written_nowhere_is_wrong_and_named_with_its_key(config: Path) -> None:
    change(config, 'connector = "mail_folder"', 'connector = "smtp"\nhost = "smtp.invalid"\npassword = "env:NOWHERE"')
    change(config, 'folder = "mail"', 'user = "x"')
    wrong = found(examine(config), Severity.WRONG)
    assert "messages.mailer.password: env:NOWHERE is not set" in wrong


def test_a_damaged_store_is_wrong_and_the_rest_is_still_looked_at(config: Path) -> None:
    examine(config)
    store = config.parent / "sims-sync.db"
    content = bytearray(store.read_bytes())
    content[len(content) // 2 :] = os.urandom(len(content) - len(content) // 2)
    store.write_bytes(content)
    findings = examine(config)
    assert "damaged" in found(findings, Severity.WRONG)
    assert "are free" in found(findings, Severity.FINE)


def test_an_older_store_is_not_changed_by_looking(config: Path) -> None:
    examine(config)
    with open_store("sqlite:///sims-sync.db", config.parent).writing() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0003'")
    assert "db upgrade" in found(said(config, "store"), Severity.WARN)
    assert list(config.parent.glob("*.before-*")) == []


def test_a_fault_of_ours_in_one_area_hides_no_other(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def faint(_folder: Path) -> bool:
        raise ZeroDivisionError

    monkeypatch.setattr("sims_sync.doctor.place.disk_encryption", faint)
    findings = examine(config)
    assert "could not be looked at (ZeroDivisionError)" in found(findings, Severity.WRONG)
    assert "6 half terms" in found(findings, Severity.FINE)


def test_a_test_mail_goes_to_the_school_only(config: Path) -> None:
    text = config.read_text(encoding="utf-8")
    domain = text.split('allowed_domains = ["')[1].split('"')[0]
    findings = examine(config, Asked(mail_to=f"it@{domain}"))
    assert [each.severity for each in findings if each.subject.endswith("test mail")] == [Severity.FINE]
    [mail] = (config.parent / "mail").glob("*.eml")
    assert b"a test mail" in mail.read_bytes()
    refused = found(examine(config, Asked(mail_to="it@elsewhere.invalid")), Severity.WRONG)
    assert "none of messages.allowed_domains" in refused


def test_a_store_on_either_database_is_looked_at(store: Store, address: str, config: Path) -> None:
    change(config, "version = 1", f"version = 1\nstore.url = '{address}'")
    loaded = load_config(config)
    looked = list(store_findings(loaded, store))
    assert [each.severity for each in looked if "schema up to date" in each.what] == [Severity.FINE]
    assert all(each.severity is not Severity.WRONG for each in looked)


def test_a_job_whose_last_run_failed_is_named_with_what_to_do(config: Path) -> None:
    loaded = load_config(config)
    store = open_store("sqlite:///sims-sync.db", config.parent)
    run_job(store, loaded, next(iter(loaded.schools.values())), "pull_students")
    (config.parent / "exports" / "students").rmdir()
    run_job(store, loaded, next(iter(loaded.schools.values())), "pull_students")
    store.close()
    warned = found(examine(config), Severity.WARN)
    assert "pull_students: its last run" in warned
    assert "ended as failed" in warned
