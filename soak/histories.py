"""Do the properties and state machines of the tests hold over many more histories than the suite has time for?"""

import os
import subprocess
import sys

TIMES = 25
TESTS = (
    "tests/sims_sync/push/test_push_machine.py",
    "tests/sims_sync/test_pull_machine.py",
    "tests/sims_sync/test_properties_pull.py",
    "tests/sims_sync/pull/test_results_ways.py",
    "tests/sims_sync/compliance/test_properties.py",
    "tests/sims_sync/messages/test_year_play.py",
)


def histories(times: int | None = None) -> bool:
    """Run them with so many times the examples of the suite, and the year of messages whole in every mode."""
    factor = times or TIMES
    environment = {**os.environ, "SIMS_SYNC_EXAMPLES_TIMES": str(factor)}
    command = [sys.executable, "-m", "pytest", "-q", "--numprocesses", "auto", *TESTS]
    held = subprocess.run(command, env=environment, check=False).returncode == 0
    print(f"{factor} times the examples of the suite: {'every property held' if held else 'one was broken'}.")
    return held
