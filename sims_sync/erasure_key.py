"""How is somebody who was erased known again, without keeping who they are?

By a keyed hash of each id that SIMS has of them. The key lies in a file beside config.toml and not in the store, so
that nobody who has the store, or a backup of it, can try out ids until one fits. Beside it lies a note of each erasure:
an older backup that is restored knows nothing of it, and would bring the person back.
"""

import hashlib
import hmac
import json
import os
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sims_sync.errors import ConfigProblem, ConfigurationError

KEY_FILE = Path("secrets") / "erasure.key"
NOTES_FILE = Path("secrets") / "erasures.jsonl"
_KEY_BYTES = 32
_MARK_DIGITS = 8


@dataclass(frozen=True, slots=True)
class ErasureKey:
    """The key of one installation."""

    secret: bytes

    @property
    def mark(self) -> str:
        """Tells this key from another one, and says nothing about it."""
        return hashlib.sha256(b"sims-sync erasure key\x1f" + self.secret).hexdigest()[:_MARK_DIGITS]

    def hash_of(self, school: str, id_kind: str, value: str) -> str:
        """One id of one person, e.g. ("person_id", "4711"), as the store keeps it."""
        text = f"{school}\x1f{id_kind}\x1f{value}".encode()
        return f"{self.mark}:{hmac.new(self.secret, text, hashlib.sha256).hexdigest()}"

    def hashes_of(self, school: str, pairs: Iterable[tuple[str, str]]) -> frozenset[str]:
        """All of them."""
        return frozenset(self.hash_of(school, id_kind, value) for id_kind, value in pairs)


def load_key(base: Path) -> ErasureKey | None:
    """The key below config.toml's folder; None where none was ever made.

    Raises:
        ConfigurationError: it is there and cannot be read, or is none.
    """
    path = base / KEY_FILE
    try:
        text = path.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        return None
    except (OSError, ValueError):
        raise _unusable(path) from None
    try:
        secret = bytes.fromhex(text)
    except ValueError:
        raise _unusable(path) from None
    if len(secret) != _KEY_BYTES:
        raise _unusable(path)
    return ErasureKey(secret)


def make_key(base: Path) -> ErasureKey:
    """The key, made now if there is none; only its owner may read the file.

    Raises:
        ConfigurationError: it cannot be read or written.
    """
    known = load_key(base)
    if known is not None:
        return known
    path = base / KEY_FILE
    secret = secrets.token_bytes(_KEY_BYTES)
    try:
        path.parent.mkdir(mode=0o700, exist_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
            file.write(secret.hex() + "\n")
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        raise _unusable(path) from None
    return ErasureKey(secret)


def note_erasure(base: Path, note: Mapping[str, Any]) -> None:
    """Add a line to the notes of erasures and releases: hashes and reasons, nobody's name.

    Raises:
        ConfigurationError: it cannot be written.
    """
    path = base / NOTES_FILE
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "a", encoding="utf-8") as file:
            file.write(json.dumps(note, ensure_ascii=False) + "\n")
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        raise _unusable(path) from None


def noted_erasures(base: Path, school: str) -> tuple[dict[str, Any], ...]:
    """The notes of one school, the oldest first; a line that was cut off by a power cut is left out.

    Raises:
        ConfigurationError: they are there and cannot be read.
    """
    path = base / NOTES_FILE
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return ()
    except (OSError, ValueError):
        raise _unusable(path) from None
    return tuple(note for line in lines if (note := _note(line)) is not None and note.get("school") == school)


def _note(line: str) -> dict[str, Any] | None:
    try:
        note = json.loads(line)
    except ValueError:
        return None
    return note if isinstance(note, dict) and "erasure_id" in note else None


def _unusable(path: Path) -> ConfigurationError:
    do = "Put the saved copy of this file back, and check this account's rights."
    return ConfigurationError([ConfigProblem(str(path), "cannot be used as the key of erased people.", do)])
