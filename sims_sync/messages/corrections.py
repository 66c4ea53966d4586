"""Who was told a wrong figure, and has to be told the right one (DOMAIN rule 17)?"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sims_sync.compliance.facts import Occasion
from sims_sync.context import RunContext
from sims_sync.messages.letters import PROGRAMME_LEAD, Compose, Letter, MessageKind, read_content
from sims_sync.messages.outbox import Outbox
from sims_sync.messages.pointers import NO_POINTER, houses_pointer
from sims_sync.messages.wordings import compose_letter
from sims_sync.outcome import Ending, Outcome
from sims_sync.records import StaffMember
from sims_sync.school_year import HalfTermId, SchoolYear, shown_day
from sims_sync.store.messages import SENT, UNKNOWN, StoredMessage, load_messages
from sims_sync.store.snapshots import StoredSnapshot, load_snapshots
from sims_sync.store.staff import load_staff

NOUN = ("correction", "corrections")
_TOLD = frozenset({MessageKind.REPORT.value, MessageKind.LEAD_NOTE.value, MessageKind.CORRECTION.value})


def send_corrections(context: RunContext, *, patient: bool = False) -> Outcome:
    """Tell everyone who received a group's wrong status what it is since the restatement; once each."""
    if context.school.messages.mode == "off":
        return Outcome()
    school_year = context.school_year()
    letters = correction_letters(context, school_year)
    if any(letter.link is None for letter in letters):
        return Outcome(Ending.HELD, problems=(NO_POINTER,))
    return Outbox(context, school_year, NOUN, patient).send(letters)


def correction_letters(context: RunContext, school_year: SchoolYear) -> list[Letter]:
    """One letter to each reader whom the newest restatement concerns; none outlives its academic year (rule 5)."""
    with context.store.reading() as connection:
        # What went to the programme lead in shadow mode was not told to the one it was meant for.
        shadow = context.school.messages.mode != "live"
        told = [
            row for row in load_messages(connection, context.school_id) if row.kind in _TOLD and row.shadow == shadow
        ]
        staff = load_staff(connection, context.school_id)
    today = school_year.local_date(context.now())
    letters: list[Letter] = []
    for half_term in sorted({HalfTermId.parse(row.half_term) for row in told}):
        if half_term not in school_year.ids() or today > school_year.year_end(half_term.year):
            continue
        rows = [row for row in told if row.half_term == str(half_term)]
        for occasion in (Occasion.DEADLINE, Occasion.CLOSING):
            with context.store.reading() as connection:
                versions = load_snapshots(connection, context.school_id, half_term, occasion)
            if len(versions) > 1:
                letters += _letters(context, school_year, versions[-1], rows, staff)
    return letters


def changed_groups(told: Mapping[str, Any], newest: StoredSnapshot) -> list[dict[str, str]]:
    """The groups whose status a reader was told otherwise, by name: what was said, and what is right."""
    right = {group.group: group for group in newest.content.assessment.groups}
    found = []
    for name, (status, done, due) in sorted(told.items()):
        now = right.get(name)
        if now is not None and now.status.value != status:
            after = f"{now.status.value}, {now.done} of {now.due}"
            found.append({"group": now.shown, "before": f"{status}, {done} of {due}", "after": after})
    return found


def _letters(
    context: RunContext,
    school_year: SchoolYear,
    newest: StoredSnapshot,
    rows: Iterable[StoredMessage],
    staff: Mapping[str, StaffMember],
) -> Iterable[Letter]:
    assessment = newest.content.assessment
    name = assessment.occasion.name.lower()
    for staff_id, row, told in _last_told(rows, name, newest.taken_at):
        changes = changed_groups(told, newest)
        if not changes:
            continue
        sent = school_year.local_date(row.sent_at or row.created)
        content = {
            "half_term": assessment.half_term.shown,
            "occasion": assessment.occasion.value,
            "sent_on": shown_day(sent),
            "restated_on": shown_day(school_year.local_date(newest.taken_at)),
            "changes": changes,
            "school": context.school.school.name,
        }
        lead = context.school.people.programme_lead
        member = staff.get(staff_id)
        right = {group.group: [group.status.value, group.done, group.due] for group in assessment.groups}
        yield Letter(
            kind=MessageKind.CORRECTION,
            half_term=assessment.half_term,
            occasion=f"{name}-v{newest.version}",
            staff_id=staff_id,
            intended_for="the reader of the report that is corrected",
            day=school_year.local_date(newest.taken_at),
            compose=_compose(context, content),
            address=lead if staff_id == PROGRAMME_LEAD else (member.email if member else None),
            fallback=lead,
            link=houses_pointer(context.school, _houses(newest, told)),
            told={"occasion": name, "groups": {**told, **{group: right[group] for group in told if group in right}}},
        )


def _houses(newest: StoredSnapshot, told: Mapping[str, Any]) -> list[str]:
    return sorted({group.house for group in newest.content.assessment.groups if group.group in told and group.house})


def _compose(context: RunContext, content: Mapping[str, object]) -> Compose:
    return lambda envelope: compose_letter(context.school, MessageKind.CORRECTION, envelope, content)


def _last_told(
    rows: Iterable[StoredMessage], occasion: str, before: datetime
) -> Iterable[tuple[str, StoredMessage, Mapping[str, Any]]]:
    """What each reader was last told for an occasion before a moment. What may have left counts as told."""
    last: dict[str, tuple[StoredMessage, Mapping[str, Any]]] = {}
    for row in sorted(rows, key=lambda each: each.created):
        content = read_content(row.content)
        told = content.get("told", {})
        arrived = row.state in {SENT, UNKNOWN} or bool(content.get("may_have_arrived"))
        moment = row.sent_at or row.created
        if arrived and told.get("occasion") == occasion and moment <= before:
            earlier = last[row.staff_id][1] if row.staff_id in last else {}
            last[row.staff_id] = (row, {**earlier, **told.get("groups", {})})
    return [(staff_id, row, told) for staff_id, (row, told) in sorted(last.items())]
