"""Has a person said that this source, read like this, is their school (DESIGN §4)? Until then it only plans."""

import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import Connection

from sims_sync.config import SchoolConfig, SourceSection
from sims_sync.guard import Reason
from sims_sync.mapping import MappingRules
from sims_sync.plan import Plan
from sims_sync.records import Kind
from sims_sync.store.plans import confirmed

FIRST_PLAN = "first-plan"
CONFIG_CHANGED = "config-changed"


def source_fingerprint(school: SchoolConfig, section: SourceSection, rules: MappingRules) -> str:
    """Changes with the mapping, the report, the folder or filter, and how entries are recognised."""
    read_like = {
        "connector": section.connector,
        "options": section.options,
        "result_set": section.result_set,
        "mapping": rules.fingerprint,
        "entries": school.entries.model_dump() if section.kind is Kind.MENTORING_ENTRIES else None,
    }
    return hashlib.blake2b(json.dumps(read_like, sort_keys=True, default=str).encode(), digest_size=16).hexdigest()


def why_waiting(
    connection: Connection, school_id: str, source: str, kind: Kind, fingerprint: str, found: Callable[[], str]
) -> Reason | None:
    """Why a person must look first, or None. `found` says in one sentence what the source holds."""
    known = confirmed(connection, school_id, kind)
    if known.get(source) == fingerprint:
        return None
    if not known:
        do = "If it is: sims-sync plans release --first --reason …"
        return Reason(FIRST_PLAN, f"{found()} – is this your school?", do)
    do = "Look at it with `sims-sync plans list`, then: sims-sync plans release ID --reason …"
    what = (
        f"The mapping, the report or the filter of {source} changed since its last confirmed read. It holds {found()}."
    )
    return Reason(CONFIG_CHANGED, what, do)


def found_in(kind: Kind, plan: Plan, records: Mapping[str, Any]) -> str:
    """What a source holds, in one sentence: "1,063 students, 40 groups, 5 houses, 0 without a tutor group"."""
    if kind is Kind.STUDENTS:
        students = list(records.values())
        groups = {student.tutor_group for student in students} - {None}
        houses = {student.house for student in students} - {None}
        without = sum(student.tutor_group is None for student in students)
        shown = (f"{len(students):,} students", f"{len(groups):,} groups", f"{len(houses):,} houses")
        return f"{', '.join(shown)}, {without:,} without a tutor group"
    if kind is Kind.TUTOR_GROUPS:
        without = sum(not group.posts for group in records.values())
        return f"{len(records):,} tutor groups, {without:,} without a tutor"
    words = {Kind.STAFF: "members of staff", Kind.RESULTS: "results"}
    # Of a workbook most rows are empty: what it holds is what somebody filled in.
    count = len(records) if kind is Kind.PROFORMAS else plan.read
    return f"{count:,} {words.get(kind, 'entries')}"
