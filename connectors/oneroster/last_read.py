"""Since when must changes be asked for, and when is everything read again?

What is remembered is no more than two times, in the connector's work folder. Where the file is gone or cannot be
understood, everything is read: that is always right, only slower.
"""

import hashlib
import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from connectors.oneroster.options import OneRosterOptions

OVERLAP = timedelta(days=1)  # the server's clock may be behind ours, and a change may show late


class LastRead:
    """When this list, named by `about`, was last read well, and when last as a whole."""

    def __init__(self, folder: Path, about: Sequence[str], options: OneRosterOptions) -> None:
        digest = hashlib.blake2b("\x1f".join(about).encode(), digest_size=8).hexdigest()
        self._path = folder / f"oneroster-{digest}.json"
        self._whole_every = timedelta(days=options.full_read_days)

    def changed_since(self, now: datetime) -> str | None:
        """The filter to ask with, e.g. `dateLastModified>'2026-12-15T06:00:00.000Z'`; None: ask for everything."""
        known = self._load()
        if known is None or not timedelta(0) <= now - known["whole"] < self._whole_every:
            return None
        since = (known["began"] - OVERLAP).astimezone(UTC)
        return f"dateLastModified>'{since:%Y-%m-%dT%H:%M:%S}.000Z'"

    def keep(self, began: datetime, *, whole: bool) -> Callable[[str, bool], None]:
        """What to call when it is known how the read went; only a good one is remembered."""

        def after(run_id: str, good: bool) -> None:
            del run_id
            known = self._load()
            if good and (whole or known is not None):
                whole_since = began if whole or known is None else known["whole"]
                with suppress(OSError):  # then everything is read again, which is always right
                    self._save(began, whole_since)

        return after

    def _load(self) -> dict[str, datetime] | None:
        try:
            content = json.loads(self._path.read_text(encoding="utf-8"))
            known = {name: datetime.fromisoformat(content[name]) for name in ("began", "whole")}
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return known if all(moment.tzinfo for moment in known.values()) else None

    def _save(self, began: datetime, whole: datetime) -> None:
        """In one step: half a file would only mean that everything is read again."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        content = {"began": began.isoformat(), "whole": whole.isoformat()}
        written = self._path.with_suffix(".new")
        written.write_text(json.dumps(content), encoding="utf-8")
        written.replace(self._path)
