"""Where does a message point, so that its reader finds the list with names (DOMAIN rule 23)?"""

from collections.abc import Sequence

from sims_sync.config import SchoolConfig
from sims_sync.lists.folders import ListKey, ListKind, folder_of, pointer_for
from sims_sync.outcome import Problem

NO_POINTER = Problem(
    "no-link",
    "No report is mailed without reports.link or reports.folders.",
    "Set one of them to where the reader opens the list; see docs/mail.md.",
)


def houses_pointer(school: SchoolConfig, houses: Sequence[str]) -> str | None:
    """For a Head of House; without houses, for the programme lead. None = nowhere, so no mail is sent."""
    return pointer_for(school, houses)


def groups_pointer(school: SchoolConfig, groups: Sequence[str]) -> str | None:
    """For a tutor: the folders of their groups; else `reports.link`, which must then show each person their own."""
    folders = [folder_of(school, ListKey(ListKind.GROUP, group)) for group in groups]
    found = [str(folder) for folder in folders if folder is not None]
    if found and len(found) == len(folders):
        return ", ".join(found)
    return (school.reports.link or "").strip() or None
