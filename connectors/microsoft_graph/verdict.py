"""What does an answer of Microsoft Graph say: was the message accepted, refused, put off, or does nobody know?"""

from http import HTTPStatus

from connectors.microsoft_graph.posting import Answer
from sims_sync.connector import Finding, SendOutcome, SendResult, Severity
from sims_sync.errors import RetriableError

# A server that says that it did not take it. Any other 5xx may come after it was taken: a gateway's above all.
LATER = frozenset({408, 429, 503, 507, 509})

_REDIRECTION = range(300, 400)
_REFUSED = range(400, 500)

_DO_LATER = "It is tried again by itself; if it stays so, run `sims-sync check`."
_DO_LOGIN = "Check tenant, base_url and login_url in the config, and that the application is still there in Entra."
_DO_PERMIT = (
    "Grant the application Mail.Send as an application permission, with admin consent; let its application access "
    "policy, or its scope in Exchange, hold this mailbox; and let messages.sender be the mailbox's own address."
)
_DO_MAILBOX = "Check mailbox in the config: it must have a mailbox in Exchange Online, in this tenant."


def result_of(answer: Answer | None) -> SendResult:
    """What became of the message; only 202 says that it was accepted.

    Raises:
        RetriableError: nothing was accepted, and may be once time or a person has put it right.
    """
    if answer is None:
        what = "No answer came while the message was on its way: it may have been accepted."
        return SendResult(SendOutcome.UNKNOWN, what)
    if answer.status == HTTPStatus.ACCEPTED:
        return SendResult(SendOutcome.SENT, f"Microsoft 365 accepted it ({answer.shown}).")
    put_off = _put_off(answer)
    if put_off is not None:
        raise put_off
    if answer.status in _REFUSED:
        why = " It is too large." if answer.status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE else ""
        return SendResult(SendOutcome.REFUSED, f"Microsoft 365 refused the message ({answer.shown}).{why}")
    what = f"The answer leaves open whether the message was accepted ({answer.shown})."
    return SendResult(SendOutcome.UNKNOWN, what)


def finding_of(status: int, mailbox: str) -> Finding:
    """What `check` says of the answer to a question for the mailbox's user.

    403 is well: an application that may do no more than send may not look at users either.
    """
    if status in {HTTPStatus.OK, HTTPStatus.FORBIDDEN}:
        what = (
            f"A key was given and Microsoft Graph answers; messages leave from {mailbox}. "
            "Whether we may send from it shows with the first message."
        )
        return Finding(Severity.FINE, "microsoft graph", what)
    if status == HTTPStatus.UNAUTHORIZED:
        what, do = "Microsoft Graph does not take our key", _DO_LOGIN
    elif status == HTTPStatus.NOT_FOUND:
        what, do = f"Microsoft 365 has no mailbox {mailbox}", _DO_MAILBOX
    else:
        what, do = "Microsoft Graph does not answer as it should", _DO_LOGIN
    return Finding(Severity.WRONG, "microsoft graph", f"{what} (HTTP {status}).", do)


def _put_off(answer: Answer) -> RetriableError | None:
    """Why nothing was accepted although the message itself may be good; None where that is not the case."""
    shown = answer.shown
    if answer.status == HTTPStatus.UNAUTHORIZED:
        return RetriableError("graph-login", f"Microsoft Graph does not take our key ({shown}).", _DO_LOGIN)
    if answer.status == HTTPStatus.FORBIDDEN:
        return RetriableError("graph-denied", f"We may not send from that mailbox ({shown}).", _DO_PERMIT)
    if answer.status == HTTPStatus.NOT_FOUND:
        return RetriableError("graph-mailbox", f"Microsoft 365 has no such mailbox ({shown}).", _DO_MAILBOX)
    if answer.status in _REDIRECTION:
        what = f"The server sends us to another address ({shown})."
        return RetriableError("redirected", what, "Write the address where it ends into the config.")
    if answer.status in LATER:
        return RetriableError("graph-later", f"Microsoft 365 put the message off ({shown}).", _DO_LATER)
    return None
