"""The contracts between the product and the outside: Source, Mailer, and what passes through them.

A connector yields raw rows and knows nothing of fields: only `mapping` knows what "Adno" means (DESIGN §3).
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from email.message import EmailMessage
from enum import StrEnum
from pathlib import Path
from typing import Protocol, runtime_checkable

from pydantic import BaseModel, ConfigDict

from sims_sync.records import Kind


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
    config ("env:NAME", "file:PATH", "keyring:NAME") into its text at the moment of use.
    """

    base: Path
    work: Path
    now: "Clock"
    secret: "SecretReader"
    environment: Mapping[str, str] = field(default_factory=dict)


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
