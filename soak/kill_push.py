"""P3 for the push: killed at any boundary of collect, push and confirm, the next runs end as if nothing had been.

Each kill is on a fresh copy of the same small school (`push_school`) and at another boundary (`dying`); the simulated
OneRoster server is a child of the killed command and finishes what it is working at, as a real server would. Then the
same jobs run again, undisturbed, and once more where a delivery is still under way. Compared with a push that was left
alone: entries and deliveries in the store, every value that SIMS ever held, and the log of what was written there.
"""

import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from soak.folder import run_command, sims_sync
from soak.push_school import Facts, copy_school, facts_of, files_in, is_open, make_school

PROCESSES = 2
RUNS_AFTER = 3  # so many at most, until nothing is under way
BY_LOOKING = ("collect_proformas", "push_targets", "confirm_targets", "pull_entries")
BY_EXPORT = ("collect_proformas", "push_targets", "pull_entries", "confirm_targets")


@dataclass(frozen=True, slots=True)
class Round:
    """One way through collect, push and confirm; `points` = how many of its boundaries are tried, 0 = each."""

    name: str
    jobs: Sequence[str]
    fault: str = ""
    points: int = 0


ROUNDS = (
    Round("confirmed by looking", BY_LOOKING),
    Round("confirmed by the export", BY_EXPORT, points=40),
    Round("SIMS writes and does not answer", BY_LOOKING, "timeout_after_commit", 30),
    Round("SIMS says yes and drops it", BY_LOOKING, "drop_after_accept", 30),
)


@dataclass(frozen=True, slots=True)
class Death:
    """One kill: at which boundary, of which kind, and what was wrong afterwards (nothing: all is well)."""

    number: int
    kind: str
    runs_after: int
    faults: tuple[str, ...]


@dataclass(slots=True)
class Tally:
    """What all rounds gave."""

    kinds: Counter[str] = field(default_factory=Counter)
    deaths: int = 0
    well: int = 0
    again: int = 0


def kill_push(points: int | None = None) -> bool:
    """Whether all of them ended well; `points` limits how many boundaries of each round are tried."""
    began, tally = time.monotonic(), Tally()
    with tempfile.TemporaryDirectory(prefix="sims-sync-soak-", ignore_cleanup_errors=True) as name:
        place = Path(name)
        make_school(place / "base")
        for each in ROUNDS:
            _play(each, place, points, tally)
    kinds = ", ".join(f"{count} at a {kind}" for kind, count in tally.kinds.most_common())
    print(f"kill_push: {tally.well} of {tally.deaths} kill points ended as a push that was left alone: nothing lost,")
    print("           no revision written twice, nothing sent blindly again.")
    print(f"           {kinds}; {tally.again} needed more than one run after it; {time.monotonic() - began:,.0f} s.")
    return tally.well == tally.deaths > 0


def _play(each: Round, place: Path, points: int | None, tally: Tally) -> None:
    wanted = _undisturbed(each, place)
    numbers = _chosen(_count(each, place), points if points is not None else each.points)
    with ThreadPoolExecutor(PROCESSES) as pool:
        deaths = [death for death in pool.map(partial(_die, each, place, wanted), numbers) if death is not None]
    for death in deaths:
        tally.kinds[death.kind.partition(" ")[2]] += 1
        tally.again += death.runs_after > 1
        if death.faults:
            print(f"kill_push: {each.name}, point {death.number} ({death.kind}): {'; '.join(death.faults)}.")
    well = sum(not death.faults for death in deaths)
    tally.deaths += len(deaths) or 1  # a round in which nothing died proves nothing, and is not well
    tally.well += well
    writes = len(wanted.writes)
    print(f"kill_push: {each.name}: {well} of {len(deaths)} kill points well ({writes} revisions in SIMS's log).")


def _undisturbed(each: Round, place: Path) -> Facts:
    """The end that all must come to; no fault strikes it."""
    folder = copy_school(place / "base", place / "undisturbed")
    sims_sync(folder, "run", *each.jobs)
    wanted = facts_of(folder)
    if is_open(folder) or max(wanted.writes.values()) > 1:
        raise AssertionError("Even a push that is left alone does not come to its end.")
    shutil.rmtree(folder)
    return wanted


def _count(each: Round, place: Path) -> int:
    """How many boundaries the round's run comes by."""
    folder, note = copy_school(place / "base", place / "counted"), place / "counted.txt"
    run_command(_dying(0, note), folder, ("run", *each.jobs), each.fault)
    shutil.rmtree(folder)
    return len(note.read_text(encoding="utf-8").splitlines())


def _chosen(count: int, points: int) -> Sequence[int]:
    """Every boundary, or so many of them, evenly."""
    if not points or points >= count:
        return range(1, count + 1)
    return [1 + number * count // points for number in range(points)]


def _die(each: Round, place: Path, wanted: Facts, number: int) -> Death | None:
    """Kill one run and judge what comes after; None where it ended before its boundary (threads differ a little)."""
    folder = copy_school(place / "base", place / f"killed-{number}")
    note = place / f"killed-{number}.txt"
    run_command(_dying(number, note), folder, ("run", *each.jobs), each.fault)
    if not note.exists():
        shutil.rmtree(folder)
        return None
    kind = note.read_text(encoding="utf-8")
    handed_in = files_in(folder)
    runs = 0
    while runs == 0 or (runs < RUNS_AFTER and is_open(folder)):
        sims_sync(folder, "run", *each.jobs)
        runs += 1
    faults = _faults(facts_of(folder), wanted, handed_in)
    if not faults:
        shutil.rmtree(folder, ignore_errors=True)
    return Death(number, kind, runs, tuple(faults))


def _faults(found: Facts, wanted: Facts, handed_in: frozenset[str]) -> list[str]:
    faults = []
    twice = sum(count > 1 for count in found.writes.values())
    if twice:
        faults.append(f"{twice} revisions were written twice")
    if found.writes.keys() != wanted.writes.keys():
        lost, more = wanted.writes.keys() - found.writes.keys(), found.writes.keys() - wanted.writes.keys()
        faults.append(f"{len(lost)} revisions are missing in SIMS's log, {len(more)} are too many")
    if found.sims != wanted.sims:
        faults.append("SIMS does not hold the same values")
    if found.store != wanted.store:
        differing = Counter(row.partition(",")[0] for row in found.store ^ wanted.store)
        faults.append(f"the store differs: {dict(differing)}")
    if not wanted.handed_in == found.handed_in == handed_in:
        faults.append("a pro-forma is lost, or is not done")
    return faults


def _dying(number: int, note: Path) -> list[str]:
    return [sys.executable, "-m", "soak.dying", str(number), str(note)]
