"""How do files go that are too old, also where another program holds one for a while (DESIGN §12)?"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from sims_sync.formats.whole_writing import patiently
from sims_sync.periods import Periods
from sims_sync.retention.places import Kept, Place, holds_work, is_too_old
from sims_sync.store.disposals import Disposal

COPIES = "copies of the store from before an upgrade"
_WAITED_FOR = 3  # files that are waited for in one night: each may take two seconds


@dataclass
class Removal:
    """Deletes files, and remembers which could not be: they are tried again the next night."""

    gone: Counter[str] = field(default_factory=Counter)
    stuck: list[Path] = field(default_factory=list)

    def remove(self, what: str, path: Path) -> None:
        """Delete one file; one that is gone already is well."""
        try:
            if len(self.stuck) < _WAITED_FOR:
                patiently(lambda: path.unlink(missing_ok=True))
            else:
                path.unlink(missing_ok=True)
        except OSError:
            self.stuck.append(path)
        else:
            self.gone[what] += 1


def old_files(places: Iterable[Place], cuts: Periods) -> Iterator[tuple[Place, Path]]:
    """Every file of ours that is too old, with its place."""
    for place in places:
        if place.kept is Kept.FILES_DAYS:
            old = (path for path in place.files() if is_too_old(path, cuts))
            yield from ((place, path) for path in old if not holds_work(place, path, cuts))


def dispose_of_files(
    places: Sequence[Place], cuts: Periods, copies: Sequence[Path] = ()
) -> tuple[list[Disposal], list[Path]]:
    """Delete every file of ours that is too old, and `copies` of the store; what went by kind, what could not."""
    removal = Removal()
    for place, path in list(old_files(places, cuts)):
        removal.remove(place.what, path)
    for path in copies:
        removal.remove(COPIES, path)
    for place in places:
        if place.deep and place.kept is Kept.FILES_DAYS:
            drop_empty(place.folder)
    return evidence_of(removal.gone, cuts), removal.stuck


def evidence_of(counts: Mapping[str, int], cuts: Periods) -> list[Disposal]:
    """Kind of file → how many, as evidence."""
    return [Disposal(what, Kept.FILES_DAYS.value, count, cuts.files_before) for what, count in sorted(counts.items())]


def drop_empty(folder: Path) -> None:
    """Take away the empty folders below one; the folder itself stays."""
    try:
        below = sorted((path for path in folder.rglob("*") if path.is_dir() and not path.is_symlink()), reverse=True)
    except OSError:
        return
    for path in below:
        with suppress(OSError):  # it is not empty
            path.rmdir()
