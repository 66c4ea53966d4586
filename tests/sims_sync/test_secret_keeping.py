"""`secret set` keeps a secret for this account alone, and says how to refer to it."""

import sys
import types
from pathlib import Path

import pytest

from sims_sync.errors import ConfigurationError
from sims_sync.secret_keeping import KEYRING_LENGTH_MAX, keep_secret
from sims_sync.secrets import read_secret

SECRET = "mellon-9 "


def test_a_file_of_this_account_that_the_reference_leads_back_to(tmp_path: Path) -> None:
    reference = keep_secret("smtp", SECRET, tmp_path, "file")
    assert read_secret(reference, tmp_path) == SECRET
    if sys.platform != "win32":
        assert (tmp_path / "secrets").stat().st_mode & 0o777 == 0o700
        assert (tmp_path / "secrets" / "smtp").stat().st_mode & 0o777 == 0o600


def test_a_second_one_takes_the_place_of_the_first(tmp_path: Path) -> None:
    keep_secret("smtp", "first", tmp_path, "file")
    assert read_secret(keep_secret("smtp", SECRET, tmp_path, "file"), tmp_path) == SECRET
    assert [path.name for path in (tmp_path / "secrets").iterdir()] == ["smtp"]


@pytest.mark.parametrize("name", ["", "../smtp", "Smtp", "a b", ".smtp", "x" * 41])
def test_a_name_that_would_lead_elsewhere_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="is no name"):
        keep_secret(name, SECRET, tmp_path, "file")


@pytest.mark.parametrize("value", ["", "  ", "two\nlines", "nul\0"])
def test_what_is_no_one_line_is_refused_and_not_repeated(value: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="one line"):
        keep_secret("smtp", value, tmp_path, "file")
    assert not (tmp_path / "secrets").exists()


def test_a_place_that_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "secrets").write_text("in the way", encoding="utf-8")
    with pytest.raises(ConfigurationError, match="cannot be written"):
        keep_secret("smtp", SECRET, tmp_path, "file")


def test_the_keyring_and_what_it_cannot_hold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept: dict[tuple[str, str], str] = {}

    def set_password(service: str, user: str, value: str) -> None:
        kept[service, user] = value

    module = types.ModuleType("keyring")
    module.set_password = set_password  # type: ignore[attr-defined]
    module.get_password = lambda service, user: kept.get((service, user))  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "keyring", module)
    assert read_secret(keep_secret("smtp", SECRET, tmp_path, "keyring"), tmp_path) == SECRET
    with pytest.raises(ConfigurationError, match="longer than"):
        keep_secret("smtp", "x" * (KEYRING_LENGTH_MAX + 1), tmp_path, "keyring")
    monkeypatch.setitem(sys.modules, "keyring", types.ModuleType("keyring"))
    with pytest.raises(ConfigurationError, match="no keyring works") as caught:
        keep_secret("smtp", SECRET, tmp_path, "keyring")
    assert SECRET not in str(caught.value)
