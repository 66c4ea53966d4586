"""Where does a text on its way into SIMS stand, and what does a look at SIMS mean for it? Pure (DESIGN §5, rule 17)."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum, StrEnum

from sims_sync.entry_text import is_withdrawn, normalise

IN_SIMS_ALREADY = "in-sims-already"  # the tutor typed the same text there
ATTEMPTS_MAX = 3  # of one revision, before a person is asked


class DeliveryState(StrEnum):
    """How far a delivery has come."""

    QUEUED = "queued"  # to be sent
    SENDING = "sending"  # an attempt has begun; found so at a start, its outcome is unknown
    SENT = "sent"  # SIMS said yes; not yet seen there
    CONFIRMED = "confirmed"  # read back, and equal
    DIFFERS = "differs"  # SIMS holds something else than was sent
    CONFLICT = "conflict"  # SIMS holds a value that is not ours, and ours competes with it
    REJECTED = "rejected"  # refused for a reason that sending it again does not mend
    UNKNOWN = "unknown"  # may or may not have been written: looked at before anything is sent
    WAITING = "waiting"  # in a file that a person imports
    HELD = "held"  # a person must put something right first; `reason` says what
    WITHDRAWN = "withdrawn"  # the entry was withdrawn, and SIMS says so too where it had it


OPEN_STATES = frozenset(
    {DeliveryState.QUEUED, DeliveryState.SENDING, DeliveryState.SENT, DeliveryState.UNKNOWN, DeliveryState.WAITING}
)
NEEDS_PERSON = frozenset({DeliveryState.DIFFERS, DeliveryState.CONFLICT, DeliveryState.REJECTED, DeliveryState.HELD})


@dataclass(frozen=True, slots=True)
class StoredDelivery:
    """One delivery as it stands. `ours`: every text of it that may ever have been in SIMS, normalised."""

    delivery_key: str
    half_term: str
    student_id: str
    slot: str
    entry_key: str
    position: int
    state: DeliveryState
    reason: str
    revision: int
    text: str
    result_date: date
    withdrawal: bool
    over_theirs: bool
    sims_text: str | None
    attempts: int
    queued_at: datetime
    attempted_at: datetime | None
    sent_at: datetime | None
    confirmed_at: datetime | None
    confirmed_revision: int | None
    file: str | None
    ours: AbstractSet[str] = frozenset()

    @property
    def was_attempted(self) -> bool:
        """Whether any revision of it may be in SIMS."""
        return bool(self.ours)

    @property
    def is_in_sims(self) -> bool:
        """Whether SIMS is known to hold what the entry says: read back, or typed there by the tutor as well."""
        return self.state is DeliveryState.CONFIRMED or self.reason == IN_SIMS_ALREADY


class Seen(Enum):
    """What a look at SIMS showed in a delivery's place."""

    EQUAL = "equal"
    NOTHING = "nothing"
    OURS = "ours"  # another text that we once sent, or one that a person said ours may take the place of
    THEIRS = "theirs"  # a text that we never sent


class Step(Enum):
    """What follows from a look."""

    WRITE = "write"
    CONFIRM = "confirm"
    ADOPT = "adopt"  # the newer value typed in SIMS becomes the entry's next version
    SEND_AGAIN = "send again"
    DIFFERS = "differs"
    CONFLICT = "conflict"
    LET_GO = "let go"  # a withdrawn entry whose place someone else has filled
    STAY = "stay"


def what_is_seen(delivery: StoredDelivery, text: str | None) -> Seen:
    """Compare as SIMS keeps texts: white space apart."""
    if text is None or not normalise(text):
        return Seen.NOTHING
    line = normalise(text)
    if line == normalise(delivery.text):
        return Seen.EQUAL
    return Seen.OURS if line in delivery.ours or line == _given_up(delivery) else Seen.THEIRS


def _given_up(delivery: StoredDelivery) -> str | None:
    """The text that a person looked at and gave up by `resend`; what was typed since then they never saw."""
    return normalise(delivery.sims_text) if delivery.over_theirs and delivery.sims_text else None


def before_write(delivery: StoredDelivery, seen: Seen) -> Step:
    """Whether to write: only over nothing, over a value we sent, or over one that a person gave up (DESIGN §5).

    A value that is there already needs no second write: it was written by an attempt whose outcome we never heard.
    """
    if seen is Seen.EQUAL:
        return Step.CONFIRM
    if seen in {Seen.NOTHING, Seen.OURS}:
        return Step.WRITE
    return Step.LET_GO if delivery.withdrawal else Step.CONFLICT


def after_look(delivery: StoredDelivery, seen: Seen, text: str | None) -> Step:
    """What a look that began after the last attempt means for a delivery that is not about to be sent.

    Where SIMS holds what we never sent: typed after ours was seen there, it is adopted; in the place of a revision that
    was never seen there, nobody can say whether SIMS changed ours or someone typed over it, so a person looks.
    """
    if seen is Seen.EQUAL:
        return Step.CONFIRM
    if delivery.state is DeliveryState.CONFIRMED:
        return Step.ADOPT if seen is Seen.THEIRS and not is_withdrawn(text or "") else Step.DIFFERS
    if delivery.state is DeliveryState.WITHDRAWN:
        return Step.STAY
    if seen is Seen.THEIRS:
        return Step.LET_GO if delivery.withdrawal else Step.DIFFERS
    # It was said to be taken over and is not there.
    return Step.SEND_AGAIN if delivery.attempts < ATTEMPTS_MAX else Step.DIFFERS


def competing(delivery: StoredDelivery, seen: Seen) -> Step:
    """What a look means for a delivery that still waits to be sent: a value of others in its place is a conflict."""
    if seen is Seen.EQUAL:
        return Step.CONFIRM
    return before_write(delivery, seen) if seen is Seen.THEIRS else Step.STAY
