"""How is a school's folder worked on from outside: its clock set, its settings changed, the installed command run?"""

import os
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sims_sync.demo.clock import NOW_VARIABLE, write_clock
from sims_sync.demo.oneroster_faults import FAULT_VARIABLE


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended: its exit code (negative where a signal ended it), and all that it printed."""

    code: int
    printed: str


def set_clock(folder: Path, moment: datetime) -> None:
    """Let it be that moment now, for the school's commands and its simulated SIMS alike."""
    write_clock(folder / "sims", moment, datetime.now(UTC))
    set_own_clock(folder, moment)


def set_own_clock(folder: Path, moment: datetime) -> None:
    """Let it be that moment for the school's commands alone."""
    set_keys(folder, {"clock": moment.isoformat(), "started": datetime.now(UTC).isoformat()})


def set_keys(folder: Path, keys: Mapping[str, str]) -> None:
    """Give keys of the school's config.toml, each of which stands there once, other values (as TOML writes them)."""
    path = folder / "config.toml"
    text = path.read_text(encoding="utf-8")
    for name, value in keys.items():
        lines = re.findall(rf"(?m)^{name} = .*$", text)
        if len(lines) != 1:
            raise ValueError(f"{name} stands {len(lines)} times in the configuration.")
        text = text.replace(lines[0], f"{name} = {value}")
    path.write_text(text, encoding="utf-8")


def command() -> list[str]:
    """The installed command."""
    return [str(Path(sys.executable).with_name("sims-sync.exe" if os.name == "nt" else "sims-sync"))]


def sims_sync(folder: Path, *arguments: str, fault: str = "") -> Ended:
    """Run the installed command on the school in `folder`."""
    return run_command(command(), folder, arguments, fault)


def run_command(
    words: Sequence[str], folder: Path, arguments: Sequence[str], fault: str = "", sims_clock: datetime | None = None
) -> Ended:
    """Run a command like `sims-sync`; `fault` strikes the simulated SIMS, whose clock may be another than ours."""
    ended = subprocess.run(
        [*words, *with_config(folder, arguments)],
        env=environment_of(fault, sims_clock),
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
    )
    return Ended(ended.returncode, ended.stdout)


def environment_of(fault: str = "", sims_clock: datetime | None = None) -> dict[str, str]:
    """What a command is started with."""
    struck = {FAULT_VARIABLE: fault} if fault else {}
    clock = {NOW_VARIABLE: sims_clock.isoformat()} if sims_clock is not None else {}
    return {**os.environ, **struck, **clock}


def with_config(folder: Path, arguments: Sequence[str]) -> list[str]:
    """The arguments for the school in `folder`."""
    return [*arguments, "--config", str(folder / "config.toml")]
