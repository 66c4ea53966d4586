"""The whole cycle under fire: the service is killed every few seconds while work arrives; is all as if it had lived?

Pull, collect, push, confirm, drift, lists, snapshots, reminders, reports, readiness, messages: `sims-sync serve` with
every job due each few seconds, or `sims-sync run --all` again and again. The simulated SIMS and the mail server are
processes that no kill touches. The days of `cycle_script` pass; each ends with an undisturbed round. Compared with a
school that was left alone: the store, every value that SIMS ever held, its log of writes, and the mailbox.
"""

import os
import random
import re
import shutil
import signal
import sqlite3
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from jobs import JOBS
from sims_sync.demo.cycle import write_private
from sims_sync.demo.oneroster_child import oneroster_child
from soak.cycle_script import BEFORE, STEPS, Step, first_proforma
from soak.folder import command, set_clock, set_keys, sims_sync, with_config
from soak.outbox_facts import Mailbox, mailbox, mailbox_faults
from soak.post import MAILBOX, Post, post_office
from soak.push_school import values_in_sims, writes_in_sims
from soak.store_facts import differing_tables, examples, store_rows
from soak.year_school import make_year_school, reference_year

By = Literal["serve", "run"]
SERVE = ("serve",)
RUN_ALL = ("run", "--all")
MINUTES = 10.0
SHORTEST_SECONDS, LONGEST_SECONDS = 0.3, 6.0
SCHEDULE = "*/3 30-45 7 * * *"  # so few due times that a jump of weeks between two days is soon over
ROUNDS = 2  # what is confirmed in the first may be seen in an export only by the second
ROUND_SECONDS = 180
STOP_SECONDS = 30
PASSPHRASE_FILE = "backup-passphrase.txt"  # noqa: S105 - a file's name
SHOWN = 300  # of a row that differs: the people are invented


@dataclass(slots=True)
class Fire:
    """The kills of one school."""

    chance: random.Random
    seconds: float
    kills: int = 0
    ended: int = 0

    def burn(self, folder: Path, arguments: Sequence[str]) -> None:
        """Start the command and kill it, again and again, for the seconds of one day."""
        until, longest = time.monotonic() + self.seconds, min(LONGEST_SECONDS, self.seconds)
        while time.monotonic() < until or not self.kills:
            process = _start(folder, arguments)
            try:
                process.wait(self.chance.uniform(SHORTEST_SECONDS, longest))
                self.ended += 1
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                self.kills += 1


@dataclass(frozen=True, slots=True)
class End:
    """How a school stands at the end of the script."""

    store: frozenset[str]
    sims: tuple[str, ...]
    writes: Mapping[tuple[str, int], int]
    mailbox: Mailbox
    runs: int
    faults: list[str] = field(default_factory=list)


def cycle(minutes: float = MINUTES, by: By = "serve") -> bool:
    """Whether the school under fire ended as the one that was left alone; `by`: what is killed."""
    with tempfile.TemporaryDirectory(prefix="sims-sync-soak-", ignore_cleanup_errors=True) as name:
        make_cycle_school(Path(name) / "base")
        return prove_cycle(Path(name) / "base", Path(name), minutes, SERVE if by == "serve" else RUN_ALL)


def prove_cycle(
    base: Path,
    place: Path,
    minutes: float,
    words: Sequence[str],
    steps: Sequence[Step] = STEPS,
    rounds: int = ROUNDS,
) -> bool:
    """Play the script in two copies of a school, one of them under fire; `words`: the command that is killed."""
    began = time.monotonic()
    fire = Fire(random.Random(20_261_130), minutes * 60 / len(steps))  # noqa: S311 - the same instants every time
    wanted = _play(base, place / "alone", words, steps, rounds)
    found = _play(base, place / "killed", words, steps, rounds, fire)
    faults = [*wanted.faults, *found.faults, *_differences(found, wanted, fire.kills)]
    if not fire.kills or not wanted.writes or not wanted.mailbox.came:
        faults.append("this proves nothing: nothing was killed, written or sent")
    killed = f"{fire.kills} kills of `sims-sync {' '.join(words)}`"
    print(f"cycle: {killed} in {minutes:.2g} minutes, over {len(steps)} days;")
    print(f"       {found.runs} jobs ran ({wanted.runs} undisturbed); SIMS took {sum(found.writes.values())} revisions")
    print(
        f"       ({sum(wanted.writes.values())} undisturbed), staff {sum(found.mailbox.came.values())} messages",
        end=" ",
    )
    print(f"({sum(wanted.mailbox.came.values())} undisturbed, {len(found.mailbox.unknown)} listed as unknown);")
    print(f"       {len(wanted.store)} rows of the store compared; {time.monotonic() - began:,.0f} s.")
    for fault in faults:
        print(f"cycle: WRONG: {fault}.")
    return not faults


def _play(
    base: Path, folder: Path, words: Sequence[str], steps: Sequence[Step], rounds: int, fire: Fire | None = None
) -> End:
    shutil.copytree(base, folder)
    faults = []
    with _servers(folder) as post:
        for step in steps:
            set_clock(folder, step.moment)
            step.arrives(folder, step.moment)
            if fire is not None:
                fire.burn(folder, words)
            faults += [f"{step.day}: {fault}" for fault in _alone(folder, words, rounds)]
        return End(
            store_rows(folder),
            values_in_sims(folder),
            writes_in_sims(folder),
            mailbox(folder, post.mails(), reference_year()),
            len(_ended_runs(folder)),
            faults,
        )


@contextmanager
def _servers(folder: Path) -> Iterator[Post]:
    with post_office(folder / MAILBOX) as post, oneroster_child(folder / "sims", os.environ) as url:
        set_keys(folder, {"port": str(post.port), "base_url": f'"{url}"', "token_url": f'"{url}/connect/token"'})
        yield post


def _alone(folder: Path, words: Sequence[str], rounds: int) -> list[str]:
    """Let every job run so many times to its end, undisturbed; what went wrong."""
    if words != SERVE:
        ended = [sims_sync(folder, *words).code for _ in range(rounds)]
        return [f"{words[0]} ended with {code}" for code in ended if code not in {0, 3}]
    before = _ended_runs(folder)
    process = _start(folder, words)
    patience = time.monotonic() + ROUND_SECONDS
    while not _all_ran(folder, before, rounds) and time.monotonic() < patience and process.poll() is None:
        time.sleep(0.5)
    faults = [] if _all_ran(folder, before, rounds) else ["a job did not run as often as it should"]
    process.send_signal(signal.SIGTERM)
    try:
        code = process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        return [*faults, "the service did not stop"]
    return [*faults, f"the service stopped with {code}"] if code else faults


def _all_ran(folder: Path, before: frozenset[tuple[str, str]], rounds: int) -> bool:
    jobs = [job for job, _ in _ended_runs(folder) - before]
    return all(jobs.count(job) >= rounds for job in JOBS)


def _ended_runs(folder: Path) -> frozenset[tuple[str, str]]:
    with closing(sqlite3.connect(folder / "sims-sync.db", timeout=30)) as store:
        found = store.execute("SELECT job, run_id FROM run WHERE ended IS NOT NULL AND outcome != 'interrupted'")
        return frozenset(found.fetchall())


def _differences(found: End, wanted: End, kills: int) -> list[str]:
    faults = mailbox_faults(found.mailbox, wanted.mailbox, kills)
    if twice := sum(count > 1 for count in found.writes.values()):
        faults.append(f"{twice} revisions were written twice")
    if found.writes.keys() != wanted.writes.keys():
        lost, more = wanted.writes.keys() - found.writes.keys(), found.writes.keys() - wanted.writes.keys()
        faults.append(f"{len(lost)} revisions are missing in SIMS's log, {len(more)} are too many")
    if found.sims != wanted.sims:
        faults.append("SIMS does not hold the same values")
    if found.store != wanted.store:
        faults.append(f"the store differs: {differing_tables(found.store, wanted.store)}")
        faults += [f"{side}: {row[:SHOWN]}" for side, row in examples(found.store, wanted.store)]
    return faults


def make_cycle_school(base: Path) -> None:
    """A school that pushes and writes lists, every job due each few seconds, the first plan of each kind released."""
    make_year_school(base, 9, "http://127.0.0.1:9", BEFORE)  # until a copy has servers
    path = base / "config.toml"
    text = re.sub(r"\[jobs\.\w+\]\nschedule = .*\n", "", path.read_text(encoding="utf-8"))
    text += "".join(f'\n[jobs.{job}]\nschedule = "{SCHEDULE}"\n' for job in JOBS)
    folders = {"houses": "lists/houses/{house}", "groups": "lists/groups/{group}", "lead": "lists/lead"}
    text += "\n[reports.folders]\n" + "".join(f'{name} = "{each}"\n' for name, each in folders.items())
    text += f'\n[backup]\nfolder = "backups"\npassphrase = "file:{PASSPHRASE_FILE}"\n'
    path.write_text(text, encoding="utf-8")
    write_private(base / PASSPHRASE_FILE, "four invented words of the soak")
    (base / "backups").mkdir()
    with closing(sqlite3.connect(base / "sims-sync.db")) as store:
        names = [("houses", "SELECT name FROM house"), ("groups", "SELECT name FROM tutor_group")]
        found = [f"{kind}/{row[0]}" for kind, chosen in names for row in store.execute(chosen)]
    for each in [*found, "lead"]:
        (base / "lists" / each).mkdir(parents=True)
    first_proforma(base, BEFORE)
    sims_sync(base, "run", "collect_proformas")
    sims_sync(base, "plans", "release", "--first", "--reason", "soak")


def _start(folder: Path, arguments: Sequence[str]) -> subprocess.Popen[bytes]:
    words = [*command(), *with_config(folder, arguments)]
    return subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
