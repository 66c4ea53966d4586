"""How do the conditions of one school become rows and mails: each told once, and once more when it is over?"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from datetime import timedelta

from sims_sync.alerts.direct import send_directly, settings_of
from sims_sync.alerts.judging import Change, begun, changed, over_and_untold, reason_of, reasons_told, to_tell
from sims_sync.alerts.letters import alert_content, letter, occasion_of, page_of, place_of, recovery_content
from sims_sync.context import RunContext
from sims_sync.errors import SimsSyncError
from sims_sync.messages.letters import PROGRAMME_LEAD, Letter, MessageKind, key_of
from sims_sync.messages.outbox import Outbox
from sims_sync.outcome import Outcome
from sims_sync.school_year import SchoolYear
from sims_sync.standing import Condition
from sims_sync.store.alerts import OpenAlert, alerts_since, change_alert, one_at_a_time, save_alerts
from sims_sync.store.messages import DISCARDED, FAILED, SENDING, decide_state, failed_but, load_message

NOUN = ("alert", "alerts")
_LOOK_BACK = timedelta(days=2)
_NOT_SETTLED = frozenset({FAILED, SENDING})
_SET_ASIDE = "A newer one takes its place, or what it told of is over."

Told = tuple[OpenAlert, Condition]


def tell_of(
    context: RunContext, subject: str, name: str, conditions: Sequence[Condition], untouched: Collection[str] = ()
) -> Outcome:
    """Write down how it stands and mail what must be told now.

    `context`: the school whose mailer and admin serve. `subject`: the school spoken of, "*" = the service. `untouched`:
    codes that this look says nothing about.

    Raises:
        RetriableError: the store does not answer.
    """
    rows = _recorded(context, subject, conditions, untouched)
    if context.school.messages.mode == "off":
        return Outcome()
    told, over = to_tell(conditions, rows, context.now()), over_and_untold(rows)
    school_year = _school_year(context)
    if school_year is None:
        return _without_outbox(context, name, told)
    letters = {
        **_alert_letters(context, school_year, name, told),
        **_recovery_letters(context, school_year, name, over),
    }
    _set_aside(context, subject, letters.values())
    sent = Outbox(context, school_year, NOUN, patient=True).send(list(letters.values()))
    if told and all(_is_settled(context, each) for each in letters.values() if each.kind is MessageKind.ALERT):
        _mark_told(context, told)
    if over and all(_is_settled(context, each) for each in letters.values() if each.kind is MessageKind.RECOVERY):
        _mark_end_told(context, over)
    return sent


def _recorded(
    context: RunContext, subject: str, conditions: Sequence[Condition], untouched: Collection[str]
) -> list[OpenAlert]:
    """The rows as they are after this look; nothing is written where nothing changed."""
    now = context.now()
    with context.store.reading() as connection:
        rows = alerts_since(connection, subject, now - _LOOK_BACK)
    if not begun(subject, conditions, rows, now) and not any(changed(conditions, rows, now, untouched)):
        return list(rows)
    with context.store.writing() as connection:
        one_at_a_time(connection, subject)
        rows = alerts_since(connection, subject, now - _LOOK_BACK)
        new = begun(subject, conditions, rows, now)
        if new:
            save_alerts(connection, subject, [asdict(row) for row in new])
        changes: Mapping[OpenAlert, Change] = {each.row: each for each in changed(conditions, rows, now, untouched)}
        for each in changes.values():
            change_alert(connection, each.row, each.values)
    return [*(changes[row].after if row in changes else row for row in rows), *new]


def _alert_letters(context: RunContext, school_year: SchoolYear, name: str, told: Sequence[Told]) -> dict[str, Letter]:
    """One mail of everything to the admin; of what the programme lead must release, one to them (rule 8a)."""
    people, found = context.school.people, {}
    if told:
        found["admin"] = _alert_letter(context, school_year, name, told)
    for_lead = [(row, condition) for row, condition in told if condition.for_lead]
    if for_lead and people.programme_lead.casefold() != people.admin.casefold():
        found["lead"] = _alert_letter(context, school_year, name, for_lead, reader=PROGRAMME_LEAD)
    return found


def _alert_letter(
    context: RunContext, school_year: SchoolYear, name: str, told: Sequence[Told], **reader: str
) -> Letter:
    occasion = occasion_of(
        "alert", [(row.code, row.subject, row.since, reason_of(condition)) for row, condition in told]
    )
    content = alert_content([condition for _, condition in told], told[0][0].school, name)
    return letter(context, school_year, MessageKind.ALERT, _of(told[0][0], occasion), content, **reader)


def _recovery_letters(
    context: RunContext, school_year: SchoolYear, name: str, over: Sequence[OpenAlert]
) -> dict[str, Letter]:
    if not over:
        return {}
    occasion = occasion_of("over", [(row.code, row.subject, row.since, row.reason) for row in over])
    content = recovery_content(over, name, context)
    return {
        "over": letter(context, school_year, MessageKind.RECOVERY, _of(over[0], occasion), content),
    }


def _of(row: OpenAlert, occasion: str) -> str:
    """Whose conditions it speaks of is part of the key: the service's are sent by a school as its own are."""
    return f"{row.school}-{occasion}"


def _is_settled(context: RunContext, sent: Letter) -> bool:
    with context.store.reading() as connection:
        stored = load_message(connection, context.school_id, key_of(context.school_id, sent))
    return stored is not None and stored.state not in _NOT_SETTLED


def _set_aside(context: RunContext, subject: str, letters: Collection[Letter]) -> None:
    """What did not leave, and is not to leave any more, is not waited for."""
    kept = [key_of(context.school_id, each) for each in letters]
    kinds = (MessageKind.ALERT.value, MessageKind.RECOVERY.value)
    with context.store.reading() as connection:
        left = failed_but(connection, context.school_id, kinds, f"{subject}-", kept)
    if left:
        with context.store.writing() as connection:
            for row in left:
                decide_state(connection, context.school_id, row, {"state": DISCARDED, "detail": _SET_ASIDE})


def _mark_told(context: RunContext, told: Sequence[Told]) -> None:
    with context.store.writing() as connection:
        for row, condition in told:
            reasons = " ".join((*reasons_told(row), reason_of(condition)))
            change_alert(connection, row, {"told_at": context.now(), "told_reason": reasons})


def _mark_end_told(context: RunContext, over: Sequence[OpenAlert]) -> None:
    with context.store.writing() as connection:
        for row in over:
            change_alert(connection, row, {"end_told_at": context.now()})


def _school_year(context: RunContext) -> SchoolYear | None:
    try:
        return context.school_year()
    except SimsSyncError as error:
        if error.code == "store":
            raise
        return None


def _without_outbox(context: RunContext, name: str, told: Sequence[Told]) -> Outcome:
    """The outbox files by half term: where the calendar is broken, the mail goes without it, and once all the same."""
    if told:
        said = [(row.code, row.subject, row.since, reason_of(condition)) for row, condition in told]
        count = len(told)
        place = place_of(told[0][0].school, name)
        subject = f"{place}: {count} {'thing needs' if count == 1 else 'things need'} a person"
        sentences = [f"- {condition.sentence} ({page_of(condition)})" for _, condition in told]
        settings, connectors = settings_of(context.school), context.connector_context()
        if send_directly(settings, subject, sentences, connectors, occasion_of("direct", said)):
            _mark_told(context, told)
    return Outcome()
