"""Where is a service proved: an invented school with these schedules alone, and its processes?"""

import re
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from sims_sync.demo.cycle import prepare

COMMAND = [sys.executable, "-c", "from sims_sync.cli import main; main()"]
STUDENTS = 60
END_SECONDS = 60


def made_place(folder: Path, schedules: Mapping[str, str]) -> Path:
    """An invented school whose jobs have no schedule but these; the service has been started there once."""
    demo = folder / "demo"
    prepare(demo, STUDENTS)
    config = demo / "config.toml"
    lines = re.sub(r"^schedule = .*\n", "", config.read_text(encoding="utf-8"), flags=re.MULTILINE)
    for job, schedule in schedules.items():
        lines = lines.replace(f"[jobs.{job}]\n", f'[jobs.{job}]\nschedule = "{schedule}"\n')
    config.write_text(lines, encoding="utf-8")
    subprocess.run([*COMMAND, "serve", "--once", "--config", config], check=False, stdout=subprocess.DEVNULL)
    return demo


def start_serving(demo: Path, said: Path) -> "subprocess.Popen[bytes]":
    """One service, what it says going to a file."""
    with said.open("wb") as stream:
        return subprocess.Popen([*COMMAND, "serve", "--config", demo / "config.toml"], stdout=stream, stderr=stream)


def end_gently(service: "subprocess.Popen[bytes]") -> int:
    """Ask it to stop, and wait; its exit code."""
    service.send_signal(signal.SIGTERM)
    return service.wait(END_SECONDS)
