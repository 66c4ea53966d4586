"""What does our own pull take? The job `pull_results`, through `run_job` as every command runs it, into SQLite.

The exports lie in a drop folder, some hours old as in a school's morning. They are read with the packaged mappings.
"""

import cProfile
import os
import pstats
import shutil
import time
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from bench.load import Load, changed_count
from bench.place import BenchFault, fresh_folder
from sims_sync.config import Config, SchoolConfig
from sims_sync.config_file import load_config
from sims_sync.context import RunContext
from sims_sync.outcome import Ending, Outcome
from sims_sync.pull.release import Decision, release_first
from sims_sync.registry import job_function
from sims_sync.run import RunReport, run_job, run_step
from sims_sync.store.session import Store, open_store

PROFILE_FILE = "profile-first.txt"
PROFILE_LINES = 25
SCHOOL_ID = "bench"
_HOUR_SECONDS = 3600

_CONFIG = """# An invented school whose pulls are measured.
version = 1

[school]
id = "bench"
name = "Measured School"

[people]
programme_lead = "lead@school.example"
admin = "admin@school.example"

[programme]
policy = "half-term"
starts_with = "2026-27/autumn-2"

[messages]
mode = "off"
sender = "sims-sync@school.example"
allowed_domains = ["school.example"]

[messages.mailer]
connector = "mail_folder"
folder = "mail"

[sources.students]
kind = "students"
connector = "drop_folder"
mapping = "sims_students"
folder = "exports/students"

[sources.results]
kind = "results"
connector = "drop_folder"
mapping = "sims_results"
folder = "exports/results"

[calendar]
inset_days = [2026-09-01, 2026-09-02, 2026-11-02, 2027-01-04]
half_terms = [
    { id = "2026-27/autumn-1", start = 2026-09-01, end = 2026-10-23 },
    { id = "2026-27/autumn-2", start = 2026-11-02, end = 2026-12-18 },
    { id = "2026-27/spring-1", start = 2027-01-04, end = 2027-02-12 },
    { id = "2026-27/spring-2", start = 2027-02-22, end = 2027-03-25 },
    { id = "2026-27/summer-1", start = 2027-04-12, end = 2027-05-28 },
    { id = "2026-27/summer-2", start = 2027-06-07, end = 2027-07-20 },
]
"""


def prepare(folder: Path, size: int) -> float:
    """A new school whose students have been pulled and whose results have not.

    The first plan of each kind waits until a person has said that this is their school (DESIGN §4): that is done here,
    for the results over a few of them, of which nothing stays. Every pull after that applies what it reads.
    """
    del size
    load, school = Load.within(folder), fresh_folder(folder / "school")
    (school / "config.toml").write_text(_CONFIG, encoding="utf-8")
    for kind in ("students", "results"):
        (school / "exports" / kind).mkdir(parents=True)
    _hand_in(load.students, school, "students", hours_old=5)
    _hand_in(load.few, school, "results", hours_old=4)
    return _Place(school).confirm(("pull_students", "pull_results"))


def first(folder: Path, size: int) -> float:
    """Seconds for the first pull of all results into an empty table."""
    return _pull(folder, Load.within(folder).results, hours_old=3, added=size)


def unchanged(folder: Path, size: int) -> float:
    """Seconds for the same results exported again."""
    del size
    return _pull(folder, Load.within(folder).results, hours_old=2)


def changed(folder: Path, size: int) -> float:
    """Seconds for an export in which one result in a hundred differs."""
    return _pull(folder, Load.within(folder).changed, hours_old=1, changed=changed_count(size))


def profile_first(folder: Path, size: int) -> float:
    """The first pull under the profiler: where its time goes is written to `profile-first.txt` in the folder."""
    profiler = cProfile.Profile()
    seconds = _pull(folder, Load.within(folder).results, hours_old=3, added=size, watched_by=profiler)
    with (folder / PROFILE_FILE).open("w", encoding="utf-8") as file:
        pstats.Stats(profiler, stream=file).strip_dirs().sort_stats("tottime").print_stats(PROFILE_LINES)
    return seconds


def _pull(
    folder: Path,
    export: Path,
    *,
    hours_old: int,
    added: int = 0,
    changed: int = 0,
    watched_by: cProfile.Profile | None = None,
) -> float:
    school = folder / "school"
    _hand_in(export, school, "results", hours_old=hours_old)
    return _Place(school).pull_results({"added": added, "changed": changed}, watched_by or nullcontext())


def _hand_in(export: Path, school: Path, kind: str, *, hours_old: int) -> None:
    """A copy of its own, as each export is, on the disk before the clock starts; newer than the one before."""
    copy = school / "exports" / kind / f"{kind}.xml"
    shutil.copyfile(export, copy)
    with copy.open("r+b") as file:
        os.fsync(file.fileno())
    moment = time.time() - hours_old * _HOUR_SECONDS
    os.utime(copy, (moment, moment))


class _Place:
    """The school's config and its open store."""

    def __init__(self, folder: Path) -> None:
        self._config: Config = load_config(folder / "config.toml")
        self._school: SchoolConfig = self._config.schools[SCHOOL_ID]
        self._store: Store = open_store(self._config.store.url, self._config.base)

    def confirm(self, jobs: Sequence[str]) -> float:
        """Seconds for showing each job's first plan and releasing it.

        Raises:
            BenchFault: one could not be released.
        """
        began = time.perf_counter()
        for job in jobs:
            run_job(self._store, self._config, self._school, job)
            _judge(run_step(self._store, self._school, "release", _release), {})
        self._store.close()
        return time.perf_counter() - began

    def pull_results(self, expected: Mapping[str, int], watcher: AbstractContextManager[object]) -> float:
        """Seconds of the job, until the store is closed.

        Raises:
            BenchFault: it did not end well, or what it wrote is not what the files hold.
        """
        self._import_everything()
        with watcher:
            began = time.perf_counter()
            report = run_job(self._store, self._config, self._school, "pull_results")
            self._store.close()
            seconds = time.perf_counter() - began
        _judge(report, expected)
        return seconds

    def _import_everything(self) -> None:
        """Some libraries are imported at their first use; a job whose folder is empty comes by all of them."""
        job_function("pull_results")
        run_job(self._store, self._config, self._school, "pull_students")


def _release(context: RunContext) -> Outcome:
    return release_first(context, Decision("bench", "measured"))


def _judge(report: RunReport, expected: Mapping[str, int]) -> None:
    outcome = report.outcome
    if outcome.ending is not Ending.DONE:
        sentences = " ".join(str(problem) for problem in outcome.problems)
        raise BenchFault(f"{report.job} ended as {outcome.ending.value}. {sentences}")
    found = {name: outcome.counts.get(name, 0) for name in expected}
    if found != dict(expected):
        raise BenchFault(f"{report.job} counted {found} where the files hold {dict(expected)}.")
