"""In which files does the product leave students' data, and which of them may it delete (DOMAIN §8)?

Only what the product itself wrote, or put away after reading, is ever deleted, and it is known by its name: a folder
that was configured wrongly costs nobody a file. A file that waits to be read is the school's.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, time
from enum import Enum
from pathlib import Path

from sims_sync.config import SchoolConfig
from sims_sync.context import WORK_FOLDER, system_clock
from sims_sync.formats.waiting_files import DONE, FAILED
from sims_sync.periods import Periods
from sims_sync.proforma_workbook.layout import ANSWER_SUFFIX
from sims_sync.retention.worked_in import is_worked_in

ISSUED_FOLDER = "proformas-issued"
LOG_FOLDER = "log"
_RUN_STAMP = re.compile(r"\.(\d{8}T\d{6})-[0-9a-f]{8}(?:-\d+)?(?:\.[^.]+)?$")
_STAMPED = re.compile(r".+\.\d{8}T\d{6}-[0-9a-f]{8}(?:-\d+)?(?:\.[^.]+)?")
_MAIL = re.compile(r".+-[0-9a-f]{12}\.eml|\..+\.eml\.\d+\.part")
_LIST = re.compile(r".+ - mentoring list\.xlsx")
_OLD_LOG = re.compile(r"sims-sync\.log\.\d+(?:\.gz)?|sims-sync.*\.log\.\d+")
_ANY = re.compile(r".+")
_ANSWER = re.compile(rf".+{re.escape(ANSWER_SUFFIX)}\.[^.]+|\.[0-9a-f]{{32}}\.part")
_ISSUED = re.compile(r".+\.xlsx|\.[0-9a-f]{32}\.part")
_FOR_SIMS = re.compile(r"[0-9]{4,}")
_ISSUE = "issue.json"  # lies in each folder that was issued
_VOID = "void"
_JUNCTION = 0xA0000003  # IO_REPARSE_TAG_MOUNT_POINT
_MEMORY = re.compile(r".+-[0-9a-f]{16}\.json")  # when a list was last read: two times, nobody's data


class Kept(Enum):
    """How long the files of a place are kept."""

    FILES_DAYS = "retention.files_days"
    LISTS = "as long as its house or tutor group is there: write_lists takes it away"
    CONNECTOR = "until SIMS has it, then as the way into SIMS says (void_days)"


@dataclass(frozen=True, slots=True)
class Place:
    """One kind of file in one folder; `names`: those that are ours. `deep`: in the folders below as well.

    `for_work`: people write in them. What somebody wrote in is kept to the end of the academic year: it may be nowhere
    else, and its tutor would be named for what was done.
    """

    what: str
    folder: Path
    names: re.Pattern[str]
    kept: Kept = Kept.FILES_DAYS
    deep: bool = False
    spared: re.Pattern[str] | None = field(default=None)
    for_work: bool = False

    def files(self) -> Iterator[Path]:
        """Ours, of any age; a link is never followed, and a folder that is not there has none."""
        yield from (path for path in _below(self.folder, deep=self.deep) if self._is_ours(path))

    def _is_ours(self, path: Path) -> bool:
        spared = self.spared is not None and self.spared.fullmatch(path.name)
        return bool(self.names.fullmatch(path.name)) and not spared


def file_places(school: SchoolConfig) -> tuple[Place, ...]:
    """Every place in which files of this school may lie, in the order of docs/data-protection.md."""
    return (
        *_put_away(school),
        Place("issued pro-formas", school.base / ISSUED_FOLDER / school.id, _ISSUED, deep=True, for_work=True),
        *_mail(school),
        *_lists(school),
        *_for_sims(school),
        Place("logs", school.base / LOG_FOLDER, _OLD_LOG),
        Place("work files", school.base / WORK_FOLDER / school.id, _ANY, deep=True, spared=_MEMORY),
    )


def is_too_old(path: Path, cuts: Periods) -> bool:
    """Whether a file was both written and, if it was read, put away before the cut; False where it is out of reach.

    When it was written the disk's clock says, which may not be the product's (a demo, a rehearsal).
    """
    written = written_at(path)
    if written is None:
        return False
    stamp = _RUN_STAMP.search(path.name)
    if stamp and datetime.strptime(stamp[1], "%Y%m%dT%H%M%S").replace(tzinfo=UTC) >= cuts.files_before:
        return False
    return system_clock() - written > cuts.now - cuts.files_before


def holds_work(place: Place, path: Path, cuts: Periods) -> bool:
    """Whether somebody wrote in it this academic year."""
    written = written_at(path) if place.for_work else None
    is_of_this_year = written is not None and system_clock() - written < cuts.now - _begin(cuts)
    return is_of_this_year and is_worked_in(path)


def _begin(cuts: Periods) -> datetime:
    return datetime.combine(cuts.year_start, time(0), UTC)


def written_at(path: Path) -> datetime | None:
    """When a file was written, by the disk's clock; None where it is gone or out of reach."""
    try:
        return datetime.fromtimestamp(path.stat().st_mtime, UTC)
    except OSError:
        return None


def waiting_files(school: SchoolConfig) -> Iterator[Path]:
    """What lies in the folders of sources and was not read yet: the school's own, never deleted."""
    for folder in source_folders(school).values():
        yield from (path for path in _below(folder, deep=False) if not _RUN_STAMP.search(path.name))


def source_folders(school: SchoolConfig) -> dict[str, Path]:
    """Source → the folder that it reads, where it reads one."""
    return {
        name: school.path(str(source.options["folder"]))
        for name, source in school.sources.items()
        if source.options.get("folder")
    }


def _put_away(school: SchoolConfig) -> Iterator[Place]:
    for name, folder in source_folders(school).items():
        yield from (Place("processed exports", folder / each, _STAMPED) for each in (DONE, FAILED))
        answers = school.source_options[name].model_dump().get("answers") if name in school.source_options else None
        if answers:
            yield Place("pro-formas to correct", folder / str(answers), _ANSWER)


def _mail(school: SchoolConfig) -> Iterator[Place]:
    folder = school.messages.mailer.options.get("folder")
    if folder:
        yield Place("mails", school.path(str(folder)), _MAIL)


def _lists(school: SchoolConfig) -> Iterator[Place]:
    """The folder above those of houses and groups; without a marked part, the folder itself."""
    folders = school.reports.folders
    for template, mark in ((folders.houses, "{house}"), (folders.groups, "{group}"), (folders.lead, "")):
        if template is None:
            continue
        parts = school.path(template.strip()).parts
        cut = next((place for place, part in enumerate(parts) if mark and mark in part), None)
        root = Path(*parts[:cut]) if cut is not None else Path(*parts)
        yield Place("lists", root, _LIST, Kept.LISTS, deep=True)


def _for_sims(school: SchoolConfig) -> Iterator[Place]:
    destination = school.push.destination
    folder = destination.options.get("folder") if destination else None
    if not folder:
        return
    root = school.path(str(folder))
    for path in (*_folders_in(root), *_folders_in(root / _VOID)):
        if _FOR_SIMS.fullmatch(path.name) and (path / _ISSUE).is_file():  # 2026 may be a folder of the school's own
            yield Place("files for SIMS", path, _ANY, Kept.CONNECTOR, deep=True)


def _folders_in(folder: Path) -> list[Path]:
    try:
        return sorted(path for path in folder.iterdir() if path.is_dir() and not _leads_elsewhere(path))
    except OSError:
        return []


def _below(folder: Path, *, deep: bool) -> Iterator[Path]:
    try:
        found = sorted(folder.iterdir())
    except OSError:
        return
    for path in found:
        if _leads_elsewhere(path):
            continue
        if path.is_file():
            yield path
        elif deep and path.is_dir():
            yield from _below(path, deep=True)


def _leads_elsewhere(path: Path) -> bool:
    """A link, or a junction of Windows, which Python before 3.12 takes for a folder like any other."""
    try:
        return path.is_symlink() or getattr(path.lstat(), "st_reparse_tag", 0) == _JUNCTION
    except OSError:
        return True
