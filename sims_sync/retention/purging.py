"""How does a school leave: all its rows and files, with evidence that stays when the rows are gone?"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import delete, func, select

from sims_sync.config import SchoolConfig
from sims_sync.context import system_clock
from sims_sync.errors import RunError
from sims_sync.formats.whole_writing import write_whole
from sims_sync.retention.files import Removal, drop_empty
from sims_sync.retention.places import Kept, file_places, waiting_files
from sims_sync.store.copies import copies_of
from sims_sync.store.session import Store
from sims_sync.store.tables import metadata
from sims_sync.store.wiping import wipe, wiping


@dataclass(frozen=True, slots=True)
class Purged:
    """What went: table → rows, kind of file → files. `left`: files that another program holds, or that are not ours."""

    rows: Mapping[str, int]
    files: Mapping[str, int]
    left: tuple[Path, ...]
    wiped: bool
    evidence: Path


def purge(store: Store, school: SchoolConfig, others: Iterable[SchoolConfig], *, who: str, reason: str) -> Purged:
    """Delete everything of one school. Rows and folders of the other schools are untouched, shared folders too.

    Raises:
        RunError: the evidence cannot be written; then nothing was deleted.
    """
    at = system_clock()
    evidence = school.base / f"purged-{school.id}-{at:%Y%m%dT%H%M%S}.json"
    about: dict[str, object] = {"school": school.id, "at": at.isoformat(), "who": who, "reason": reason}
    try:
        write_whole(evidence, _json({**about, "state": "begun"}))
    except OSError:
        do = "Nothing was deleted. Check this account's rights in config.toml's folder."
        raise RunError("purge-evidence", "The evidence of the purge cannot be written.", do) from None
    rows: dict[str, int] = {}
    with wiping(store) as connection:
        for table in reversed(metadata.sorted_tables):
            here = table.c.school == school.id
            count = int(connection.execute(select(func.count()).select_from(table).where(here)).scalar_one())
            if count:
                connection.execute(delete(table).where(here))
                rows[table.name] = count
    removal = Removal()
    shared = _files_of(others)
    for place in file_places(school):
        for path in place.files():
            if path.resolve() not in shared:  # retention empties it by age; whose file is whose nobody can say
                removal.remove(place.what, path)
        if place.deep and place.kept is not Kept.LISTS:
            drop_empty(place.folder)
    wiped = wipe(store, anew=True)
    copies = copies_of(store.file) if store.file else []  # they hold the other schools too, and go after 14 days
    left = (*removal.stuck, *waiting_files(school), *copies)
    files = dict(removal.gone)
    done = {"state": "done", "rows": rows, "files": files, "left": [path.name for path in left], "wiped": wiped}
    write_whole(evidence, _json({**about, **done}))
    return Purged(rows, files, left, wiped, evidence)


def _files_of(schools: Iterable[SchoolConfig]) -> set[Path]:
    """Every file that may be one of these schools': their folders may be this school's too, or lie within its own."""
    return {path.resolve() for school in schools for place in file_places(school) for path in place.files()}


def _json(content: Mapping[str, object]) -> bytes:
    return (json.dumps(content, indent=2, ensure_ascii=False) + "\n").encode()
