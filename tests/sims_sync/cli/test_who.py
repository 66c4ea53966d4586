"""The audit log names who gave a command, also where it is given as the service's account."""

import os
from pathlib import Path

import pytest

from sims_sync.cli import who

pwd = pytest.importorskip("pwd", reason="Windows has other accounts")
ME = pwd.getpwuid(os.geteuid()).pw_name
OTHER = next(each for each in pwd.getpwall() if each.pw_name != ME)


@pytest.fixture(autouse=True)
def _nobody_logged_in(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(who, "LOGIN", tmp_path / "loginuid")
    monkeypatch.delenv("SUDO_USER", raising=False)


def test_variables_that_anybody_can_set_name_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.setenv(name, "head.of.house")
    assert who.whoami() == ME == who.account()


def test_who_became_the_services_account_is_named_before_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUDO_USER", "jsmith")
    assert who.whoami() == f"jsmith (as {ME})"
    who.LOGIN.write_text(str(OTHER.pw_uid), encoding="ascii")
    assert who.whoami() == f"{OTHER.pw_name} (as {ME})"
    assert who.account() == ME


def test_a_service_that_nobody_logged_in_for_is_its_account() -> None:
    who.LOGIN.write_text(str(2**32 - 1), encoding="ascii")
    assert who.whoami() == ME
