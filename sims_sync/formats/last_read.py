"""Since when must changes be asked for, and when is everything read again?

What is remembered is no more than two times, in a file of the connector's work folder. Where it is gone or cannot be
understood, everything is read: that is always right, only slower.
"""

import hashlib
import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sims_sync.formats.whole_writing import write_whole


@dataclass(frozen=True, slots=True)
class LastRead:
    """When one list was last read well, and when last as a whole: after `whole_every` it is to be read so again."""

    path: Path
    whole_every: timedelta

    @staticmethod
    def of_list(folder: Path, connector: str, about: Sequence[str], whole_every: timedelta) -> "LastRead":
        """The memory of the list that `about` names: its address, and what else makes it another list."""
        digest = hashlib.blake2b("\x1f".join(about).encode(), digest_size=8).hexdigest()
        return LastRead(folder / f"{connector}-{digest}.json", whole_every)

    def known_until(self, now: datetime) -> datetime | None:
        """Up to which moment everything is known; None: ask for everything."""
        known = self._load()
        if known is None or not timedelta(0) <= now - known["whole"] < self.whole_every:
            return None
        return known["until"]

    def keep(self, until: datetime, began: datetime, *, whole: bool) -> Callable[[str, bool], None]:
        """What to call when it is known how the read went; only a good one is remembered.

        `until`: the moment up to which it shows everything, by the server's clock where it says so. `began`: ours, at
        its beginning.
        """

        def after(run_id: str, good: bool) -> None:
            del run_id
            known = self._load()
            if good and (whole or known is not None):
                whole_since = began if whole or known is None else known["whole"]
                with suppress(OSError):  # then everything is read again, which is always right
                    self._save(until, whole_since)

        return after

    def _load(self) -> dict[str, datetime] | None:
        try:
            content = json.loads(self.path.read_text(encoding="utf-8"))
            known = {name: datetime.fromisoformat(content[name]) for name in ("until", "whole")}
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return known if all(moment.tzinfo for moment in known.values()) else None

    def _save(self, until: datetime, whole: datetime) -> None:
        content = {"until": until.isoformat(), "whole": whole.isoformat()}
        write_whole(self.path, json.dumps(content).encode())
