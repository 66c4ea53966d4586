"""What does a service cost in which nothing is due: memory, and share of one core?"""

import tempfile
import time
from pathlib import Path

import psutil

from soak.service_place import end_gently, made_place, start_serving

MEGABYTES_MAX = 120
SHARE_MAX = 0.005  # of one core
SETTLE_SECONDS = 10  # its start is not its idling


def idle(seconds: int | None = None) -> bool:
    """Whether it keeps within both."""
    lasting = seconds or 600
    with tempfile.TemporaryDirectory(prefix="sims-sync-soak-", ignore_cleanup_errors=True) as name:
        demo = made_place(Path(name), {"pull_students": "0 0 3 * * *", "send_messages": "0 0 4 * * *"})
        service = start_serving(demo, Path(name) / "said.txt")
        time.sleep(SETTLE_SECONDS)
        process = psutil.Process(service.pid)
        before, began, most = _used(process), time.monotonic(), 0
        while time.monotonic() - began < lasting:
            time.sleep(min(5.0, lasting))
            most = max(most, process.memory_info().rss)
        share = (_used(process) - before) / (time.monotonic() - began)
        code = end_gently(service)
    held = code == 0 and most <= MEGABYTES_MAX * 1_000_000 and share < SHARE_MAX
    print(f"idle: {most / 1e6:.0f} MB at most, {100 * share:.3f} % of one core over {lasting} s;")
    print(f"      allowed: {MEGABYTES_MAX} MB, {100 * SHARE_MAX} %.")
    return held


def _used(process: psutil.Process) -> float:
    """Seconds of a core so far."""
    times = process.cpu_times()
    return times.user + times.system
