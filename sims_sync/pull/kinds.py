"""What each kind is to the engine: what a read wants, what is stored, and how a plan is written.

Results are no kind of this sort: they come by the million and have a way of their own (`results`).
"""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from sqlalchemy import Connection

from sims_sync.plan import Plan
from sims_sync.pull.entries import ProformaPull, TypedEntryPull
from sims_sync.pull.groups import TutorGroupPull
from sims_sync.pull.reading import Ground, MappedRead, Wanted, When
from sims_sync.pull.staff import StaffPull
from sims_sync.pull.students import StudentPull
from sims_sync.records import Kind


class KindPull(Protocol):
    """One kind's part of the pull."""

    def wanted(self, connection: Connection, ground: Ground, read: MappedRead, when: When) -> Wanted:
        """What the store should hold after this read."""

    def stored(self, connection: Connection, ground: Ground, read: MappedRead) -> Mapping[str, Any]:
        """What it holds now, by the same keys."""

    def write(
        self, connection: Connection, ground: Ground, read: MappedRead, when: When, plan: Plan, wanted: Wanted
    ) -> Sequence[str]:
        """Apply the plan; sentences worth noting come back."""


KINDS: Mapping[Kind, KindPull] = {
    Kind.STUDENTS: StudentPull(),
    Kind.STAFF: StaffPull(),
    Kind.TUTOR_GROUPS: TutorGroupPull(),
    Kind.MENTORING_ENTRIES: TypedEntryPull(),
    Kind.PROFORMAS: ProformaPull(),
}
