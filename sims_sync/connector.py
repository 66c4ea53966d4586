"""The contracts between the product and the outside: Source, Destination, Mailer, and what passes through them.

A connector yields raw rows and knows nothing of fields: only `mapping` knows what "Adno" means (DESIGN §3).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import date, datetime
from email.message import EmailMessage
from enum import StrEnum
from pathlib import Path
from typing import Protocol, runtime_checkable

from pydantic import BaseModel, ConfigDict

from sims_sync.records import Delivery, Kind


class Options(BaseModel):
    """The keys a connector accepts in its table of config.toml; an unknown key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


@dataclass(frozen=True, slots=True)
class Row:
    """One raw row: its number in the source (1 = first) and its text by decoded column name.

    A column that is absent is null (SIMS §2); an empty text is kept as it came.
    """

    number: int
    values: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class SourceState:
    """When the data was true and what was read.

    `began` is aware: the start of the reporter's run, else the file's modification time. `fingerprint` is a hash of
    the raw bytes; `incremental` sources list only what changed, so nothing is ever missing from them.
    """

    name: str
    began: datetime
    size: int | None = None
    fingerprint: str | None = None
    incremental: bool = False


class Reading(Protocol):
    """One read of one kind, opened but not yet consumed."""

    @property
    def state(self) -> SourceState:
        """When the data was true; known before the first row."""

    @property
    def columns(self) -> Sequence[str]:
        """Every column name seen so far, in order of first appearance; after the last row, all of the source's."""

    def rows(self) -> Iterator[Row]:
        """Stream the rows in source order.

        Only when the iterator ends without an error is the read whole: stage what it yields, use it after.

        Raises:
            SourceFailed: the source said that it failed.
            SourceRefused: empty, malformed or incomplete content.
            SourceUnavailable: it could not be reached in time.
        """

    def settle(self, run_id: str, *, good: bool) -> None:
        """Tell the source how it went, e.g. to move the file to `done/` or `failed/` under the run's id."""


@runtime_checkable
class WholeFile(Protocol):
    """A reading that is one local file, and may be read by its bytes instead of its rows."""

    def whole_file(self) -> AbstractContextManager[Path]:
        """The file's path while the block lasts.

        As with `rows`, only a normal end of the block says that the read was whole. A block left by an exception leaves
        the reading as it was: it can still be read by its rows.
        """


@dataclass(frozen=True, slots=True)
class RowProblem:
    """What became of one row that was not taken over as it stands.

    `number` is the row's. `code` is stable; `field` is the mapped field's name; `what` and `do` quote nothing of it.
    """

    number: int
    code: str
    field: str
    what: str
    do: str = ""


@runtime_checkable
class Answerable(Protocol):
    """A reading that can be answered: whoever made it learns what to correct."""

    def answer(self, problems: Sequence[RowProblem], *, taken: bool) -> None:
        """Say what is wrong, by row; `taken`: the other rows were taken over. Called once, before `settle`.

        Raises:
            RetriableError: the answer cannot be written.
        """


@runtime_checkable
class Source(Protocol):
    """A system that can be read."""

    def read(self, kind: Kind) -> Sequence[Reading]:
        """Open what is waiting, oldest first; an empty sequence means that nothing new is there.

        Raises:
            SourceFailed, SourceRefused, SourceUnavailable: as for `Reading.rows`.
        """

    def check(self) -> Sequence["Finding"]:
        """Say what an admin should know before the first run; never raises for a foreseeable fault."""


@runtime_checkable
class MayBeTried(Protocol):
    """A source that can be read just to see what comes: nothing is moved by it, and nothing of it is remembered."""

    def trial(self, kind: Kind) -> AbstractContextManager[Reading]:
        """One reading, which is forgotten when the block ends.

        Raises:
            SourceFailed, SourceRefused, SourceUnavailable: as for `Reading.rows`.
        """


class Severity(StrEnum):
    """How a finding of `check` is to be taken."""

    FINE = "fine"
    WARN = "warn"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of `check`: what was looked at, how it is, and what to do."""

    severity: Severity
    subject: str
    what: str
    do: str = ""


@dataclass(frozen=True, slots=True)
class Traits:
    """What a destination is like.

    `needs_person`: it writes a file that a person imports, and cannot look into SIMS itself. `overwrites`: a second
    write to a place takes the first one's place. `text_limit` in characters, `encoding` the character set that SIMS can
    hold. `quiet_seconds`: so long after a write of unknown outcome SIMS may still take it over.
    """

    needs_person: bool = False
    overwrites: bool = True
    text_limit: int = 1000
    encoding: str = "windows-1252"
    quiet_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Holding:
    """What SIMS holds in a delivery's place: `text` None = nothing. `known` False: it could not be looked at.

    Where it could not, `code`, `what` and `do` say why: the same codes as those of a `Receipt`.
    """

    delivery_key: str
    known: bool
    text: str | None = None
    result_date: date | None = None
    code: str = ""
    what: str = ""
    do: str = ""


class ReceiptOutcome(StrEnum):
    """What became of one delivery."""

    ACCEPTED = "accepted"  # the destination says that it took it over; not yet that SIMS holds it
    REJECTED = "rejected"  # refused, certainly not written
    UNKNOWN = "unknown"  # may or may not have been written: look before anything is sent again
    WITHHELD = "withheld"  # `may_write` said no: nothing was sent
    NOT_SENT = "not sent"  # certainly not written, and may be sent later as it is: SIMS could not be looked at
    ISSUED = "issued"  # written into a file that now waits for a person


@dataclass(frozen=True, slots=True)
class Receipt:
    """The outcome of one delivery's revision.

    `holding` is what was seen just before. `code`, `what` and `do` say why it was refused, without any student's data;
    the codes `locked`, `no-result-set`, `no-aspect`, `unknown-student`, `no-permission`, `too-long` and `characters`
    have the same meaning in every destination: a person must put that right, then it can be sent (DESIGN §5).
    `file` names the file that holds it, where there is one.
    """

    delivery_key: str
    revision: int
    outcome: ReceiptOutcome
    holding: Holding | None = None
    code: str = ""
    what: str = ""
    do: str = ""
    file: str = ""


class MayWrite(Protocol):
    """Says whether a delivery may be written over what SIMS holds. May be called from several threads."""

    def __call__(self, delivery: Delivery, holding: Holding) -> bool:
        """Whether to write now."""


@runtime_checkable
class Destination(Protocol):
    """A way into SIMS for deliveries (DESIGN §3, §5)."""

    @property
    def traits(self) -> Traits:
        """What it is like."""

    def deliver(self, batch: Sequence[Delivery], may_write: MayWrite) -> Iterator[Receipt]:
        """Write each delivery at most once and yield its receipt, in any order, as soon as it is known.

        Immediately before each write SIMS is looked at, where that is possible, and `may_write` asked. Nothing is sent
        a second time within a call unless the first was certainly not taken over.

        Raises:
            RetriableError, RunError: nothing of what has no receipt yet was written (e.g. no key could be had).
        """

    def look_up(self, deliveries: Sequence[Delivery]) -> Iterator[Holding]:
        """What SIMS holds now in the place of each, in any order; one `Holding` each.

        Raises:
            RetriableError, RunError: SIMS could not be looked at.
        """

    def check(self) -> Sequence["Finding"]:
        """Say what an admin should know before the first delivery; never raises for a foreseeable fault."""


class SendOutcome(StrEnum):
    """What became of one message."""

    SENT = "sent"
    REFUSED = "refused"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class SendResult:
    """The outcome of one send; `detail` is a sentence without any of the message's content."""

    outcome: SendOutcome
    detail: str = ""


class Mailer(Protocol):
    """Something that delivers one message to its one recipient."""

    def send(self, message: EmailMessage) -> SendResult:
        """Deliver `message`, whose Message-ID is already fixed.

        Raises:
            RetriableError: the server could not be reached or said "later"; nothing was accepted.
        """

    def check(self) -> Sequence[Finding]:
        """Say what an admin should know before the first message."""


@dataclass(frozen=True, slots=True)
class ConnectorContext:
    """What every connector is built with, besides its Options.

    `base` is the folder of config.toml: relative paths in Options start there. `work` is a folder for the connector's
    own short-lived files. `now` is the product's clock (DESIGN §7), aware and UTC. `secret` turns a reference of the
    config ("env:NAME", "file:PATH", "credential:NAME", "keyring:NAME") into its text at the moment of use. `stopping`
    says whether the service is to stop: what waits long asks it, and raises `RunInterrupted`.
    """

    base: Path
    work: Path
    now: "Clock"
    secret: "SecretReader"
    environment: Mapping[str, str] = field(default_factory=dict)
    stopping: Callable[[], bool] = field(default=lambda: False)


class Clock(Protocol):
    """The product's clock."""

    def __call__(self) -> datetime:
        """The present moment, aware and UTC."""


class SecretReader(Protocol):
    """Turns a reference into a secret."""

    def __call__(self, reference: str) -> str:
        """The secret's text.

        Raises:
            ConfigurationError: not found, empty, or readable by everyone.
        """
