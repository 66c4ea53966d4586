"""How a run ended, and which exit code that is (DESIGN §6)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from sims_sync.errors import ConfigurationError, LeaseHeld, SafetyStop, SimsSyncError


class Ending(StrEnum):
    """How one run ended."""

    DONE = "done"
    HELD = "held"
    STOPPED = "stopped"
    FAILED = "failed"
    BUSY = "busy"
    INTERRUPTED = "interrupted"
    MISCONFIGURED = "misconfigured"

    @property
    def shown(self) -> str:
        """The word of the outputs (DESIGN §6): a run that the configuration stopped has failed."""
        return Ending.FAILED.value if self is Ending.MISCONFIGURED else self.value


EXIT_CODES = {
    Ending.DONE: 0,
    Ending.FAILED: 1,
    Ending.MISCONFIGURED: 2,
    Ending.HELD: 3,
    Ending.STOPPED: 4,
    Ending.BUSY: 5,
    Ending.INTERRUPTED: 130,
}
_WORST_FIRST = (
    Ending.INTERRUPTED,
    Ending.MISCONFIGURED,
    Ending.FAILED,
    Ending.STOPPED,
    Ending.BUSY,
    Ending.HELD,
    Ending.DONE,
)
COUNT_NAMES = ("read", "added", "changed", "missing", "unchanged", "held")


@dataclass(frozen=True, slots=True)
class Problem:
    """One sentence of a run: stable code, what happened, what to do, and which source it concerns."""

    code: str
    what: str
    do: str = ""
    source: str = ""

    def as_json(self) -> dict[str, str]:
        """For `--json` and the run's row."""
        return {"code": self.code, "what": self.what, "do": self.do, "source": self.source}

    def __str__(self) -> str:
        return f"{self.what} {self.do}".strip()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one job, or one part of it, did. `notes` are sentences that need no action."""

    ending: Ending = Ending.DONE
    counts: Mapping[str, int] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    notes: tuple[str, ...] = ()
    waiting: bool = False  # a plan waits for a person …
    kept: bool = False  # … and its rows are kept, so that its source may go

    @property
    def exit_code(self) -> int:
        """The process's exit code for it."""
        return EXIT_CODES[self.ending]


def worst(endings: Iterable[Ending]) -> Ending:
    """The worst of several, in the order 130, 2, 1, 4, 5, 3, 0 (DESIGN §6)."""
    found = set(endings)
    return next((ending for ending in _WORST_FIRST if ending in found), Ending.DONE)


def together(outcomes: Iterable[Outcome]) -> Outcome:
    """Several parts as one: the worst ending, the sums of the counts, all problems and notes in order."""
    listed = list(outcomes)
    counts = {name: sum(part.counts.get(name, 0) for part in listed) for name in COUNT_NAMES}
    return Outcome(
        worst(part.ending for part in listed),
        counts,
        tuple(problem for part in listed for problem in part.problems),
        tuple(note for part in listed for note in part.notes),
        any(part.waiting for part in listed),
        all(part.kept for part in listed if part.waiting),
    )


def ending_of(error: SimsSyncError) -> Ending:
    """How a run ends that this error stopped."""
    if isinstance(error, ConfigurationError):
        return Ending.MISCONFIGURED
    if isinstance(error, SafetyStop):
        return Ending.STOPPED
    return Ending.BUSY if isinstance(error, LeaseHeld) else Ending.FAILED


def problem_of(error: SimsSyncError, source: str = "") -> Problem:
    """An error as a run's problem."""
    return Problem(error.code, error.what, error.do, source)
