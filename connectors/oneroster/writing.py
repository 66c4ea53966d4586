"""How is one result written to a OneRoster server, and what does its answer mean?"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from connectors.oneroster.options import OneRosterResultsOptions, last_part
from connectors.oneroster.paging import failure_status, minor_code
from connectors.oneroster.places import Place
from sims_sync.connector import Holding, Receipt, ReceiptOutcome
from sims_sync.errors import SimsSyncError, SourceFailed, SourceRefused
from sims_sync.http import NOT_TAKEN, Answer, HttpClient
from sims_sync.records import Delivery

REVISION = "sims-sync.revision"  # the name in `metadata` under which a result says which revision it is

_NOT_LET_IN = 401
_TOOK_TOO_LONG = 408
_IDS = uuid.UUID("6f0b8f0e-5d0c-5b0a-9c51-9a0a3f6f2a11")  # any fixed one: ours alone are derived from it


@dataclass(frozen=True, slots=True)
class _Refusal:
    """What a refusal means: the code of the receipt and its two sentences."""

    code: str
    what: str
    do: str


def write(
    client: HttpClient, options: OneRosterResultsOptions, delivery: Delivery, place: Place, seen: Holding, now: datetime
) -> tuple[Receipt, SimsSyncError | None]:
    """Write once, and say what came of it; the error is the fault where no answer told.

    Raises:
        SourceFailed: the server gives no key, so nothing can be written.
        ConfigurationError: the secret could not be had.
    """
    address = f"{options.url_of(options.results)}/{result_id(options, delivery, place)}"
    try:
        answer = client.send("PUT", address, content=content_of(options, delivery, place, now))
    except (SourceFailed, SourceRefused) as fault:
        if fault.code in NOT_TAKEN:
            raise
        return _receipt(delivery, seen, ReceiptOutcome.UNKNOWN, fault), fault
    except SimsSyncError as fault:
        outcome = ReceiptOutcome.NOT_SENT if fault.code in NOT_TAKEN else ReceiptOutcome.UNKNOWN
        return _receipt(delivery, seen, outcome, fault), fault
    return receipt_of(answer, delivery, seen), None


def result_id(options: OneRosterResultsOptions, delivery: Delivery, place: Place) -> str:
    """The id of a delivery's result: the same for each of its revisions, and for no other delivery or school.

    The delivery's key is unique within the school alone, so the school's mark goes into it; and the line item, so that
    a delivery which belongs in another result set after a change of the config does not move the old result.
    """
    return str(uuid.uuid5(_IDS, f"{options.school_mark}\x1f{delivery.delivery_key}\x1f{place.line_item_id}"))


def content_of(
    options: OneRosterResultsOptions, delivery: Delivery, place: Place, now: datetime
) -> Mapping[str, object]:
    """The body of the PUT, with all that 1.1 or 1.2 require of a result."""
    item_list = f"{options.item}s"
    record: dict[str, object] = {
        "sourcedId": result_id(options, delivery, place),
        "status": "active",
        "dateLastModified": f"{now.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.000Z",
        "metadata": {REVISION: delivery.revision},
        options.item: _link(options, item_list, place.line_item_id, options.item),
        "student": _link(options, "students", place.student_id, "user"),
        "scoreStatus": "fully graded",
        "scoreDate": delivery.result_date.isoformat(),
        options.text_field: delivery.text,
    }
    if options.score_placeholder is not None:
        record["score"] = options.score_placeholder
    return {last_part(options.results).removesuffix("s"): record}


def receipt_of(answer: Answer, delivery: Delivery, seen: Holding) -> Receipt:
    """What an answer says of a write. None of its free text is shown: it may quote what was sent."""
    if answer.good:
        outcome, why = _meant(answer)
    elif answer.status == _NOT_LET_IN:
        outcome, why = ReceiptOutcome.NOT_SENT, _KEY_REFUSED
    elif answer.status == _TOOK_TOO_LONG:  # what it had done by then is not known
        outcome, why = ReceiptOutcome.UNKNOWN, _NO_RESULT
    else:
        outcome, why = ReceiptOutcome.REJECTED, _refusal(answer.status, minor_code(answer.body))
    return _receipt(delivery, seen, outcome, why)


def _meant(answer: Answer) -> tuple[ReceiptOutcome, "_Refusal | SimsSyncError | None"]:
    """A good status may carry a failure (1.1), or a log-in page, of which nobody knows what it stands for."""
    if not answer.body.strip():
        return ReceiptOutcome.ACCEPTED, None
    try:
        content = answer.json()
    except SourceRefused as fault:
        return ReceiptOutcome.UNKNOWN, fault
    if isinstance(content, dict) and failure_status(content):
        return ReceiptOutcome.REJECTED, _refusal(answer.status, minor_code(answer.body))
    return ReceiptOutcome.ACCEPTED, None


def _link(options: OneRosterResultsOptions, resource: str, sourced_id: str, kind: str) -> Mapping[str, str]:
    return {"href": f"{options.url_of(resource)}/{sourced_id}", "sourcedId": sourced_id, "type": kind}


def _receipt(
    delivery: Delivery, seen: Holding, outcome: ReceiptOutcome, why: "_Refusal | SimsSyncError | None"
) -> Receipt:
    code, what, do = (why.code, why.what, why.do) if why else ("", "", "")
    return Receipt(delivery.delivery_key, delivery.revision, outcome, seen, code, what, do)


def _refusal(status: int, minor: str) -> _Refusal:
    """By the standard's minor code where there is one, else by the status; 403 is refused for want of permission."""
    for known in (_BY_MINOR.get(minor.casefold()), _BY_STATUS.get(status)):
        if known is not None:
            return known
    shown = f"HTTP {status}, {minor}" if minor else f"HTTP {status}"
    return _Refusal("rejected", f"The server refused the text ({shown}).", "Run `sims-sync check`.")


_LOCKED = _Refusal(
    "locked", "The result set is locked or inactive in SIMS.", "Unlock it in SIMS, or leave the text to be typed there."
)
_NO_PERMISSION = _Refusal(
    "no-permission",
    "The server does not let us write results.",
    "Ask whoever gave client_id for the right to write them; check scope in the config.",
)
_UNKNOWN_STUDENT = _Refusal(
    "unknown-student",
    "The server no longer knows the student, or the line item.",
    "Check in SIMS that the student is on roll, and match_students_by in the config.",
)
_TOO_LONG = _Refusal("too-long", "The text is longer than SIMS holds.", "Shorten it where it was recorded.")
_NO_WRITING = _Refusal(
    "rejected", "The server takes no results at this address.", "Check version and resource in the config."
)
_KEY_REFUSED = _Refusal(
    "not-let-in",
    "The server refused one key after another.",
    "The next run tries again; check client_id and scope in the config if it goes on.",
)
_NO_RESULT = _Refusal("timeout", "The server says that it took too long.", "The next run looks and tries again.")
_BY_MINOR: Mapping[str, _Refusal] = {
    "locked": _LOCKED,
    "too_long": _TOO_LONG,
    "toolong": _TOO_LONG,
    "unknownobject": _UNKNOWN_STUDENT,
    "forbidden": _NO_PERMISSION,
}
_BY_STATUS: Mapping[int, _Refusal] = {
    403: _NO_PERMISSION,
    405: _NO_WRITING,
    413: _TOO_LONG,
    423: _LOCKED,
}
