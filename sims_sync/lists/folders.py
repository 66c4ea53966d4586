"""In which folder does each list lie, is that folder fit for it, and which folder does a mail point to?"""

import os
import re
import stat
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from sims_sync.config import SchoolConfig
from sims_sync.connector import Finding, Severity

NAME_CHARACTERS = 80
_UNSAFE = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f]+')
_RESERVED = re.compile(r"(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(?:\..*)?", re.IGNORECASE)
_SET_RIGHTS = "Take the right to read it away from all but its people and this service."


class ListKind(StrEnum):
    """Whose list it is."""

    HOUSE = "house"
    GROUP = "group"
    LEAD = "lead"


@dataclass(frozen=True, slots=True, order=True)
class ListKey:
    """One list: a house's, a tutor group's, or the programme lead's (whose `name` is empty)."""

    kind: ListKind
    name: str = ""

    def __str__(self) -> str:
        return f"{self.kind.value}/{self.name}"

    @property
    def shown(self) -> str:
        """E.g. "Austen", "8A1", "the programme lead"."""
        return self.name or "the programme lead"

    @classmethod
    def parse(cls, text: str) -> "ListKey":
        """Read what `str` wrote.

        Raises:
            ValueError: of no such kind.
        """
        kind, _, name = text.partition("/")
        return cls(ListKind(kind), name)


@dataclass(frozen=True, slots=True)
class Places:
    """Where each list lies; `clashes`: lists that would share a folder, so that none of them is written."""

    paths: Mapping[ListKey, Path]
    clashes: tuple[tuple[ListKey, ...], ...] = ()


def safe_name(name: str) -> str:
    """A house's or group's name as a folder on any system, Windows too: "8A/1" → "8A-1", "CON" → "CON_"."""
    plain = unicodedata.normalize("NFC", " ".join(name.split()))
    plain = _UNSAFE.sub("-", plain)[:NAME_CHARACTERS].strip(" .") or "-"
    return f"{plain}_" if _RESERVED.fullmatch(plain) else plain


def folder_of(school: SchoolConfig, key: ListKey) -> Path | None:
    """The folder of one list; None = no folder is configured for its kind."""
    folders = school.reports.folders
    template = {ListKind.HOUSE: folders.houses, ListKind.GROUP: folders.groups, ListKind.LEAD: folders.lead}[key.kind]
    if template is None:
        return None
    return school.path(template.strip().replace(f"{{{key.kind.value}}}", safe_name(key.name)))


def places(school: SchoolConfig, keys: Iterable[ListKey]) -> Places:
    """Each list's file, in the order given; two people's lists in one folder are refused."""
    found = [(key, folder) for key in keys if (folder := folder_of(school, key)) is not None]
    sharing: dict[str, list[ListKey]] = defaultdict(list)
    for key, folder in found:
        sharing[_same(folder)].append(key)
    clashes = tuple(tuple(keys) for keys in sharing.values() if len(keys) > 1)
    refused = {key for keys in clashes for key in keys}
    return Places({key: folder / file_name(key) for key, folder in found if key not in refused}, clashes)


def file_name(key: ListKey) -> str:
    """E.g. "Austen - mentoring list.xlsx": the same all year, so that a shortcut to it stays good."""
    return f"{safe_name(key.name) if key.name else 'Programme lead'} - mentoring list.xlsx"


def pointer_for(school: SchoolConfig, houses: Sequence[str]) -> str | None:
    """Where a mail about these houses points (DOMAIN rule 23): `reports.link`, else the houses' folders.

    Without houses it is the programme lead's. None = there is nowhere to point, so no report mail is sent.
    """
    link = (school.reports.link or "").strip()
    if link:
        return link
    keys = [ListKey(ListKind.HOUSE, house) for house in houses] or [ListKey(ListKind.LEAD)]
    found = [folder for key in keys if (folder := folder_of(school, key)) is not None]
    return ", ".join(str(folder) for folder in found) if len(found) == len(keys) else None


def folder_findings(school: SchoolConfig, keys: Sequence[ListKey]) -> Iterator[Finding]:
    """What `check` says of the folders: missing, closed to us, or open to everyone."""
    laid = places(school, keys)
    subject = f"{school.id}: reports.folders"
    for clash in laid.clashes:
        yield Finding(Severity.WRONG, subject, clash_sentence(clash), "Rename one of them, or correct reports.folders.")
    poor = [finding for path in laid.paths.values() if (finding := _finding(school, path.parent)) is not None]
    yield from poor
    fit = len(laid.paths) - len(poor)
    yield Finding(Severity.FINE, subject, f"{fit} of {len(laid.paths)} folders are fit for lists.")
    if os.name == "nt":
        what = "Who may read the folders was not looked at: Windows keeps that in another way than this check can read."
        yield Finding(Severity.FINE, subject, what, _SET_RIGHTS)


def clash_sentence(clash: Sequence[ListKey]) -> str:
    """Which lists would lie in one folder."""
    named = " and ".join(f"{key.kind.value} {key.shown}" if key.name else key.shown for key in clash)
    return f"{named} would share one folder, so their lists are not written."


def folder_fault(folder: Path) -> str | None:
    """Why no list can be written into it, as a sentence without a verb's subject; None = it can.

    A folder is never made here: one that is made inherits the rights of the folder above, which may be everyone's.
    """
    if not folder.is_dir():
        return "is not there, or may not be opened"
    return None if os.access(folder, os.W_OK) else "may not be written to"


def _finding(school: SchoolConfig, folder: Path) -> Finding | None:
    subject = f"{school.id}: {folder}"
    fault = folder_fault(folder)
    if fault is not None:
        do = r"Make it with rights for its people and this service alone; mapped drives need \\server\share."
        return Finding(Severity.WARN, subject, f"{fault}.", do)
    if os.name == "posix" and _is_open_to_all(folder):
        return Finding(Severity.WARN, subject, "may be read by everyone on this machine.", _SET_RIGHTS)
    return None


def _is_open_to_all(folder: Path) -> bool:
    """Whether everyone may list it, or open a file whose name they guess; a closed folder above keeps them out."""
    real = folder.resolve()
    open_here = real.stat().st_mode & (stat.S_IROTH | stat.S_IXOTH)
    return bool(open_here) and all(above.stat().st_mode & stat.S_IXOTH for above in real.parents)


def _same(folder: Path) -> str:
    """Two paths that Windows holds for one are one."""
    return os.path.normpath(folder).casefold()
