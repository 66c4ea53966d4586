"""In which order is everything measured, and what came of it? Each task in its own process, one after another, in turn.

In turn, because a machine's speed drifts over minutes: what is compared should have run side by side.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bench.place import BenchFault, fresh_folder
from bench.task import EXIT_NOT_INSTALLED, MEASURED_FILE

PEER_ONCE_FROM_SIZE = 1_000_000  # a peer takes minutes there: one round will do
PEER_LIMIT_SECONDS = 1_200
ROOT = Path(__file__).parent.parent


@dataclass(frozen=True, slots=True)
class Measure:
    """Something to measure: `task` is a `module:function`; its time is divided by that of `against`.

    `before` is a task that prepares the ground, unmeasured; `after` a measure whose traces this one needs.
    """

    name: str
    task: str
    against: str
    before: str = ""
    after: str = ""
    is_peer: bool = False


MEASURES = (
    Measure("floor", "bench.floor:floor", "floor"),
    Measure("dicts", "bench.floor:dicts", "dicts"),
    Measure("first", "bench.pulls:first", "floor", before="bench.pulls:prepare"),
    Measure("unchanged", "bench.pulls:unchanged", "dicts", after="first"),
    Measure("changed", "bench.pulls:changed", "dicts", after="first"),
    Measure("peer-pandas", "bench.peer_pandas:whole_load", "first", is_peer=True),
    Measure("peer-dlt", "bench.peer_dlt:whole_load", "first", is_peer=True),
    Measure("peer-dlt-again", "bench.peer_dlt:again", "first", after="peer-dlt", is_peer=True),
)
_BY_NAME = {measure.name: measure for measure in MEASURES}


@dataclass(slots=True)
class Measured:
    """What the rounds gave for one measure of one size; `not_run` says why there is nothing, or not all."""

    measure: Measure
    size: int
    seconds: list[float] = field(default_factory=list)
    peaks_mb: list[float] = field(default_factory=list)
    not_run: str = ""


def chosen_measures(only: Sequence[str], size: int, *, with_peers: bool) -> tuple[Measure, ...]:
    """The measures whose name, with or without the size, is in `only` (none = all), and what those need."""
    wanted: set[str] = set()
    for measure in MEASURES:
        if not only or {measure.name, f"{measure.name}-{size}"} & set(only):
            wanted |= _with_needs(measure.name)
    return tuple(each for each in MEASURES if each.name in wanted and (with_peers or not each.is_peer))


def run_rounds(
    measures: Sequence[Measure], size: int, repeats: int, folder: Path, say: Callable[[str], None]
) -> list[Measured]:
    """Write the load of one size and measure on it, `repeats` times in turn.

    Raises:
        BenchFault: one of our own measures failed; a peer's failure is only noted.
    """
    fresh_folder(folder)
    run_alone("bench.load:write_load", folder, size)
    results = {measure.name: Measured(measure, size) for measure in measures}
    for number in range(1, repeats + 1):
        for result in results.values():
            if _is_due(result, number, results):
                _measure(result, folder)
                say(f"{size:>9,}  {number} of {repeats}  {result.measure.name:<15} {_shown(result)}")
    return list(results.values())


def run_alone(task: str, folder: Path, size: int, *, limit_seconds: float | None = None) -> tuple[float, float]:
    """Run one task in a process of its own; (seconds, peak MB).

    Raises:
        ModuleNotFoundError: what it measures is not installed.
        BenchFault: it failed or took longer than its limit.
    """
    command = [sys.executable, "-m", "bench.task", task, str(folder.absolute()), str(size)]
    try:
        ended = subprocess.run(  # noqa: S603 - this package, by this interpreter
            command,
            cwd=ROOT,
            env={**os.environ, "PYTHONIOENCODING": "utf-8"},
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=limit_seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise BenchFault(f"stopped after {limit_seconds:,.0f} s") from None
    if ended.returncode == EXIT_NOT_INSTALLED:
        raise ModuleNotFoundError(_last_line(ended.stderr))
    if ended.returncode:
        raise BenchFault(_last_line(ended.stderr) or f"ended with exit code {ended.returncode}")
    measured = json.loads((folder / MEASURED_FILE).read_text(encoding="utf-8"))
    return measured["seconds"], measured["peak_mb"]


def _with_needs(name: str) -> set[str]:
    measure = _BY_NAME[name]
    needs = {measure.against, measure.after} - {name, ""}
    return {name}.union(*map(_with_needs, needs))


def _is_due(result: Measured, number: int, results: dict[str, Measured]) -> bool:
    measure = result.measure
    if result.not_run or (number > 1 and measure.is_peer and result.size >= PEER_ONCE_FROM_SIZE):
        return False
    if measure.after and results[measure.after].not_run:
        result.not_run = f"{measure.after} was not measured"
    return not result.not_run


def _measure(result: Measured, folder: Path) -> None:
    measure = result.measure
    try:
        if measure.before:
            run_alone(measure.before, folder, result.size)
        limit = PEER_LIMIT_SECONDS if measure.is_peer else None
        seconds, peak = run_alone(measure.task, folder, result.size, limit_seconds=limit)
    except (BenchFault, ModuleNotFoundError) as fault:
        if not measure.is_peer:
            raise BenchFault(f"{measure.name}-{result.size}: {fault}") from None
        result.not_run = str(fault)
    else:
        result.seconds.append(seconds)
        result.peaks_mb.append(peak)


def _shown(result: Measured) -> str:
    return f"not run: {result.not_run}" if result.not_run else f"{result.seconds[-1]:9.3f} s"


def _last_line(text: str) -> str:
    return next((line.strip() for line in reversed(text.splitlines()) if line.strip()), "")
