"""What do the system tests share: the installed command, run as a user runs it, and a look at what its store holds?

Nothing here imports the product: whatever a test knows it has read, as a user could, from outputs, files and the store.
"""

import json
import os
import re
import shutil
import sqlite3
import subprocess
import sysconfig
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

TIME_LIMIT_SECONDS = 120
WAIT_SECONDS = 0.05
SCRIPTS = sysconfig.get_path("scripts")
FOUND = shutil.which("sims-sync", path=SCRIPTS) or shutil.which("sims-sync")

# What must be untouched where a source could not be believed.
SIMS_DATA = (
    "student",
    "student_alias",
    "student_span",
    "staff_member",
    "house",
    "tutor_group",
    "role",
    "result",
    "entry",
    "target",
    "review",
    "entry_version",
    "excusal",
    "exemption",
)

Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended: its exit code, standard output and standard error."""

    code: int
    out: str
    err: str

    @property
    def said(self) -> str:
        """Everything it printed."""
        return f"{self.out}\n{self.err}"

    @property
    def json(self) -> Any:  # noqa: ANN401 - any JSON document
        """Standard output as the one JSON document that it must be."""
        return json.loads(self.out)

    def problems(self) -> list[str]:
        """The sentences of problems that `run` and `plan` print, one for each."""
        return [line.removeprefix("  ! ") for line in self.out.splitlines() if line.startswith("  ! ")]


def sims_sync(
    *arguments: str | Path, folder: Path | None = None, env: Mapping[str, str] | None = None, entered: str = ""
) -> Ended:
    """Run the installed command to its end. It never shows a traceback, whatever happens."""
    process = subprocess.run(
        command_line(*arguments),
        cwd=folder,
        env=environment(env),
        input=entered,
        capture_output=True,
        encoding="utf-8",
        timeout=TIME_LIMIT_SECONDS,
        check=False,
    )
    ended = Ended(process.returncode, process.stdout, process.stderr)
    assert "Traceback" not in ended.said, ended.said
    return ended


def command_line(*arguments: str | Path) -> list[str]:
    """The installed command with its arguments."""
    assert FOUND is not None, f"the command sims-sync is not installed in {SCRIPTS}"
    return [FOUND, *map(str, arguments)]


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """This process's environment without any setting of the product, and with these."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("SIMS_DEMO_", "SIMS_SYNC_"))}
    return {**plain, **(extra or {})}


def tables(store: Path, names: Iterable[str] = SIMS_DATA) -> dict[str, list[Row]]:
    """Every row of these tables, in order."""
    with closing(sqlite3.connect(store)) as connection:
        return {name: sorted(connection.execute(f"SELECT * FROM {name}"), key=repr) for name in names}  # noqa: S608 - fixed names


def without_runs(store: Path, names: Iterable[str] = SIMS_DATA) -> dict[str, list[Row]]:
    """The same without the ids of the runs that wrote the rows: equal work gives equal rows."""
    found = {}
    with closing(sqlite3.connect(store)) as connection:
        for name in names:
            columns = [row[1] for row in connection.execute(f"PRAGMA table_info({name})") if row[1] != "run_id"]
            chosen = ", ".join(f'"{column}"' for column in columns)
            found[name] = sorted(connection.execute(f"SELECT {chosen} FROM {name}"), key=repr)  # noqa: S608 - fixed names
    return found


def rows(store: Path, question: str) -> list[Row]:
    """The answer to one question in SQL."""
    with closing(sqlite3.connect(store)) as connection:
        return list(connection.execute(question))


def files(folder: Path) -> dict[str, bytes]:
    """Every file below `folder` by its path there."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def write_file(path: Path, content: str | bytes, modified: datetime) -> None:
    """Write an export whose data was true at `modified`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    touch(path, modified)


def touch(path: Path, modified: datetime) -> None:
    """Say when the data of a file was true."""
    os.utime(path, (modified.timestamp(), modified.timestamp()))


def set_clock(config: Path, clock: datetime, started: datetime) -> None:
    """Let it be `clock` in the product from the real moment `started` on, as a demo's config says it."""
    kept = re.sub(r"\[demo\]\nclock = .*\nstarted = .*\n", "", config.read_text(encoding="utf-8"))
    section = f"\n[demo]\nclock = {clock.isoformat()}\nstarted = {started.isoformat()}\n"
    config.write_text(kept + section, encoding="utf-8")


def once(shared: Path, name: str, make: Callable[[Path], None]) -> Path:
    """A folder that one of the test processes makes and all of them may look at, never change."""
    target, ready = shared / name, shared / f"{name}.ready"
    try:
        target.mkdir()
    except FileExistsError:
        _wait_for(ready)
        return target
    make(target)
    ready.touch()
    return target


def words(text: str) -> set[str]:
    """The words of a text, apostrophes and hyphens inside them kept."""
    return set(re.findall(r"[^\W\d_]+(?:['’-][^\W\d_]+)*", text))


def named_in(text: str, names: Sequence[str]) -> list[str]:
    """Those of the names that occur in a text as whole words, in any letter case."""
    found = text.casefold()
    return [name for name in names if re.search(rf"(?<!\w){re.escape(name.casefold())}(?!\w)", found)]


def _wait_for(ready: Path) -> None:
    end = time.monotonic() + TIME_LIMIT_SECONDS
    while not ready.exists():
        assert time.monotonic() < end, f"{ready.stem} was never made: see the failure in another test"
        time.sleep(WAIT_SECONDS)
