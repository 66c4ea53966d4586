"""Every table of the store. Each carries the school, and each row of SIMS data the run that wrote it (DESIGN §1, §4).

Text has no length: SQLite heeds none, so on PostgreSQL alone one long value would fail a whole run.
A change here needs a migration in `migrations/versions` (a test compares the two).
"""

from sims_sync.store.tables.academic import read_mark, result, result_before
from sims_sync.store.tables.calendar import announced_deadline, away, closure, computation, snapshot
from sims_sync.store.tables.columns import UtcDateTime, metadata
from sims_sync.store.tables.entries import entry, entry_version, excusal, exemption, review, target
from sims_sync.store.tables.messages import cover, go_live, message, message_release, tutor_note, written_list
from sims_sync.store.tables.operations import (
    ALL_SCHOOLS,
    alert,
    breaker,
    disposal,
    erased_person,
    pause,
    service,
    settings_seen,
    snapshot_total,
)
from sims_sync.store.tables.people import (
    house,
    missing,
    role,
    staff_member,
    student,
    student_alias,
    student_span,
    tutor_group,
)
from sims_sync.store.tables.running import (
    audit,
    confirmed_source,
    journal,
    kept_read,
    lease,
    plan,
    problem,
    quarantine,
    read,
    run,
    slot,
)
from sims_sync.store.tables.sims import delivery, delivery_event, delivery_revision, issued_file, push_trial

__all__ = [
    "ALL_SCHOOLS",
    "UtcDateTime",
    "alert",
    "announced_deadline",
    "audit",
    "away",
    "breaker",
    "closure",
    "computation",
    "confirmed_source",
    "cover",
    "delivery",
    "delivery_event",
    "delivery_revision",
    "disposal",
    "entry",
    "entry_version",
    "erased_person",
    "excusal",
    "exemption",
    "go_live",
    "house",
    "issued_file",
    "journal",
    "kept_read",
    "lease",
    "message",
    "message_release",
    "metadata",
    "missing",
    "pause",
    "plan",
    "problem",
    "push_trial",
    "quarantine",
    "read",
    "read_mark",
    "result",
    "result_before",
    "review",
    "role",
    "run",
    "service",
    "settings_seen",
    "slot",
    "snapshot",
    "snapshot_total",
    "staff_member",
    "student",
    "student_alias",
    "student_span",
    "target",
    "tutor_group",
    "tutor_note",
    "written_list",
]
