"""Which faults can the simulated OneRoster server be given, what does each do, and how must the product end?"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

FAULT_VARIABLE = "SIMS_DEMO_FAULT"
STRIKES_EVERY = 10
CUT_CHARACTERS = 20
OTHER_TEXT = "A text that nobody sent and that stands here now"


class OneRosterFault(Enum):
    """One fault: its name in `SIMS_DEMO_FAULT`, what the server then does, and how the product must end.

    It strikes the first write that a server is asked for, and every tenth: 1, 11, 21 and so on.
    """

    DROP_AFTER_ACCEPT = (
        "drop_after_accept",
        "says that it took the write over, and drops it",
        "never confirmed from the answer: reading back finds nothing, and it is sent again",
    )
    CUT_TEXT = (
        "cut_text",
        f"keeps only the first {CUT_CHARACTERS} characters",
        "never confirmed: reading back finds another text",
    )
    TIMEOUT_BEFORE_COMMIT = (
        "timeout_before_commit",
        "takes longer than the client waits, and never writes",
        "unknown; after a look it is sent again",
    )
    TIMEOUT_AFTER_COMMIT = (
        "timeout_after_commit",
        "writes, and then takes longer than the client waits",
        "unknown; after a look it is confirmed, and not sent again",
    )
    TOO_MANY_REQUESTS = (
        "too_many_requests",
        "answers 429 with Retry-After, and does not write",
        "waits and sends again, within the run",
    )
    SERVER_ERROR = (
        "server_error",
        "answers 500, and does not write",
        "unknown; after a look it is sent again",
    )
    TOKEN_EXPIRY = (
        "token_expiry",
        "refuses every key that it gave, the one of this write too",
        "fetches another key and sends again, within the run",
    )
    SLOW_SERVER = (
        "slow_server",
        "writes, and answers late but in time",
        "confirmed",
    )
    WRONG_VALUE = (
        "wrong_value",
        "writes another text",
        "never confirmed: reading back finds another text",
    )
    LOCKED = (
        "locked",
        "locks the result set of this write for good",
        "held, with what to do; the others are sent",
    )

    def __init__(self, code: str, meaning: str, ending: str) -> None:
        self.code = code
        self.meaning = meaning
        self.ending = ending


@dataclass(frozen=True, slots=True)
class Pauses:
    """How long the faults take, in seconds: the demo's client waits one second for an answer."""

    past_time_out: float = 2.5
    slow: float = 0.7
    retry_after: str = "1"


def oneroster_fault_of(environment: Mapping[str, str]) -> OneRosterFault | None:
    """The fault that is switched on, if it is one of the server's; those of the reporter are left to it.

    Raises:
        ValueError: no fault of that name; the message lists those there are.
    """
    code = environment.get(FAULT_VARIABLE, "")
    for fault in OneRosterFault:
        if fault.code == code:
            return fault
    if code:
        from sims_sync.demo.faults import fault_of  # noqa: PLC0415 - the server starts quicker without the reports

        fault_of(environment)
    return None
