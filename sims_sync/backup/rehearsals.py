"""When was a restore last rehearsed, and of which backup? A note beside the backups, so that it survives the store."""

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sims_sync.errors import RunError
from sims_sync.formats.whole_writing import write_whole

NOTE = "last-rehearsal.json"


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """A backup that could be restored, and when that was tried (aware)."""

    file: str
    at: datetime


def remember_rehearsal(folder: Path, file: str, at: datetime) -> None:
    """Write down that `file` could be restored.

    Raises:
        RunError: the note cannot be written.
    """
    try:
        write_whole(folder / NOTE, json.dumps({"file": file, "at": at.isoformat()}).encode())
    except OSError:
        what = f"The rehearsal went well; its note in {folder} cannot be written."
        raise RunError("backup-failed", what, "Give this account the right, and rehearse again.") from None


def last_rehearsal(folder: Path) -> Rehearsal | None:
    """The last one; None = never, or the note cannot be read."""
    try:
        note = json.loads((folder / NOTE).read_text(encoding="utf-8"))
        return Rehearsal(str(note["file"]), datetime.fromisoformat(note["at"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None
