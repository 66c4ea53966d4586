"""The mails of a whole year: killed again and again while it sends, does the same set leave, and nothing twice?

Each day of the reference calendar on which something leaves (and a first day and a day between of each half term), the
school runs its whole cycle at half past seven by its own clock. It is killed on the way, by the clock and at boundaries
of reading and sending (`dying`), and started again, until a run ends by itself. A real mail server, which no kill
touches, writes down what it takes. Its log is compared with that of a school that was left alone.
"""

import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from soak.folder import command, run_command, set_clock, set_keys, sims_sync, with_config
from soak.outbox_facts import listed_as_unknown, mailbox, mailbox_faults
from soak.post import MAILBOX, Post, post_office
from soak.year_school import at_half_past_seven, make_year_school, message_days, reference_year

CYCLE = ("run", "--all")
NO_PORT = 9  # until a copy has a mail server
NOTE = "boundary.txt"
KILLS = 10  # a day
BY_CLOCK = 0.25  # the share of kills that come by the clock
AT_MAIL = 0.6  # of the others, those at a word to the mail server or its answer
MAIL_BOUNDARIES = 40  # two messages' worth: early enough that several kills of a day find something to send


@dataclass(slots=True)
class Killed:
    """How often a command died, and where; `seconds` is what one takes that lives."""

    chance: random.Random
    jobs: Sequence[str]
    seconds: float
    boundaries: int
    places: Counter[str] = field(default_factory=Counter)
    ended: int = 0

    @property
    def kills(self) -> int:
        """How many died."""
        return sum(self.places.values())

    def once(self, folder: Path) -> None:
        """Start the cycle, and kill it somewhere on its way."""
        if self.chance.random() < BY_CLOCK:
            self._by_clock(folder)
        elif self.chance.random() < AT_MAIL:
            self._at_boundary(folder, f"{self.chance.randint(1, MAIL_BOUNDARIES)}:mail")
        else:
            self._at_boundary(folder, str(self.chance.randint(1, self.boundaries)))

    def _by_clock(self, folder: Path) -> None:
        process = subprocess.Popen(
            [*command(), *with_config(folder, self.jobs)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            process.wait(self.chance.uniform(0.2, self.seconds))
            self.ended += 1
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            self.places["by the clock"] += 1

    def _at_boundary(self, folder: Path, number: str) -> None:
        note = folder / NOTE
        note.unlink(missing_ok=True)
        run_command([sys.executable, "-m", "soak.dying", number, str(note)], folder, self.jobs)
        if note.exists():
            self.places[note.read_text(encoding="utf-8").partition(" ")[2]] += 1
        else:
            self.ended += 1


def messages(days: int | None = None, kills: int = KILLS) -> bool:
    """Whether the killed school's mailbox was right; `days`: only so many message days, `kills`: so many on each."""
    with tempfile.TemporaryDirectory(prefix="sims-sync-soak-", ignore_cleanup_errors=True) as name:
        place = Path(name)
        make_year_school(place / "base", NO_PORT)
        return prove_messages(place / "base", place, message_days(reference_year())[:days], kills)


def prove_messages(base: Path, place: Path, days: Sequence[date], kills: int, jobs: Sequence[str] = CYCLE) -> bool:
    """Play the days in two copies of a school; `jobs`: what runs on each of them."""
    began, year = time.monotonic(), reference_year()
    with _copy(base, place / "alone") as post:
        seconds, boundaries = _play_alone(place / "alone", days, jobs)
        wanted = mailbox(place / "alone", post.mails(), year)
    killed = Killed(random.Random(20_261_130), jobs, seconds, boundaries)  # noqa: S311 - the same instants every time
    with _copy(base, place / "killed") as post:
        _play_killed(place / "killed", days, kills, killed)
        found = mailbox(place / "killed", post.mails(), year)
        listed = listed_as_unknown(place / "killed")
    faults = mailbox_faults(found, wanted, killed.kills)
    if listed != found.unknown:
        faults.append("`messages list` does not list what is unknown")
    if not wanted.came or not killed.kills or wanted.unknown:
        faults.append("this proves nothing: no message left, or nothing was killed")
    print(f"messages: {killed.kills} kills on {len(days)} days; {sum(wanted.came.values())} messages left undisturbed;")
    came = len(found.unknown & {message_id for message_id, _ in found.came})
    unknown = f"{len(found.unknown)} are listed as unknown ({came} of them came)"
    print(f"          {len(found.came)} came, each once; {unknown};")
    alerts = f"{found.others.total()} mails to the admin ({wanted.others.total()} undisturbed)"
    print(f"          {found.outside} outside the send window; {alerts}.")
    places = ", ".join(f"{count} {kind}" for kind, count in killed.places.most_common())
    print(f"          {places}; {killed.ended} ended before their instant; {time.monotonic() - began:,.0f} s.")
    for fault in faults:
        print(f"messages: WRONG: {fault}.")
    return not faults


@contextmanager
def _copy(base: Path, folder: Path) -> Iterator[Post]:
    """A copy of the school with a mail server of its own."""
    shutil.copytree(base, folder)
    with post_office(folder / MAILBOX) as post:
        set_keys(folder, {"port": str(post.port)})
        yield post


def _play_alone(folder: Path, days: Sequence[date], jobs: Sequence[str]) -> tuple[float, int]:
    """Run each day undisturbed; how long the longest took, and how many boundaries the last came by."""
    longest, note = 0.0, folder / NOTE
    for day in days:
        set_clock(folder, at_half_past_seven(day))
        began = time.monotonic()
        run_command([sys.executable, "-m", "soak.dying", "0", str(note)], folder, jobs)
        longest = max(longest, time.monotonic() - began)
    return longest, len(note.read_text(encoding="utf-8").splitlines())


def _play_killed(folder: Path, days: Sequence[date], kills: int, killed: Killed) -> None:
    for day in days:
        set_clock(folder, at_half_past_seven(day))
        for _ in range(kills):
            killed.once(folder)
        sims_sync(folder, *killed.jobs)
