"""How is the service asked to stop: Ctrl+C, SIGTERM, Ctrl+Break, a file; and the second time at once?"""

import os
import signal
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from types import FrameType

from sims_sync.context import WORK_FOLDER

STOP_FILE = "stop"  # in the work folder beside config.toml
HARD_EXIT_CODE = 130
_SIGNALS = ("SIGINT", "SIGTERM", "SIGBREAK")  # the last exists on Windows only
_HARD = b"sims-sync: stopped at once; the next start goes on from there.\n"


class Stop:
    """Whether the service is to stop. Asked by signals, by the file `work/stop`, or by `ask`."""

    def __init__(self, base: Path | None = None) -> None:
        self._asked = threading.Event()
        self._file = base / WORK_FOLDER / STOP_FILE if base is not None else None
        self._rouse = threading.Event()

    def __call__(self) -> bool:
        """Whether it is to stop; cheap enough for every record."""
        return self._asked.is_set()

    def ask(self) -> None:
        """Ask it to stop."""
        self._asked.set()
        self._rouse.set()

    def rouse(self) -> None:
        """End a `wait` early: there may be something to do."""
        self._rouse.set()

    def wait(self, seconds: float) -> bool:
        """Wait, by a clock that never jumps, until it is roused or the time is over; whether it was roused.

        Call it for a second at a time: Windows delivers a signal only in between.
        """
        roused = self._rouse.wait(seconds)
        if roused:  # else it may be roused just now, for the next wait
            self._rouse.clear()
        if self._file is not None and not self() and self._file.exists():
            self.ask()
        return roused

    def sleep(self, seconds: float) -> None:
        """Wait until the time is over or it is to stop."""
        end = time.monotonic() + seconds
        while not self() and time.monotonic() < end:
            self.wait(min(1.0, seconds))

    def listen(self) -> None:
        """Let the signals ask; a second one ends the process at once, as a power cut would. Main thread only."""
        if self._file is not None:
            with suppress(OSError):
                self._file.unlink(missing_ok=True)  # meant for a process that is gone
        for name in _SIGNALS:
            if hasattr(signal, name):
                signal.signal(getattr(signal, name), self._on_signal)

    def _on_signal(self, _signal: int, _frame: FrameType | None) -> None:
        if self():
            # No log line: the thread that was interrupted here may hold the log's lock.
            with suppress(OSError, AttributeError):  # a service of Windows may have no such stream
                os.write(sys.stderr.fileno(), _HARD)
            os._exit(HARD_EXIT_CODE)
        self.ask()
