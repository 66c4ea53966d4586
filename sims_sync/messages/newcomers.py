"""Which Heads of House took office after their house had had its report of the half term (DOMAIN rules 5, 10)?"""

from collections.abc import Mapping
from datetime import date

from sims_sync.compliance.facts import Occasion
from sims_sync.compliance_report import ComplianceReport
from sims_sync.context import RunContext
from sims_sync.messages.letters import MessageKind, read_content
from sims_sync.records import RoleName
from sims_sync.store.messages import SENT, UNKNOWN, load_messages
from sims_sync.store.snapshots import load_snapshots


class Newcomers:
    """Who came when, and which houses have had their report; read once for all the readers of one run.

    A report is the house's: whoever takes the house over later finds it in `report compliance`, and gets the next one.
    Where it has not reached anybody yet, it goes to whoever leads the house now.
    """

    def __init__(self, context: RunContext, report: ComplianceReport, day: date) -> None:
        """`day`: the school-local day of the report."""
        self._day = day
        self._roles = [role for role in report.loaded.facts.roles if role.role is RoleName.HEAD_OF_HOUSE]
        self._groups = {
            figures.house: {group.group for group in figures.groups} for figures in report.assessment.houses
        }
        half_term = report.assessment.half_term
        with context.store.reading() as connection:
            versions = load_snapshots(connection, context.school_id, half_term, Occasion.DEADLINE)
            rows = [
                row
                for row in load_messages(connection, context.school_id)
                if row.kind == MessageKind.REPORT and row.half_term == str(half_term) and row.state in {SENT, UNKNOWN}
            ]
        self._heads_then: Mapping[str, tuple[str, ...]] | None = (
            {figures.house: figures.heads for figures in versions[0].content.assessment.houses} if versions else None
        )
        self._told = frozenset[str]().union(
            *(read_content(row.content).get("told", {}).get("groups", {}) for row in rows)
        )

    def came_later(self, staff_id: str, houses: tuple[str, ...]) -> bool:
        """Whether each of a Head's houses had its report before they came. False for the programme lead."""
        roles = [role for role in self._roles if role.staff_id == staff_id]
        return bool(roles) and all(self._has_had(house) and self._is_new(staff_id, house) for house in houses)

    def _has_had(self, house: str) -> bool:
        return not self._told.isdisjoint(self._groups.get(house, ()))

    def _is_new(self, staff_id: str, house: str) -> bool:
        """By their from-date; without one by whether they led the house when the deadline's figures were kept."""
        dated = [role.first for role in self._roles if role.staff_id == staff_id and role.first is not None]
        if dated:
            return min(dated) > self._day
        return self._heads_then is not None and staff_id not in self._heads_then.get(house, ())
