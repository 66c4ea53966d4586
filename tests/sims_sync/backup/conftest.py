"""Passphrases of tests need not be costly to guess."""

import pytest

from sims_sync.backup import sealed


@pytest.fixture(autouse=True)
def _quick_passphrase(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealed, "SCRYPT_LOG2_N", 4)
