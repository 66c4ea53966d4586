"""How is one person erased from the store and the files, and kept out from then on (DOMAIN §8, UK GDPR Art. 17)?"""

import uuid
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection

from sims_sync.context import RunContext
from sims_sync.erasure_key import make_key, note_erasure
from sims_sync.errors import RunError
from sims_sync.identity import id_texts
from sims_sync.person.holding import staff_marks, student_marks
from sims_sync.person.kept_rows import remove_kept_rows, remove_kept_staff
from sims_sync.person.mentions import Marks, Mention, mentions
from sims_sync.pull.erased import staff_texts
from sims_sync.retention.files import Removal
from sims_sync.roles_file import read_roles
from sims_sync.store.copies import copies_of
from sims_sync.store.decisions import record_audit
from sims_sync.store.disposals import Disposal, record_disposals
from sims_sync.store.erased import STAFF, STUDENT, Erasure, add_erasure, release_erasure
from sims_sync.store.one_member import StaffKeys, remove_member, staff_keys
from sims_sync.store.one_student import remove_students, student_keys
from sims_sync.store.staff import load_roles, load_staff
from sims_sync.store.wiping import wipe, wiping

RULE = "erased on request"


@dataclass(frozen=True, slots=True)
class Erased:
    """What was done. `left`: files that still tell of them, and why; `wiped`: whether free pages are empty too."""

    erasure_id: str
    rows: Mapping[str, int]
    files: int
    left: tuple[Mention, ...]
    wiped: bool


@dataclass(frozen=True, slots=True)
class By:
    """Who decided, and why (no names)."""

    who: str
    reason: str


def erase_student(context: RunContext, student_id: str, by: By) -> Erased:
    """Take a student out of rows and files, and remember keyed hashes of their ids."""
    school = context.school_id
    key = make_key(context.school.base)
    erasure = _erasure(context, STUDENT, by)
    with wiping(context.store) as connection:
        keys = student_keys(connection, school, [student_id])
        kept = remove_kept_rows(connection, context, keys)
        counts = remove_students(connection, school, keys) + Counter({"kept_read": kept})
        hashes = key.hashes_of(school, id_texts(keys.student_ids, keys.aliases, keys.names))
        _keep_out(connection, context, erasure, hashes)
        _note(connection, context, erasure, counts)
    return _with_files(context, erasure, counts, student_marks(keys))


def erase_staff(context: RunContext, staff_id: str, by: By, accounts: frozenset[str] = frozenset()) -> Erased:
    """Take a member of staff out of rows and files; what they decided stays, under nobody's name.

    Raises:
        RunError: they hold a role now: their groups would be left without a tutor, and their name would come back.
    """
    school = context.school_id
    key = make_key(context.school.base)
    erasure = _erasure(context, STAFF, by)
    with wiping(context.store) as connection:
        keys = staff_keys(connection, school, staff_id, accounts)
        _refuse_in_post(context, connection, keys)
        marks = staff_marks(connection, context, keys)
        hashes = key.hashes_of(school, staff_texts(load_staff(connection, school)[staff_id]))
        kept = remove_kept_staff(connection, context, keys)
        counts = remove_member(connection, school, keys) + Counter({"kept_read": kept})
        _keep_out(connection, context, erasure, hashes)
        _note(connection, context, erasure, counts)
    return _with_files(context, erasure, counts, marks)


def let_in(context: RunContext, erasure_id: str, by: By) -> None:
    """Let an erased person come back with the next pull.

    Raises:
        RunError: nobody is kept out under that id.
    """
    with context.store.writing() as connection:
        done = release_erasure(
            connection, context.school_id, erasure_id, who=by.who, reason=by.reason, at=context.now()
        )
        if not done:
            raise RunError("no-erasure", f"Nobody is kept out as {erasure_id}.", "See `sims-sync person erased`.")
        record_audit(
            connection,
            context.school_id,
            at=context.now(),
            who=by.who,
            action="person-released",
            subject=erasure_id,
            detail={"reason": by.reason},
        )
        about = {"school": context.school_id, "erasure_id": erasure_id, "at": context.now().isoformat()}
        note_erasure(context.school.base, {**about, "who": by.who, "reason": by.reason})


def _erasure(context: RunContext, kind: str, by: By) -> Erasure:
    return Erasure(uuid.uuid4().hex[:12], kind, context.now(), by.who, by.reason, None, None, None)


def _keep_out(connection: Connection, context: RunContext, erasure: Erasure, hashes: Iterable[str]) -> None:
    listed = sorted(hashes)
    add_erasure(connection, context.school_id, erasure, listed)
    about = {"school": context.school_id, "erasure_id": erasure.erasure_id, "kind": erasure.kind}
    said = {"at": erasure.erased_at.isoformat(), "who": erasure.erased_by, "reason": erasure.reason}
    note_erasure(context.school.base, {**about, **said, "hashes": listed})


def _refuse_in_post(context: RunContext, connection: Connection, keys: StaffKeys) -> None:
    today = context.school_year().local_date(context.now())
    roles = [each for listed in load_roles(connection, context.school_id).values() for each in listed]
    roles += read_roles(context.school.path(context.school.roles.file))
    held = sorted(
        {f"{each.role} {each.scope}".strip() for each in roles if each.holds(today) and keys.called(each.staff_id)}
    )
    if held:
        do = "End the role in SIMS or roles.csv and pull; then erase."
        raise RunError("still-in-post", f"They hold a role now: {', '.join(held)}.", do)


def _note(connection: Connection, context: RunContext, erasure: Erasure, counts: Mapping[str, int]) -> None:
    evidence = [Disposal(table, RULE, count) for table, count in sorted(counts.items())]
    record_disposals(connection, context.school_id, evidence, at=context.now(), run_id=context.run_id)
    record_audit(
        connection,
        context.school_id,
        at=context.now(),
        who=erasure.erased_by,
        action="person-erased",
        subject=erasure.erasure_id,
        detail={"kind": erasure.kind, "reason": erasure.reason},
    )


def _with_files(context: RunContext, erasure: Erasure, counts: Mapping[str, int], marks: Marks) -> Erased:
    """Files before the free pages; what a kill leaves here, retention deletes with its days."""
    removal = Removal()
    left = []
    for found in mentions(context.school, marks):
        if found.ours:
            removal.remove(found.what, found.path)
        else:
            left.append(found)
    left += [Mention("in use", path, ours=True, why_not="another program holds it") for path in removal.stuck]
    file = context.store.file
    why = "how the store was before an upgrade; retention deletes it after 14 days"
    left += [Mention("copy", path, ours=True, why_not=why) for path in (copies_of(file) if file else ())]
    with context.store.writing() as connection:
        evidence = [Disposal(what, RULE, count) for what, count in sorted(removal.gone.items())]
        record_disposals(connection, context.school_id, evidence, at=context.now(), run_id=context.run_id)
    wiped = wipe(context.store, anew=True)
    return Erased(erasure.erasure_id, counts, removal.gone.total(), tuple(left), wiped)
