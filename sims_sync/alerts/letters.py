"""What do the mails to the admin say: what needs a person, what is over, how it stands today?"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from sims_sync.context import RunContext
from sims_sync.messages.letters import ADMIN, PROGRAMME_LEAD, Letter, MessageKind
from sims_sync.messages.wordings import compose_letter
from sims_sync.school_year import SchoolYear
from sims_sync.standing import OWN_CODES, Condition
from sims_sync.standing.words import lasted, shown_at
from sims_sync.store.alerts import OpenAlert
from sims_sync.store.tables import ALL_SCHOOLS

_INTENDED_FOR = {ADMIN: "the admin", PROGRAMME_LEAD: "the programme lead"}


def page_of(condition: Condition) -> str:
    """Where the docs say more: each condition has a section; a job's fault has its row as well."""
    if condition.code not in OWN_CODES:
        return f"docs/what-to-do.md: {condition.code}"
    own = f"docs/alerts.md#{condition.code}"
    return f"{own}; docs/what-to-do.md: {condition.page}" if condition.page else own


def place_of(school: str, name: str) -> str:
    """Of what a mail speaks, as its subject says it: "sims-sync at Austen Academy", "sims-sync, the service"."""
    return f"sims-sync, {name}" if school == ALL_SCHOOLS else f"sims-sync at {name}"


def alert_content(told: Iterable[Condition], school: str, name: str) -> Mapping[str, object]:
    """What an alert's wording may use."""
    problems = [{"what": each.what, "do": each.do, "page": page_of(each)} for each in told]
    return {"problems": problems, "job": "sims-sync", "school": name, "place": place_of(school, name)}


def recovery_content(over: Sequence[OpenAlert], name: str, context: RunContext) -> Mapping[str, object]:
    """What a recovery's wording may use."""
    zone = ZoneInfo(context.school.school.timezone)
    ended = [
        {
            "what": row.what,
            "since": shown_at(row.since, zone),
            "until": shown_at(row.ended, zone),
            "lasted": lasted(row.since, row.ended),
        }
        for row in over
        if row.ended is not None
    ]
    return {"ended": ended, "school": name, "place": place_of(over[0].school, name)}


def letter(
    context: RunContext,
    school_year: SchoolYear,
    kind: MessageKind,
    occasion: str,
    content: Mapping[str, object],
    *,
    reader: str = ADMIN,
) -> Letter:
    """A mail to the admin, or to the programme lead: at any time of day, in shadow mode too (rule 6)."""
    people = context.school.people
    today = school_year.local_date(context.now())
    return Letter(
        kind=kind,
        half_term=school_year.latest_started(today) or school_year.ids()[0],
        occasion=occasion,
        staff_id=reader,
        intended_for=_INTENDED_FOR[reader],
        day=today,
        compose=lambda envelope: compose_letter(context.school, kind, envelope, content),
        address=people.admin if reader == ADMIN else people.programme_lead,
        any_time=True,
    )


def occasion_of(name: str, parts: Sequence[tuple[str, str, datetime, str]]) -> str:
    """The same for the same conditions: a mail that left just before a crash is not sent again."""
    said = "/".join(f"{code}:{subject}:{since.isoformat()}:{reason}" for code, subject, since, reason in sorted(parts))
    return f"{name}-{hashlib.blake2b(said.encode(), digest_size=6).hexdigest()}"
