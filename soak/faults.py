"""Faults around the service: one sentence, one alert, nothing harmed, and well again by itself when the cause goes?

The school stands at half past seven on the day of a reminder; a pro-forma has been handed in. With each fault of
`fault_list` the whole cycle runs twice, and the service is up for a while; then the cause goes, and an hour later both
are done once more. Compared is a school that had no fault: its store, the simulated SIMS and its log, and the mailbox.
"""

import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from soak.cycle import make_cycle_school
from soak.cycle_script import corrected_proforma
from soak.fault_list import EVERY_JOB, FAULTS, Fault, Place, may_be_tried, small_disk
from soak.folder import Ended, command, environment_of, run_command, set_clock, set_keys, with_config
from soak.outbox_facts import Mailbox, mailbox, mailbox_faults
from soak.post import MAILBOX, post_office
from soak.push_school import values_in_sims, writes_in_sims
from soak.store_facts import differing_tables, store_rows
from soak.year_school import REMINDER_DAY, at_half_past_seven, reference_year

RUNS = 2
STOP_SECONDS = 90  # a job that waits for a locked store, or for SIMS, is let come to its end
WELL = frozenset({0, 3})
MOMENT = at_half_past_seven(REMINDER_DAY)
EVE = MOMENT - timedelta(hours=20)
LATER = MOMENT + timedelta(hours=1)
NO_SENTENCE = ("Traceback", "unforeseen")
SHOWN = 150
UNDER_WAY = ("('delivery", "('written_list")  # what waits for SIMS says so; what went there is looked at in SIMS


@dataclass(frozen=True, slots=True)
class Stand:
    """How a school stands at one moment."""

    store: frozenset[str]
    sims: tuple[str, ...]
    writes: frozenset[tuple[str, int]]
    written_twice: int
    mailbox: Mailbox


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of one fault; `alerts`: the admin's mails while it lasted, and afterwards."""

    fault: Fault
    codes: tuple[int, ...]
    sentence: str
    alerts: tuple[tuple[str, ...], tuple[str, ...]]
    wrong: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Course:
    """What is run while a fault lasts and after it, how often, and for how long the service is up each time."""

    jobs: Sequence[str] = EVERY_JOB
    runs: int = RUNS
    served_seconds: float = 15


def faults(names: Sequence[str] = ()) -> bool:
    """Whether the school came well through each of them; `names`: only those with one of these words in their name."""
    chosen = [fault for fault in FAULTS if not names or any(name in fault.name for name in names)]
    with tempfile.TemporaryDirectory(prefix="sims-sync-soak-", ignore_cleanup_errors=True) as name:
        make_eve_school(Path(name) / "eve")
        return prove_faults(Path(name) / "eve", Path(name), chosen)


def make_eve_school(folder: Path, jobs: Sequence[str] = EVERY_JOB) -> None:
    """The school on the eve of the reminder, with all that was due before done; a mailbox lies in it."""
    make_cycle_school(folder)
    with post_office(folder / MAILBOX) as post, ExitStack() as sims:
        place = Place(folder, post, sims)
        set_keys(folder, {"port": str(post.port)})
        place.open_sims()
        set_clock(folder, EVE)
        _run(place, jobs)


def prove_faults(eve: Path, place: Path, chosen: Sequence[Fault], course: Course = Course()) -> bool:
    """Try each fault in a copy of a school."""
    began = time.monotonic()
    able = [fault for fault in chosen if may_be_tried(fault)]
    before, wanted, alone = _undisturbed(eve, place / "alone", course)
    tried = []
    for number, fault in enumerate(able):
        tried.append(_try(fault, eve, place / f"fault-{number}", course, wanted, alone))
        _print(tried[-1])
    for fault in chosen:
        if fault not in able:
            print(f"faults: {fault.name}: not tried, only the administrator of a Linux machine can bring it about.")
    well = sum(not each.wrong for each in tried)
    print(f"faults: {well} of {len(tried)} came well through; {time.monotonic() - began:,.0f} s.")
    return well == len(tried) > 0 and bool(wanted.mailbox.came - before.mailbox.came)


def _undisturbed(eve: Path, folder: Path, course: Course) -> tuple[Stand, Stand, list[int]]:
    """The school without a fault: before the day, at its end, and its exit codes."""
    with _place(eve, folder, folder.with_suffix(".others")) as place:
        before = _stand(place)
        for _ in range(course.runs):
            _run(place, course.jobs)
        _serve(place, course.served_seconds)
        set_clock(folder, LATER)
        _serve(place, course.served_seconds)
        codes = [_run(place, course.jobs).code for _ in range(course.runs)]
        return before, _stand(place), codes


def _try(fault: Fault, eve: Path, folder: Path, course: Course, wanted: Stand, alone: Sequence[int]) -> Tried:
    with ExitStack() as stack:
        if fault.own_disk:
            stack.enter_context(small_disk(folder))
        place = stack.enter_context(_place(eve, folder / "school", folder.with_suffix(".others")))
        before = _stand(place)
        with fault.brought(place):
            during = [_run(place, fault.jobs or course.jobs) for _ in range(course.runs)]
            _serve(place, course.served_seconds)
        then = _stand(place)
        set_clock(place.folder, LATER)
        _serve(place, course.served_seconds)
        after = [_run(place, course.jobs) for _ in range(course.runs)]
        end = _stand(place)
    wrong = [*_harm(then, before, wanted), *_unsaid(during), *_unhealed(end, wanted)]
    if [each.code for each in after] != list(alone):
        wrong.append("it is not well again: " + " / ".join(_sentences(after[-1])))
    during_it = then.mailbox.others - wanted.mailbox.others
    alerts = (tuple(during_it), tuple(end.mailbox.others - wanted.mailbox.others - during_it))
    sentence = next((each for ended in during for each in _sentences(ended)), "")
    return Tried(fault, tuple(each.code for each in during), sentence, alerts, tuple(wrong))


@contextmanager
def _place(eve: Path, folder: Path, others: Path) -> Iterator[Place]:
    """A copy of the school on the morning of the reminder, with servers of its own.

    `others`: where the other machines' files lie, SIMS's and the mail server's, which no fault of our disk touches.
    """
    shutil.copytree(eve, folder)
    others.mkdir()
    shutil.move(folder / "sims", others / "sims")
    shutil.move(folder / MAILBOX, others / MAILBOX)
    (folder / "sims").symlink_to(others / "sims", target_is_directory=True)
    with post_office(others / MAILBOX) as post, ExitStack() as sims:
        place = Place(folder, post, sims)
        set_keys(folder, {"port": str(post.port)})
        place.open_sims()
        set_clock(folder, MOMENT)
        corrected_proforma(folder, MOMENT)
        yield place


def _run(place: Place, jobs: Sequence[str]) -> Ended:
    return run_command(command(), place.folder, jobs, place.struck_by, place.sims_clock)


def _serve(place: Place, seconds: float) -> None:
    """Let the service be up for so long: it is what tells the admin where no job can."""
    if not seconds:
        return
    words = [*command(), *with_config(place.folder, ("serve",))]
    service = subprocess.Popen(
        words,
        env=environment_of(place.struck_by, place.sims_clock),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        service.wait(seconds)
    except subprocess.TimeoutExpired:
        service.terminate()
        try:
            service.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            service.kill()
            service.wait()


def _stand(place: Place) -> Stand:
    writes = writes_in_sims(place.folder)
    return Stand(
        store_rows(place.folder),
        values_in_sims(place.folder),
        frozenset(writes),
        sum(count > 1 for count in writes.values()),
        mailbox(place.folder, place.post.mails(), reference_year()),
    )


def _harm(then: Stand, before: Stand, wanted: Stand) -> list[str]:
    """What was done while the fault lasted that should not: a row as it was neither before nor will be is one."""
    found = []
    strange = {row for row in then.store - before.store - wanted.store if not row.startswith(UNDER_WAY)}
    if strange:
        found.append(f"the store was changed: {differing_tables(frozenset(strange), frozenset())}")
    if named := then.mailbox.came.keys() - wanted.mailbox.came.keys():
        found.append(f"{len(named)} messages to staff left that should not")
    if then.writes - wanted.writes:
        found.append("something was written into SIMS that should not")
    return found


def _unsaid(during: Sequence[Ended]) -> list[str]:
    found = [f"it printed: {word}" for word in NO_SENTENCE if any(word in ended.printed for ended in during)]
    if all(ended.code in WELL for ended in during) and not any(map(_sentences, during)):
        found.append("nobody was told: neither a sentence nor an exit code")
    return found


def _unhealed(end: Stand, wanted: Stand) -> list[str]:
    found = mailbox_faults(end.mailbox, wanted.mailbox, 0)
    if end.store != wanted.store:
        found.append(f"afterwards the store differs: {differing_tables(end.store, wanted.store)}")
    if end.sims != wanted.sims or end.writes != wanted.writes:
        found.append("afterwards SIMS does not hold the same")
    if end.written_twice:
        found.append(f"{end.written_twice} revisions were written twice")
    return found


def _sentences(ended: Ended) -> list[str]:
    """Problems as the command printed them; what ended the whole command is its last line."""
    found = [line.removeprefix("  ! ") for line in ended.printed.splitlines() if line.startswith("  ! ")]
    lines = ended.printed.strip().splitlines()
    return found or ([lines[-1]] if lines and ended.code not in WELL else [])


def _print(tried: Tried) -> None:
    print(f"{tried.fault.name}: exit {' '.join(map(str, tried.codes))}. {tried.sentence[:SHOWN]}")
    for when, subjects in zip(("while it lasted", "afterwards"), tried.alerts, strict=True):
        print(f"    mails to the admin {when}: {'; '.join(subjects) or 'none'}")
    for each in tried.wrong:
        print(f"    WRONG: {each}.")
