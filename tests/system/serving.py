"""How does a test let the installed command serve: start it, watch what it said and stored, end it?"""

import os
import re
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import psutil

from tests.system.command import TIME_LIMIT_SECONDS, WAIT_SECONDS, command_line, environment, rows, set_clock, sims_sync

NIGHT = datetime(2026, 12, 17, 3, tzinfo=UTC)
SIX = datetime(2026, 12, 17, 5, 59, 59, tzinfo=UTC)
DUE = "2026-12-17 06:00:00.000000"
SLOW = {"SIMS_DEMO_FAULT": "slow", "SIMS_DEMO_SLOW_SECONDS": "60"}


class Serving:
    """A `sims-sync serve` at work in a demo's folder."""

    def __init__(self, demo: Path, said: Path, env: Mapping[str, str] | None = None) -> None:
        self.demo = demo
        self._said = said
        with said.open("w", encoding="utf-8") as stream:
            self.process = subprocess.Popen(
                command_line("serve", "--config", demo / "config.toml"),
                env={**environment(env), "PYTHONUNBUFFERED": "1"},
                stdout=stream,
                stderr=subprocess.STDOUT,
            )

    @property
    def said(self) -> str:
        return self._said.read_text(encoding="utf-8")

    def until_said(self, text: str) -> None:
        until(lambda: text in self.said, lambda: f"{text!r} was never said:\n{self.said}")

    def until_claimed(self) -> None:
        """Until it works at the due time of the morning."""
        until(lambda: state(self.demo) == "claimed", lambda: self.said)
        until(lambda: bool(rows(self.demo / "sims-sync.db", "SELECT 1 FROM lease")), lambda: self.said)

    def kill(self) -> None:
        """As a power cut would, with all that it started."""
        parent = psutil.Process(self.process.pid)
        family = [parent, *parent.children(recursive=True)]
        for member in family:
            member.kill()
        self.process.wait(TIME_LIMIT_SECONDS)

    def signal(self, number: int) -> None:
        os.kill(self.process.pid, number)

    def ended(self) -> int:
        return self.process.wait(TIME_LIMIT_SECONDS)


@contextmanager
def serving(demo: Path, name: str = "serve", env: Mapping[str, str] | None = None) -> Iterator[Serving]:
    """A service that is gone when the block ends, whatever happens."""
    service = Serving(demo, demo / f"{name}.txt", env)
    try:
        yield service
    finally:
        if service.process.poll() is None:
            service.kill()


def before_six(demo: Path) -> None:
    """`pull_students` is due at six and nothing else is, in a night; the service has run before."""
    config = demo / "config.toml"
    text = config.read_text(encoding="utf-8")
    lines = re.sub(r"^schedule = .*\n", "", text, flags=re.MULTILINE)
    lines = lines.replace("[jobs.pull_students]\n", '[jobs.pull_students]\nschedule = "0 0 6 * * *"\n')
    config.write_text(lines, encoding="utf-8")
    set_clock(config, NIGHT, datetime.now(UTC))
    before = sims_sync("serve", "--once", "--config", config)
    assert before.out == "Nothing is due.\n"


def set_clock_at_six(demo: Path) -> None:
    """Let it be six all but a second."""
    set_clock(demo / "config.toml", SIX, datetime.now(UTC))


def state(demo: Path, job: str = "pull_students") -> str | None:
    """What became of the due time of the morning."""
    chosen = f"SELECT state FROM slot WHERE job = '{job}' AND due_at = '{DUE}'"  # noqa: S608 - a fixed name
    found = rows(demo / "sims-sync.db", chosen)
    return found[0][0] if found else None


def runs(demo: Path) -> list[tuple[str, int, str | None]]:
    """Job, attempt and outcome of each run that served a due time, oldest first."""
    chosen = "SELECT job, attempt, outcome FROM run WHERE slot_due IS NOT NULL ORDER BY started"
    return [(job, attempt, outcome) for job, attempt, outcome in rows(demo / "sims-sync.db", chosen)]


def until(is_so: Callable[[], bool], otherwise: Callable[[], str]) -> None:
    """Wait for it."""
    end = time.monotonic() + TIME_LIMIT_SECONDS
    while not is_so():
        assert time.monotonic() < end, otherwise()
        time.sleep(WAIT_SECONDS)
