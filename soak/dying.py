"""Which instant does a command die at? `python -m soak.dying NUMBER NOTE ARGUMENT…` runs `sims-sync ARGUMENT…`.

It counts the boundaries the command comes by, and kills its own process at boundary NUMBER, as a power cut would: no
handler runs, nothing is closed. A boundary is the instant just before, and the one just after: a commit, a request over
HTTP, a word to the mail server or its answer, the start of another process, a file's move or removal. NUMBER is "7",
or "7:mail" for the seventh whose kind has that word in it. NOTE is the file into which the kind of the boundary is
written that it died at; with NUMBER 0 it lives, and writes them all.
"""

import functools
import os
import shutil
import signal
import smtplib
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import requests
from sqlalchemy.engine.default import DefaultDialect

from sims_sync.cli import main as sims_sync

DEATH = getattr(signal, "SIGKILL", signal.SIGTERM)  # Windows knows the second only, and ends a process as rudely


class Boundaries:
    """Counts the boundaries, in whatever thread they are, and dies at one of them."""

    def __init__(self, deadly: int, word: str, note: Path) -> None:
        self._deadly = deadly
        self._word = word
        self._note = note
        self._passed: list[str] = []
        self._lock = threading.Lock()

    def around(self, kind: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function with a boundary before it and one after it; a call that fails has only the first."""

        @functools.wraps(function)
        def bounded(*arguments: Any, **named: Any) -> Any:  # noqa: ANN401 - whatever the function takes and gives
            self._pass(f"before {kind}")
            found = function(*arguments, **named)
            self._pass(f"after {kind}")
            return found

        return bounded

    def write_down(self) -> None:
        """All that were passed, one a line, if it was not to die."""
        if not self._deadly:
            self._note.write_text("\n".join(self._passed), encoding="utf-8")

    def _pass(self, kind: str) -> None:
        with self._lock:
            if self._word not in kind:
                return
            self._passed.append(kind)
            if len(self._passed) == self._deadly:
                self._note.write_text(kind, encoding="utf-8")
                os.kill(os.getpid(), DEATH)
                threading.Event().wait()  # dies meanwhile


def watch(boundaries: Boundaries) -> None:
    """Put the boundaries into place, for everything that this process does."""
    watched: Sequence[tuple[Any, str, str]] = (
        (DefaultDialect, "do_commit", "commit"),
        (requests.Session, "send", "request"),
        (smtplib.SMTP, "send", "word by mail"),
        (smtplib.SMTP, "getreply", "answer by mail"),
        (subprocess.Popen, "__init__", "start of a process"),
        (os, "replace", "move"),
        (os, "rename", "move"),
        (shutil, "move", "move"),
        (os, "unlink", "removal"),
    )
    for owner, name, kind in watched:
        setattr(owner, name, boundaries.around(kind, getattr(owner, name)))


def main(arguments: Sequence[str]) -> None:
    """Run the command until it dies or ends."""
    number, _, word = arguments[0].partition(":")
    boundaries = Boundaries(int(number), word, Path(arguments[1]))
    watch(boundaries)
    sys.argv = ["sims-sync", *arguments[2:]]
    try:
        sims_sync()
    finally:
        boundaries.write_down()


if __name__ == "__main__":
    main(sys.argv[1:])
