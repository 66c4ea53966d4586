"""What does a source look like that holds its rows in memory: the twin of the real ones, for tests of the engines?"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar

from sims_sync.connector import ConnectorContext, Finding, Options, Row, Severity, SourceState
from sims_sync.errors import SimsSyncError
from sims_sync.records import Kind


class MemoryOptions(Options):
    """A source in memory has no settings."""


@dataclass(slots=True)
class MemoryReading:
    """One scripted read. `error` is raised after `fail_after` rows (0 = before the first).

    `settled` shows what the engine reported: the run's id and whether it went well; None = nothing yet.
    """

    table: Sequence[Mapping[str, str]]
    state: SourceState
    error: SimsSyncError | None = None
    fail_after: int = 0
    settled: tuple[str, bool] | None = None
    _columns: dict[str, None] = field(default_factory=dict)

    @property
    def columns(self) -> Sequence[str]:
        """Every column name seen so far, in order of first appearance."""
        return tuple(self._columns)

    def rows(self) -> Iterator[Row]:
        """Stream the rows up to the scripted error."""
        shown = self.table if self.error is None else self.table[: self.fail_after]
        for number, values in enumerate(shown, start=1):
            self._columns.update(dict.fromkeys(values))
            yield Row(number, dict(values))
        if self.error is not None:
            raise self.error

    def settle(self, run_id: str, *, good: bool) -> None:
        """Remember how it went, the first time."""
        self.settled = self.settled or (run_id, good)


class MemorySource:
    """A source whose readings are put in by hand.

    What has been settled well is gone, as a file moved to `done/` is; what has not is offered again.
    """

    Options: ClassVar[type[MemoryOptions]] = MemoryOptions
    kind_of_connector: ClassVar[str] = "source"
    description: ClassVar[str] = "Rows held in memory, for tests."

    def __init__(self, options: MemoryOptions, context: ConnectorContext) -> None:
        self._options = options
        self._context = context
        self._readings: dict[Kind, list[MemoryReading]] = {}
        self._errors: dict[Kind, SimsSyncError] = {}
        self.notes: tuple[str, ...] = ()

    def put(
        self,
        kind: Kind,
        table: Sequence[Mapping[str, str]],
        *,
        began: datetime | None = None,
        name: str = "memory",
        fingerprint: str | None = None,
        incremental: bool = False,
        error: SimsSyncError | None = None,
        fail_after: int = 0,
    ) -> MemoryReading:
        """Add one reading for `kind`; `began` is the context's clock unless given."""
        state = SourceState(
            name=name,
            began=began or self._context.now(),
            size=len(table),
            fingerprint=fingerprint,
            incremental=incremental,
        )
        reading = MemoryReading(table, state, error, fail_after)
        self._readings.setdefault(kind, []).append(reading)
        return reading

    def fail(self, kind: Kind, error: SimsSyncError) -> None:
        """Make the next `read(kind)` raise `error` instead of opening anything."""
        self._errors[kind] = error

    def read(self, kind: Kind) -> Sequence[MemoryReading]:
        """What was put in for `kind` and not yet settled, oldest first.

        Raises:
            SimsSyncError: the error that `fail` scripted, once.
        """
        if kind in self._errors:
            raise self._errors.pop(kind)
        waiting = [reading for reading in self._readings.get(kind, []) if reading.settled is None]
        return sorted(waiting, key=lambda reading: reading.state.began)

    def check(self) -> Sequence[Finding]:
        """There is nothing to be wrong."""
        return (Finding(Severity.FINE, "memory", "Rows held in memory."),)
