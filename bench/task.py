"""What does one task take, alone in its own process? `python -m bench.task TASK FOLDER SIZE` writes `measured.json`.

A process for each, so that no task's memory, imports or caches are another's. A task is a function `(folder, size)`
that returns the seconds between its own two looks at the clock: imports and the making of its files come before.
"""

import json
import sys
from importlib import import_module
from pathlib import Path

from bench.place import BenchFault

MEASURED_FILE = "measured.json"
EXIT_FAULT = 1
EXIT_NOT_INSTALLED = 3
_BYTES_PER_MB = 1_000_000


def run_task(task: str, folder: Path, size: int) -> int:
    """Run `module:function`, write what it took, and return the exit code."""
    module, _, name = task.partition(":")
    try:
        function = getattr(import_module(module), name)
    except ModuleNotFoundError as fault:
        sys.stderr.write(f"{fault.name} is not installed.\n")
        return EXIT_NOT_INSTALLED
    try:
        seconds = function(folder, size)
    except BenchFault as fault:
        sys.stderr.write(f"{fault}\n")
        return EXIT_FAULT
    measured = {"seconds": seconds, "peak_mb": peak_mb()}
    (folder / MEASURED_FILE).write_text(json.dumps(measured), encoding="utf-8")
    return 0


def peak_mb() -> float:
    """The most memory this process has held at once, in MB; of its own children the largest one is added."""
    if sys.platform == "win32":
        import psutil  # noqa: PLC0415 - elsewhere it would only add to what is measured

        return float(psutil.Process().memory_info().peak_wset) / _BYTES_PER_MB
    import resource  # noqa: PLC0415 - Windows has no such module

    unit = 1 if sys.platform == "darwin" else 1024
    whose = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return sum(resource.getrusage(who).ru_maxrss for who in whose) * unit / _BYTES_PER_MB


if __name__ == "__main__":
    sys.exit(run_task(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])))
