"""What do others do with the service's work: alerts, pings, whoever shows the runs?"""

from collections.abc import Callable
from dataclasses import dataclass, field

from sims_sync.errors import SimsSyncError
from sims_sync.run import RunReport


def nothing() -> None:
    """Nothing is done."""


def _no_trouble(_error: SimsSyncError | None) -> None:
    """Nobody is told."""


@dataclass(slots=True)
class Hooks:
    """What others do with the service's work. A fault in `after_run` or `beside` is logged and stops nothing.

    `after_run` gets each finished run. `beside` is called after each wake, in a thread of its own; while it is still at
    work it is left out. `trouble` is told what keeps the store from being used, and None once it can be again.
    """

    after_run: list[Callable[[RunReport], object]] = field(default_factory=list)
    beside: Callable[[], None] = nothing
    trouble: Callable[[SimsSyncError | None], None] = _no_trouble
