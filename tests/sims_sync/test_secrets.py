"""Where a secret may come from, and that nothing ever repeats it."""

import sys
import types
from pathlib import Path

import pytest

from sims_sync.errors import ConfigurationError
from sims_sync.secrets import is_reference, read_secret

SECRET = "mellon-9"


def refused(reference: str, base: Path) -> str:
    with pytest.raises(ConfigurationError) as caught:
        read_secret(reference, base)
    assert SECRET not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "refers"),
    [("env:MAIL", True), ("file:secrets/mail", True), ("keyring:sims/it", True), (SECRET, False), ("env:", False)],
)
def test_a_reference_is_told_from_a_secret(text: str, refers: bool) -> None:
    assert is_reference(text) is refers


def test_a_secret_written_out_is_refused_without_repeating_it(tmp_path: Path) -> None:
    assert "env:NAME" in refused(SECRET, tmp_path)


def test_from_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAIL", SECRET)
    assert read_secret("env:MAIL", tmp_path) == SECRET


def test_a_variable_that_is_not_set_or_empty_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MAIL", raising=False)
    assert "not set" in refused("env:MAIL", tmp_path)
    monkeypatch.setenv("MAIL", "")
    assert "empty" in refused("env:MAIL", tmp_path)


@pytest.mark.parametrize("ending", ["", "\n", "\r\n"])
def test_from_a_file_beside_the_config_without_its_line_end(ending: str, tmp_path: Path) -> None:
    path = tmp_path / "mail"
    path.write_bytes(b"\xef\xbb\xbf" + (SECRET + ending).encode())
    path.chmod(0o600)
    assert read_secret("file:mail", tmp_path) == SECRET


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")
@pytest.mark.parametrize("mode", [0o604, 0o644, 0o666, 0o602, 0o620])
def test_a_file_that_others_can_read_or_its_group_write_is_refused(mode: int, tmp_path: Path) -> None:
    path = tmp_path / "mail"
    path.write_text(SECRET, encoding="utf-8")
    path.chmod(mode)
    assert "chmod 600" in refused("file:mail", tmp_path)


def test_a_file_that_is_not_there_or_no_text_is_refused(tmp_path: Path) -> None:
    assert "cannot be read" in refused("file:mail", tmp_path)
    (tmp_path / "mail").write_bytes(b"\xff\xfe\x00")
    assert "cannot be read" in refused("file:mail", tmp_path)


def keyring(monkeypatch: pytest.MonkeyPatch, value: str | Exception | None) -> None:
    def get_password(service: str, user: str) -> str | None:
        assert (service, user) == ("sims", "it")
        if isinstance(value, Exception):
            raise value
        return value

    module = types.ModuleType("keyring")
    module.get_password = get_password  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "keyring", module)


def test_from_the_keyring(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keyring(monkeypatch, SECRET)
    assert read_secret("keyring:sims/it", tmp_path) == SECRET


def test_a_keyring_that_fails_or_lacks_it_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keyring(monkeypatch, RuntimeError(f"backend said {SECRET}"))
    assert "no keyring works" in refused("keyring:sims/it", tmp_path)
    keyring(monkeypatch, None)
    assert "not in this account's keyring" in refused("keyring:sims/it", tmp_path)


def test_from_the_credentials_of_a_systemd_service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    assert "not the service" in refused("credential:mail", tmp_path)
    (tmp_path / "mail").write_text(f"{SECRET}\n", encoding="utf-8")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    assert read_secret("credential:mail", tmp_path / "elsewhere") == SECRET
    assert "LoadCredential=" in refused("credential:other", tmp_path)


@pytest.mark.parametrize("name", ["../mail", "/etc/passwd", "a\\b", ".hidden"])
def test_a_credential_is_a_name_and_no_path(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    assert "no name of a credential" in refused(f"credential:{name}", tmp_path)
